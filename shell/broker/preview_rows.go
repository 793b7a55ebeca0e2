package broker

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// Bounds of what a preview shows.
const (
	maxPreviewed      = 5 // rows
	maxPreviewColumns = 8
)

// preview is how rows look before they stand: each as it was and as it is now, in the columns that any of them changes. What
// is sealed stays sealed, in every mode, and blind indexes are left out.
type preview struct {
	session *Session
	rows    []previewed
	columns []string
	left    int // columns that are not shown
}

// previewed is one row of a preview.
type previewed struct {
	Touched
	table shell.Table // without a name for a table of no model
	name  string      // invoices/6
}

func (s *Session) preview(rows []Touched) preview {
	p := preview{session: s}
	for _, t := range rows {
		row := previewed{Touched: t}
		for _, table := range s.broker.Schema.Tables {
			if strings.EqualFold(table.Name, t.Table) {
				row.table = table
			}
		}
		row.name = row.called()
		p.rows = append(p.rows, row)
	}
	p.choose()
	return p
}

// choose picks the columns: first those that change, then the others of rows that are new or gone.
func (p *preview) choose() {
	hidden := 0
	for _, whole := range []bool{false, true} {
		for _, row := range p.rows {
			if row.Hidden > hidden {
				hidden = row.Hidden
			}
			for i, column := range row.Columns {
				oneSided := row.Before == nil || row.After == nil
				if oneSided != whole || row.isIndex(column) || slices.Contains(p.columns, column) {
					continue
				}
				if oneSided && !slices.Contains(row.Keys, column) || !oneSided && row.changed(i) { // the name says its key
					p.columns = append(p.columns, column)
				}
			}
		}
	}
	p.left = hidden + max(0, len(p.columns)-maxPreviewColumns)
	p.columns = p.columns[:min(len(p.columns), maxPreviewColumns)]
}

// detail is the preview as a value: rows with the same columns, two of them for a row that changes.
func (p preview) detail() *wire.Value {
	if len(p.rows) == 0 {
		return nil
	}
	names := []string{"row", "when"}
	for _, column := range p.columns {
		name := recorded(column)
		for n := 2; slices.Contains(names, name); n++ { // a column called like ours
			name = fmt.Sprintf("%s_%d", recorded(column), n)
		}
		names = append(names, name)
	}
	list := &wire.Value{Kind: wire.KindList}
	add := func(row previewed, what string, cells []any) {
		if row.Caused {
			what += " (caused)"
		}
		record := wire.Value{Kind: wire.KindRecord, Names: names, Items: []wire.Value{text(row.name), text(what)}}
		for _, column := range p.columns {
			record.Items = append(record.Items, p.cell(row, column, cells))
		}
		list.Items = append(list.Items, record)
	}
	for _, row := range p.rows {
		switch {
		case row.Before == nil:
			add(row, "new", row.After)
		case row.After == nil:
			add(row, "gone", row.Before)
		case row.Unchanged() && row.Hidden > 0:
			add(row, "touched", row.After)
		case row.Unchanged():
			add(row, "unchanged", row.After)
		default:
			add(row, "before", row.Before)
			add(row, "after", row.After)
		}
	}
	return list
}

// said is what stands above the rows.
func (p preview) said(touched int64, more bool) string {
	var said []string
	switch {
	case len(p.rows) == 0:
		said = append(said, "No row can be shown: each was undone again, or has no name.")
	case more:
		said = append(said, fmt.Sprintf("%d of the %d rows are shown.", len(p.rows), touched))
	}
	if slices.ContainsFunc(p.rows, func(row previewed) bool { return row.Caused }) {
		said = append(said, "What a trigger, a foreign key or an index did by itself is marked as caused.")
	}
	if p.left > 0 {
		said = append(said, fmt.Sprintf("Columns that are not shown: %d.", p.left))
	}
	return strings.Join(append(said, "Nobody else can write until you answer; two minutes of silence are a no."), " ")
}

