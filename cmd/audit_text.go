package cmd

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell/console"
)

// sessionText is a session for a person to read. What was typed, or came from code, stands behind a bar, so that none of it
// looks like a line of ours.
func sessionText(s audit.Session) string {
	t := &sessionPage{}
	closed := "goes on"
	if s.ClosedAt != nil {
		closed = "closed " + s.ClosedAt.Format("15:04:05")
		switch s.ClosedWhy {
		case "closed":
		case "lost":
			closed = "lost: its program ended without closing it"
		default:
			closed += ", " + s.ClosedWhy
		}
	}
	place := s.App
	if s.Env != s.App {
		place += " " + s.Env
	}
	t.line("session %s, %s, %s", s.ID, s.Mode, s.State)
	t.line("%s in %s, opened %s, %s", s.Engineer, place, s.OpenedAt.Format("2006-01-02 15:04:05"), closed)
	if s.Embedded {
		t.line("embedded: no evidence against the person who ran it")
	}
	t.line("because %s", s.Justification.URL)
	t.quoted("   note", s.Justification.Note)
	for _, c := range s.Consents {
		t.line("consent %s of %s for %s (%s)%s", c.URL, c.Subject, strings.Join(c.Scopes, ", "), c.Evidence, lasted(c))
	}
	if s.Committed+s.RolledBack > 0 {
		t.line("%s written and kept, %d rolled back", rows(s.Committed), s.RolledBack)
	}
	for _, c := range s.Commands {
		t.command(c)
	}
	for _, r := range s.Refusals {
		t.line("")
		at := ""
		if r.Command > 0 {
			at = fmt.Sprintf(" in command %d", r.Command)
		}
		t.line("refused%s, rule %s", at, r.Rule)
		t.quoted("   why", r.Message)
		t.quoted("   tried", &r.Attempt.Text)
	}
	return t.text.String()
}

// sessionPage is the text as it grows.
type sessionPage struct{ text strings.Builder }

func (t *sessionPage) line(format string, args ...any) {
	for i, a := range args {
		if text, ok := a.(string); ok {
			args[i] = console.Visible(text)
		}
	}
	fmt.Fprintf(&t.text, format+"\n", args...)
}

// quoted is a text of somebody else's: each of its lines behind a bar.
func (t *sessionPage) quoted(name string, text *string) {
	switch {
	case text == nil:
		t.line("%s (destroyed)", name)
	case *text != "":
		for line := range strings.SplitSeq(strings.TrimSuffix(*text, "\n"), "\n") {
			t.line("%-9s| %s", name, line)
			name = ""
		}
	}
}

func (t *sessionPage) command(c audit.Command) {
	t.line("")
	t.line("%d. %s, %s, %.1f ms", c.N, c.Mode, c.Status, c.DurationMS)
	t.quoted("   typed", c.Source)
	for _, st := range c.Statements {
		args, err := json.Marshal(st.Args)
		if err != nil {
			args = nil
		}
		what := "read"
		if st.Write {
			what = "touched"
		}
		t.line("   %s %s, with %s", rows(st.Rows), what, string(args))
		t.quoted("   sql", st.SQL)
	}
	for _, q := range c.Questions {
		answer := q.Answer
		if answer == "" {
			answer = "no answer"
		}
		t.line("   asked %s: %s", q.Text, answer)
		t.kept("   shown", q.Shown)
	}
	if c.Committed+c.RolledBack > 0 {
		t.line("   %s kept, %d rolled back", rows(c.Committed), c.RolledBack)
	}
	for _, d := range c.Disclosures {
		t.line("   opened %s of %s in %s%s", d.Column, d.Subject, d.Row, times(d.Count))
	}
	for _, f := range c.Facts {
		t.line("   told %s of %s %s: %s%s", f.Fact, f.Column, f.Row, f.Answer, times(f.Count))
	}
	for _, f := range c.Flags {
		t.line("   flag %s: %s %s %s", f.Rule, f.Message, f.Column, f.Row)
	}
	for _, w := range c.Replaced {
		t.line("   the worker was replaced: %s", w.Reason)
	}
	for _, m := range c.Modes {
		change := fmt.Sprintf("%s from %s: %s", m.Mode, m.At.Format("15:04:05"), m.Why)
		t.quoted("   mode", &change)
	}
	if c.Error != nil {
		t.line("   failed: %s", c.Error.Kind)
		t.kept("   error", c.Error.Message)
	}
	t.kept("   output", c.Output)
}

// kept is what the record has of a text.
func (t *sessionPage) kept(name string, text *audit.Text) {
	switch {
	case text == nil:
	case text.Withheld > 0:
		t.line("%s: %d bytes withheld", name, text.Withheld)
	default:
		t.quoted(name, &text.Kept)
	}
}

// lasted says from when to when a consent opened something, and why it ended.
func lasted(c audit.Granted) string {
	said := ", " + c.GrantedAt.Format("15:04:05")
	if c.EndedAt != nil {
		said += " to " + c.EndedAt.Format("15:04:05") + ", ended: " + c.EndedWhy
	}
	return said
}

// plural is a number of things.
func plural(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "y"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(what, "y"))
	case strings.HasSuffix(what, "ch"):
		return fmt.Sprintf("%d %ses", n, what)
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func rows(n int64) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(", %d times", n)
}
