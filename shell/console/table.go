package console

import (
	"slices"
	"strings"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// isTable reports whether v is a list of structs or of rows that all have the same fields.
func isTable(v *wire.Value) bool {
	if v.Kind != wire.KindList || len(v.Items) == 0 {
		return false
	}
	first := &v.Items[0]
	if first.Kind != wire.KindStruct && first.Kind != wire.KindRecord || len(first.Names) == 0 {
		return false
	}
	for i := range v.Items {
		item := &v.Items[i]
		if item.Kind != first.Kind || len(item.Items) != len(first.Names) || !slices.Equal(item.Names, first.Names) {
			return false
		}
	}
	return true
}

// wholeRows is a list as the table that it would be if its maker had left nothing out: its last items may have fewer fields
// than the first, for the tree of a long list is cut. They are left out, as whole rows, and counted.
func wholeRows(v *wire.Value) (*wire.Value, bool) {
	if isTable(v) {
		return v, true
	}
	if v.Kind != wire.KindList || len(v.Items) == 0 {
		return nil, false
	}
	first := wire.Value{Kind: wire.KindList, Items: v.Items[:1]}
	if first.Items[0].Cut != 0 || !isTable(&first) {
		return nil, false
	}
	names, rows := v.Items[0].Names, len(v.Items)
	for i := range v.Items {
		item := &v.Items[i]
		beginning := len(item.Names) <= len(names) && slices.Equal(item.Names, names[:len(item.Names)])
		switch {
		case item.Kind != v.Items[0].Kind || item.Type != v.Items[0].Type || len(item.Names) != len(item.Items) || !beginning:
			return nil, false
		case item.Cut == 0 && len(item.Names) < len(names):
			return nil, false // it is another one, and not a part
		case item.Cut != 0:
			rows = min(rows, i)
		}
	}
	for rows > 1 && hasCut(&v.Items[rows-1]) {
		rows--
	}
	whole := *v
	whole.Items, whole.Cut = v.Items[:rows], v.Cut+len(v.Items)-rows
	return &whole, true
}

// hasCut reports whether its maker left anything out of a value, however deep.
func hasCut(v *wire.Value) bool {
	return v.Cut != 0 || slices.ContainsFunc(v.Items, func(item wire.Value) bool { return hasCut(&item) })
}

// column is a table's column as it will be printed.
type column struct {
	name  string
	cells []string
	wide  int
	right bool // numbers
}

// table writes a line of names, a line a row, and how many there are, each line but the first behind indent.
func (p *page) table(v *wire.Value, indent string) {
	names := fieldNames(&v.Items[0])
	columns := make([]column, len(names))
	for i, name := range names {
		name = shorten(visibleLine(name), labelWidth)
		columns[i] = column{name: name, wide: width(name), right: isNumeric(v, i)}
	}
	rows := 0
	for size := 0; rows < len(v.Items) && size <= p.limit; rows++ { // no more rows than there is room for
		for i := range columns {
			cell := shorten(bare(&v.Items[rows].Items[i]), cellWidth)
			columns[i].cells = append(columns[i].cells, cell)
			columns[i].wide = max(columns[i].wide, width(cell))
			size += len(cell)
		}
	}

	p.row(columns, func(c column) string { return c.name })
	for i := 0; i < rows && !p.full; i++ {
		p.put("\n" + indent)
		p.row(columns, func(c column) string { return c.cells[i] })
	}
	p.put("\n" + indent + count(int64(len(v.Items)), "row"))
	if v.Cut != 0 {
		p.put(", " + more(v.Cut))
	}
	p.full = p.full || rows < len(v.Items)
}

// row writes one line of a table.
func (p *page) row(columns []column, cell func(column) string) {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteString("  ")
		}
		s := cell(c)
		if c.right {
			b.WriteString(spaces(c.wide-width(s)) + s)
		} else {
			b.WriteString(s + spaces(c.wide-width(s)))
		}
	}
	p.put(strings.TrimRight(b.String(), " "))
}

// isNumeric reports whether the i-th column of a table holds numbers, and nil where it holds none.
func isNumeric(v *wire.Value, i int) bool {
	numbers := false
	for row := range v.Items {
		switch item := &v.Items[row].Items[i]; item.Kind {
		case wire.KindInt, wire.KindUint, wire.KindFloat:
			if item.Text != "" {
				return false // it reads as its name
			}
			numbers = true
		case wire.KindNil:
		default:
			return false
		}
	}
	return numbers
}

// isEmptyTable reports whether v is a list without items that would be structs or rows, as far as its type tells.
func isEmptyTable(v *wire.Value) bool {
	of, isSlice := strings.CutPrefix(v.Type, "[]")
	if v.Kind != wire.KindList || len(v.Items) > 0 || v.Cut != 0 || !isSlice {
		return false
	}
	of = strings.TrimPrefix(of, "*")
	model := of != "" && of[0] >= 'A' && of[0] <= 'Z' && !strings.Contains(of, ".") // the company's have no package's name
	return model || of == "struct" || of == "shell.Row"
}
