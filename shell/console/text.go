package console

import (
	"encoding/hex"
	"strings"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// Text returns v as a console prints it without colour, in at most limit bytes, and whether anything was left out, here or
// by whoever made v. It has no line break at its end, and is empty for a nil v.
//
// A string stands as it is, but for what [Visible] escapes. A struct or a row is a block of its fields, a list of them is a
// table, and other lists and maps are on one line if it is short, else on a line an item. Inside any of these a string that
// could be misread (empty, with space at an end, like nil or a sealed value) is quoted, and a table shortens a cell of more than 60 columns.
func Text(v *wire.Value, limit int) (text string, truncated bool) {
	if v == nil {
		return "", false
	}
	limit = max(limit, 0)
	p := page{limit: limit}
	p.top(v)
	text = p.b.String()
	if !p.full {
		return text, omits(v, 0)
	}
	const note = "\n… cut here"
	if room := limit - len(note); room > 0 {
		text = prefix(text, room) + note
	}
	return text, true
}

const (
	lineWidth  = 100 // columns up to which a list, a map or a struct inside another stays on one line
	cellWidth  = 60  // columns of a table's cell
	labelWidth = 40  // columns of a field's name
)

// page is a text that stops growing at its limit.
type page struct {
	b     strings.Builder
	limit int
	full  bool                     // something did not fit
	leaf  func(*wire.Value) string // writes a number, a time, a sealed value; nil for as it is on record
}

// put adds s, or what fits of it.
func (p *page) put(s string) {
	if p.full {
		return
	}
	if room := p.limit - p.b.Len(); len(s) > room {
		s, p.full = prefix(s, room), true
	}
	p.b.WriteString(s)
}

// top lays out a command's value.
func (p *page) top(v *wire.Value) {
	switch v.Kind {
	case wire.KindString, wire.KindError:
		p.put(Visible(v.Text) + cutBytes(v))
	case wire.KindBytes:
		p.put("0x" + hex.EncodeToString(v.Bytes) + cutBytes(v))
	case wire.KindStruct, wire.KindRecord:
		p.block(v, "", 0)
	default:
		p.layout(v, "", 0)
	}
}

// layout writes a value on one line where that is short, else on several, each but the first behind indent.
func (p *page) layout(v *wire.Value, indent string, depth int) {
	if depth > maxDepth {
		p.full = true
	}
	if p.full {
		return
	}
	if isTable(v) {
		p.table(v, indent)
		return
	}
	if line, ok := short(v); ok {
		p.put(line)
		return
	}
	inner := indent + "  "
	switch v.Kind {
	case wire.KindStruct, wire.KindRecord:
		p.block(v, indent, depth)
	case wire.KindList:
		p.put("[")
		for i := range v.Items {
			p.put("\n" + inner)
			p.layout(&v.Items[i], inner, depth+1)
		}
		p.rest(v, inner)
		p.put("\n" + indent + "]")
	case wire.KindMap:
		p.put("{")
		for i := 0; i+1 < len(v.Items); i += 2 {
			p.put("\n" + inner)
			p.line(&v.Items[i], depth+1)
			value := &v.Items[i+1]
			if isTable(value) {
				p.put(":\n" + inner + "  ")
				p.table(value, inner+"  ")
				continue
			}
			p.put(": ")
			p.layout(value, inner, depth+1)
		}
		p.rest(v, inner)
		p.put("\n" + indent + "}")
	default:
		p.line(v, depth)
	}
}

// block writes a struct or a row: its type, then a line a field. A row that is a command's value has its fields alone.
func (p *page) block(v *wire.Value, indent string, depth int) {
	names := fieldNames(v)
	wide := 0
	for i, name := range names {
		names[i] = shorten(visibleLine(name), labelWidth)
		wide = max(wide, width(names[i]))
	}
	alone := v.Kind == wire.KindRecord && depth == 0
	inner := indent + "  "
	if alone {
		inner = indent
	} else {
		p.put(typeName(v))
	}
	behind := inner + spaces(wide+2)
	for i, name := range names {
		if i > 0 || !alone {
			p.put("\n")
		}
		p.put(inner + name + spaces(wide-width(name)+2))
		switch field := &v.Items[i]; {
		case field.Kind == wire.KindString && strings.Contains(field.Text, "\n"):
			p.put(hang(Visible(field.Text)+cutBytes(field), behind))
		case field.Kind == wire.KindString:
			p.put(bare(field))
		default:
			p.layout(field, behind, depth+1)
		}
		if p.full {
			return
		}
	}
	p.rest(v, inner)
}

// rest says how many items of v its maker left out.
func (p *page) rest(v *wire.Value, indent string) {
	if v.Cut != 0 {
		p.put("\n" + indent + more(v.Cut))
	}
}

// hang puts indent before each line of s but the first, and before none that is empty.
func hang(s, indent string) string {
	lines := strings.Split(s, "\n")
	for i := 1; i < len(lines); i++ {
		if lines[i] != "" {
			lines[i] = indent + lines[i]
		}
	}
	return strings.Join(lines, "\n")
}

// omits reports whether the maker of v left something out of it.
func omits(v *wire.Value, depth int) bool {
	if v.Cut != 0 {
		return true
	}
	if depth > maxDepth {
		return true
	}
	for i := range v.Items {
		if omits(&v.Items[i], depth+1) {
			return true
		}
	}
	return false
}