// cell is one value of a row, as it may be shown. A row of another table has no such column.
func (p preview) cell(row previewed, column string, cells []any) wire.Value {
	i := slices.Index(row.Columns, column)
	if i < 0 || row.isIndex(column) {
		return wire.Value{Kind: wire.KindOpaque, Type: "-"}
	}
	value, whole := cells[i], (*Long)(nil)
	if long, ok := value.(Long); ok {
		value, whole = long.Value, &long
	}
	sealed, inModel := row.sealed(column)
	envelope, header, parsed := envelopeIn(value)
	if inModel && value != nil || parsed || crypto.IsEnvelope(sealedBytes(value)) {
		return sealedValue(row.place(sealed.Column, cells), envelope, header, whole)
	}
	shown := plainValue(value)
	if whole != nil {
		shown.Cut += whole.Bytes - maxKept
	}
	return shown
}

// place names what is sealed by where it stands.
func (row previewed) place(column crypto.Column, cells []any) *wire.Reference {
	reference := &wire.Reference{Column: string(column), Row: row.name}
	if row.table.Sealed == nil {
		return reference
	}
	values := map[string]any{}
	for i, column := range row.Columns {
		values[column] = cells[i]
	}
	if subject, err := subjectOfRow(row.table, values); err == nil {
		reference.Subject = string(subject)
	}
	return reference
}

// sealedValue names a sealed value as its header does, and where that cannot be read, by its place.
func sealedValue(place *wire.Reference, envelope []byte, header crypto.Header, whole *Long) wire.Value {
	reference := place
	if envelope != nil && header != (crypto.Header{}) {
		reference = referenceTo(header, envelope)
		if whole != nil {
			reference.Digest = whole.Sum[:16]
		}
	}
	return wire.Value{Kind: wire.KindSealed, Sealed: reference}
}

// plainValue is a value as the database keeps it.
func plainValue(value any) wire.Value {
	switch v := value.(type) {
	case nil:
		return wire.Value{Kind: wire.KindNil}
	case int64:
		return wire.Value{Kind: wire.KindInt, Int: v}
	case float64:
		return wire.Value{Kind: wire.KindFloat, Float: v}
	case []byte:
		return wire.Value{Kind: wire.KindBytes, Bytes: v}
	case string:
		return text(recorded(v))
	}
	return text(recorded(fmt.Sprint(value)))
}

// called is a row's name: its table, and its key as links name it.
func (row previewed) called() string {
	cells := row.After
	if cells == nil {
		cells = row.Before
	}
	var key []any
	for _, k := range row.Keys {
		value := cells[slices.Index(row.Columns, k)]
		if long, ok := value.(Long); ok {
			value = long.Value
		}
		key = append(key, value)
	}
	if len(key) == 0 {
		key = []any{row.RowID}
	}
	table := row.table.Name
	if table == "" {
		table = row.Table
	}
	if name, err := crypto.NewRow(table, key...); err == nil {
		return string(name)
	}
	return recorded(fmt.Sprintf("%s/%v", table, key))
}

// sealed finds the sealed column of a name. The database knows its columns without their case.
func (row previewed) sealed(column string) (crypto.SealedColumn, bool) {
	if row.table.Sealed == nil {
		return crypto.SealedColumn{}, false
	}
	i := slices.IndexFunc(row.table.Sealed.Columns, func(s crypto.SealedColumn) bool { return strings.EqualFold(s.DBName, column) })
	if i < 0 {
		return crypto.SealedColumn{}, false
	}
	return row.table.Sealed.Columns[i], true
}

func (row previewed) isIndex(column string) bool {
	return row.table.Sealed != nil && slices.ContainsFunc(row.table.Sealed.Columns, func(s crypto.SealedColumn) bool {
		return s.Index != "" && strings.EqualFold(s.Index, column)
	})
}
