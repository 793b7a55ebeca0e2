package console

import (
	"fmt"
	"io"
	"strings"
)

// canvas is the part of a terminal that an input is drawn on: the rows from the prompt down.
//
// readline draws too, but counts wide letters as one column, and a line break as none. So it is not shown a terminal, and
// what it holds is drawn here.
type canvas struct {
	out     io.Writer
	reflows bool  // the terminal breaks long rows anew when it becomes narrower
	columns int   // the width that it was last drawn for
	widths  []int // of the rows that are drawn; none: nothing is
	row     int   // where the cursor stands among them
	column  int
}

// draw puts l in the place of what is drawn.
func (c *canvas) draw(l layout, columns int) {
	var b strings.Builder
	c.erase(&b, columns)
	b.WriteString(strings.Join(l.rows, "\r\n"))
	if up := len(l.rows) - 1 - l.row; up > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", up)
	}
	b.WriteString("\r")
	if l.column > 0 {
		fmt.Fprintf(&b, "\x1b[%dC", l.column)
	}
	c.widths, c.row, c.column, c.columns = l.widths, l.row, l.column, columns
	io.WriteString(c.out, b.String()) // a terminal that is gone is noticed by who reads it
}

// above writes text in the place of what is drawn, which must then be drawn again below it.
func (c *canvas) above(text string, columns int) {
	var b strings.Builder
	c.erase(&b, columns)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	b.WriteString(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n"))
	io.WriteString(c.out, b.String())
}

// leave ends what is drawn: l is drawn a last time, with a mark behind it, and the next row is free.
func (c *canvas) leave(l layout, mark string, columns int) {
	var b strings.Builder
	c.erase(&b, columns)
	b.WriteString(strings.Join(l.rows, "\r\n"))
	b.WriteString(mark + "\r\n")
	io.WriteString(c.out, b.String())
}

// clear wipes what is drawn.
func (c *canvas) clear(columns int) { c.above("", columns) }

// erase goes back to the first row that is drawn, and clears everything from there.
func (c *canvas) erase(b *strings.Builder, columns int) {
	if len(c.widths) == 0 {
		return
	}
	up := c.row
	if c.reflows && columns < c.columns {
		up = c.column / columns
		for _, w := range c.widths[:c.row] {
			up += max((w+columns-1)/columns, 1)
		}
	}
	b.WriteString("\r")
	if up > 0 {
		fmt.Fprintf(b, "\x1b[%dA", up)
	}
	b.WriteString("\x1b[J")
	c.widths, c.row, c.column = nil, 0, 0
}
