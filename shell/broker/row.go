package broker

import (
	"context"
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

// stands is what a sealed column of a row holds now; nil where it holds nothing, or where there is no such place.
func (s *Session) stands(ctx context.Context, conn Connection, column crypto.Column, row crypto.Row) ([]byte, error) {
	name, id, ok := strings.Cut(string(row), "/")
	table, known := s.broker.Schema.Table(name)
	if !ok || !known || column.Table() != name {
		return nil, nil
	}
	dbName := strings.TrimPrefix(string(column), name+".")
	if _, sealed := sealedColumn(table, dbName); !sealed {
		return nil, nil
	}
	key, err := keyOf(table, id)
	if err != nil {
		return nil, nil // a row that cannot be: nothing stands there
	}
	values, err := fetchColumns(ctx, conn, table, key, []string{dbName})
	if err != nil {
		return nil, err
	}
	return sealedBytes(values[dbName]), nil
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
