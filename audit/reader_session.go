package audit

import (
	"context"
	"encoding/json"
	"fmt"
)

// listed is a session as its projections have it, with the notes opened.
func (o opener) listed(ctx context.Context, row *sessionRow) (Session, error) {
	s := sessionOf(row)
	content, _, err := o.at(ctx, row.opened, row.id)
	if err != nil {
		return s, err
	}
	if c, ok := content.(*openedContent); ok {
		s.Justification.Note = &c.Note
	}
	consents, err := o.view.related(consentsTable, row.id)
	if err != nil {
		return s, err
	}
	refusals, err := o.view.related(refusalsTable, row.id)
	if err != nil {
		return s, err
	}
	for _, rows := range [][]Row{consents, refusals} {
		for _, row := range rows {
			e, content, ledger, err := o.of(ctx, row, s.ID)
			if err != nil {
				return s, err
			}
			switch l := ledger.(type) {
			case *consentLedger:
				s.grant(e, content, l)
				g := &s.Consents[len(s.Consents)-1]
				if at, ok := row.values[10].(int64); ok {
					g.EndedAt = timeIf(at)
				}
				g.EndedWhy, _ = row.values[11].(string)
			case *refusedLedger:
				s.refuse(e, content, l)
			}
		}
	}
	return s, nil
}

// of reads the entry that a row came from.
func (o opener) of(ctx context.Context, row Row, scope string) (*Entry, any, any, error) {
	var p place
	writer, _ := row.values[0].([]byte)
	seq, _ := row.values[1].(int64)
	copy(p.writer[:], writer)
	p.seq = uint64(seq)
	e, found, err := o.view.entry(p.writer, p.seq)
	if err != nil {
		return nil, nil, nil, err
	}
	if !found {
		return nil, nil, nil, fmt.Errorf("entry %d of %s is missing", p.seq, p.writer)
	}
	content, ledger, err := o.read(ctx, &e, scope)
	return &e, content, ledger, err
}

// at reads what stands at p.
func (o opener) at(ctx context.Context, p place, scope string) (content, ledger any, err error) {
	_, content, ledger, err = o.of(ctx, Row{values: []any{p.writer[:], int64(p.seq)}}, scope)
	return content, ledger, err
}

// whole is a session as its entries have it.
func (o opener) whole(ctx context.Context, id string) (Session, error) {
	var entries []Entry
	for e, err := range o.view.entries(id) {
		if err != nil {
			return Session{}, err
		}
		entries = append(entries, e)
	}
	if len(entries) == 0 {
		return Session{}, ErrNoSession
	}
	f := &folded{}
	s := Session{}
	opened := map[disclosed]int{}
	for _, e := range inOrder(entries) {
		content, ledger, err := o.read(ctx, &e, id)
		if err != nil {
			return s, err
		}
		if err := fold(f, &e, ledger, func(Row) {}); err != nil {
			return s, fmt.Errorf("entry %d of %s: %w", e.Seq, e.Writer, err)
		}
		if e.Kind == KindSessionOpened {
			s = sessionOf(&f.session)
			s.Commands, s.Flags = []Command{}, []Flag{}
		}
		s.take(&e, content, ledger, opened)
	}
	end := sessionOf(&f.session)
	s.ClosedAt, s.ClosedWhy, s.Mode, s.State = end.ClosedAt, end.ClosedWhy, end.Mode, end.State
	s.Write, s.Committed, s.RolledBack, s.Head = end.Write, end.Committed, end.RolledBack, end.Head
	return s, nil
}

// inOrder follows the links from entry to entry of a session. Chains mostly stand in that order already.
func inOrder(entries []Entry) []Entry {
	after := make(map[Hash]int, len(entries))
	for i := range entries {
		after[entries[i].SessionPrevious] = i
	}
	ordered := make([]Entry, 0, len(entries))
	for at, ok := after[Hash{}]; ok && len(ordered) < len(entries); at, ok = after[entries[at].Hash] {
		ordered = append(ordered, entries[at])
	}
	return ordered
}

func sessionOf(row *sessionRow) Session {
	return Session{
		ID: row.id, Engineer: row.engineer, App: row.app, Env: row.env, Build: row.build, Host: row.host,
		Embedded: row.embedded, OpenedAt: timeOf(row.openedAt), ClosedAt: timeIf(row.closedAt), ClosedWhy: row.closedWhy,
		Mode: row.mode, Write: row.writes, Sandbox: row.sandbox, Justification: Justification{URL: row.justification},
		Consents: []Granted{}, Refusals: []Refusal{}, Reviews: []Review{}, State: row.state,
		Committed: row.committed, RolledBack: row.rolledBack, Head: row.head.String(),
	}
}

// disclosed is a value that a command opened.
type disclosed struct {
	command              int
	column, subject, row string
}

