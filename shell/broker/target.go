package broker

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

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
	Close() error
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
