package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Anchor remembers outside the audit database how far each chain had come: without it nobody could tell that a record's
// end was cut off, a chain removed or an old backup restored. What it remembers never goes down and is never forgotten.
type Anchor interface {
	// Advance is told of a head after it became durable.
	Advance(context.Context, Head) error
	Heads(context.Context) ([]Head, error)
}

// SQLiteAnchor is an [Anchor] in the table anchors of the key store.
type SQLiteAnchor struct {
	db      *sql.DB
	advance *sql.Stmt
}

// OpenAnchor opens the key store at path, whose tables must be there, on a connection of its own. It syncs nothing by
// itself, so it costs no fsync: after a power cut the anchor may lag behind, which is harmless, and never runs ahead.
func OpenAnchor(ctx context.Context, path string) (*SQLiteAnchor, error) {
	return openAnchor(ctx, path, "rw", "busy_timeout(1000)", "journal_mode(wal)", "synchronous(normal)", "recursive_triggers(1)")
}

// ReadAnchor opens the anchor to read: it changes nothing, and cannot advance.
func ReadAnchor(ctx context.Context, path string) (*SQLiteAnchor, error) {
	return openAnchor(ctx, path, "ro", "busy_timeout(1000)", "query_only(1)")
}

func openAnchor(ctx context.Context, path, mode string, pragmas ...string) (*SQLiteAnchor, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the anchor: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open the anchor: %w", err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("open the anchor: %w", &fs.PathError{Op: "open", Path: path, Err: errors.New("is a directory")})
	}
	db := connect(path, mode, pragmas...)
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `SELECT writer FROM anchors LIMIT 1`); err != nil {
		db.Close()
		return nil, fmt.Errorf("open the anchor in %s: %w", path, err)
	}
	advance, err := db.PrepareContext(ctx, `INSERT INTO anchors (writer, seq, hash, at) VALUES (?, ?, ?, ?)
ON CONFLICT (writer) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, at = excluded.at
WHERE excluded.seq > anchors.seq`)
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("open the anchor in %s: %w", path, err)
	}
	return &SQLiteAnchor{db, advance}, nil
}

// Advance moves the writer's row up. A head that is not above it changes nothing.
func (a *SQLiteAnchor) Advance(ctx context.Context, h Head) error {
	_, err := a.advance.ExecContext(ctx, h.Writer[:], int64(h.Seq), h.Hash[:], h.At)
	if err != nil {
		return fmt.Errorf("advance the anchor: %w", err)
	}
	return nil
}

// Heads are all that it remembers, in the order of writers.
func (a *SQLiteAnchor) Heads(ctx context.Context) ([]Head, error) {
	rows, err := a.db.QueryContext(ctx, `SELECT writer, seq, hash, at FROM anchors ORDER BY writer`)
	if err != nil {
		return nil, fmt.Errorf("read the anchor: %w", err)
	}
	defer rows.Close()
	var heads []Head
	for rows.Next() {
		var writer, hash sql.RawBytes
		var seq int64
		var h Head
		if err := rows.Scan(&writer, &seq, &hash, &h.At); err != nil {
			return nil, fmt.Errorf("read the anchor: %w", err)
		}
		if err := errors.Join(exactly(h.Writer[:], writer), exactly(h.Hash[:], hash)); err != nil {
			return nil, fmt.Errorf("read the anchor: %w", err)
		}
		h.Seq = uint64(seq)
		heads = append(heads, h)
	}
	return heads, rows.Err()
}

// Close ends the connection.
func (a *SQLiteAnchor) Close() error { return a.db.Close() }