// take adds what an entry says. opened is where each value that was opened is listed.
func (s *Session) take(e *Entry, content, ledger any, opened map[disclosed]int) {
	if e.Kind == KindIntent {
		c := Command{
			N: e.Command, At: timeOf(e.At), Mode: e.Mode, Status: "unfinished",
			Statements: []CommandStatement{}, Disclosures: []Value{}, Facts: []Fact{}, Flags: []Flag{},
		}
		if typed, ok := content.(*intentContent); ok {
			c.Source = &typed.Source
		}
		s.Commands = append(s.Commands, c)
		return
	}
	var c *Command
	if e.Command > 0 && e.Command <= len(s.Commands) {
		c = &s.Commands[e.Command-1]
	}
	switch l := ledger.(type) {
	case *openedLedger:
		if said, ok := content.(*openedContent); ok {
			s.Justification.Note = &said.Note
		}
	case *consentLedger:
		s.grant(e, content, l)
	case *refusedLedger:
		s.refuse(e, content, l)
	case *Flag:
		if c == nil {
			s.Flags = append(s.Flags, *l)
			return
		}
		c.Flags = append(c.Flags, *l)
	case *Disclosure:
		if c == nil {
			return
		}
		for _, v := range l.Values {
			key := disclosed{e.Command, v.Column, v.Subject, v.Row}
			if at, ok := opened[key]; ok {
				c.Disclosures[at].Count += v.Count
				continue
			}
			opened[key] = len(c.Disclosures)
			c.Disclosures = append(c.Disclosures, v)
		}
	}
	if c != nil {
		c.take(e, content, ledger)
	}
}

func (c *Command) take(e *Entry, content, ledger any) {
	switch l := ledger.(type) {
	case *statementLedger:
		st := CommandStatement{Args: []json.RawMessage{}, Rows: l.Rows, Write: l.Write}
		if sent, ok := content.(*statementContent); ok {
			st.SQL = &sent.SQL
			st.Args = append(st.Args, sent.Args...)
		}
		c.Statements = append(c.Statements, st)
	case *Fact:
		c.Facts = append(c.Facts, *l)
	case *questionLedger:
		asked := CommandQuestion{At: timeOf(e.At), Text: l.Text}
		if said, ok := content.(*questionContent); ok {
			asked.Shown = thaw(said.Shown)
		}
		c.Questions = append(c.Questions, asked)
	case *Answer:
		if n := len(c.Questions); n > 0 {
			c.Questions[n-1].Answer = l.Answer
		}
	case *ModeChange:
		c.Modes = append(c.Modes, CommandMode{At: timeOf(e.At), Mode: l.Mode, Why: l.Why})
	case *WorkerReplaced:
		c.Replaced = append(c.Replaced, *l)
	case *outcomeLedger:
		c.Status, c.DurationMS, c.Rows = l.Status, float64(l.DurationUS)/1000, l.Rows
		c.Committed, c.RolledBack = l.Committed, l.RolledBack
		said, _ := content.(*outcomeContent)
		if said == nil {
			said = &outcomeContent{}
		}
		c.Value, c.Output = thaw(said.Value), thaw(said.Output)
		if c.Output == nil {
			c.Output = &Text{}
		}
		if l.ErrorKind != "" || said.Error != nil {
			c.Error = &CommandError{Kind: l.ErrorKind, Message: thaw(said.Error)}
		}
	}
}

func (s *Session) grant(e *Entry, content any, l *consentLedger) {
	if l.Step == "ended" {
		for i := range s.Consents {
			if g := &s.Consents[i]; g.URL == l.URL && g.EndedAt == nil {
				g.EndedAt, g.EndedWhy = timeIf(e.At), l.Why
				return
			}
		}
		return
	}
	g := Granted{
		URL: l.URL, Evidence: l.Evidence, Subject: l.Subject, Scopes: append([]string{}, l.Scopes...),
		GrantedAt: timeOf(e.At), ExpiresAt: timeIf(l.Expires),
	}
	if said, ok := content.(*consentContent); ok {
		g.Note = &said.Note
	} else if e.Content == (Hash{}) {
		g.Note = new(string)
	}
	s.Consents = append(s.Consents, g)
}

func (s *Session) refuse(e *Entry, content any, l *refusedLedger) {
	r := Refusal{
		At: timeOf(e.At), Command: e.Command, Rule: l.Rule, Attempt: Attempt{Bytes: l.Bytes, SHA256: l.SHA256},
	}
	if said, ok := content.(*refusedContent); ok {
		r.Message, r.Attempt.Text = &said.Message, said.Text
	}
	s.Refusals = append(s.Refusals, r)
}

func thaw(f *frozenText) *Text {
	if f == nil {
		return nil
	}
	t := Text(*f)
	return &t
}
