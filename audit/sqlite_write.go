package audit

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// connection is the one that writes, with its prepared statements.
type connection struct {
	*sql.Conn
	prepared map[string]*sql.Stmt
	wal      fs.FileInfo // the log beside the file; nil until there is one
}

// drop closes the connection itself instead of giving it back: after a failure nobody knows its state.
func (c *connection) drop() {
	if c == nil {
		return
	}
	for _, statement := range c.prepared {
		statement.Close()
	}
	c.Raw(func(any) error { return driver.ErrBadConn }) // tells database/sql to close it
	c.Close()
}

func (c *connection) statement(query string) (*sql.Stmt, error) {
	if s := c.prepared[query]; s != nil {
		return s, nil
	}
	s, err := c.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	c.prepared[query] = s
	return s, nil
}

// exec runs a statement to its end: what must not be torn is not given a context.
func (c *connection) exec(query string, args ...any) error {
	s, err := c.statement(query)
	if err != nil {
		return err
	}
	_, err = s.Exec(args...)
	return err
}

// Begin takes the write lock of the file: BEGIN IMMEDIATE, again and again while another process has it.
func (s *SQLite) Begin(ctx context.Context) (Tx, error) {
	if s.writing == nil {
		return nil, errors.New("the record was opened to read")
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("the record is busy: %w", ctx.Err())
	}
	if err := s.begin(ctx); err != nil {
		s.conn.drop()
		s.conn = nil
		<-s.turn
		return nil, err
	}
	return &sqliteTx{store: s, reader: reader{s.conn}}, nil
}

// inPlace says whether what is written still goes to the file that others will read: SQLite would go on writing to one that
// was removed. What was moved away can be moved back.
func (s *SQLite) inPlace() error {
	for _, file := range []struct {
		path string
		info *fs.FileInfo
	}{{s.path, &s.file}, {s.path + "-wal", &s.conn.wal}} {
		now, err := os.Stat(file.path)
		switch {
		case err != nil && *file.info == nil: // there is none yet
		case err != nil:
			return fmt.Errorf("the record's file is gone: %w", err)
		case *file.info == nil:
			*file.info = now
		case !os.SameFile(*file.info, now):
			return fmt.Errorf("the record's file %s was replaced by another", file.path)
		}
	}
	for _, file := range s.beside {
		if now, err := os.Stat(file.path); err != nil || !os.SameFile(file.info, now) {
			return fmt.Errorf("%s, by which the record is read, is gone or was replaced", file.path)
		}
	}
	return nil
}

func (s *SQLite) begin(ctx context.Context) error {
	if s.conn == nil {
		conn, err := s.writing.Conn(ctx)
		if err != nil {
			return err
		}
		s.conn = &connection{Conn: conn, prepared: map[string]*sql.Stmt{}}
	}
	for {
		err := s.conn.exec("BEGIN IMMEDIATE")
		if err == nil {
			err = s.inPlace()
		}
		if !busy(err) {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("the record is locked by another process: %w", err)
		}
	}
}

// busy tells whether another connection is in the way. SQLite has waited for busy_timeout then.
func busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

type sqliteTx struct {
	reader
	store *SQLite
	done  bool
}

func (t *sqliteTx) Commit() error {
	err := t.store.conn.exec("COMMIT")
	t.end(err == nil)
	return err
}

func (t *sqliteTx) Rollback() {
	if !t.done {
		t.end(t.store.conn.exec("ROLLBACK") == nil)
	}
}

// end lets the next one in. A connection that failed is not used again.
func (t *sqliteTx) end(sound bool) {
	t.done = true
	if !sound {
		t.store.conn.drop()
		t.store.conn = nil
	}
	<-t.store.turn
}

func (t *sqliteTx) Insert(b *Batch) error {
	c := t.store.conn
	if w := b.Writer; w != nil {
		if err := c.exec(`INSERT INTO writers (id, at, public, certificate) VALUES (?, ?, ?, ?)`,
			w.ID[:], w.At, []byte(w.Public), w.Certificate); err != nil {
			return fmt.Errorf("insert the writer: %w", err)
		}
	}
	for i := range b.Keys {
		k := &b.Keys[i]
		if err := c.exec(`INSERT INTO data_keys (number, scope, class, wrapped) VALUES (?, ?, ?, ?)`,
			k.Number, k.Scope, string(k.Class), k.Wrapped); err != nil {
			return fmt.Errorf("insert a data key: %w", err)
		}
	}
	for i := range b.Entries {
		e := &b.Entries[i]
		if err := c.exec(`INSERT INTO entries (writer, seq, at, kind, session, command, engineer, mode, content_key, ledger_key,
	content, ledger, session_previous, previous, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			e.Writer[:], int64(e.Seq), e.At, string(e.Kind), e.Session, e.Command, e.Engineer, e.Mode, e.ContentKey, e.LedgerKey,
			nullable(&e.Content), nullable(&e.Ledger), nullable(&e.SessionPrevious), e.Previous[:], e.Hash[:]); err != nil {
			return fmt.Errorf("insert an entry: %w", err)
		}
	}
	for i := range b.Payloads {
		p := &b.Payloads[i]
		if err := c.exec(`INSERT INTO payloads (writer, seq, class, ciphertext) VALUES (?, ?, ?, ?)`,
			p.Writer[:], int64(p.Seq), string(p.Class), p.Ciphertext); err != nil {
			return fmt.Errorf("insert a payload: %w", err)
		}
	}
	for _, r := range b.Rows {
		if err := c.exec(r.table.put, r.values...); err != nil {
			return fmt.Errorf("put a row of %s: %w", r.table.name, err)
		}
	}
	g := &b.Signature
	if err := c.exec(`INSERT INTO batches (writer, first, last, hash, signature) VALUES (?, ?, ?, ?, ?)`,
		g.Writer[:], int64(g.First), int64(g.Last), g.Hash[:], g.Signature); err != nil {
		return fmt.Errorf("insert the batch: %w", err)
	}
	return nil
}

func nullable(h *Hash) any {
	if *h == (Hash{}) {
		return nil
	}
	return h[:]
}
