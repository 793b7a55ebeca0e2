package audit

import (
	"encoding/hex"
)

// watched is a session as its entries come by.
type watched struct {
	folded folded
	sum    sum                // of the rows that its entries come to
	keys   map[int64]*dataKey // nil: not read yet
	parked []item             // entries whose predecessor has not come by yet
	broken bool               // a fault was found in it that leaves nothing to compare
}

// parkedAtMost bounds what a forger can make Verify hold.
const parkedAtMost = 10_000

// meaning takes in what an entry says. Entries of a session are taken in the order of their links; that is nearly always
// the order in which they come.
func (v *verifier) meaning(chain *follower, it *item) error {
	e := &it.entry
	if e.Session == "" {
		return v.serverSays(chain, it)
	}
	w := v.sessions[e.Session]
	if w == nil {
		w = &watched{}
		v.sessions[e.Session] = w
		v.report.Sessions++
	}
	if w.broken {
		return nil
	}
	if e.SessionPrevious != w.folded.session.head {
		if len(w.parked) < parkedAtMost {
			w.parked = append(w.parked, *it)
		}
		return nil
	}
	if err := v.sessionSays(w, it); err != nil {
		return err
	}
	for again := len(w.parked) > 0; again && !w.broken; {
		again = false
		for i := range w.parked {
			if w.parked[i].entry.SessionPrevious == w.folded.session.head {
				it := w.parked[i]
				w.parked = append(w.parked[:i], w.parked[i+1:]...)
				if err := v.sessionSays(w, &it); err != nil {
					return err
				}
				again = len(w.parked) > 0
				break
			}
		}
	}
	return nil
}

func (v *verifier) sessionSays(w *watched, it *item) error {
	e := &it.entry
	ledger, ok, err := v.opened(w, it, e.Session)
	if err != nil {
		return err
	}
	if !ok {
		w.broken = true
		return nil
	}
	err = fold(&w.folded, e, ledger, func(r Row) { w.sum.add(v.sum.of(r)) })
	if err != nil {
		v.at(e, "the entry cannot stand here: %v", err)
		w.broken = true
		return nil
	}
	switch l := ledger.(type) {
	case *consentLedger:
		owner := [2]string{l.Subject, e.Engineer}
		if first, ok := v.owners[l.URL]; l.Step == "granted" && ok && first != owner {
			v.at(e, "the consent link was used for another subject or by another engineer before")
		} else if l.Step == "granted" {
			v.owners[l.URL] = owner
		}
	case *SessionClosed:
		w.keys = nil
	}
	return nil
}

func (v *verifier) serverSays(chain *follower, it *item) error {
	e := &it.entry
	if v.serving != e.Writer {
		v.serving, v.server.keys = e.Writer, nil
	}
	ledger, ok, err := v.opened(&v.server, it, writerScope(chain.known.Public))
	if err != nil || !ok {
		return err
	}
	if err := fold(nil, e, ledger, func(r Row) { v.server.sum.add(v.sum.of(r)) }); err != nil {
		v.at(e, "the entry cannot stand here: %v", err)
		return nil
	}
	if started, ok := ledger.(*ServerStarted); ok && started.PreviousWriter != "" {
		return v.predecessor(e, started)
	}
	return nil
}

// predecessor checks that the chain which a new writer found as the newest is still there.
func (v *verifier) predecessor(e *Entry, started *ServerStarted) error {
	writer, err := ParseWriterID(started.PreviousWriter)
	if err != nil {
		v.at(e, "the chain names no predecessor that can be: %v", err)
		return nil
	}
	before, found, err := v.view.entry(writer, started.PreviousSeq)
	if err != nil {
		return err
	}
	sum := before.Sum()
	if !found || hex.EncodeToString(sum[:]) != started.Previous {
		v.report.fault(Fault{Writer: started.PreviousWriter, Seq: started.PreviousSeq, What: "writer " + e.Writer.String() +
			" began when this entry was the newest, and it is gone or was changed"})
	}
	return nil
}

// opened is what the entry's ledger part says. It is not ok where a fault was found.
func (v *verifier) opened(w *watched, it *item, scope string) (ledger any, ok bool, err error) {
	e := &it.entry
	if w.keys == nil {
		if w.keys, err = v.keysOf(e, scope); err != nil {
			return nil, false, err
		}
	}
	content, ledger, err := formsOf(e.Kind)
	if err != nil {
		v.at(e, "%v", err)
		return nil, false, nil
	}
	if e.Content != (Hash{}) && (content == nil || w.keys[e.ContentKey] == nil) {
		v.at(e, "the data key of its content is missing, or was changed")
	}
	if (e.Ledger != (Hash{})) != (ledger != nil) {
		v.at(e, "the entry has not the parts of its kind")
		return nil, false, nil
	}
	if ledger == nil {
		return nil, true, nil
	}
	key := w.keys[e.LedgerKey]
	if key == nil {
		v.at(e, "the data key of its ledger part is missing, or was changed")
		return nil, false, nil
	}
	if it.ledger == nil {
		return nil, false, nil // is a fault already
	}
	if err := decrypt(e, classLedger, *key, it.ledger, ledger); err != nil {
		v.at(e, "the entry's ledger payload cannot be opened: it was changed, or its header was")
		return nil, false, nil
	}
	return ledger, true, nil
}

// keysOf unwraps all data keys of a scope. One that cannot be unwrapped is as good as missing.
func (v *verifier) keysOf(e *Entry, scope string) (map[int64]*dataKey, error) {
	rows, err := v.view.keys(scope)
	if err != nil {
		return nil, err
	}
	keys := make(map[int64]*dataKey, len(rows))
	for i := range rows {
		k, err := unwrap(v.ctx, v.sealer, &rows[i])
		if v.ctx.Err() != nil {
			return nil, v.ctx.Err()
		}
		if err != nil {
			v.at(e, "%v", err)
			continue
		}
		keys[k.number] = &k
	}
	return keys, nil
}
