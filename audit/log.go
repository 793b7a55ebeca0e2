package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// queued is how many requests may wait, and so how many one transaction takes.
const queued = 512

// Config is what a Log needs. All fields are required unless they say otherwise.
type Config struct {
	Store    Store
	Sealer   Sealer
	Signer   Signer
	Anchor   Anchor
	Now      func() time.Time // optional: time.Now
	Deadline time.Duration    // how long an Append may take; optional: 2 s
	Started  ServerStarted    // opens every chain
}

// A Log appends to the record. Its methods may be called at the same time.
type Log struct {
	cfg   Config
	queue chan *request
	done  chan struct{} // closed when the writing goroutine has ended

	closing sync.RWMutex // held to read while a request is put into the queue
	closed  bool

	keysMu sync.Mutex
	keys   map[string]*keyPair // of the sessions that go on; only what is stored
	held   []WriterID          // the writing goroutine's
}

// Receipt says where events stand on record.
type Receipt struct {
	Writer      WriterID
	First, Last uint64
	At          time.Time
	Head        Hash // of the last of them
}

// Open starts a Log: a new writer, whose first entry is cfg.Started. Sessions that writers left open which are no longer
// alive are then closed as lost. When Open returns an error, nothing is left running.
func Open(ctx context.Context, cfg Config) (*Log, error) {
	for what, missing := range map[string]bool{
		"store": cfg.Store == nil, "sealer": cfg.Sealer == nil, "signer": cfg.Signer == nil, "anchor": cfg.Anchor == nil,
	} {
		if missing {
			return nil, fmt.Errorf("open the log: no %s", what)
		}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Deadline <= 0 {
		cfg.Deadline = 2 * time.Second
	}
	l := &Log{cfg: cfg, queue: make(chan *request, queued), done: make(chan struct{}), keys: map[string]*keyPair{}}
	go l.write()
	err := l.start(ctx)
	if err != nil {
		l.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return l, nil
}

// start puts the chain's first entry on record, and closes what nobody else will.
func (l *Log) start(ctx context.Context) error {
	if _, err := l.submit(ctx, &request{}); err != nil {
		return err
	}
	lost, err := l.lost(ctx)
	if err != nil {
		return err
	}
	for _, s := range lost {
		_, err := l.Append(ctx, Where{Session: s.id, Engineer: s.engineer, Mode: s.mode}, SessionClosed{
			Reason: "lost", Commands: int(s.commands), Committed: s.committed, RolledBack: s.rolledBack,
		})
		var invalid *invalidError // another opener was faster, or the row is forged: verify will say so
		if err != nil && !errors.As(err, &invalid) {
			return fmt.Errorf("close the lost session %s: %w", s.id, err)
		}
	}
	return nil
}

// lost are the open sessions whose writer is gone.
func (l *Log) lost(ctx context.Context) ([]sessionRow, error) {
	view, err := l.cfg.Store.View(ctx)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	open, err := view.sessions(Filter{Open: true})
	if err != nil {
		return nil, err
	}
	var lost []sessionRow
	alive := map[WriterID]bool{}
	for _, s := range open {
		if _, asked := alive[s.lastWriter]; !asked {
			if alive[s.lastWriter], err = l.cfg.Store.Alive(s.lastWriter); err != nil {
				return nil, err
			}
		}
		if !alive[s.lastWriter] {
			lost = append(lost, s)
		}
	}
	return lost, nil
}

// Append puts events on record, in their order and all of them or none. When it returns nil they are durable, and the
// anchor knows. Else the error is a [NotRecorded], or [ErrConsentTaken].
//
// The writing goroutine enforces what the record is to mean: a session is opened once, and nothing follows its end; its
// commands are numbered from 1 without gaps, each Intent taking the next number; an Outcome ends the command that runs.
// Events that would break this are refused, and nothing else suffers.
func (l *Log) Append(ctx context.Context, w Where, events ...Event) (Receipt, error) {
	r, err := l.request(ctx, w, events)
	if err != nil {
		return Receipt{}, &NotRecorded{Cause: err}
	}
	return l.submit(ctx, r)
}

// ConsentBelongsTo tells who used a consent link first.
func (l *Log) ConsentBelongsTo(ctx context.Context, url string) (subject, engineer string, known bool, err error) {
	view, err := l.cfg.Store.View(ctx)
	if err != nil {
		return "", "", false, err
	}
	defer view.Close()
	return view.owner(url)
}

// Close waits for what is queued and ends the Log; the Store stays open. Sessions that are still open then will be closed
// as lost by the next Log. When ctx is done before, the writing goroutine ends on its own.
func (l *Log) Close(ctx context.Context) error {
	l.closing.Lock()
	if !l.closed {
		l.closed = true
		close(l.queue)
	}
	l.closing.Unlock()
	select {
	case <-l.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close the log: %w", ctx.Err())
	}
}

// submit queues r and waits for what comes of it, but no longer than the deadline. Who cancels ctx gets r back out of the
// queue; once it is being written, how that ends is waited for.
func (l *Log) submit(ctx context.Context, r *request) (Receipt, error) {
	begin := time.Now()
	r.deadline = begin.Add(l.cfg.Deadline)
	if d, ok := ctx.Deadline(); ok && d.Before(r.deadline) {
		r.deadline = d
	}
	r.answer = make(chan struct{})
	late := time.NewTimer(r.deadline.Sub(begin))
	defer late.Stop()
	// The writing goroutine gives up a little earlier, so that its answer, which knows more, still finds us waiting.
	r.deadline = r.deadline.Add(-r.deadline.Sub(begin) / 8)

	if err := l.enqueue(ctx, r, late.C); err != nil {
		return Receipt{}, &NotRecorded{Cause: err}
	}
	cause := errDeadline
	select {
	case <-r.answer:
		return r.receipt, r.err
	case <-ctx.Done():
		cause = context.Cause(ctx)
	case <-late.C:
	}
	if r.state.CompareAndSwap(waiting, withdrawn) {
		return Receipt{}, &NotRecorded{Cause: cause}
	}
	if cause != errDeadline {
		select {
		case <-r.answer:
			return r.receipt, r.err
		case <-late.C:
		}
	}
	return Receipt{}, &NotRecorded{Unknown: true, Cause: cause, request: r}
}

var errDeadline = errors.New("the record did not answer in time")

func (l *Log) enqueue(ctx context.Context, r *request, late <-chan time.Time) error {
	l.closing.RLock()
	defer l.closing.RUnlock()
	if l.closed {
		return ErrClosed
	}
	select {
	case l.queue <- r:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-late:
		return errDeadline
	}
}

// The states of a request: whoever changes it from waiting decides.
const (
	waiting int32 = iota
	taken
	withdrawn
)

// A request is one Append on its way.
type request struct {
	where    Where
	events   []sealable
	keys     *keyPair // for a session whose keys the Log does not have
	deadline time.Time

	state   atomic.Int32
	answer  chan struct{} // closed when receipt and err are set
	receipt Receipt
	err     error
}

// sealable is an event that is ready to be encrypted.
type sealable struct {
	kind            Kind
	content, ledger []byte // JSON; nil: no such part
	form            any    // what ledger says
}

// request does in the caller's goroutine what needs no order.
func (l *Log) request(ctx context.Context, w Where, events []Event) (*request, error) {
	if len(events) == 0 {
		return nil, invalid("there is nothing to record")
	}
	if w.Session != "" && !validSession(w.Session) {
		return nil, invalid("%q is not the id of a session", w.Session)
	}
	if w.Session == "" && w.Command != 0 {
		return nil, invalid("a command belongs to a session")
	}
	if !validText(w.Engineer) || !validText(w.Mode) {
		return nil, invalid("engineer or mode is not valid UTF-8")
	}
	r := &request{where: w}
	for _, event := range events {
		e := sealable{kind: event.kind()}
		if e.kind == KindServerStarted {
			return nil, invalid("only the Log itself says that a server started")
		}
		content, ledger := event.parts()
		var err error
		if e.content, err = marshal(content); err != nil {
			return nil, fmt.Errorf("%s: %w", e.kind, err)
		}
		if e.ledger, err = marshal(ledger); err != nil {
			return nil, fmt.Errorf("%s: %w", e.kind, err)
		}
		e.form = ledger
		r.events = append(r.events, e)
	}
	if w.Session != "" && l.keysOf(w.Session) == nil {
		ctx, cancel := context.WithTimeoutCause(ctx, l.cfg.Deadline, errDeadline)
		defer cancel()
		var err error
		if r.keys, err = newKeyPair(ctx, l.cfg.Sealer, w.Session); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (l *Log) keysOf(session string) *keyPair {
	l.keysMu.Lock()
	defer l.keysMu.Unlock()
	return l.keys[session]
}

// invalidError is a request that cannot be what happened.
type invalidError struct{ what string }

func (e *invalidError) Error() string { return e.what }

func invalid(format string, args ...any) error { return &invalidError{fmt.Sprintf(format, args...)} }
