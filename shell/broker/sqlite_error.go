package broker

import (
	"context"
	"errors"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// sqliteError is what a person may read of a failure: SQLite's code, and its own words where they hold no value.
func sqliteError(err error) error {
	var failed *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return &wire.Error{Kind: wire.ErrTimeout, Message: "the statement took too long and was stopped", Hint: "narrow it with Where and Limit"}
	case errors.Is(err, context.Canceled):
		return &wire.Error{Kind: wire.ErrInterrupted, Message: "the statement was stopped"}
	case !errors.As(err, &failed):
		return databaseError("", "the database rejected the statement", "")
	}
	code := codeName(failed.Code() & 0xFF)
	switch failed.Code() & 0xFF {
	case sqlite3.SQLITE_ERROR: // a name or the grammar: the parser's own words, about the statement
		return databaseError(code, "the database rejected the statement: "+plainSQLite(err), "")
	case sqlite3.SQLITE_CONSTRAINT:
		return databaseError(code, "a constraint of the table refuses it: "+constraint(err), "nothing of this statement was kept")
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return unavailable(errors.New("it is locked by another process"))
	case sqlite3.SQLITE_READONLY:
		return databaseError(code, "the database is open for reading only", "")
	case sqlite3.SQLITE_TOOBIG:
		return databaseError(code, "a value or the statement is too long", "")
	case sqlite3.SQLITE_INTERRUPT:
		return &wire.Error{Kind: wire.ErrTimeout, Message: "the statement took too long and was stopped", Hint: "narrow it with Where and Limit"}
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL:
		return unavailable(errors.New(plainSQLite(err)))
	}
	return databaseError(code, "the database rejected the statement", "")
}

// codeName is a result code's own name: SQLITE_CONSTRAINT.
func codeName(code int) string {
	_, name, _ := strings.Cut(sqlite.ErrorCodeString[code], "(")
	return strings.TrimSuffix(name, ")")
}

// plainSQLite is SQLite's own message without the driver's frame around it.
func plainSQLite(err error) string {
	text := err.Error()
	if _, rest, ok := strings.Cut(text, ": "); ok {
		text = rest
	}
	if i := strings.LastIndex(text, " ("); i > 0 && strings.HasSuffix(text, ")") {
		text = text[:i]
	}
	return text
}

// constraint names the kind of a constraint and its columns: "UNIQUE people.email_index" holds no value.
func constraint(err error) string {
	text := plainSQLite(err)
	if _, rest, ok := strings.Cut(text, "constraint failed: "); ok {
		return rest
	}
	return "constraint"
}
