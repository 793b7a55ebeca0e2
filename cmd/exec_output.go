package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell/broker"
	"github.com/vouchsafe/vouchsafe/shell/console"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// execOutput prints a session: results to standard output, all else to standard error; or JSON, one object a line.
type execOutput struct {
	*program
	limit int   // bytes of one value, text or output
	err   error // the first that standard output gave
}

func (o *execOutput) keep(err error) { o.err = errors.Join(o.err, err) }

type sessionLine struct {
	Session       string `json:"session"`
	Mode          string `json:"mode"`
	Engineer      string `json:"engineer"`
	App           string `json:"app"`
	Justification string `json:"justification"`
}

func (o *execOutput) opened(s *broker.Session) {
	if o.json {
		o.keep(o.line(sessionLine{s.ID, string(s.Mode()), s.Opening.Engineer, s.App(), s.Opening.Justification}))
		return
	}
	fmt.Fprintf(o.stderr, "session %s, %s; everything typed is recorded\n", s.ID, s.Mode())
}

// commandLine is a command as exec --json prints it.
type commandLine struct {
	Command     int             `json:"command"`
	Source      string          `json:"source"`
	Mode        string          `json:"mode"`
	Status      string          `json:"status"`
	Value       json.RawMessage `json:"value,omitempty"`
	Text        string          `json:"text"`
	Output      string          `json:"output"`
	Statements  int             `json:"statements"`
	Rows        int64           `json:"rows"`
	Disclosures []audit.Value   `json:"disclosures"`
	Facts       int             `json:"facts"`
	DurationMS  float64         `json:"duration_ms"`
	Error       *wire.Error     `json:"error,omitempty"`
	Notes       []string        `json:"notes,omitempty"`
	Truncated   bool            `json:"truncated,omitempty"`
}

func (o *execOutput) command(r broker.Result) {
	text, cut := console.Text(r.Value, o.limit)
	if o.json {
		value, cutValue := console.JSON(r.Value, o.limit+len(`""`)) // the quotes of a text are not of its length
		if r.Disclosures == nil {
			r.Disclosures = []audit.Value{}
		}
		o.keep(o.line(commandLine{
			Command: r.Command, Source: r.Source, Mode: string(r.Mode), Status: r.Status, Value: value, Text: text, Output: r.Says + r.Output,
			Statements: r.Statements, Rows: r.Rows, Disclosures: r.Disclosures, Facts: r.Facts,
			DurationMS: float64(r.Duration.Microseconds()) / 1000, Error: r.Err, Notes: r.Notes, Truncated: cut || cutValue || r.OutputCut > 0,
		}))
		return
	}
	if r.Says != "" {
		o.print(strings.TrimSuffix(visibleLines(r.Says), "\n"))
	}
	if r.Output != "" {
		o.print(strings.TrimSuffix(visibleLines(r.Output), "\n"))
	}
	if r.OutputCut > 0 {
		fmt.Fprintf(o.stderr, "%d more bytes were printed\n", r.OutputCut)
	}
	if r.Value != nil {
		o.print(text)
	}
	if cut {
		fmt.Fprintln(o.stderr, "the value was cut: narrow it")
	}
	for _, note := range r.Notes {
		fmt.Fprintf(o.stderr, "note: %s\n", note)
	}
	if r.Err != nil {
		o.fault(r)
	}
}

func (o *execOutput) print(text string) {
	_, err := fmt.Fprintln(o.stdout, text)
	o.keep(err)
}

// fault prints what a command failed with.
func (o *execOutput) fault(r broker.Result) {
	at := ""
	if r.Err.Line > 0 {
		at = fmt.Sprintf(" at %d:%d", r.Err.Line, r.Err.Column)
	}
	fmt.Fprintf(o.stderr, "command %d: %s%s: %s\n", r.Command, r.Err.Kind, at, console.Visible(r.Err.Message))
	if r.Err.Hint != "" {
		fmt.Fprintf(o.stderr, "  hint: %s\n", console.Visible(r.Err.Hint))
	}
}

type closingLine struct {
	Session    string      `json:"session"`
	Status     string      `json:"status"`
	Commands   int         `json:"commands"`
	Committed  int64       `json:"committed,omitempty"`   // rows of writes that stand
	RolledBack int64       `json:"rolled_back,omitempty"` // rows of writes that do not
	Error      *wire.Error `json:"error,omitempty"`
}

func (o *execOutput) closed(s *broker.Session, c broker.Closing, failed *failure) {
	if o.json {
		line := closingLine{Session: s.ID, Status: "closed", Commands: c.Commands, Committed: c.Committed, RolledBack: c.RolledBack}
		if failed != nil {
			line.Error = &wire.Error{Kind: failed.kind, Rule: failed.rule, Message: failed.message, Hint: failed.hint}
		}
		o.keep(o.line(line))
		return
	}
	if c.Committed > 0 {
		fmt.Fprintf(o.stderr, "%s written\n", rows(c.Committed))
	}
	if c.RolledBack > 0 {
		fmt.Fprintf(o.stderr, "%s rolled back\n", rows(c.RolledBack))
	}
	if failed != nil {
		o.say(failed)
	}
}

// visibleLines is what code printed, fit for a terminal: lines and tabs stay, all else that a terminal acts on is shown.
func visibleLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		parts := strings.Split(line, "\t")
		for j, part := range parts {
			parts[j] = console.Visible(part)
		}
		lines[i] = strings.Join(parts, "\t")
	}
	return strings.Join(lines, "\n")
}
