package broker

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// SQLite is a target in one file.
type SQLite struct {
	path    string
	value   int // bytes of one value
	version string
	wal     bool // it is written while it is read
	rules   *sqliteRules
	layouts *layouts
}

// Bounds of one statement and its result.
const (
	maxStatement = 1 << 20 // bytes
	maxColumns   = 200
)

// lockWait is how long a statement waits for another process's lock.
const lockWait = 5 * time.Second

// OpenSQLite opens the database at path, which must be there. No value may be longer than value bytes.
func OpenSQLite(ctx context.Context, path string, value int) (*SQLite, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unavailable(fmt.Errorf("%s: %w", path, errors.Unwrap(err)))
	}
	if !info.Mode().IsRegular() {
		return nil, unavailable(fmt.Errorf("%s is no file", path))
	}
	s := &SQLite{path: path, value: value, rules: newSQLiteRules(shell.Schema{}), layouts: &layouts{}}
	// A connection that can write rolls back what a killed program left in the journal; one that reads could not even
	// open the file then. It writes nothing else.
	c, err := s.Connect(ctx, Access{Write: true})
	if err != nil {
		if c, err = s.Connect(ctx, Access{}); err != nil {
			return nil, err
		}
	}
	defer c.Close()
	rows, err := c.Query(ctx, "select sqlite_version() from sqlite_schema limit 1") // reads the file's header too
	if err != nil {
		return nil, unavailable(fmt.Errorf("%s: %w", path, err))
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return nil, unavailable(fmt.Errorf("%s: %s", path, plainSQLite(err)))
		}
		return nil, unavailable(fmt.Errorf("%s has no tables", path))
	}
	if err := rows.Scan(&s.version); err != nil {
		return nil, unavailable(fmt.Errorf("%s: %w", path, sqliteError(err)))
	}
	rows.Close()
	if rows, err = c.Query(ctx, "pragma journal_mode"); err != nil {
		return nil, unavailable(fmt.Errorf("%s: %w", path, err))
	}
	defer rows.Close()
	var mode string
	for rows.Next() {
		err = rows.Scan(&mode)
	}
	s.wal = mode == "wal"
	return s, sqliteError(errors.Join(err, rows.Err()))
}

func (s *SQLite) Dialect() string           { return "sqlite" }
func (s *SQLite) Version() string           { return s.version }
func (s *SQLite) WrittenWhileRead() bool    { return s.wal }
func (s *SQLite) Guard(schema shell.Schema) { s.rules = newSQLiteRules(schema) }

// Connect makes a connection with an authorizer of its own. A reading one has the file open for reading only.
func (s *SQLite) Connect(ctx context.Context, access Access) (Connection, error) {
	mode := "ro"
	if access.Write {
		mode = "rw" // never rwc: a missing database is not to be made
	}
	dsn := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: s.path}).EscapedPath()}).String() +
		fmt.Sprintf("?mode=%s&_time_format=sqlite&_pragma=busy_timeout(%d)&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)", mode, lockWait.Milliseconds())
	if access.Write {
		dsn += "&_pragma=foreign_keys(1)"
	} else {
		dsn += "&_pragma=query_only(1)"
	}
	c := &sqliteConnection{layouts: s.layouts, authorizer: &authorizer{rules: s.rules, write: access.Write && access.Typed, carrying: access.Write && !access.Typed}}
	if access.Write {
		c.touched = &sqliteTouched{}
	}
	// A driver value of its own: the package-level hook would watch the record's connections too.
	own := &sqlite.Driver{}
	own.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, _ string) error {
		registerer, ok := conn.(sqlite.AuthorizerRegisterer)
		if !ok {
			return errors.New("the sqlite driver has no authorizer")
		}
		if hooks, ok := conn.(sqlite.HookRegisterer); !ok {
			return errors.New("the sqlite driver has no hooks")
		} else if c.touched != nil {
			hooks.RegisterPreUpdateHook(c.touched.touch)
		}
		return registerer.RegisterAuthorizer(c.authorizer.authorize)
	})
	c.pool = sql.OpenDB(sqliteConnector{driver: own, dsn: dsn})
	c.pool.SetMaxOpenConns(1)
	var err error
	if c.conn, err = c.pool.Conn(ctx); err != nil {
		c.pool.Close()
		if ctx.Err() != nil { // it was stopped, and is not away
			return nil, ctx.Err()
		}
		return nil, unavailable(errors.New(plainSQLite(err)))
	}
	for id, limit := range map[int]int{
		sqlite3.SQLITE_LIMIT_LENGTH:     s.value,
		sqlite3.SQLITE_LIMIT_COLUMN:     maxColumns, // with the length, the bound of one row
		sqlite3.SQLITE_LIMIT_SQL_LENGTH: maxStatement,
		sqlite3.SQLITE_LIMIT_ATTACHED:   0,
	} {
		if _, err := sqlite.Limit(c.conn, id, limit); err != nil {
			c.Close()
			return nil, unavailable(err)
		}
	}
	return c, nil
}

type sqliteConnector struct {
	driver *sqlite.Driver
	dsn    string
}

func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c sqliteConnector) Driver() driver.Driver                        { return c.driver }

// sqliteConnection is one physical connection and its authorizer.
type sqliteConnection struct {
	pool       *sql.DB
	conn       *sql.Conn
	authorizer *authorizer
	layouts    *layouts
	touched    *sqliteTouched // nil: it cannot write
}

func (c *sqliteConnection) Close() error { return errors.Join(c.conn.Close(), c.pool.Close()) }

