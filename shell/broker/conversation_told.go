package broker

import (
	"context"
	"errors"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// welcome tells the console where it is.
func (c *conversation) welcome(ctx context.Context) *wire.Welcome {
	b := c.broker
	w := &wire.Welcome{
		Version: wire.Version, App: b.Schema.App, Environment: b.Schema.Environment, Engineer: c.engineer, Embedded: b.Embedded, Confinement: b.Confinement,
	}
	for _, t := range b.Schema.Topics {
		w.Topics = append(w.Topics, t.Name)
	}
	if b.LastJustification != nil {
		if link := b.LastJustification(ctx, c.engineer); b.Policy.Justification(link, "") == nil {
			w.Justification = link
		}
	}
	return w
}

// shown is a result as a console gets it: within the bound of a message.
func (c *conversation) shown(r Result) *wire.Result {
	disclosed := 0
	for _, v := range r.Disclosures {
		disclosed += v.Count
	}
	m := &wire.Result{
		Command: r.Command, Mode: string(r.Mode), Status: r.Status, Value: r.Value, Err: r.Err, Says: r.Says, Output: r.Output, OutputCut: r.OutputCut,
		Statements: r.Echo, More: r.Statements - len(r.Echo), Disclosed: disclosed, Facts: r.Facts, Duration: r.Duration, Notes: r.Notes,
		Suggestions: r.Suggestions, Exit: r.Exit, Edit: r.Edit, State: c.session.State(),
	}
	if m.Value != nil && !fits(m) {
		m.Value = nil
		m.Notes = append(m.Notes, "the value is too large to be shown: narrow it with Where and Limit")
	}
	for len(m.Statements) > 0 && !fits(m) {
		kept := len(m.Statements) / 2
		m.More += len(m.Statements) - kept
		m.Statements = m.Statements[:kept]
	}
	return m
}

func fits(m *wire.Result) bool {
	b, err := wire.Encode(wire.ToConsole{Result: m})
	return err == nil && len(b) <= wire.MaxToConsole
}

// claimOf is an error as a console gets it; nil for none.
func claimOf(err error) *wire.Error {
	if err == nil {
		return nil
	}
	var refusal *Refusal
	var known *wire.Error
	switch {
	case errors.As(err, &refusal):
		return refusalError(refusal)
	case errors.As(err, &known):
		return known
	case errors.Is(err, audit.ErrNotRecorded):
		return notRecorded("the record is unavailable: nothing was run", err)
	case errors.Is(err, ErrNoDatabase):
		return &wire.Error{Kind: wire.ErrDatabase, Code: "UNAVAILABLE", Message: visible(err.Error()), Hint: "nothing was run; check database: in the config"}
	}
	return &wire.Error{Kind: wire.ErrRuntime, Message: visible(err.Error())}
}
