package console

import (
	"fmt"
	"strings"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// Result shows what a command came to: what it printed, its value, the SQL that it sent, what it disclosed, notes, and at the
// end, next to the prompt, how it failed. source is what was typed: an error points into it.
func (s Screen) Result(source string, r wire.Result) string {
	body, tail := s.result(source, r)
	return body + tail
}

// result is a Result in two: what a command showed, and what is told of it.
func (s Screen) result(source string, r wire.Result) (body, tail string) {
	c := s.sheet()
	c.statements(r)
	c.disclosures(r)
	for _, note := range r.Notes {
		if !isToldAlready(note, r) {
			c.said(0, inkDim, "note", note)
		}
	}
	for _, suggestion := range r.Suggestions {
		c.said(0, inkHint, "try", suggestion)
	}
	if r.Err != nil {
		c.failure(r.Err, source)
	}
	return s.printed(r) + s.valueOf(r.Value, originOf(source)), c.text()
}

// printed shows what typed code printed, behind a bar: it is no voice of the console's. What a dot command prints is.
func (s Screen) printed(r wire.Result) string {
	c := s.sheet()
	if r.Says != "" {
		for line := range strings.SplitSeq(strings.TrimSuffix(Visible(r.Says), "\n"), "\n") {
			c.hanging(expandTabs(line))
		}
	}
	bar := c.paint(inkDim, "│") + " "
	room := c.columns() - 2
	if room < 2 {
		bar, room = "", c.columns()
	}
	if r.Output != "" {
		for line := range strings.SplitSeq(strings.TrimSuffix(Visible(r.Output), "\n"), "\n") {
			for _, piece := range wrap(expandTabs(line), room) {
				c.line(0, strings.TrimRight(bar+piece, " "))
			}
			if c.full {
				break
			}
		}
	}
	if r.OutputCut > 0 {
		c.lines(c.edge(), inkDim, "… "+count(int64(r.OutputCut), "byte")+" more were printed")
	}
	return c.text()
}

// isDotCommand reports whether a dot command was typed, and not Go that begins with a dot: .5 is a number.
func isDotCommand(source string) bool {
	word, dot := strings.CutPrefix(strings.TrimSpace(source), ".")
	return dot && word != "" && word[0] >= 'a' && word[0] <= 'z'
}

// hanging writes a line of help. What does not fit goes on below its last column, which begins behind two spaces.
func (c *sheet) hanging(line string) {
	under := 0
	if i := strings.LastIndex(line, "  "); i >= 0 {
		under = width(line[:i+2])
	}
	if under > c.columns()/2 || width(line) <= c.columns() {
		under = 0
	}
	pieces := wrap(line, c.columns())
	c.line(0, pieces[0])
	if len(pieces) > 1 {
		rest := strings.TrimPrefix(line[len(pieces[0]):], " ")
		for _, piece := range wrap(rest, c.room(under)) {
			c.line(under, piece)
		}
	}
}

// disclosures says what of a command is an entry of its own on the record.
func (c *sheet) disclosures(r wire.Result) {
	if r.Disclosed > 0 {
		c.lines(0, inkStrong, count(int64(r.Disclosed), "value")+" opened under the consent; that is on record")
	}
	if r.Facts > 0 {
		c.lines(0, inkDim, count(int64(r.Facts), "fact")+" told; that is on record")
	}
}

// Question shows what stands before a question: the rows that it is about, and why it is asked anew.
func (s Screen) Question(q wire.Question) string {
	c := s.sheet()
	if q.Said != "" {
		c.lines(c.edge(), inkNone, Visible(q.Said)) // it quotes what was sent
	}
	return s.Value(q.Detail) + c.text()
}

// Notice shows what happened without a command.
func (s Screen) Notice(n wire.Notice) string {
	c := s.sheet()
	if n.Warning {
		c.said(0, inkFault, "warning", n.Text)
	} else {
		c.said(0, inkDim, "note", n.Text)
	}
	return c.text()
}

// Failed shows why a session was not opened.
func (s Screen) Failed(e *wire.Error) string {
	if e == nil {
		return ""
	}
	c := s.sheet()
	c.failure(e, "")
	return c.text()
}

// failure writes an error: what kind it is, what happened, where, and what to do.
func (c *sheet) failure(e *wire.Error, source string) {
	word := "error"
	switch e.Kind {
	case wire.ErrRefused, wire.ErrTimeout, wire.ErrKilled, wire.ErrInterrupted:
		word = e.Kind
	}
	message := e.Message
	if e.Code != "" {
		message += fmt.Sprintf(" (%s)", e.Code)
	}
	c.said(0, inkFault, word, message)
	c.place(e, source)
	if e.Hint != "" {
		c.said(c.edge(), inkHint, "hint", e.Hint)
	}
	if e.Rule != "" {
		c.said(c.edge(), inkDim, "rule", e.Rule)
	}
}
