package broker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Bounds of what is followed of one transaction.
const (
	maxTracked      = 32      // rows that statements touched, and as many that triggers and foreign keys did
	maxTrackedBytes = 1 << 20 // of what they were, and as many of what they are
)

// sqliteTouched follows which rows the open transaction touches. SQLite's pre-update hook names each of them, whoever
// touches it and however: a typed statement, the broker's own, a trigger, a cascade, a REPLACE. What a row was is kept when
// it is first touched; what it is now is read from the database when somebody asks, so that what was undone is not shown.
type sqliteTouched struct {
	tables sqliteLayout // nil outside of a writing transaction
	rows   []*sqliteRow // in the order in which they were first touched
	at     map[sqliteKey]bool
	marks  []touchedMark
	direct int
	caused int
	bytes  int  // of what the rows were
	missed bool // there are others
}

// sqliteRow is a row that was touched.
type sqliteRow struct {
	table  *sqliteTable
	key    sqliteKey
	id     []any // the row id, or in a table without one the primary key
	before []any // nil: it was not there
	caused bool
}

// sqliteKey is a row's identity.
type sqliteKey struct{ table, id string }

// touchedMark is a savepoint: what was touched by then.
type touchedMark struct {
	name                  string
	rows                  int
	direct, caused, bytes int
	missed                bool
}

// begin follows a new transaction.
func (t *sqliteTouched) begin(tables sqliteLayout) {
	*t = sqliteTouched{tables: tables, at: map[sqliteKey]bool{}}
}

func (t *sqliteTouched) savepoint(name string) {
	t.marks = append(t.marks, touchedMark{name: name, rows: len(t.rows), direct: t.direct, caused: t.caused, bytes: t.bytes, missed: t.missed})
}

// mark finds the newest savepoint of a name; -1 without one.
func (t *sqliteTouched) mark(name string) int {
	for i := len(t.marks) - 1; i >= 0; i-- {
		if strings.EqualFold(t.marks[i].name, name) {
			return i
		}
	}
	return -1
}

// rollbackTo forgets what was first touched after a savepoint, which stays.
func (t *sqliteTouched) rollbackTo(name string) {
	i := t.mark(name)
	if i < 0 {
		return
	}
	m := t.marks[i]
	for _, row := range t.rows[m.rows:] {
		delete(t.at, row.key)
	}
	t.rows, t.direct, t.caused, t.bytes, t.missed = t.rows[:m.rows], m.direct, m.caused, m.bytes, m.missed
	t.marks = t.marks[:i+1]
}

func (t *sqliteTouched) release(name string) {
	if i := t.mark(name); i >= 0 {
		t.marks = t.marks[:i]
	}
}

// touch is the hook: called for each row before it changes, so it does next to nothing once it has seen enough.
func (t *sqliteTouched) touch(d sqlite.SQLitePreUpdateData) {
	if t.tables == nil || t.bytes > maxTrackedBytes || t.direct == maxTracked && t.caused == maxTracked {
		t.missed = true
		return
	}
	table := t.tables[d.TableName]
	if table == nil || d.DatabaseName != "main" {
		t.missed = true
		return
	}
	caused := table.shadow || d.Depth() > 0
	if !caused && t.direct == maxTracked || caused && t.caused == maxTracked {
		t.missed = true
		return
	}
	var before []any
	if d.Op != sqlite3.SQLITE_INSERT {
		key := []any{d.OldRowID}
		if table.keyed != nil || !t.at[table.name(key)] {
			before = make([]any, table.readable)
			if d.Old(before...) != nil {
				t.missed = true
				return
			}
		}
		if table.keyed != nil {
			key = table.keyOf(before)
		}
		t.first(table, key, before, caused)
	}
	if d.Op == sqlite3.SQLITE_DELETE {
		return
	}
	key := []any{d.NewRowID}
	if table.keyed != nil {
		now := make([]any, table.readable)
		if d.New(now...) != nil {
			t.missed = true
			return
		}
		key = table.keyOf(now)
	}
	t.first(table, key, nil, caused) // of an update: only if it takes the row elsewhere, else it is known by now
}

