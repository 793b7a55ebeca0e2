package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell/console"
)

func (p *program) listSessions(ctx context.Context, r *audit.Reader) error {
	sessions, err := r.Sessions(ctx, audit.Filter{})
	if err != nil {
		return err
	}
	if p.json {
		if sessions == nil {
			sessions = []audit.Session{}
		}
		return p.line(sessions)
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options.DrawBorder = false
	t.Style().Options.SeparateColumns = false
	t.AppendHeader(table.Row{"session", "engineer", "opened", "mode", "state", "justification"})
	for _, s := range sessions {
		t.AppendRow(table.Row{s.ID, console.Visible(s.Engineer), s.OpenedAt.Format("2006-01-02 15:04"), s.Mode, s.State, console.Visible(s.Justification.URL)})
	}
	_, err = fmt.Fprintln(p.stdout, t.Render())
	return err
}

func (p *program) showSession(ctx context.Context, r *audit.Reader, id string) error {
	s, err := r.Session(ctx, id)
	if err != nil {
		return err
	}
	if p.json {
		return p.line(s)
	}
	_, err = fmt.Fprint(p.stdout, sessionText(s))
	return err
}

// sessionText is a session for a person to read.
func sessionText(s audit.Session) string {
	var b strings.Builder
	line := func(format string, args ...any) {
		for i, a := range args {
			if text, ok := a.(string); ok {
				args[i] = console.Visible(text)
			}
		}
		fmt.Fprintf(&b, format+"\n", args...)
	}
	closed := "goes on"
	if s.ClosedAt != nil {
		closed = "closed " + s.ClosedAt.Format("15:04:05")
	}
	line("session %s, %s, %s", s.ID, s.Mode, s.State)
	line("%s in %s %s, opened %s, %s", s.Engineer, s.App, s.Env, s.OpenedAt.Format("2006-01-02 15:04:05"), closed)
	if s.Embedded {
		line("embedded: no evidence against the person who ran it")
	}
	line("because %s", s.Justification.URL)
	for _, c := range s.Consents {
		line("consent %s of %s for %s (%s)", c.URL, c.Subject, strings.Join(c.Scopes, ", "), c.Evidence)
	}
	for _, c := range s.Commands {
		source := "(destroyed)"
		if c.Source != nil {
			source = *c.Source
		}
		line("")
		line("%d. %s", c.N, source)
		line("   %s, %s", c.Mode, c.Status)
		for _, st := range c.Statements {
			sql := "(destroyed)"
			if st.SQL != nil {
				sql = *st.SQL
			}
			args, err := json.Marshal(st.Args)
			if err != nil {
				args = nil
			}
			line("   sql %s %s: %d rows", sql, string(args), st.Rows)
		}
		for _, d := range c.Disclosures {
			line("   opened %s of %s in %s, %d times", d.Column, d.Subject, d.Row, d.Count)
		}
		for _, f := range c.Facts {
			line("   fact %s of %s %s", f.Fact, f.Column, f.Row)
		}
		for _, f := range c.Flags {
			line("   flag %s: %s %s %s", f.Rule, f.Message, f.Column, f.Row)
		}
		if c.Error != nil {
			line("   %s", c.Error.Kind)
		}
	}
	for _, r := range s.Refusals {
		line("")
		line("refused %s: %s", r.Rule, r.Message)
	}
	return b.String()
}
