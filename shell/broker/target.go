package broker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// Target is the company's database as the gate uses it.
type Target interface {
	Dialect() string
	Version() string
	// WrittenWhileRead says whether a write can commit while a result of the same session is still open.
	WrittenWhileRead() bool
	// Guard hands over the schema, before the first connection: which tables and columns typed SQL may not write, and
	// which it may not see.
	Guard(schema shell.Schema)
	// Connect makes a connection of its own, for one session only.
	Connect(ctx context.Context, access Access) (Connection, error)
}

// Access says what a connection is for. One without Write cannot write, whatever is sent.
type Access struct {
	Write bool // the broker may write
	Typed bool // typed statements may write too
}

// Connection is one connection to the target.
type Connection interface {
	// Typed runs one statement that was typed, or that typed code composed. It refuses, with a *Refusal, what the
	// session may not do. The rows are to be closed.
	Typed(ctx context.Context, statement string, args []any) (Rows, error)
	// Query and Exec run the broker's own statements.
	Query(ctx context.Context, statement string, args ...any) (*sql.Rows, error)
	Exec(ctx context.Context, statement string, args ...any) (sql.Result, error)
	// Begin opens a transaction; a writing one holds the write lock from its start.
	Begin(ctx context.Context, write bool) error
	Commit(ctx context.Context) error
	Rollback(ctx context.Context) error
	Savepoint(ctx context.Context, name string) error
	RollbackTo(ctx context.Context, name string) error
	Release(ctx context.Context, name string) error
	// Touched tells which rows the open transaction has touched and not undone, at most limit of them: first what statements
	// changed, then what triggers and foreign keys did, then what was touched and is as it was. More says that there are
	// others.
	Touched(ctx context.Context, limit int) (rows []Touched, more bool, err error)
	Close() error
}

// Touched is a row as the open transaction found it and as it is now. A value that is long is a Long.
type Touched struct {
	Table         string
	Keys          []string // the primary key's columns; without one, RowID names the row
	RowID         any
	Columns       []string
	Hidden        int   // columns of the table that are not among them
	Before, After []any // nil: it was not there, it is gone
	Caused        bool  // by a trigger, a foreign key, or an index that keeps itself in tables
}

// Long is the beginning of a long text or of long bytes.
type Long struct {
	Value any // string or []byte
	Bytes int // of the whole
	Sum   [sha256.Size]byte
}

// Unchanged says that the row is as it was.
func (t Touched) Unchanged() bool {
	if t.Before == nil || t.After == nil {
		return false
	}
	for i := range t.Before {
		if t.changed(i) {
			return false
		}
	}
	return true
}

// changed says whether the column at i differs. A text is compared up to a NUL, behind which the database does not tell what
// it was, so one that has a NUL counts as changed.
func (t Touched) changed(i int) bool {
	before, after := t.Before[i], t.After[i]
	switch a := after.(type) {
	case []byte:
		b, ok := before.([]byte)
		return !ok || !bytes.Equal(a, b)
	case string:
		return before != after || strings.ContainsRune(a, 0)
	case Long:
		b, ok := before.(Long)
		return !ok || a.Sum != b.Sum
	}
	if _, ok := before.([]byte); ok {
		return true // not to be compared with ==
	}
	if _, ok := before.(Long); ok {
		return true
	}
	return before != after
}

// Rows is what a typed statement gives. Once Next is false, Changed and LastID say what it did.
type Rows interface {
	Columns() []wire.Column
	Next() bool
	Scan(cells []any) error
	Err() error
	Close() error
	Writes() bool   // the statement may change rows
	Changed() int64 // rows touched
	LastID() int64
}

// ErrNoDatabase is the target database being away: missing, locked or not to be opened.
var ErrNoDatabase = errors.New("the application's database is unavailable")

// quote quotes an identifier that the schema names.
func quote(identifier string) string {
	out := make([]byte, 0, len(identifier)+2)
	out = append(out, '"')
	for i := range len(identifier) {
		if identifier[i] == '"' {
			out = append(out, '"')
		}
		out = append(out, identifier[i])
	}
	return string(append(out, '"'))
}

// databaseError is what a person reads of a failure of the target: never more than the database's own code and the
// names of tables and columns, for a detail could hold a value.
func databaseError(code, message, hint string) *wire.Error {
	return &wire.Error{Kind: wire.ErrDatabase, Code: code, Message: message, Hint: hint}
}

func unavailable(err error) error { return fmt.Errorf("%w: %w", ErrNoDatabase, err) }
