package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"
)

// sqliteSnapshot reads in one transaction on a connection that cannot write.
type sqliteSnapshot struct {
	reader
	store *SQLite
}

// View begins a read transaction. Until its first read SQLite would not fix what it shows, so there is one.
func (s *SQLite) View(ctx context.Context) (Snapshot, error) {
	conn, err := s.reading.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the record: %w", err)
	}
	snapshot := &sqliteSnapshot{reader{&connection{Conn: conn, prepared: map[string]*sql.Stmt{}}}, s}
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		conn.Close()
		return nil, fmt.Errorf("read the record: %w", err)
	}
	if _, err := snapshot.one(`SELECT 1 FROM writers LIMIT 1`, nil, new(int)); err != nil {
		snapshot.Close()
		return nil, fmt.Errorf("read the record: %w", err)
	}
	return snapshot, nil
}

func (s *sqliteSnapshot) Close() error {
	for _, statement := range s.prepared {
		statement.Close()
	}
	if _, err := s.ExecContext(context.Background(), "ROLLBACK"); err != nil {
		s.drop()
		return err
	}
	return s.Conn.Close()
}

// stream turns rows into a sequence of what scan makes of each.
func stream[T any](r reader, what, query string, args []any, scan func(*sql.Rows, *T) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		rows, err := r.query(query, args...)
		if err != nil {
			yield(zero, fmt.Errorf("read %s: %w", what, err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var v T
			if err := scan(rows, &v); err != nil {
				yield(zero, fmt.Errorf("read %s: %w", what, err))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(zero, fmt.Errorf("read %s: %w", what, err))
		}
	}
}

func (s *sqliteSnapshot) writers() iter.Seq2[Writer, error] {
	return stream(s.reader, "writers", `SELECT id, at, public, certificate FROM writers ORDER BY id`, nil,
		func(rows *sql.Rows, w *Writer) error {
			var id sql.RawBytes
			if err := rows.Scan(&id, &w.At, (*[]byte)(&w.Public), &w.Certificate); err != nil {
				return err
			}
			return exactly(w.ID[:], id)
		})
}

const readEntries = `SELECT writer, seq, at, kind, session, command, engineer, mode, content_key, ledger_key,
	content, ledger, session_previous, previous, hash FROM entries`

func (s *sqliteSnapshot) entries(session string) iter.Seq2[Entry, error] {
	query, args := readEntries+` ORDER BY writer, seq`, []any(nil)
	if session != "" {
		query, args = readEntries+` WHERE session = ? AND session <> '' ORDER BY writer, seq`, []any{session}
	}
	return stream(s.reader, "entries", query, args, scanEntry)
}

func (s *sqliteSnapshot) entry(w WriterID, seq uint64) (Entry, bool, error) {
	for e, err := range stream(s.reader, "an entry", readEntries+` WHERE writer = ? AND seq = ?`,
		[]any{w[:], int64(seq)}, scanEntry) {
		return e, err == nil, err
	}
	return Entry{}, false, nil
}

func scanEntry(rows *sql.Rows, e *Entry) error {
	var writer, kind, session, engineer, mode, content, ledger, before, previous, hash sql.RawBytes
	var seq int64
	if err := rows.Scan(&writer, &seq, &e.At, &kind, &session, &e.Command, &engineer, &mode, &e.ContentKey, &e.LedgerKey,
		&content, &ledger, &before, &previous, &hash); err != nil {
		return err
	}
	e.Seq = uint64(seq)
	e.Kind, e.Session, e.Engineer, e.Mode = Kind(kind), string(session), string(engineer), string(mode)
	return errors.Join(
		exactly(e.Writer[:], writer), exactly(e.Previous[:], previous), exactly(e.Hash[:], hash),
		atMost(&e.Content, content), atMost(&e.Ledger, ledger), atMost(&e.SessionPrevious, before))
}

func (s *sqliteSnapshot) signatures() iter.Seq2[Signature, error] {
	return stream(s.reader, "batches", `SELECT writer, first, last, hash, signature FROM batches ORDER BY writer, first`, nil,
		func(rows *sql.Rows, g *Signature) error {
			var writer, hash sql.RawBytes
			var first, last int64
			if err := rows.Scan(&writer, &first, &last, &hash, &g.Signature); err != nil {
				return err
			}
			g.First, g.Last = uint64(first), uint64(last)
			return errors.Join(exactly(g.Writer[:], writer), exactly(g.Hash[:], hash))
		})
}

func (s *sqliteSnapshot) payloads() iter.Seq2[Payload, error] {
	return stream(s.reader, "payloads", `SELECT writer, seq, class, ciphertext FROM payloads ORDER BY writer, seq, class`, nil,
		func(rows *sql.Rows, p *Payload) error {
			var writer sql.RawBytes
			var seq int64
			var c string
			if err := rows.Scan(&writer, &seq, &c, &p.Ciphertext); err != nil {
				return err
			}
			p.Seq, p.Class = uint64(seq), class(c)
			return exactly(p.Writer[:], writer)
		})
}

func (s *sqliteSnapshot) payload(w WriterID, seq uint64, c class) ([]byte, bool, error) {
	var ciphertext []byte
	found, err := s.one(`SELECT ciphertext FROM payloads WHERE writer = ? AND seq = ? AND class = ?`,
		[]any{w[:], int64(seq), string(c)}, &ciphertext)
	if err != nil {
		err = fmt.Errorf("read a payload: %w", err)
	}
	return ciphertext, found, err
}

func (s *sqliteSnapshot) heads(from WriterID) ([]Head, error) {
	rows, err := s.query(`SELECT writer, max(seq), hash, at FROM entries WHERE writer >= ? GROUP BY writer ORDER BY writer`, from[:])
	if err != nil {
		return nil, fmt.Errorf("read the ends of chains: %w", err)
	}
	defer rows.Close()
	var heads []Head
	for rows.Next() {
		var h Head
		var writer, hash []byte
		var seq int64
		if err := rows.Scan(&writer, &seq, &hash, &h.At); err != nil {
			return nil, fmt.Errorf("read the ends of chains: %w", err)
		}
		copy(h.Writer[:], writer)
		copy(h.Hash[:], hash)
		h.Seq = uint64(seq)
		heads = append(heads, h)
	}
	return heads, rows.Err()
}

func (s *sqliteSnapshot) keys(scope string) ([]DataKey, error) {
	rows, err := s.query(`SELECT number, scope, class, wrapped FROM data_keys WHERE scope = ?`, scope)
	if err != nil {
		return nil, fmt.Errorf("read data keys: %w", err)
	}
	defer rows.Close()
	var keys []DataKey
	for rows.Next() {
		var k DataKey
		if err := rows.Scan(&k.Number, &k.Scope, (*string)(&k.Class), &k.Wrapped); err != nil {
			return nil, fmt.Errorf("read data keys: %w", err)
		}
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

func (s *sqliteSnapshot) rows(t *table) iter.Seq2[Row, error] { return s.rowsOf(t, t.read) }

func (s *sqliteSnapshot) related(t *table, session string) ([]Row, error) {
	query := t.read + ` WHERE session = ? ORDER BY writer, seq`
	if t == sessionsTable {
		query = t.read + ` WHERE id = ?`
	}
	var related []Row
	for row, err := range s.rowsOf(t, query, session) {
		if err != nil {
			return nil, err
		}
		related = append(related, row)
	}
	return related, nil
}

func (s *sqliteSnapshot) rowsOf(t *table, query string, args ...any) iter.Seq2[Row, error] {
	n := t.columns()
	return stream(s.reader, t.name, query, args, func(rows *sql.Rows, row *Row) error {
		row.table = t
		row.values = make([]any, n)
		into := make([]any, n)
		for i := range into {
			into[i] = &row.values[i]
		}
		return rows.Scan(into...)
	})
}

// columns is how many there are.
func (t *table) columns() int { return strings.Count(t.put[strings.Index(t.put, "VALUES"):], "?") }

func (s *sqliteSnapshot) sessions(f Filter) ([]sessionRow, error) {
	query, args := f.where()
	rows, err := s.query(sessionsTable.read+query, args...)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	defer rows.Close()
	var list []sessionRow
	for rows.Next() {
		list = append(list, sessionRow{})
		if err := scanSession(rows, &list[len(list)-1]); err != nil {
			return nil, err
		}
	}
	return list, rows.Err()
}

func (s *sqliteSnapshot) total() (int, error) {
	var n int
	_, err := s.one(`SELECT coalesce(sum((SELECT coalesce(max(seq), 0) FROM entries WHERE writer = writers.id)), 0) FROM writers`,
		nil, &n)
	return n, err
}

func exactly(into, from []byte) error {
	if len(from) != len(into) {
		return fmt.Errorf("%d bytes stand where %d belong", len(from), len(into))
	}
	copy(into, from)
	return nil
}

func atMost(into *Hash, from []byte) error {
	if from == nil {
		return nil
	}
	return exactly(into[:], from)
}
