package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// memory is what the writing goroutine knows of the record. It is thrown away after any failure, for then the record may
// be otherwise.
type memory struct {
	chain    *chain             // nil: the next batch opens one
	sessions map[string]*folded // those that go on
}

// write is the one goroutine that writes.
func (l *Log) write() {
	defer close(l.done)
	m := &memory{sessions: map[string]*folded{}}
	for first := range l.queue {
		requests := l.take(first)
		if len(requests) == 0 {
			continue
		}
		err := l.record(m, requests)
		if err != nil {
			m = &memory{sessions: map[string]*folded{}}
		}
		for _, r := range requests {
			// What was refused on its own account has its answer already. Nothing else of a failed batch is on record
			// for sure, and nothing of it is tried again.
			if err != nil && r.err == nil {
				failed := *err
				failed.receipt = r.receipt
				r.receipt, r.err = Receipt{}, &failed
			}
			close(r.answer)
		}
	}
	for _, w := range l.held {
		l.cfg.Store.Release(w) // ends with the process anyhow
	}
}

// take drains the queue, without waiting for more, of what nobody has given up on.
func (l *Log) take(first *request) []*request {
	var requests []*request
	for r := first; ; {
		if r.state.CompareAndSwap(waiting, taken) {
			requests = append(requests, r)
		}
		if len(requests) == queued {
			return requests
		}
		var ok bool
		select {
		case r, ok = <-l.queue:
			if !ok {
				return requests
			}
		default:
			return requests
		}
	}
}

// record puts requests on record in one transaction. A nil error means that each request has its answer; another is for
// all of them.
func (l *Log) record(m *memory, requests []*request) *NotRecorded {
	deadline := requests[0].deadline
	for _, r := range requests {
		if r.deadline.Before(deadline) {
			deadline = r.deadline
		}
	}
	ctx, cancel := context.WithDeadlineCause(context.Background(), deadline, errDeadline)
	defer cancel()

	next := m.chain
	if next == nil {
		var err error
		if next, err = l.newChain(ctx); err != nil {
			return &NotRecorded{Cause: err}
		}
	}
	tx, err := l.cfg.Store.Begin(ctx)
	if err != nil {
		return &NotRecorded{Cause: err}
	}
	defer tx.Rollback()

	b := &batch{log: l, tx: tx, memory: m, chain: *next, at: l.cfg.Now(),
		sessions: map[string]*folded{}, keys: map[string]*keyPair{}, granted: map[string][2]string{}}
	if m.chain == nil {
		if err := b.openChain(); err != nil {
			return &NotRecorded{Cause: err}
		}
	}
	for _, r := range requests {
		if err := b.add(r); err != nil {
			return &NotRecorded{Cause: err}
		}
	}
	if len(b.out.Entries) == 0 {
		return nil // every request was refused on its own account
	}
	b.finish()
	if err := tx.Insert(&b.out); err != nil {
		return &NotRecorded{Cause: err}
	}
	if ctx.Err() != nil {
		return &NotRecorded{Cause: context.Cause(ctx)}
	}
	// The commit point. If we crash before it returns, nobody was told anything, and verify accepts either end.
	if err := tx.Commit(); err != nil {
		return &NotRecorded{Unknown: true, Cause: err}
	}
	last := &b.out.Entries[len(b.out.Entries)-1]
	var heads []Head
	if b.out.Writer != nil {
		// Writers that were killed between their commit and this line, or could not reach the anchor, left their chains
		// without one.
		var err error
		if heads, err = l.unanchored(ctx); err != nil {
			return &NotRecorded{Unknown: true, Cause: fmt.Errorf("it is on record, but the anchor was not told: %w", err)}
		}
	}
	for _, h := range append(heads, Head{Writer: last.Writer, Seq: last.Seq, Hash: last.Hash, At: last.At}) {
		if err := l.cfg.Anchor.Advance(ctx, h); err != nil {
			return &NotRecorded{Unknown: true, Cause: fmt.Errorf("it is on record, but the anchor was not told: %w", err)}
		}
	}
	b.remember()
	return nil
}

// unanchored are the heads of the chains on record that are newer than all that the anchor knows, and of its newest one, in
// their order.
func (l *Log) unanchored(ctx context.Context) ([]Head, error) {
	known, err := l.cfg.Anchor.Heads(ctx)
	if err != nil {
		return nil, err
	}
	var newest WriterID
	for _, h := range known {
		if slices.Compare(h.Writer[:], newest[:]) > 0 {
			newest = h.Writer
		}
	}
	view, err := l.cfg.Store.View(ctx)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	return view.heads(newest)
}

