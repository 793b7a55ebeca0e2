package console

import (
	"encoding/hex"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// layout writes a value behind an indent: its first line after c.lead, if something stands there.
func (c *sheet) layout(v *wire.Value, indent, depth int) {
	if depth > maxDepth {
		c.full = true
	}
	if c.full {
		return
	}
	rows, isRows := wholeRows(v)
	switch {
	case isRows:
		c.table(rows, indent, depth)
	case isEmptyTable(v) && depth == 0:
		c.lines(indent, inkDim, "0 rows")
	case v.Kind == wire.KindNil && c.origin == ofCommand:
		c.line(indent, "")
	case v.Kind == wire.KindString:
		c.writing(v, indent, depth)
	case v.Kind == wire.KindBytes && depth == 0:
		c.lines(indent, inkNone, "0x"+hex.EncodeToString(v.Bytes)+cutBytes(v))
	case v.Kind == wire.KindSealed:
		c.sealed(v.Sealed, indent)
	case v.Kind == wire.KindTime:
		shown := screenLeaf(v)
		if c.origin == ofCommand || c.origin == ofSQL {
			if t := timeOf(v); !t.IsZero() {
				shown = moment(t.Truncate(time.Millisecond))
			}
		}
		c.lines(indent, cellOf(v).ink, shown)
	case v.Kind == wire.KindStruct, v.Kind == wire.KindRecord:
		c.structure(v, indent, depth)
	case v.Kind == wire.KindList:
		c.list(v, indent, depth)
	case v.Kind == wire.KindMap:
		c.dictionary(v, indent, depth)
	default:
		shown := cellOf(v)
		if v.Kind == wire.KindError || v.Kind == wire.KindBytes {
			shown.text = oneLine(v, c.limit)
		}
		c.lines(indent, shown.ink, shown.text)
	}
}

// writing writes a string: on its line where it fits there, else in lines behind a bar.
func (c *sheet) writing(v *wire.Value, indent, depth int) {
	room := c.room(indent)
	if !strings.Contains(v.Text, "\n") {
		line := quoted(v.Text) + cutBytes(v)
		if depth > 0 {
			line = cellOf(v).text
		}
		if width(line) <= room {
			c.line(indent, line)
			return
		}
	}
	bar, blank := c.paint(inkDim, "│")+" ", c.paint(inkDim, "│")
	if room -= 2; room < 2 {
		bar, blank, room = "", "", room+2
	}
	for line := range strings.SplitSeq(Visible(v.Text)+cutBytes(v), "\n") {
		for _, piece := range wrap(expandTabs(line), room) {
			if piece == "" {
				c.line(indent, blank)
			} else {
				c.line(indent, bar+piece)
			}
			if c.full {
				return
			}
		}
	}
}

// sealed writes a sealed value as long as the room allows.
func (c *sheet) sealed(r *wire.Reference, indent int) {
	text := sealed(r)
	if width(text) > c.room(indent) && width(sealedShort(r)) <= c.room(indent) {
		text = sealedShort(r)
	}
	c.lines(indent, inkSealed, text)
}

// structure writes a struct as its type and a line a field. A row that is a command's value has its fields alone.
func (c *sheet) structure(v *wire.Value, indent, depth int) {
	const few = 3 // fields that are as readable beside each other
	if depth > 0 && len(v.Items) <= few && c.short(v, indent) {
		return
	}
	if depth == 0 && v.Kind == wire.KindRecord && len(v.Items) > 0 {
		c.fields(labels(v), v.Items, 1, indent, depth)
	} else {
		c.lines(indent, inkStrong, typeName(v))
		c.fields(labels(v), v.Items, 1, c.deeper(indent), depth)
	}
	c.omitted(v, c.deeper(indent))
}

// dictionary writes a map as its type and a line a key.
func (c *sheet) dictionary(v *wire.Value, indent, depth int) {
	const few = 3
	if len(v.Items) <= 2*few && c.short(v, indent) {
		return
	}
	m := entriesOf(v)
	names := make([]string, m.len())
	for i := range names {
		if names[i] = oneLine(m.key(i), c.limit); len(names[i]) > c.limit {
			c.full = true
			return
		}
	}
	head := visibleLine(v.Type)
	if head == "" {
		head = "map"
	}
	c.lines(indent, inkStrong, head)
	inner := c.deeper(indent)
	if m.len() > 0 {
		c.fields(names, m.items[1:], 2, inner, depth)
	}
	c.omitted(v, inner)
}

// labels are the names of a struct's fields or a row's columns. A name that could pass for a name and its value is quoted.
func labels(v *wire.Value) []string {
	names := fieldNames(v)
	for i, name := range names {
		if names[i] = visibleLine(name); name == "" || strings.ContainsAny(name, "‹›│") || strings.Contains(name, "  ") || strings.TrimSpace(name) != name {
			names[i] = quoted(name)
		}
	}
	return names
}

// fields writes a line a name: with each, the value that stands step items after the one before. The names are visible.
func (c *sheet) fields(names []string, items []wire.Value, step, indent, depth int) {
	const least = 12 // columns beside a name that are worth it
	wide, most := 0, min(max(labelWidth, c.columns()/2+indent), c.room(indent)-2-least)
	for _, name := range names {
		if w := width(name); w <= most {
			wide = max(wide, w)
		}
	}
	for i, name := range names {
		if c.full {
			return
		}
		item := &items[i*step]
		_, isRows := wholeRows(item)
		if w := width(name); w <= min(wide, most) && !isRows {
			c.lead = spaces(indent) + c.paint(inkDim, name) + spaces(wide-w+2)
			c.layout(item, indent+wide+2, depth+1)
			continue
		}
		c.lines(indent, inkDim, name)
		c.layout(item, c.deeper(indent), depth+1)
	}
}

// list writes a list that is no table: on one line, as words in lines if it holds short ones, else an item a line.
func (c *sheet) list(v *wire.Value, indent, depth int) {
	if c.short(v, indent) {
		return
	}
	if isFlat(v) {
		p := page{limit: c.limit, leaf: screenLeaf}
		p.line(v, depth)
		c.lines(indent, inkNone, p.b.String())
		c.full = c.full || p.full
		return
	}
	c.line(indent, "[")
	inner := c.deeper(indent)
	for i := range v.Items {
		c.layout(&v.Items[i], inner, depth+1)
		if c.full {
			return
		}
	}
	c.omitted(v, inner)
	c.line(indent, "]")
}

// isFlat reports whether a list holds nothing but short leaves.
func isFlat(v *wire.Value) bool {
	for i := range v.Items {
		switch item := &v.Items[i]; item.Kind {
		case wire.KindList, wire.KindMap, wire.KindStruct, wire.KindRecord, wire.KindSealed, wire.KindError:
			return false
		case wire.KindString:
			if len(item.Text) > 24 {
				return false
			}
		}
	}
	return true
}

// short writes a value on one line, and reports whether it fits one.
func (c *sheet) short(v *wire.Value, indent int) bool {
	p := page{limit: min(4*c.room(indent), c.limit), leaf: screenLeaf}
	p.line(v, 0)
	line := p.b.String()
	if p.full || width(line) > c.room(indent) {
		return false
	}
	c.line(indent, line)
	return true
}

// omitted says how many items of v its maker left out.
func (c *sheet) omitted(v *wire.Value, indent int) {
	if v.Cut != 0 {
		c.lines(indent, inkDim, more(v.Cut)+" not shown")
	}
}
