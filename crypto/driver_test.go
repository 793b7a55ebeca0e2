package crypto_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
)

// rowOf is a database whose every query gives one row of one column.
type rowOf struct{ value driver.Value }

func (r rowOf) Connect(context.Context) (driver.Conn, error) { return r, nil }
func (r rowOf) Driver() driver.Driver                        { return nil }
func (r rowOf) Prepare(string) (driver.Stmt, error)          { return nil, errors.New("not here") }
func (r rowOf) Begin() (driver.Tx, error)                    { return nil, errors.New("not here") }
func (r rowOf) Close() error                                 { return nil }
func (r rowOf) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return &oneRow{value: r.value}, nil
}

type oneRow struct {
	value driver.Value
	read  bool
}

func (r *oneRow) Columns() []string { return []string{"c"} }
func (r *oneRow) Close() error      { return nil }
func (r *oneRow) Next(dest []driver.Value) error {
	if r.read {
		return io.EOF
	}
	r.read, dest[0] = true, r.value
	return nil
}
