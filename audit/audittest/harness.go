package audittest

import (
	"context"
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/vouchsafe/vouchsafe/audit"
)

// A Harness is a record for one test. Its fields may be used and replaced; Log is closed when the test ends.
type Harness struct {
	Dir    string // holds audit.db and keys.db
	Log    *audit.Log
	SQLite *audit.SQLite
	Store  *Store // what Log writes to: SQLite, and the failures that were asked for
	Anchor *audit.SQLiteAnchor
	Config audit.Config // what Log was opened with
}

// An Option changes the Config before the Log is opened.
type Option func(*audit.Config)

// New makes a record in a directory of the test.
func New(t testing.TB, options ...Option) *Harness {
	t.Helper()
	return NewIn(t, t.TempDir(), options...)
}

// NewIn makes a record in dir.
func NewIn(t testing.TB, dir string, options ...Option) *Harness {
	t.Helper()
	h := &Harness{Dir: dir}
	ctx := t.Context()
	makeKeyStore(t, h.KeysPath())

	var err error
	if h.SQLite, err = audit.OpenSQLite(ctx, h.Path(), true, Migrations(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.SQLite.Close() })
	if h.Anchor, err = audit.OpenAnchor(ctx, h.KeysPath()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Anchor.Close() })
	h.Store = &Store{Store: h.SQLite}
	h.Config = audit.Config{
		Store: h.Store, Sealer: NewSealer(t), Signer: NewSigner(t), Anchor: h.Anchor,
		Started: audit.ServerStarted{Build: "test", Host: "localhost", Confinement: "none", Database: "sqlite"},
	}
	for _, option := range options {
		option(&h.Config)
	}
	h.Open(t)
	return h
}

// Open opens the Log, as a new start of the program would.
func (h *Harness) Open(t testing.TB) {
	t.Helper()
	log, err := audit.Open(t.Context(), h.Config)
	if err != nil {
		t.Fatal(err)
	}
	h.Log = log
	t.Cleanup(func() { log.Close(context.Background()) })
}

// Path is the audit database's.
func (h *Harness) Path() string { return filepath.Join(h.Dir, "audit.db") }

// KeysPath is that of the key store, which holds the anchor.
func (h *Harness) KeysPath() string { return filepath.Join(h.Dir, "keys.db") }

// FailOn makes the store fail at the nth entry of kind from now on, counted from 1, in the given way. The whole batch
// that holds it fails with it. It fails once.
func (h *Harness) FailOn(kind audit.Kind, nth int, how How) { h.Store.FailOn(kind, nth, how) }

// Reader reads what the Log wrote.
func (h *Harness) Reader() *audit.Reader { return audit.NewReader(h.SQLite, h.Config.Sealer) }

// Verify verifies the record as it is in the file.
func (h *Harness) Verify(t testing.TB) audit.Report {
	t.Helper()
	report, err := audit.Verify(t.Context(), audit.VerifyConfig{
		Store: h.SQLite, Sealer: h.Config.Sealer, Public: h.Config.Signer.Public(), Anchor: h.Anchor,
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// CheckLog fails the test if anything is wrong with the record.
func (h *Harness) CheckLog(t testing.TB) {
	t.Helper()
	for _, fault := range h.Verify(t).Faults {
		t.Errorf("the record has a fault: %s", fault)
	}
}

// Edit runs SQL on the audit database as its owner could: past the Log, and with the triggers out of the way.
func (h *Harness) Edit(t testing.TB, statements ...string) {
	t.Helper()
	Edit(t, h.Path(), statements...)
}

// Edit is Harness.Edit for the record at path. The triggers are back in place when it returns.
func Edit(t testing.TB, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	triggers := map[string]string{}
	rows, err := db.Query(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			t.Fatal(err)
		}
		triggers[name] = text
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	run := func(statement string) {
		t.Helper()
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	run("BEGIN IMMEDIATE")
	for name := range triggers {
		run("DROP TRIGGER " + name)
	}
	for _, statement := range statements {
		run(statement)
	}
	for _, text := range triggers {
		run(text)
	}
	run("COMMIT")
}

// Migrations are the record's tables.
func Migrations(t testing.TB) fs.FS {
	t.Helper()
	return tables(t, "audit")
}

// tables are a store's SQL, as it stands in the source tree: this package imports the record only.
func tables(t testing.TB, store string) fs.FS {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return os.DirFS(filepath.Join(dir, "migrations", store, "sqlite"))
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("the test does not run inside the source tree")
		}
		dir = parent
	}
}

func makeKeyStore(t testing.TB, path string) {
	t.Helper()
	files := tables(t, "keys")
	db, err := sql.Open("sqlite", path+"?_pragma=journal_mode(wal)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// CheckAppended opens the Log on what a killed program left, and checks that the session has at least the commands 1 to n
// and was closed as lost.
func (h *Harness) CheckAppended(t testing.TB, session string, n int) {
	t.Helper()
	h.Open(t)
	h.Log.Close(t.Context())
	s, err := h.Reader().Session(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Commands) < n {
		t.Errorf("%d commands were acknowledged, %d are on record", n, len(s.Commands))
	}
	if s.ClosedWhy != "lost" {
		t.Errorf("the session was closed as %q", s.ClosedWhy)
	}
	h.CheckLog(t)
}
