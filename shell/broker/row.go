package broker

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
)

// fetchRow reads one row by its key, as it stands now; nil where there is none.
func fetchRow(ctx context.Context, conn Connection, table shell.Table, key []any) (map[string]any, error) {
	columns := make([]string, len(table.Columns))
	for i, column := range table.Columns {
		columns[i] = column.Name
	}
	return fetchColumns(ctx, conn, table, key, columns)
}

func fetchColumns(ctx context.Context, conn Connection, table shell.Table, key []any, columns []string) (map[string]any, error) {
	quoted := make([]string, len(columns))
	for i, column := range columns {
		quoted[i] = quote(column)
	}
	rows, err := conn.Query(ctx, "select "+strings.Join(quoted, ", ")+" from "+quote(table.Name)+" where "+whereKey(table), key...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		if rows.Err() != nil {
			return nil, errReadRow
		}
		return nil, nil
	}
	cells := make([]any, len(columns))
	into := make([]any, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, errReadRow
	}
	row := map[string]any{}
	for i, column := range columns {
		row[column] = normal(cells[i])
	}
	return row, nil
}

var errReadRow = databaseError("", "a row could not be read", "")

func whereKey(table shell.Table) string {
	parts := make([]string, len(table.Keys))
	for i, k := range table.Keys {
		parts[i] = quote(k) + " = ?"
	}
	return strings.Join(parts, " and ")
}

// place is where a header says that a sealed value stands.
type place struct {
	column crypto.Column
	row    crypto.Row
}

// maxKeys is how many rows one question about what stands names.
const maxKeys = 500

// standNow is what stands in these places now. A place that holds nothing, or is none, is left out.
func (s *Session) standNow(ctx context.Context, conn Connection, places []place) (map[place][]byte, error) {
	asked := map[string]map[crypto.Row][]any{} // table → row → key
	for _, p := range places {
		name, id, _ := strings.Cut(string(p.row), "/")
		table, known := s.broker.Schema.Table(name)
		if !known || table.Sealed == nil || p.column.Table() != name {
			continue
		}
		key, err := keyOf(table, id)
		if err != nil {
			continue // a row that cannot be: nothing stands there
		}
		if asked[name] == nil {
			asked[name] = map[crypto.Row][]any{}
		}
		asked[name][p.row] = key
	}
	now := map[place][]byte{}
	for name, rows := range asked {
		table, _ := s.broker.Schema.Table(name)
		for chunk := range slices.Chunk(slices.Collect(maps.Values(rows)), maxKeys) {
			if err := standIn(ctx, conn, table, chunk, now); err != nil {
				return nil, err
			}
		}
	}
	return now, nil
}

// standIn reads what stands in the sealed columns of some rows of a table.
func standIn(ctx context.Context, conn Connection, table shell.Table, keys [][]any, now map[place][]byte) error {
	var columns []string
	for _, k := range table.Keys {
		columns = append(columns, quote(k))
	}
	for _, sealed := range table.Sealed.Columns {
		columns = append(columns, quote(sealed.DBName))
	}
	where := make([]string, len(keys))
	var args []any
	for i, key := range keys {
		where[i] = "(" + whereKey(table) + ")"
		args = append(args, key...)
	}
	condition := strings.Join(where, " or ")
	if len(table.Keys) == 1 {
		condition = quote(table.Keys[0]) + " in (" + strings.TrimSuffix(strings.Repeat("?, ", len(keys)), ", ") + ")"
	}
	rows, err := conn.Query(ctx, "select "+strings.Join(columns, ", ")+" from "+quote(table.Name)+" where "+condition, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	cells, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return errReadRow
		}
		for i := range table.Keys {
			cells[i] = normal(cells[i])
		}
		row, err := crypto.NewRow(table.Name, cells[:len(table.Keys)]...)
		if err != nil {
			continue // a key without a name of its own: no header names it
		}
		for i, sealed := range table.Sealed.Columns {
			if b := sealedBytes(cells[len(table.Keys)+i]); b != nil {
				now[place{sealed.Column, row}] = b
			}
		}
	}
	if rows.Err() != nil {
		return errReadRow
	}
	return nil
}

// stands is what a sealed column of a row holds now; nil where it holds nothing, or where there is no such place.
func (s *Session) stands(ctx context.Context, conn Connection, column crypto.Column, row crypto.Row) ([]byte, error) {
	p := place{column, row}
	now, err := s.standNow(ctx, conn, []place{p})
	return now[p], err
}

// sealedBytes are the bytes of a sealed column, in a binary or a text one.
func sealedBytes(cell any) []byte {
	switch v := cell.(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	return nil
}
