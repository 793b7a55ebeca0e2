package broker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// sqliteLayout is how the tables of a database lie, by their names.
type sqliteLayout map[string]*sqliteTable

// sqliteTable is how the rows of one table are named and read.
type sqliteTable struct {
	tableName string
	columns   []string
	keys      []string // the declared primary key; empty without one
	shadow    bool     // a full text index or the like keeps itself in it
	rowID     string   // the name by which its row id is read
	keyed     []int    // of a table without row ids: where in columns its key is
	readable  int      // so many of its columns the hook can read: a virtual one, and what follows it, it cannot
}

func (t *sqliteTable) name(key []any) sqliteKey {
	id := ""
	for _, k := range key {
		id += fmt.Sprintf("%T %q ", k, fmt.Sprint(k))
	}
	return sqliteKey{table: t.tableName, id: id}
}

func (t *sqliteTable) keyOf(row []any) []any {
	key := make([]any, len(t.keyed))
	for i, at := range t.keyed {
		key[i] = row[at]
	}
	return key
}

// layouts keeps the layout of a database for as long as nobody changes its schema.
type layouts struct {
	mu      sync.Mutex
	version int64
	layout  sqliteLayout
}

// of is the layout as a connection sees it in its open transaction.
func (l *layouts) of(ctx context.Context, c *sqliteConnection) (sqliteLayout, error) {
	version, err := c.number(ctx, "pragma main.schema_version")
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.layout == nil || l.version != version {
		layout, err := c.layout(ctx)
		if err != nil {
			return nil, err
		}
		l.layout, l.version = layout, version
	}
	return l.layout, nil
}

// layout reads how the tables lie.
func (c *sqliteConnection) layout(ctx context.Context) (sqliteLayout, error) {
	rows, err := c.Query(ctx, `select t.name, t.wr, t.type = 'shadow', x.name, x.hidden, x.pk, upper(x.type)
from pragma_table_list t, pragma_table_xinfo(t.name, 'main') x
where t.schema = 'main' and t.type in ('table', 'shadow')
order by t.name, x.cid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	layout, all := sqliteLayout{}, map[string][]sqliteColumn{}
	withoutRowID, shadows := map[string]bool{}, map[string]bool{}
	for rows.Next() {
		var table string
		var without, shadow bool
		var c sqliteColumn
		if err := rows.Scan(&table, &without, &shadow, &c.name, &c.hidden, &c.key, &c.kind); err != nil {
			return nil, errReadRow
		}
		all[table], withoutRowID[table], shadows[table] = append(all[table], c), without, shadow
	}
	if rows.Err() != nil {
		return nil, errReadRow
	}
	for name, columns := range all {
		if t := newSQLiteTable(name, withoutRowID[name], columns); t != nil {
			t.shadow = shadows[name]
			layout[name] = t
		}
	}
	return layout, nil
}

// sqliteColumn is a column as the database describes it.
type sqliteColumn struct {
	name   string
	hidden int // 2: generated when it is read
	key    int // its place in the primary key, from 1
	kind   string
}

const virtual = 2

// newSQLiteTable is nil for a table whose rows cannot be named or read: then it is said that there are more than are shown.
func newSQLiteTable(name string, withoutRowID bool, columns []sqliteColumn) *sqliteTable {
	t := &sqliteTable{tableName: name, readable: len(columns)}
	var keys []int
	for i, c := range columns {
		t.columns = append(t.columns, c.name)
		if c.hidden == virtual {
			t.readable = min(t.readable, i)
		}
		if c.key > 0 {
			keys = append(keys, i)
		}
	}
	if t.readable == 0 {
		return nil
	}
	slices.SortFunc(keys, func(a, b int) int { return columns[a].key - columns[b].key })
	for _, at := range keys {
		if at >= t.readable {
			return nil
		}
		t.keys = append(t.keys, columns[at].name)
	}
	if withoutRowID {
		t.keyed = keys
		return t
	}
	for _, alias := range []string{"rowid", "_rowid_", "oid"} { // a column may have taken the name
		if !slices.ContainsFunc(columns, func(c sqliteColumn) bool { return strings.EqualFold(c.name, alias) }) {
			t.rowID = alias
			return t
		}
	}
	if len(keys) == 1 && columns[keys[0]].kind == "INTEGER" {
		t.rowID = quote(columns[keys[0]].name)
		return t
	}
	return nil
}

// number runs a query that gives one number.
func (c *sqliteConnection) number(ctx context.Context, query string) (n int64, err error) {
	rows, err := c.Query(ctx, query)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if !rows.Next() {
		return 0, errReadRow
	}
	if err := rows.Scan(&n); err != nil {
		return 0, errReadRow
	}
	return n, sqliteError(rows.Err())
}
