package console

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// place shows the typed line that an error is about, with a caret under the place. A Column counts bytes, as Go does.
func (c *sheet) place(e *wire.Error, source string) {
	lines := strings.Split(source, "\n")
	if e.Line < 1 || e.Line > len(lines) || strings.TrimSpace(lines[e.Line-1]) == "" {
		return
	}
	line := strings.TrimRight(lines[e.Line-1], " \t\r")
	number := ""
	if len(lines) > 1 {
		number = strconv.Itoa(e.Line) + " "
	}
	indent := c.edge()
	margin := number + "│ "
	room := c.room(indent) - width(margin)
	if room < 8 {
		return
	}
	if e.Column < 1 || e.Column > len(line)+1 {
		c.line(indent, c.paint(inkDim, margin)+shorten(typed(line), room))
		return
	}
	at := e.Column - 1
	for at > 0 && at < len(line) && !utf8.RuneStart(line[at]) {
		at--
	}
	before, after := typed(line[:at]), typed(line[at:])
	if width(before) > room*2/3 && width(before)+width(after) > room {
		before = lastColumns(before, room*2/3)
	}
	caret := width(before)
	c.line(indent, c.paint(inkDim, margin)+before+shorten(after, max(room-caret, 1)))
	c.line(indent, c.paint(inkDim, spaces(len(number))+"│ ")+spaces(min(caret, room-1))+c.paint(inkFault, "^"))
}

// typed is a typed line, or a part of one, as it is shown: a tab takes four columns wherever it stands.
func typed(s string) string { return visibleLine(strings.ReplaceAll(s, "\t", "    ")) }

// lastColumns is the end of s in at most so many columns, behind a mark that something was left out.
func lastColumns(s string, columns int) string {
	for width(s) > columns-1 {
		head := fitting(s, max(width(s)-columns+1, 1))
		s = s[len(head):]
	}
	return "…" + s
}
