package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell"
)

// Opening is what an engineer asks for when a session opens.
type Opening struct {
	Engineer      string
	Justification string // the link that says why
	Note          string

	Consent     string // the link; with Scopes, else neither
	Scopes      []string
	ConsentedBy string // the address that consented, to be compared with the subject's; may be empty

	Write   bool
	Sandbox bool   // roll everything back at the end
	Expect  *int64 // roll everything back at the end unless exactly so many rows were touched
}

// Session is one engineer's time at the console. It is for one goroutine.
type Session struct {
	ID      string
	Opening Opening
	Ask     Ask // nil: there is nobody to ask

	broker   *Broker
	target   Target
	*seat          // where the next command runs
	waiting  *seat // the encrypted one, with its variables, while a decrypted period lasts that was opened inside the session
	write    bool
	whole    *whole // with Sandbox or Expect: the one transaction of the session
	openedAt time.Time
	commands int
	past     past

	committed  int64
	held       int64 // with Sandbox or Expect: rows that the end decides about
	rolledBack int64
	patience   time.Duration // how long a question waits
	ended      string        // why it takes no more commands; empty while it does
	lost       bool          // a worker was lost with its variables, and the person was not told yet
	unsaid     []audit.Event // what happened between commands and is not on record yet
}

// seat is where commands run: a worker and connections of their own, in one mode.
type seat struct {
	mode   shell.Mode
	period *period // the decrypted period; nil in an encrypted one
	peer   *peer   // nil until the next command starts one
	pool   *pool
}

// newSeat is a seat without a worker.
func (s *Session) newSeat(mode shell.Mode) *seat {
	return &seat{mode: mode, pool: &pool{target: s.target, access: Access{Write: s.write, Typed: mode == shell.Encrypted}}}
}

// drop lets go of all that a seat holds.
func (t *seat) drop() {
	if t == nil {
		return
	}
	if t.peer != nil {
		t.peer.kill()
		t.peer = nil
	}
	if t.pool != nil {
		t.pool.close()
	}
}

// loseWorker kills the seat's worker, which is to go on record for this reason.
func (s *Session) loseWorker(reason, detail string) {
	s.peer.kill()
	s.peer, s.lost = nil, true
	s.unsaid = append(s.unsaid, audit.WorkerReplaced{Reason: reason, Detail: detail})
}

// recordWait bounds one recording, beyond the record's own deadline.
const recordWait = 10 * time.Second

// Open opens a session, or refuses with a *Refusal, which is then on record. Where the record is away the error is an
// audit.ErrNotRecorded, where the target is, an ErrNoDatabase.
func (b *Broker) Open(ctx context.Context, o Opening) (*Session, error) {
	s := &Session{ID: ulid.Make().String(), Opening: o, broker: b, patience: questionWait, write: o.Write, openedAt: b.Now(), seat: &seat{mode: shell.Encrypted}}
	if o.Consent != "" || len(o.Scopes) > 0 {
		s.mode = shell.Decrypted
	}
	if err := s.open(ctx); err != nil {
		s.drop()
		var refusal *Refusal
		if errors.As(err, &refusal) {
			return nil, b.recordRefusal(ctx, o, refusal)
		}
		return nil, err
	}
	return s, nil
}

func (s *Session) open(ctx context.Context) error {
	b, o := s.broker, s.Opening
	if err := b.Policy.Justification(o.Justification, o.Note); err != nil {
		return err
	}
	asked := asking{url: o.Consent, note: o.Note, by: o.ConsentedBy, scopes: o.Scopes}
	scopes, err := b.scopes(asked)
	if err != nil {
		return err
	}
	if o.Write {
		if err := b.Policy.Writing(); err != nil {
			return err
		}
	}
	limited, cancel := context.WithTimeout(ctx, b.Policy.Limits.Statement)
	defer cancel()
	if s.target, err = b.connectTarget(limited); err != nil {
		return err
	}
	s.seat = s.newSeat(s.mode)
	events := []audit.Event{audit.SessionOpened{
		App: b.Schema.App, Env: b.Schema.Environment, Build: b.Build, Host: b.Host, Embedded: b.Embedded,
		Justification: o.Justification, Note: o.Note, Write: o.Write, Sandbox: o.Sandbox, Expect: o.Expect,
		Worker: b.Worker, Schema: b.schemaDigest,
	}}
	if s.mode == shell.Decrypted {
		period, granted, err := s.grant(limited, asked, scopes)
		if err != nil {
			return err
		}
		s.period = period
		events = append(events, granted...)
	}
	if s.peer, err = s.startPeer(ctx); err != nil {
		return err
	}
	if o.Write && (o.Sandbox || o.Expect != nil) {
		if s.whole, err = s.beginWhole(ctx); err != nil {
			return err
		}
	}
	err = s.record(ctx, 0, events...)
	if errors.Is(err, audit.ErrConsentTaken) {
		return consentTaken()
	}
	if err != nil {
		s.settle(ctx, err, func(kept bool) {
			if kept { // it is open on record, and nobody will use it
				s.record(ctx, 0, audit.SessionClosed{Reason: "lost"}) // else the next server closes it
			}
		})
	}
	return err
}

