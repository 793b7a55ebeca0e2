package console

import (
	"fmt"
	"strings"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// Screen renders for a terminal: how wide it is and whether it has colour. What is on record is rendered by [Text] instead,
// which knows no terminal.
//
// Each rendering is empty or ends with a line break. No line of it is wider than the terminal; at fewer than two columns a
// wide letter still takes two. It holds no control character but line breaks and, with Color, the sequences of an ink.
//
// What data, typed code or an error says never stands at the left edge: it is behind two spaces, or behind a bar where it
// is text of several lines. So nothing can pass for a prompt, an error or a note, which begin there. Text of one line is in
// quotes, or, in a table or a block, wherever it could pass for a sealed value.
type Screen struct {
	Width, Height int  // columns, rows; 80 and 24 where unknown
	Color         bool // see [Colors]
	Limit         int  // bytes of one value, 1 MiB where it is 0; what is more is said to be cut
}

// Value shows a value: structs and rows as blocks, lists of them as tables.
func (s Screen) Value(v *wire.Value) string { return s.valueOf(v, ofNothing) }

// origin is what a value came of.
type origin uint8

const (
	ofNothing origin = iota // a question
	ofGo                    // what was typed: _ is the value
	ofSQL                   // .sql
	ofCommand               // another dot command: the console's own words
)

// originOf is what the value of an input comes of.
func originOf(source string) origin {
	switch word, _, _ := strings.Cut(strings.TrimSpace(source), " "); {
	case !isDotCommand(source):
		return ofGo
	case strings.TrimSpace(word) == ".sql":
		return ofSQL
	default:
		return ofCommand
	}
}

func (s Screen) valueOf(v *wire.Value, from origin) string {
	if v == nil {
		return ""
	}
	c := s.sheet()
	c.origin = from
	c.layout(v, c.edge(), 0)
	return c.text()
}

func (s Screen) columns() int {
	if s.Width <= 0 {
		return 80
	}
	return s.Width
}

// sheet is the lines of one rendering. It stops growing at its limit.
type sheet struct {
	Screen
	b      strings.Builder
	lead   string // what stands on the next line already, instead of its indent: the name of a field
	limit  int
	full   bool   // something did not fit
	origin origin // of the value
}

func (s Screen) sheet() *sheet {
	limit := s.Limit
	if limit <= 0 {
		limit = 1 << 20
	}
	return &sheet{Screen: s, limit: limit}
}

// line writes one line. It is dropped, and all after it, where it does not fit the limit.
func (c *sheet) line(indent int, text string) {
	start := c.lead
	if start == "" {
		start = spaces(indent)
	}
	c.lead = ""
	if text == "" {
		start = strings.TrimRight(start, " ")
	}
	if c.full = c.full || c.b.Len()+len(start)+len(text) >= c.limit; c.full {
		return
	}
	c.b.WriteString(start)
	c.b.WriteString(text)
	c.b.WriteByte('\n')
}

// lines writes a text in lines of the room that there is, breaking it between words where it can.
func (c *sheet) lines(indent int, in ink, text string) {
	for text := range strings.SplitSeq(text, "\n") {
		for _, piece := range wrap(expandTabs(text), c.room(indent)) {
			c.line(indent, c.paint(in, piece))
			if c.full {
				return
			}
		}
	}
}

// said writes what the console itself says: a word that tells what it is, and a text beside it.
func (c *sheet) said(indent int, in ink, word, text string) {
	word += ":"
	text = Visible(text)
	beside := indent + width(word) + 1
	if c.room(beside) < 16 {
		c.lines(indent, in, word)
		c.lines(c.deeper(indent), inkNone, text)
		return
	}
	c.lead = spaces(indent) + c.paint(in, word) + " "
	c.lines(beside, inkNone, text)
}

// text is all that was written, and whether something was left out.
func (c *sheet) text() string {
	if c.full {
		c.full, c.limit = false, c.limit+1<<10
		c.lines(c.edge(), inkDim, fmt.Sprintf("… cut here: more than %s", size(c.limit-1<<10)))
	}
	return c.b.String()
}

// room is how many columns are left behind an indent.
func (c *sheet) room(indent int) int { return max(c.columns()-indent, 1) }

// edge is how far from the left edge a value begins.
func (c *sheet) edge() int { return c.deeper(0) }

// deeper is the next indent, or the same one where it would leave too little.
func (c *sheet) deeper(indent int) int {
	if c.room(indent) < 12 {
		return indent
	}
	return indent + 2
}

// size is a number of bytes as a person says it.
func size(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	default:
		return count(int64(n), "byte")
	}
}
