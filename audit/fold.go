package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// fold takes what e says into f, the state of its session, and hands the rows that are settled to emit: rows that will
// not change, and those that f lets go of. It is the one meaning of entries: Append writes projections with it, and
// Verify folds again and compares. An entry that cannot follow what is in f is an error, and f is spoilt then.
//
// f is nil for an entry without a session.
func fold(f *folded, e *Entry, ledger any, emit func(Row)) error {
	if f == nil {
		return foldServer(e, ledger, emit)
	}
	if opened, ok := ledger.(*openedLedger); ok {
		if err := f.open(e, opened); err != nil {
			return err
		}
	} else if err := f.follow(e, ledger, emit); err != nil {
		return err
	}
	f.session.entries++
	f.session.lastWriter = e.Writer
	f.session.head = e.Hash
	return nil
}

// foldServer takes what belongs to no session.
func foldServer(e *Entry, ledger any, emit func(Row)) error {
	switch ledger := ledger.(type) {
	case *ServerStarted, *View:
		return nil
	case *refusedLedger:
		emit(refusal(e, ledger))
		return nil
	}
	return fmt.Errorf("a %s belongs to a session", e.Kind)
}

func (f *folded) open(e *Entry, o *openedLedger) error {
	if f.session.id != "" {
		return errors.New("the session is open already")
	}
	if e.Command != 0 {
		return errors.New("a session is not opened by a command")
	}
	f.session = sessionRow{
		id: e.Session, opened: place{e.Writer, e.Seq}, engineer: e.Engineer, app: o.App, env: o.Env, build: o.Build,
		host: o.Host, justification: o.Justification, embedded: o.Embedded, writes: o.Write, sandbox: o.Sandbox,
		openedAt: e.At, mode: e.Mode, state: "pending",
	}
	return nil
}

// follow takes what happened in an open session.
func (f *folded) follow(e *Entry, ledger any, emit func(Row)) error {
	s := &f.session
	switch {
	case s.id == "":
		return errors.New("the session was never opened")
	case s.closedAt != 0:
		return errors.New("the session is closed")
	case e.Engineer != s.engineer:
		return fmt.Errorf("the session is %s's, not %s's", s.engineer, e.Engineer)
	case e.Kind == KindIntent:
		return f.intend(e, emit)
	case e.Command < 0 || int64(e.Command) > s.commands:
		return fmt.Errorf("there is no command %d yet", e.Command)
	}

	switch l := ledger.(type) {
	case *outcomeLedger:
		return f.finish(e, l)
	case *statementLedger:
		if e.Command == 0 {
			return errors.New("a statement belongs to a command")
		}
		emit(Row{statementsTable, []any{
			e.Writer[:], int64(e.Seq), e.Session, int64(e.Command), l.Rows, number(l.Write),
		}})
	case *Disclosure:
		for i, v := range l.Values {
			s.disclosures += int64(v.Count)
			emit(Row{disclosuresTable, []any{
				e.Writer[:], int64(e.Seq), int64(i), e.Session, int64(e.Command), e.At, e.Engineer, l.Consent, v.Column,
				v.Subject, v.Row, int64(v.Count),
			}})
		}
	case *Fact:
		s.facts++
		emit(Row{factsTable, []any{
			e.Writer[:], int64(e.Seq), e.Session, int64(e.Command), e.At, e.Engineer, l.Fact, l.Column, l.Subject, l.Row,
			int64(l.Count),
		}})
	case *Flag:
		s.flags++
		emit(Row{flagsTable, []any{
			e.Writer[:], int64(e.Seq), e.Session, int64(e.Command), l.Rule, l.Column, l.Subject, l.Row, int64(l.Count),
		}})
	case *refusedLedger:
		s.refusals++
		emit(refusal(e, l))
	case *consentLedger:
		return f.consent(e, l, emit)
	case *ModeChange:
		switch l.Mode {
		case "decrypted":
			s.mode = l.Mode
		case "write":
			s.writes = true
		}
	case *questionLedger, *Answer:
		return f.running(e)
	case *WorkerReplaced:
	case *SessionClosed:
		s.closedAt, s.closedWhy = e.At, l.Reason
		s.committed, s.rolledBack = l.Committed, l.RolledBack // the end may have decided about what commands wrote
	default:
		return fmt.Errorf("a %s does not belong to a session", e.Kind)
	}
	return nil
}

func (f *folded) intend(e *Entry, emit func(Row)) error {
	s := &f.session
	if int64(e.Command) != s.commands+1 {
		return fmt.Errorf("command %d cannot follow command %d", e.Command, s.commands)
	}
	if f.command.n != 0 && !f.command.stored {
		emit(f.command.row())
	}
	s.commands++
	if e.Mode == "decrypted" {
		s.mode = e.Mode
	}
	f.command = commandRow{
		session: e.Session, n: e.Command, intent: place{e.Writer, e.Seq}, at: e.At, mode: e.Mode, status: "unfinished",
	}
	return nil
}

// running refuses what does not belong to the command that runs.
func (f *folded) running(e *Entry) error {
	switch c := &f.command; {
	case e.Command == 0 || e.Command != c.n:
		return fmt.Errorf("command %d is not the one that runs", e.Command)
	case c.outcome.seq != 0:
		return fmt.Errorf("command %d has an outcome already", e.Command)
	}
	return nil
}

func (f *folded) finish(e *Entry, l *outcomeLedger) error {
	if err := f.running(e); err != nil {
		return err
	}
	c := &f.command
	c.status, c.errorKind, c.durationUS, c.statements, c.sum = l.Status, l.ErrorKind, l.DurationUS, int64(l.Statements), l.Rows
	c.committed, c.rolledBack = l.Committed, l.RolledBack
	c.outcome = place{e.Writer, e.Seq}
	c.stored = false
	f.session.committed += l.Committed
	f.session.rolledBack += l.RolledBack
	return nil
}

func (f *folded) consent(e *Entry, l *consentLedger, emit func(Row)) error {
	switch l.Step {
	case "granted":
		scopes, err := json.Marshal(l.Scopes)
		if err != nil {
			return err
		}
		if l.Scopes == nil {
			scopes = []byte("[]")
		}
		f.consents = append(f.consents, consentRow{
			granted: place{e.Writer, e.Seq}, session: e.Session, url: l.URL, subject: l.Subject, engineer: e.Engineer,
			evidence: l.Evidence, scopes: string(scopes), grantedAt: e.At, expiresAt: l.Expires,
		})
		return nil
	case "ended":
		at := slices.IndexFunc(f.consents, func(c consentRow) bool { return c.url == l.URL })
		if at < 0 {
			return errors.New("the consent was not granted in this session, or has ended")
		}
		c := f.consents[at]
		c.endedAt, c.endedWhy = e.At, l.Why
		emit(c.row())
		f.consents = slices.Delete(f.consents, at, at+1)
		return nil
	}
	return fmt.Errorf("a consent has no step %q", l.Step)
}

// unsettled hands over the rows that may still change, as they are now; those that did not change since, only once.
func (f *folded) unsettled(emit func(Row)) {
	if f.session.id != "" {
		emit(f.session.row())
	}
	if f.command.n != 0 && !f.command.stored {
		emit(f.command.row())
		f.command.stored = true
	}
	for i := range f.consents {
		if c := &f.consents[i]; !c.stored {
			emit(c.row())
			c.stored = true
		}
	}
}

func refusal(e *Entry, l *refusedLedger) Row {
	return Row{refusalsTable, []any{
		e.Writer[:], int64(e.Seq), e.Session, int64(e.Command), e.At, e.Engineer, l.Rule,
	}}
}