func (c *sqliteConnection) Query(ctx context.Context, statement string, args ...any) (*sql.Rows, error) {
	rows, err := c.conn.QueryContext(ctx, statement, args...)
	return rows, sqliteError(err)
}

func (c *sqliteConnection) Exec(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	result, err := c.conn.ExecContext(ctx, statement, args...)
	return result, sqliteError(err)
}

func (c *sqliteConnection) Begin(ctx context.Context, write bool) error {
	if !write {
		return c.own(ctx, "begin")
	}
	if err := c.own(ctx, "begin immediate"); err != nil || c.touched == nil {
		return err
	}
	layout, err := c.layouts.of(ctx, c)
	if err != nil {
		return errors.Join(err, c.own(context.WithoutCancel(ctx), "rollback"))
	}
	c.touched.begin(layout)
	return nil
}

func (c *sqliteConnection) Commit(ctx context.Context) error   { return c.own(ctx, "commit") }
func (c *sqliteConnection) Rollback(ctx context.Context) error { return c.own(ctx, "rollback") }

// Savepoint is set inside a transaction only: outside of one it would begin another, whose release stands at once. SQLite ends
// a transaction by itself after some failures, also of a read.
func (c *sqliteConnection) Savepoint(ctx context.Context, name string) error {
	if proof := context.WithoutCancel(ctx); c.own(proof, "begin") == nil {
		return errors.Join(errLost, c.own(proof, "rollback"))
	}
	err := c.own(ctx, "savepoint "+quote(name))
	if err == nil && c.touched != nil {
		c.touched.savepoint(name)
	}
	return err
}

func (c *sqliteConnection) RollbackTo(ctx context.Context, name string) error {
	err := c.own(ctx, "rollback to "+quote(name))
	if err == nil && c.touched != nil {
		c.touched.rollbackTo(name)
	}
	return err
}

func (c *sqliteConnection) Release(ctx context.Context, name string) error {
	err := c.own(ctx, "release "+quote(name))
	if err == nil && c.touched != nil {
		c.touched.release(name)
	}
	return err
}

func (c *sqliteConnection) own(ctx context.Context, statement string) error {
	if _, err := c.conn.ExecContext(ctx, statement); err != nil {
		return sqliteError(err)
	}
	return nil
}

// Typed runs a statement of the engineer's under the authorizer's eyes.
func (c *sqliteConnection) Typed(ctx context.Context, statement string, args []any) (Rows, error) {
	if refusal := oneStatement(statement); refusal != nil {
		return nil, refusal
	}
	var before [2]int64
	if c.authorizer.write && replaces(statement) {
		return nil, refuse(ruleSQL, "update, or insert … on conflict do update", "replace deletes rows that nobody counts")
	}
	if c.authorizer.write {
		var err error
		if before, err = c.changes(ctx); err != nil {
			return nil, err
		}
	}
	c.authorizer.watch()
	rows, err := c.conn.QueryContext(ctx, statement, args...)
	verdict := c.authorizer.verdict()
	if verdict.refusal != nil {
		if rows != nil {
			rows.Close()
		}
		return nil, verdict.refusal
	}
	if err != nil {
		return nil, sqliteError(err)
	}
	return newSQLiteRows(ctx, c, rows, verdict.writes, before)
}

// changes is how many rows this connection has changed so far, and the last row id it gave.
func (c *sqliteConnection) changes(ctx context.Context) (counts [2]int64, err error) {
	rows, err := c.Query(ctx, "select total_changes(), last_insert_rowid()")
	if err != nil {
		return counts, err
	}
	defer rows.Close()
	if rows.Next() {
		err = rows.Scan(&counts[0], &counts[1])
	}
	return counts, sqliteError(errors.Join(err, rows.Err()))
}

// sqliteRows is the result of a typed statement.
type sqliteRows struct {
	ctx     context.Context
	conn    *sqliteConnection
	rows    *sql.Rows
	columns []wire.Column
	into    []any
	writes  bool
	before  [2]int64
	after   [2]int64
	err     error
	done    bool
}

func newSQLiteRows(ctx context.Context, c *sqliteConnection, rows *sql.Rows, writes bool, before [2]int64) (*sqliteRows, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		rows.Close()
		return nil, sqliteError(err)
	}
	r := &sqliteRows{ctx: ctx, conn: c, rows: rows, writes: writes, before: before, after: before, into: make([]any, len(types))}
	for _, t := range types {
		r.columns = append(r.columns, wire.Column{Name: t.Name(), Type: t.DatabaseTypeName()})
	}
	return r, nil
}

func (r *sqliteRows) Columns() []wire.Column { return r.columns }
func (r *sqliteRows) Writes() bool           { return r.writes }
func (r *sqliteRows) Changed() int64         { return r.after[0] - r.before[0] }
func (r *sqliteRows) LastID() int64          { return r.after[1] }

func (r *sqliteRows) Err() error { return r.err }

func (r *sqliteRows) Next() bool {
	if r.done {
		return false
	}
	if r.rows.Next() {
		return true
	}
	r.done = true
	if err := errors.Join(r.rows.Err(), r.rows.Close()); err != nil {
		r.err = sqliteError(err)
		return false
	}
	if r.writes {
		r.after, r.err = r.conn.changes(r.ctx)
	}
	return false
}

func (r *sqliteRows) Scan(cells []any) error {
	for i := range cells {
		r.into[i] = &cells[i]
	}
	return r.rows.Scan(r.into...)
}

func (r *sqliteRows) Close() error {
	r.done = true
	return r.rows.Close()
}
