package worker

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// connector is a database/sql driver whose database is the broker's gate.
type connector struct {
	gate    *gate
	version string // of the database
	conns   atomic.Uint32
}

func (c *connector) Connect(context.Context) (driver.Conn, error) {
	return &conn{connector: c, id: c.conns.Add(1)}, nil
}

func (c *connector) Driver() driver.Driver { return c }

// Open is there because driver.Driver asks for it: there is no DSN to open.
func (c *connector) Open(string) (driver.Conn, error) {
	return nil, errors.New("the worker has no database of its own")
}

// conn is one connection as typed code sees it. It costs the broker nothing until it holds a transaction or a result.
type conn struct {
	*connector
	id uint32
}

var (
	_ driver.QueryerContext    = (*conn)(nil)
	_ driver.ExecerContext     = (*conn)(nil)
	_ driver.ConnBeginTx       = (*conn)(nil)
	_ driver.NamedValueChecker = (*conn)(nil)
)

func (c *conn) Prepare(query string) (driver.Stmt, error) { return &stmt{conn: c, query: query}, nil }
func (c *conn) Close() error                              { return nil }

func (c *conn) Begin() (driver.Tx, error) { return c.BeginTx(context.Background(), driver.TxOptions{}) }

func (c *conn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	if _, err := c.gate.ask(wire.Request{Op: wire.OpBegin, Conn: c.id}); err != nil {
		return nil, err
	}
	return tx{c}, nil
}

// tx is the broker's transaction on a connection.
type tx struct{ conn *conn }

func (t tx) Commit() error {
	_, err := t.conn.gate.ask(wire.Request{Op: wire.OpCommit, Conn: t.conn.id})
	return err
}

func (t tx) Rollback() error {
	_, err := t.conn.gate.ask(wire.Request{Op: wire.OpRollback, Conn: t.conn.id})
	return err
}

// rowWrite is the argument that makes a statement a wire.Write on its connection.
type rowWrite struct {
	op    wire.Op
	write wire.Write
}

// CheckNamedValue lets plain values pass. A sealed one has no place in a statement: the broker binds those itself.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	switch v.Value.(type) {
	case *rowWrite:
		return nil
	case crypto.String, *crypto.String, crypto.Bytes, *crypto.Bytes:
		return &wire.Error{
			Kind: wire.ErrRefused, Rule: "sealed", Message: "a sealed value cannot be an argument of a statement",
			Hint: `look it up with By(crypto.Eq("people.email", "…")), write it with the repository's Save`,
		}
	}
	value, err := plain(v.Value)
	v.Value = value
	return err
}

// plain turns a Go value into one that a frame carries.
func plain(v any) (any, error) {
	value, err := driver.DefaultParameterConverter.ConvertValue(v)
	if t, ok := value.(time.Time); ok {
		return t.Round(0), err
	}
	return value, err
}

func (c *conn) QueryContext(ctx context.Context, query string, named []driver.NamedValue) (driver.Rows, error) {
	if rows, ok := c.own(query); ok {
		return rows, nil
	}
	args, err := arguments(named)
	if err != nil {
		return nil, err
	}
	response, err := c.gate.ask(wire.Request{Op: wire.OpQuery, Conn: c.id, SQL: query, Args: args})
	if err != nil {
		return nil, err
	}
	return newRows(c.gate, response, wantedOf(ctx)), nil
}

func (c *conn) ExecContext(_ context.Context, query string, named []driver.NamedValue) (driver.Result, error) {
	request := wire.Request{Op: wire.OpExec, Conn: c.id, SQL: query}
	if row, ok := soleRow(named); ok {
		request = wire.Request{Op: row.op, Conn: c.id, Write: &row.write}
	} else if args, err := arguments(named); err != nil {
		return nil, err
	} else {
		request.Args = args
	}
	response, err := c.gate.ask(request)
	if err != nil {
		return nil, err
	}
	return result{response}, nil
}

// own answers what a driver asks at its start, before any command is open.
func (c *conn) own(query string) (driver.Rows, bool) {
	switch strings.ToLower(strings.Join(strings.Fields(query), " ")) {
	case "select sqlite_version()", "select version()":
		page, err := wire.AppendRow(nil, []any{c.version})
		return newRows(nil, wire.Response{Columns: []wire.Column{{Name: "version"}}, Rows: page}, wanted{}), err == nil
	}
	return nil, false
}