// drop lets go of all that a session holds, without a word to the record.
func (s *Session) drop() {
	if s.whole != nil {
		s.pool.discard(s.whole.conn) // closing rolls back
		s.whole = nil
	}
	s.seat.drop()
	s.waiting.drop()
	s.waiting = nil
}

// recordRefusal puts a denial before a session on record and returns it; where it cannot be recorded, that is the error.
func (b *Broker) recordRefusal(ctx context.Context, o Opening, refusal *Refusal) error {
	tried := o.Justification
	if refusal.Rule == ruleConsent || refusal.Rule == ruleScope {
		tried = fmt.Sprintf("%s %q", o.Consent, o.Scopes)
	}
	err := b.record(ctx, audit.Where{Engineer: o.Engineer}, audit.Refused{Rule: refusal.Rule, Message: refusal.Message, Attempt: attempt(tried)})
	if err != nil {
		return err
	}
	return refusal
}

// Mode is the mode the session is in.
func (s *Session) Mode() shell.Mode { return s.mode }

// App is the application's name.
func (s *Session) App() string { return s.broker.Schema.App }

// Commands is how many commands are on record.
func (s *Session) Commands() int { return s.commands }

// startPeer gets the session a worker. It is not told what for: which mode it is in, the gate knows.
func (s *Session) startPeer(ctx context.Context) (*peer, error) {
	return s.broker.startPeer(ctx, s.target)
}

// record puts events of the session on record: of a command, or of none (0). When it returns nil they are durable.
func (s *Session) record(ctx context.Context, command int, events ...audit.Event) error {
	return s.broker.record(ctx, audit.Where{Session: s.ID, Command: command, Engineer: s.Opening.Engineer, Mode: string(s.mode)}, events...)
}

func (b *Broker) record(ctx context.Context, where audit.Where, events ...audit.Event) error {
	ctx, cancel := recording(ctx)
	defer cancel()
	_, err := b.Log.Append(ctx, where, events...)
	return err
}

// recording is a context for the record: what was cancelled is recorded all the same.
func recording(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), recordWait)
}

// Closing is how a session ended.
type Closing struct {
	Commands   int
	Committed  int64    // rows of writes that stand
	RolledBack int64    // rows of writes that were recorded and then rolled back
	Refusal    *Refusal // with Expect: not so many rows were touched, so everything was rolled back
}

// Close ends the session: with Sandbox everything is rolled back, with Expect everything but the expected number of
// rows; clean says that all commands succeeded, without which nothing of an Expect stands. Reason is what the record
// says: "closed" or "interrupted".
func (s *Session) Close(ctx context.Context, reason string, clean bool) (Closing, error) {
	if s.pool == nil {
		return Closing{}, errors.New("the session is closed")
	}
	ctx = context.WithoutCancel(ctx)
	closing := Closing{Commands: s.commands}
	settleErr := s.settleWhole(ctx, clean, &closing)
	s.drop()
	s.pool = nil
	closing.Committed, closing.RolledBack = s.committed, s.rolledBack

	events := s.unsaid
	if s.period != nil {
		why := reason
		if over := s.period.over(s.broker.Now()); over != "" {
			why = over
		}
		events = append(events, s.period.ended(why))
	}
	if closing.Refusal != nil {
		events = append(events, audit.Refused{Rule: ruleExpect, Message: closing.Refusal.Message})
		reason = "expect"
	}
	events = append(events, audit.SessionClosed{Reason: reason, Commands: s.commands, Committed: s.committed, RolledBack: s.rolledBack})
	err := s.record(ctx, 0, events...)
	return closing, errors.Join(settleErr, err)
}