// remember takes over what is on record now.
func (b *batch) remember() {
	b.memory.chain = &b.chain
	b.chain.keys.rows = nil
	l := b.log
	l.keysMu.Lock()
	defer l.keysMu.Unlock()
	for id, f := range b.sessions {
		if f.session.closedAt != 0 {
			delete(b.memory.sessions, id)
			delete(l.keys, id)
			continue
		}
		b.memory.sessions[id] = f
		if keys := b.keys[id]; keys != nil {
			keys.rows = nil
			l.keys[id] = keys
		}
	}
}

// newChain makes what needs no transaction of a new writer: its key pair, and data keys for what has no session.
func (l *Log) newChain(ctx context.Context) (*chain, error) {
	public, private, err := newWriterKey()
	if err != nil {
		return nil, err
	}
	c := &chain{public: public, private: private}
	// The id is known only in the transaction, so the keys' scope is the writer's public key.
	if c.keys, err = newKeyPair(ctx, l.cfg.Sealer, c.scope()); err != nil {
		return nil, err
	}
	return c, nil
}

// openChain makes the writer and its first entry.
func (b *batch) openChain() error {
	newest, err := b.tx.Newest()
	if err != nil {
		return err
	}
	c := &b.chain
	if c.writer, err = nextWriterID(b.at, newest.Writer); err != nil {
		return err
	}
	if err := b.log.cfg.Store.Hold(c.writer); err != nil {
		return err
	}
	b.log.held = append(b.log.held, c.writer)

	w := &Writer{ID: c.writer, At: b.at.UnixMicro(), Public: c.public}
	if w.Certificate, err = b.log.cfg.Signer.Sign(w.message()); err != nil {
		return fmt.Errorf("certify the writer: %w", err)
	}
	if !w.certified(b.log.cfg.Signer.Public()) {
		return errors.New("certify the writer: the signature is not the signing key's")
	}
	b.out.Writer = w

	started := b.log.cfg.Started
	started.PreviousWriter, started.PreviousSeq, started.Previous = "", 0, ""
	if newest.Seq > 0 {
		started.PreviousWriter, started.PreviousSeq = newest.Writer.String(), newest.Seq
		started.Previous = newest.Hash.String()
	}
	ledger, err := marshal(&started)
	if err != nil {
		return err
	}
	return b.append(nil, c.keys, Where{}, &sealable{kind: KindServerStarted, ledger: ledger, form: &started})
}

// add takes the events of r. A request that is refused on its own account gets its answer and leaves no trace; an error is
// one of the store, and ends the batch.
func (b *batch) add(r *request) error {
	was := *b
	err := b.try(r)
	var unlawful *invalidError
	switch {
	case errors.As(err, &unlawful):
		r.err = &NotRecorded{Cause: err}
	case errors.Is(err, ErrConsentTaken):
		r.err = err
	case err != nil:
		return err
	default:
		last := b.chain.seq
		r.receipt = Receipt{Writer: b.chain.writer, First: was.chain.seq + 1, Last: last, At: b.at, Head: b.chain.head}
		return nil
	}
	b.chain, b.out = was.chain, was.out
	return nil
}

func (b *batch) try(r *request) error {
	w := r.where
	if w.Session == "" {
		for i := range r.events {
			if err := b.append(nil, b.chain.keys, w, &r.events[i]); err != nil {
				return err
			}
		}
		return nil
	}
	f, err := b.session(w.Session)
	if err != nil {
		return err
	}
	f = f.clone() // what is refused must not change it
	keys, fresh := b.sessionKeys(r)
	if keys == nil {
		return invalid("the session has ended")
	}
	for i := range r.events {
		e := &r.events[i]
		if c, ok := e.form.(*consentLedger); ok {
			if err := b.mayUse(w, c); err != nil {
				return err
			}
		}
		if err := b.append(f, keys, w, e); err != nil {
			return err
		}
	}
	b.sessions[w.Session] = f
	if fresh {
		b.keys[w.Session] = keys
		b.out.Keys = append(slices.Clip(b.out.Keys), keys.rows...)
	}
	for i := range r.events {
		if c, ok := r.events[i].form.(*consentLedger); ok && c.Step == "granted" {
			b.granted[c.URL] = [2]string{c.Subject, w.Engineer}
		}
	}
	return nil
}

// session is what the record has of it, this batch included.
func (b *batch) session(id string) (*folded, error) {
	if f := b.sessions[id]; f != nil {
		return f, nil
	}
	if f := b.memory.sessions[id]; f != nil {
		return f, nil
	}
	f, err := b.tx.folded(id)
	if f == nil && err == nil {
		f = &folded{}
	}
	return f, err
}

// sessionKeys are the keys that r's session goes on with; fresh ones are not on record yet.
func (b *batch) sessionKeys(r *request) (keys *keyPair, fresh bool) {
	if keys := b.keys[r.where.Session]; keys != nil {
		return keys, false
	}
	if keys := b.log.keysOf(r.where.Session); keys != nil {
		return keys, false
	}
	return r.keys, true
}