func soleRow(named []driver.NamedValue) (*rowWrite, bool) {
	if len(named) != 1 {
		return nil, false
	}
	row, ok := named[0].Value.(*rowWrite)
	return row, ok
}

func arguments(named []driver.NamedValue) ([]any, error) {
	args := make([]any, len(named))
	for i, n := range named {
		if n.Name != "" {
			return nil, fmt.Errorf("argument %s: use ? and position", n.Name)
		}
		args[i] = n.Value
	}
	return args, nil
}

// result is what a statement without rows came to.
type result struct{ wire.Response }

func (r result) LastInsertId() (int64, error) { return r.LastID, nil }
func (r result) RowsAffected() (int64, error) { return r.Affected, nil }

// stmt is a prepared statement in name only: the gate takes one statement a call.
type stmt struct {
	conn  *conn
	query string
}

func (s *stmt) Close() error  { return nil }
func (s *stmt) NumInput() int { return -1 }

func (s *stmt) CheckNamedValue(v *driver.NamedValue) error { return s.conn.CheckNamedValue(v) }

func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.conn.ExecContext(context.Background(), s.query, positional(args))
}

func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.conn.QueryContext(context.Background(), s.query, positional(args))
}

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.conn.ExecContext(ctx, s.query, args)
}

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.QueryContext(ctx, s.query, args)
}

func positional(args []driver.Value) []driver.NamedValue {
	named := make([]driver.NamedValue, len(args))
	for i, a := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return named
}

// rows is a result, fetched a page at a time.
type rows struct {
	gate    *gate
	columns []wire.Column
	page    *wire.RowReader
	cursor  uint64
	wanted  wanted
	cells   []any
}

func newRows(g *gate, response wire.Response, w wanted) *rows {
	return &rows{
		gate: g, columns: response.Columns, page: wire.NewRowReader(response.Rows), cursor: response.Cursor,
		wanted: w, cells: make([]any, len(response.Columns)),
	}
}

func (r *rows) Columns() []string {
	names := make([]string, len(r.columns))
	for i, c := range r.columns {
		names[i] = c.Name
	}
	return names
}

// ColumnTypeDatabaseTypeName is the type as the database declares it.
func (r *rows) ColumnTypeDatabaseTypeName(i int) string { return r.columns[i].Type }

func (r *rows) Close() error {
	r.page = wire.NewRowReader(nil)
	if r.cursor == 0 {
		return nil
	}
	cursor := r.cursor
	r.cursor = 0
	_, err := r.gate.ask(wire.Request{Op: wire.OpClose, Cursor: cursor})
	if errors.Is(err, errNoCommand) {
		return nil // the broker closed it with its command
	}
	return err
}

func (r *rows) Next(dest []driver.Value) error {
	if len(r.page.Rest()) == 0 {
		if r.cursor == 0 {
			return io.EOF
		}
		response, err := r.gate.ask(wire.Request{Op: wire.OpNext, Cursor: r.cursor})
		if err != nil {
			return err
		}
		r.page, r.cursor = wire.NewRowReader(response.Rows), response.Cursor
		if len(response.Rows) == 0 {
			return io.EOF
		}
	}
	if err := r.page.Read(r.cells); err != nil {
		return err
	}
	for i, cell := range r.cells {
		dest[i] = r.value(r.columns[i].Name, cell)
	}
	return nil
}

// value turns a cell into what database/sql passes to its destination.
func (r *rows) value(column string, cell any) driver.Value {
	switch v := cell.(type) {
	case *wire.Reference:
		carried := &crypto.Carried{Reference: cryptoReference(*v), Asker: r.gate}
		switch r.wanted.of(column) {
		case wantSealed:
			return carried
		case wantBytes:
			return []byte(carried.Reference.String())
		}
		text := carried.Reference.String()
		r.gate.handed.add(text)
		return crypto.SealedText(text)
	case *wire.Opened:
		text := string(v.Plain)
		switch {
		case r.wanted.of(column) == wantSealed:
			return &crypto.Carried{Reference: cryptoReference(v.Reference), Plain: &text, Reveal: true, Asker: r.gate}
		case v.Text:
			return text
		}
		return v.Plain
	}
	return cell
}

func reference(r crypto.Reference) *wire.Reference {
	return &wire.Reference{Column: r.Column, Subject: r.Subject, Row: r.Row, Digest: r.Digest}
}

func cryptoReference(r wire.Reference) crypto.Reference {
	return crypto.Reference{Column: r.Column, Subject: r.Subject, Row: r.Row, Digest: r.Digest}
}
