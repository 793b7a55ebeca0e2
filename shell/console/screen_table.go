package console

import (
	"fmt"
	"strings"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

const (
	gap       = 2 // columns between those of a table
	textLeast = 8 // columns that a text keeps in a table
)

// pillar is a table's column as it will be shown.
type pillar struct {
	name   string
	cells  []cell
	right  bool          // numbers
	fixed  bool          // never cut: numbers, times, yes and no
	utc    bool          // times, all of them in UTC
	form   string        // of the times; empty where they are none
	times  []*wire.Value // what the cells of a column of times were made of
	least  int           // columns without which it is not worth showing
	most   int           // columns that it would use
	wide   int           // columns that it gets
	wraps  bool          // what is longer goes on below
	middle bool          // what is longer is cut in its middle, for the beginnings do not tell it apart
}

// tableRows is from how many rows on a list is a table, even if not all of its columns fit.
const tableRows = 4

// table writes a list of structs or rows in columns, without those that its last lines can tell. Few rows that do not fit
// are a block each.
func (c *sheet) table(v *wire.Value, indent, depth int) {
	rows := len(v.Items)
	foot := rowsShown(v)
	whole := c.pillars(v)
	f := fit(whole, rows, c.room(indent))
	if !f.fits {
		foot += fmt.Sprintf(" · shown as blocks: %s do not fit %d", count(int64(len(whole)), "column"), c.columns())
		c.stack(v, indent, depth)
		c.lines(indent, inkDim, foot)
		return
	}
	if len(f.dropped) == 0 {
		wrapLast(f.pillars)
	}
	tellApart(f.pillars)
	c.grid(f.pillars, rows, indent)
	c.lines(indent, inkDim, strings.Join(append([]string{foot}, f.said...), " · "))
	if len(f.dropped) > 0 {
		c.lines(indent, inkDim, "not shown: "+listed(f.dropped)+c.whole(v, depth))
	}
}

// whole says how to see what of a table is not shown.
func (c *sheet) whole(v *wire.Value, depth int) string {
	switch {
	case depth > 0 || c.origin == ofNothing || c.origin == ofCommand:
		return ""
	case c.origin == ofSQL:
		return "; select fewer columns to see them"
	default:
		return "; _[0] shows all of the first row"
	}
}

// rowsShown says how many rows there are, and how many more there were.
func rowsShown(v *wire.Value) string {
	rows := count(int64(len(v.Items)), "row")
	if v.Cut != 0 {
		rows += fmt.Sprintf(", %d more not shown", v.Cut)
	}
	return rows
}

// pillars makes the columns of a table, of as many rows as there is room for.
func (c *sheet) pillars(v *wire.Value) []pillar {
	names := labels(&v.Items[0])
	pillars := make([]pillar, len(names))
	rows := min(len(v.Items), c.limit/(2*len(names))+1) // each cell takes two bytes at least
	values := make([]*wire.Value, rows)
	for i, name := range names {
		p := &pillars[i]
		*p = pillar{name: name, right: isNumeric(v, i), fixed: true, cells: make([]cell, rows)}
		for row := range values {
			values[row] = &v.Items[row].Items[i]
		}
		p.fill(values, c.origin == ofCommand)
	}
	return pillars
}

// fill makes the cells of a column. In a command's own answer nil is nothing to tell.
func (p *pillar) fill(values []*wire.Value, blank bool) {
	for row, v := range values {
		shown := &p.cells[row]
		*shown = cellOf(v)
		if blank && v.Kind == wire.KindNil {
			*shown = cell{}
		}
		shown.wide = width(shown.text)
		switch v.Kind {
		case wire.KindString, wire.KindError, wire.KindOpaque, wire.KindBytes, wire.KindList, wire.KindMap, wire.KindStruct, wire.KindRecord, wire.KindSealed:
			p.fixed = false
		}
	}
	p.fillTimes(values)
	p.measure()
}

// grid writes the names, a rule, and a line a row. It is full where there are more rows than the pillars have.
func (c *sheet) grid(pillars []pillar, rows, indent int) {
	var b strings.Builder
	c.row(&b, pillars, indent, func(p *pillar) cell {
		return cell{text: p.name, wide: width(p.name), ink: inkStrong}
	})
	for i := range pillars {
		if i > 0 {
			b.WriteString(spaces(gap))
		}
		b.WriteString(strings.Repeat("─", pillars[i].wide))
	}
	c.line(indent, c.paint(inkDim, b.String()))
	b.Reset()
	for row := range pillars[0].cells {
		c.row(&b, pillars, indent, func(p *pillar) cell { return p.cells[row] })
		if c.full {
			return
		}
	}
	c.full = len(pillars[0].cells) < rows
}

// row writes a row: one line, and more only where the last column goes on below. b is empty, and is so again.
func (c *sheet) row(b *strings.Builder, pillars []pillar, indent int, at func(*pillar) cell) {
	pending := 0 // spaces that are only written before something
	var below []string
	for i := range pillars {
		p := &pillars[i]
		shown := at(p)
		if shown.wide > p.wide {
			if p.wraps {
				pieces := wrap(shown.text, p.wide)
				shown.text, below = pieces[0], pieces[1:]
			} else {
				shown.text = cutCell(shown, p.wide, p.middle)
			}
			shown.wide = width(shown.text)
		}
		if i > 0 {
			pending += gap
		}
		if p.right {
			pending += p.wide - shown.wide
		}
		if shown.text != "" {
			b.WriteString(spaces(pending))
			b.WriteString(c.paint(shown.ink, shown.text))
			pending = 0
		}
		if !p.right {
			pending += p.wide - shown.wide
		}
	}
	c.line(indent, b.String())
	b.Reset()
	for _, piece := range below {
		c.line(indent+lastAt(pillars), c.paint(at(&pillars[len(pillars)-1]).ink, piece))
	}
}

// cutCell is a cell in fewer columns than it would take: without its end, or without its middle. A sealed value stays one.
func cutCell(shown cell, columns int, middle bool) string {
	const least = "‹sealed›"
	if shown.ink == inkSealed && columns >= width(least) {
		return least
	}
	if tail := columns / 2; middle && tail > 1 {
		return fitting(shown.text, columns-tail) + lastColumns(shown.text, tail)
	}
	return shorten(shown.text, columns)
}

// stack writes a table that is too wide: a rule with its number, and the fields, for each row.
func (c *sheet) stack(v *wire.Value, indent, depth int) {
	names := labels(&v.Items[0])
	for i := range v.Items {
		head := fmt.Sprintf("─ %d ", i+1)
		head += strings.Repeat("─", max(min(c.room(indent), 40)-width(head), 0))
		c.lines(indent, inkDim, head)
		c.fields(names, v.Items[i].Items, 1, indent, depth)
		if c.full {
			return
		}
	}
}