// first notes a row that is touched for the first time.
func (t *sqliteTouched) first(table *sqliteTable, key, before []any, caused bool) {
	name := table.name(key)
	if t.at[name] {
		return
	}
	for i := range before {
		before[i] = brief(before[i])
		t.bytes += briefSize(before[i])
	}
	t.at[name] = true
	t.rows = append(t.rows, &sqliteRow{table: table, key: name, id: key, before: before, caused: caused})
	if caused {
		t.caused++
	} else {
		t.direct++
	}
}

// Touched reads again, on the connection that changed them, the rows that were touched.
func (c *sqliteConnection) Touched(ctx context.Context, limit int) (rows []Touched, more bool, err error) {
	if c.touched == nil {
		return nil, false, nil
	}
	size := 0
	for _, row := range c.touched.rows {
		if size > maxTrackedBytes {
			more = true
			break
		}
		after, err := c.rowNow(ctx, row)
		if err != nil {
			return nil, false, err
		}
		for _, value := range after {
			size += briefSize(value)
		}
		if row.before == nil && after == nil {
			continue // made and gone again
		}
		table := row.table
		t := Touched{Table: table.tableName, Keys: table.keys, Columns: table.columns[:table.readable], Hidden: len(table.columns) - table.readable, Before: row.before, After: after, Caused: row.caused}
		if len(t.Keys) == 0 {
			t.RowID = row.id[0]
		}
		rows = append(rows, t)
	}
	rank := func(t Touched) int {
		switch {
		case t.Unchanged():
			return 2
		case t.Caused:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(rows, func(a, b Touched) int { return rank(a) - rank(b) })
	more = more || c.touched.missed || len(rows) > limit
	return rows[:min(len(rows), limit)], more, nil
}

// rowNow reads a row as it stands, nil where it is gone. A plus before a column leaves its value as the database keeps it,
// as the hook saw it too: the driver would make a time of a text that is declared as one.
func (c *sqliteConnection) rowNow(ctx context.Context, row *sqliteRow) ([]any, error) {
	table := row.table
	columns := make([]string, table.readable)
	for i, name := range table.columns[:table.readable] {
		columns[i] = "+" + quote(name)
	}
	where, args := table.rowID+" = ?", row.id
	if table.keyed != nil {
		var parts []string
		args = nil
		for i, at := range table.keyed { // by its index, and then exactly: a collation takes more than one spelling for a key
			key := quote(table.columns[at])
			parts = append(parts, key+" = ? and "+key+" = ? collate binary")
			args = append(args, row.id[i], row.id[i])
		}
		where = strings.Join(parts, " and ")
	}
	rows, err := c.Query(ctx, "select "+strings.Join(columns, ", ")+" from main."+quote(table.tableName)+" where "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, sqliteError(rows.Err())
	}
	cells, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, errReadRow
	}
	for i := range cells {
		cells[i] = brief(cells[i])
	}
	return cells, nil
}

// maxKept bounds what is kept of one value of a row that was touched, in bytes.
const maxKept = 4 << 10

// brief is a value as it is kept: a long one by its beginning.
func brief(value any) any {
	switch v := value.(type) {
	case string:
		if len(v) > maxKept {
			return Long{Value: v[:maxKept], Bytes: len(v), Sum: sha256.Sum256([]byte(v))}
		}
	case []byte:
		if len(v) > maxKept {
			return Long{Value: bytes.Clone(v[:maxKept]), Bytes: len(v), Sum: sha256.Sum256(v)}
		}
	}
	return value
}

func briefSize(value any) int {
	if long, ok := value.(Long); ok {
		value = long.Value
	}
	return sizeOf(value)
}
