package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// applicationID marks a file as a record of Vouchsafe, in the place SQLite keeps for that.
const applicationID = 0x56534155 // "VSAU"

// SQLite is a [Store] in one file. Several processes on one machine may write to it.
type SQLite struct {
	path       string
	migrations fs.FS
	live       *live
	reading    *sql.DB
	writing    *sql.DB       // nil: opened to read
	turn       chan struct{} // holds one token: who has it uses the connection below
	conn       *connection   // nil until the first Begin, and after a failure
	file       fs.FileInfo   // the one that was opened to write
	beside     []besides     // files without which the record could not be read
}

// besides is a file that must stay where it was.
type besides struct {
	path string
	info fs.FileInfo
}

// Beside has the record take no entry while the file at path is not the one that is there now: the keys by which it is read.
func (s *SQLite) Beside(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	s.beside = append(s.beside, besides{path, info})
	return nil
}

// OpenSQLite opens the record at path to write and to read, and brings its tables up to date. A file that is missing is
// an error that is [fs.ErrNotExist], unless create is set; so is a file that is something else, a directory, or read-only.
func OpenSQLite(ctx context.Context, path string, create bool, migrations fs.FS) (*SQLite, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the record: %w", err)
	}
	fresh, err := inspect(path, os.O_RDWR, create)
	if err != nil {
		return nil, err
	}
	s := open(path, migrations, "rw")
	s.writing = connect(path, "rw",
		"busy_timeout(50)", "synchronous(full)", "foreign_keys(0)", "recursive_triggers(1)", "secure_delete(1)",
		"wal_autocheckpoint(4000)",
		"trusted_schema(0)", "cell_size_check(1)")
	s.writing.SetMaxOpenConns(1)
	err = s.prepare(ctx, fresh)
	if err == nil {
		s.file, err = os.Stat(path)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("open the record %s: %w", path, err)
	}
	return s, nil
}

// ReadSQLite opens the record at path to read. It changes nothing, and refuses tables that are not up to date.
func ReadSQLite(ctx context.Context, path string, migrations fs.FS) (*SQLite, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the record: %w", err)
	}
	if _, err := inspect(path, os.O_RDONLY, false); err != nil {
		return nil, err
	}
	s := open(path, migrations, "ro")
	err = s.ours(ctx, s.reading)
	if err == nil {
		err = s.upToDate(ctx)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("open the record %s: %w", path, err)
	}
	return s, nil
}

// Close ends all that was opened. A Log on the store must be closed before.
func (s *SQLite) Close() error {
	var errs []error
	if s.writing != nil {
		s.turn <- struct{}{}
		s.conn.drop()
		s.conn = nil
		errs = append(errs, s.writing.Close())
		<-s.turn
	}
	errs = append(errs, s.reading.Close(), s.live.close())
	return errors.Join(errs...)
}

func (s *SQLite) Hold(w WriterID) error          { return s.live.hold(w) }
func (s *SQLite) Release(w WriterID) error       { return s.live.release(w) }
func (s *SQLite) Alive(w WriterID) (bool, error) { return s.live.alive(w) }

func open(path string, migrations fs.FS, mode string) *SQLite {
	s := &SQLite{
		path:       path,
		migrations: migrations,
		live:       &live{path: path + "-live"},
		reading:    connect(path, mode, "busy_timeout(2000)", "query_only(1)", "trusted_schema(0)", "cell_size_check(1)"),
		turn:       make(chan struct{}, 1),
	}
	s.reading.SetMaxOpenConns(8)
	return s
}

func connect(path, mode string, pragmas ...string) *sql.DB {
	u := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"mode": {mode}, "_pragma": pragmas}.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		panic(fmt.Sprintf("audit: the driver imported here is not registered: %v", err))
	}
	return db
}

// inspect tells a file that can be a record from one that cannot, before SQLite is asked, whose words are less clear.
func inspect(path string, flags int, create bool) (fresh bool, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && create {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return false, fmt.Errorf("make the record: %w", err)
		}
		return true, file.Close()
	}
	if err != nil {
		return false, fmt.Errorf("open the record: %w", err)
	}
	if info.IsDir() {
		return false, fmt.Errorf("open the record: %s is a directory, not a file", path)
	}
	file, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return false, fmt.Errorf("open the record: %w", err)
	}
	defer file.Close()
	if info.Size() == 0 {
		if create {
			return true, nil
		}
		return false, fmt.Errorf("open the record: %s is empty", path)
	}
	const magic = "SQLite format 3\x00"
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(file, head); err != nil || string(head) != magic {
		return false, fmt.Errorf("open the record: %s is not a record, or its first page is damaged", path)
	}
	return false, nil
}

// prepare makes the tables, or brings them up to date. One process at a time does.
func (s *SQLite) prepare(ctx context.Context, fresh bool) error {
	if err := s.live.alone(); err != nil {
		return err
	}
	defer s.live.together()
	if fresh {
		// The mark comes first, and not by way of the write-ahead log, so that a crash leaves no file that looks foreign.
		if _, err := s.writing.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
			return err
		}
	}
	if err := s.ours(ctx, s.writing); err != nil {
		return err
	}
	var mode string
	if err := s.writing.QueryRowContext(ctx, "PRAGMA journal_mode = wal").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("no write-ahead log is possible here, the journal stays %q", mode)
	}
	provider, err := provider(s.writing, s.migrations)
	if err != nil {
		return err
	}
	pending, err := provider.HasPending(ctx)
	if err != nil {
		return err
	}
	if pending {
		if _, err := provider.Up(ctx); err != nil {
			return fmt.Errorf("make its tables: %w", err)
		}
	}
	return s.upToDate(ctx)
}

// ours refuses a database that is somebody else's.
func (s *SQLite) ours(ctx context.Context, db *sql.DB) error {
	var id int64
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if id != applicationID {
		return errors.New("it is a database, but not a record of Vouchsafe")
	}
	return nil
}

func (s *SQLite) upToDate(ctx context.Context) error {
	provider, err := provider(s.reading, s.migrations)
	if err != nil {
		return err
	}
	var want int64
	for _, source := range provider.ListSources() {
		want = max(want, source.Version)
	}
	var have int64
	err = s.reading.QueryRowContext(ctx,
		"SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&have)
	switch {
	case err != nil:
		return fmt.Errorf("read the version of its tables: %w", err)
	case have > want:
		return fmt.Errorf("its tables are of version %d, this program knows %d: it is too old", have, want)
	case have < want:
		return fmt.Errorf("its tables are of version %d, this program needs %d: migrate it first", have, want)
	}
	return nil
}

func provider(db *sql.DB, migrations fs.FS) (*goose.Provider, error) {
	return goose.NewProvider(goose.DialectSQLite3, db, migrations, goose.WithDisableGlobalRegistry(true))
}
