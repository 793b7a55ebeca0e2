package crypto

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// SQLiteKeyStore is a KeyStore in a file of its own.
type SQLiteKeyStore struct {
	db *sql.DB
}

// OpenSQLiteKeyStore opens the key store at path and brings its tables up to date with the migrations, which stand at the
// root of the given file system. It makes a missing file only if create is true, with mode 0600. Every key that was added is
// durable when the call that added it returns (WAL, synchronous=FULL). The caller closes it.
func OpenSQLiteKeyStore(ctx context.Context, path string, create bool, migrations fs.FS) (*SQLiteKeyStore, error) {
	if err := keyFile(path, create); err != nil {
		return nil, err
	}
	place := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	place.RawQuery = url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)", "trusted_schema(0)"},
	}.Encode()
	db, err := sql.Open("sqlite", place.String())
	if err != nil {
		return nil, fmt.Errorf("open the key store %s: %w", path, err)
	}
	if err := migrateKeys(ctx, db, migrations); err != nil {
		db.Close()
		return nil, fmt.Errorf("open the key store %s: %w", path, err)
	}
	return &SQLiteKeyStore{db}, nil
}

// ReadSQLiteKeyStore opens the key store at path to read: it changes nothing, and adds no keys.
func ReadSQLiteKeyStore(ctx context.Context, path string) (*SQLiteKeyStore, error) {
	if err := keyFile(path, false); err != nil {
		return nil, err
	}
	place := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	place.RawQuery = url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)", "query_only(1)", "trusted_schema(0)"}}.Encode()
	db, err := sql.Open("sqlite", place.String())
	if err != nil {
		return nil, fmt.Errorf("open the key store %s: %w", path, err)
	}
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("open the key store %s: %w", path, err)
	}
	return &SQLiteKeyStore{db}, nil
}

// keyFile sees to it that there is a file at path, and nothing else.
func keyFile(path string, create bool) error {
	stat, err := os.Stat(path)
	switch {
	case err == nil && !stat.Mode().IsRegular():
		return fmt.Errorf("open the key store %s: it is not a file", path)
	case err == nil && stat.Size() == 0 && !create:
		return fmt.Errorf("open the key store %s: it is empty (hint: nothing was made in its place; without it no sealed value opens)", path)
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("open the key store: %w", err)
	case !create:
		return fmt.Errorf("open the key store %s: %w (hint: nothing was made in its place; without it no sealed value opens)", path, fs.ErrNotExist)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) { // another process was first
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the key store: %w", err)
	}
	return f.Close()
}

func migrateKeys(ctx context.Context, db *sql.DB, migrations fs.FS) error {
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations)
	if err != nil {
		return fmt.Errorf("read its migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring its tables up to date: %w", err)
	}
	return nil
}

// DB is the store's own connections, for what else is kept in the same file.
func (s *SQLiteKeyStore) DB() *sql.DB { return s.db }

// Close closes the store.
func (s *SQLiteKeyStore) Close() error { return s.db.Close() }

// KEK implements KeyStore.
func (s *SQLiteKeyStore) KEK(ctx context.Context, purpose string, epoch uint32) (KEK, bool, error) {
	return readKEK(s.db.QueryRowContext(ctx, `SELECT purpose, epoch, wrapped, created_at FROM keks WHERE purpose = ? AND epoch = ?`, purpose, epoch))
}

// LatestKEK implements KeyStore.
func (s *SQLiteKeyStore) LatestKEK(ctx context.Context, purpose string) (KEK, bool, error) {
	return readKEK(s.db.QueryRowContext(ctx, `SELECT purpose, epoch, wrapped, created_at FROM keks WHERE purpose = ? ORDER BY epoch DESC LIMIT 1`, purpose))
}

func readKEK(row *sql.Row) (KEK, bool, error) {
	var k KEK
	var created int64
	err := row.Scan(&k.Purpose, &k.Epoch, &k.Wrapped, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return KEK{}, false, nil
	}
	if err != nil {
		return KEK{}, false, fmt.Errorf("read the key store: %w", err)
	}
	k.Created = time.UnixMilli(created).UTC()
	return k, true, nil
}

// AddKEK implements KeyStore.
func (s *SQLiteKeyStore) AddKEK(ctx context.Context, kek KEK) (KEK, error) {
	_, err := s.db.ExecContext(ctx, `INSERT INTO keks (purpose, epoch, wrapped, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		kek.Purpose, kek.Epoch, kek.Wrapped, kek.Created.UnixMilli())
	if err != nil {
		return KEK{}, fmt.Errorf("add to the key store: %w", err)
	}
	stands, ok, err := s.KEK(ctx, kek.Purpose, kek.Epoch)
	if err == nil && !ok {
		err = errors.New("add to the key store: the key is not there afterwards")
	}
	return stands, err
}

// Keys implements KeyStore.
func (s *SQLiteKeyStore) Keys(ctx context.Context, refs []KeyRef) ([]SubjectKey, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	list := make([][2]string, len(refs))
	for i, r := range refs {
		list[i] = [2]string{string(r.Subject), hex.EncodeToString(r.ID[:])}
	}
	return querySubjectKeys(ctx, s.db, `SELECT k.subject, k.key_id, k.epoch, k.wrapped, k.created_at
		FROM json_each(?) AS wanted CROSS JOIN subject_keys AS k
		ON k.subject = wanted.value ->> 0 AND k.key_id = unhex(wanted.value ->> 1)`, list)
}

// Current implements KeyStore.
func (s *SQLiteKeyStore) Current(ctx context.Context, subjects []Subject) ([]SubjectKey, error) {
	if len(subjects) == 0 {
		return nil, nil
	}
	return currentKeys(ctx, s.db, subjects)
}

func currentKeys(ctx context.Context, q queryer, subjects []Subject) ([]SubjectKey, error) {
	return querySubjectKeys(ctx, q, `SELECT k.subject, k.key_id, k.epoch, k.wrapped, k.created_at
		FROM json_each(?) AS wanted CROSS JOIN subject_keys AS k
		ON k.subject = wanted.value AND k.erased_at IS NULL`, subjects)
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// querySubjectKeys runs a query whose one argument is a list as JSON: any number of names is one query and one argument.
func querySubjectKeys(ctx context.Context, q queryer, query string, list any) ([]SubjectKey, error) {
	names, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("read the key store: %w", err)
	}
	rows, err := q.QueryContext(ctx, query, string(names))
	if err != nil {
		return nil, fmt.Errorf("read the key store: %w", err)
	}
	defer rows.Close()
	var keys []SubjectKey
	for rows.Next() {
		var k SubjectKey
		var id []byte
		var created int64
		if err := rows.Scan(&k.Subject, &id, &k.Epoch, &k.Wrapped, &created); err != nil {
			return nil, fmt.Errorf("read the key store: %w", err)
		}
		if copy(k.ID[:], id) != len(k.ID) {
			return nil, fmt.Errorf("read the key store: a key of %s has a name of %d bytes", k.Subject, len(id))
		}
		k.Created = time.UnixMilli(created).UTC()
		keys = append(keys, k)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the key store: %w", err)
	}
	return keys, nil
}

// AddKeys implements KeyStore.
func (s *SQLiteKeyStore) AddKeys(ctx context.Context, keys []SubjectKey) ([]SubjectKey, error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("add to the key store: %w", err)
	}
	defer tx.Rollback() // does nothing after Commit
	insert, err := tx.PrepareContext(ctx, `INSERT INTO subject_keys (subject, key_id, epoch, wrapped, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
	if err != nil {
		return nil, fmt.Errorf("add to the key store: %w", err)
	}
	defer insert.Close()
	subjects := make([]Subject, len(keys))
	for i, k := range keys {
		subjects[i] = k.Subject
		if _, err := insert.ExecContext(ctx, string(k.Subject), k.ID[:], k.Epoch, k.Wrapped, k.Created.UnixMilli()); err != nil {
			return nil, fmt.Errorf("add to the key store: %w", err)
		}
	}
	stand, err := currentKeys(ctx, tx, subjects)
	if err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil { // from here on the keys are durable
		return nil, fmt.Errorf("add to the key store: %w", err)
	}
	return stand, nil
}
