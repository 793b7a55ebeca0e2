package audit_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"golang.org/x/sys/unix"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
)

func TestALockedRecordIsADefiniteRefusalWithinTheDeadline(t *testing.T) {
	h := audittest.New(t, func(c *audit.Config) { c.Deadline = 2 * time.Second })
	s := h.Session(t, "dana", "OPS-1")
	db, err := sql.Open("sqlite", h.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	s.Commands++
	_, err = s.Append(t, audit.Intent{Source: "1"})
	var not *audit.NotRecorded
	if !errors.As(err, &not) || not.Unknown || !strings.Contains(err.Error(), "locked by another process") {
		t.Fatalf("Append says %v", err)
	}
	if _, err := db.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	s.Commands--
	s.Run(t, "1")
	h.CheckLog(t)
}

func TestAFileThatIsNoRecordIsAClearError(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string, content []byte, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(path(name), content, mode); err != nil {
			t.Fatal(err)
		}
	}
	write("text", []byte("this is not a database, but it is long enough to be looked at\n"), 0o600)
	write("empty", nil, 0o600)
	plain(t, path("foreign"), "CREATE TABLE t (n)")
	plain(t, path("newer"), fmt.Sprintf("PRAGMA application_id = %d", 0x56534155))
	store, err := audit.OpenSQLite(t.Context(), path("newer"), true, audittest.Migrations(t))
	if err != nil {
		t.Fatal(err)
	}
	store.Close()
	plain(t, path("newer"), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)")

	for name, want := range map[string]string{
		"missing":      "no such file",
		".":            "is a directory",
		"text":         "is not a record",
		"empty":        "is empty",
		"foreign":      "not a record of Vouchsafe",
		"newer":        "too old",
		"missing/deep": "no such file",
	} {
		for _, open := range []func() (*audit.SQLite, error){
			func() (*audit.SQLite, error) {
				return audit.OpenSQLite(t.Context(), filepath.Join(dir, name), false, audittest.Migrations(t))
			},
			func() (*audit.SQLite, error) {
				return audit.ReadSQLite(t.Context(), filepath.Join(dir, name), audittest.Migrations(t))
			},
		} {
			store, err := open()
			if err == nil {
				store.Close()
				t.Errorf("%s was opened", name)
			} else if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := audit.OpenSQLite(t.Context(), path("missing"), false, audittest.Migrations(t)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing is %v", err)
	}
	if _, err := os.Stat(path("missing")); err == nil {
		t.Error("a missing file was made")
	}
}

func TestAReadOnlyRecordIsRefusedForWriting(t *testing.T) {
	if os.Geteuid() == 0 {
		readOnlyMount(t)
		return
	}
	path := filepath.Join(t.TempDir(), "audit.db")
	store, err := audit.OpenSQLite(t.Context(), path, true, audittest.Migrations(t))
	if err != nil {
		t.Fatal(err)
	}
	store.Close()
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.OpenSQLite(t.Context(), path, false, audittest.Migrations(t)); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("it says %v", err)
	}
}

// readOnlyMount does the same for root, who may write to every file that is not on such a mount.
func readOnlyMount(t *testing.T) {
	dir := tmpfs(t, "16m")
	path := filepath.Join(dir, "audit.db")
	store, err := audit.OpenSQLite(t.Context(), path, true, audittest.Migrations(t))
	if err != nil {
		t.Fatal(err)
	}
	store.Close()
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Skipf("cannot mount read-only: %v", err)
	}
	if _, err := audit.OpenSQLite(t.Context(), path, false, audittest.Migrations(t)); !errors.Is(err, unix.EROFS) {
		t.Errorf("it says %v", err)
	}
}

func tmpfs(t *testing.T, size string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small tmpfs")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("cannot mount a small tmpfs here: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

func TestAFullDiskRefusesAndTheRecordStaysWhole(t *testing.T) {
	dir := tmpfs(t, "2m")
	h := audittest.NewIn(t, dir)
	w := audit.Where{Session: ulid.Make().String(), Engineer: "dana"}
	_, err := h.Log.Append(t.Context(), w, audit.SessionOpened{})
	if err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("x", 100_000)
	for n := 1; err == nil; n++ {
		if n > 100 {
			t.Fatal("the disk does not fill up")
		}
		w.Command = n
		_, err = h.Log.Append(t.Context(), w, audit.Intent{Source: big})
	}
	if !errors.Is(err, audit.ErrNotRecorded) || !strings.Contains(err.Error(), "full") {
		t.Errorf("Append says %v", err)
	}
	for _, f := range h.Verify(t).Faults {
		t.Error(f)
	}
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT, "size=16m"); err != nil {
		t.Skipf("cannot give it more room: %v", err)
	}
	if _, err := h.Log.Append(t.Context(), w, audit.Intent{Source: big}); err != nil {
		t.Errorf("with room again: %v", err)
	}
	h.CheckLog(t)
}

func TestADamagedFileIsAFault(t *testing.T) {
	h := audittest.New(t)
	story(t, h)
	h.Log.Close(t.Context())
	h.SQLite.Close()
	b, err := os.ReadFile(h.Path())
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096 * 3; i < len(b); i += 97 {
		b[i] ^= 0xff
	}
	if err := os.WriteFile(h.Path(), b, 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := audit.ReadSQLite(t.Context(), h.Path(), audittest.Migrations(t))
	if err != nil {
		return // noticed even earlier
	}
	defer store.Close()
	h.SQLite = store
	if len(h.Verify(t).Faults) == 0 {
		t.Error("nothing was noticed")
	}
}

// The child appends until it is killed, and prints each command's number once Append has returned nil.
func TestNoAcknowledgedEntryIsLostWhenTheProgramIsKilled(t *testing.T) {
	if dir := os.Getenv("AUDIT_TEST_CHILD"); dir != "" {
		child(dir)
		return
	}
	h := audittest.New(t, func(c *audit.Config) { c.Sealer, c.Signer = childKeys(t) })
	h.Log.Close(t.Context())
	for round := range 5 {
		session := ulid.Make().String()
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), "AUDIT_TEST_CHILD="+h.Dir, "AUDIT_TEST_SESSION="+session)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		acknowledged := 0
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if _, err := fmt.Sscanf(lines.Text(), "recorded %d", &acknowledged); err != nil {
				t.Fatalf("the child says %q", lines.Text())
			}
			if acknowledged == 20+round*7 {
				cmd.Process.Kill()
			}
		}
		cmd.Wait()
		if acknowledged < 20 {
			t.Fatalf("the child ended early")
		}
		h.CheckAppended(t, session, acknowledged)
	}
}

func child(dir string) {
	t := &testing.T{}
	sealer, signer := childKeys(t)
	ctx := context.Background()
	store, err := audit.OpenSQLite(ctx, filepath.Join(dir, "audit.db"), false, audittest.Migrations(t))
	if err != nil {
		panic(err)
	}
	anchor, err := audit.OpenAnchor(ctx, filepath.Join(dir, "keys.db"))
	if err != nil {
		panic(err)
	}
	log, err := audit.Open(ctx, audit.Config{Store: store, Sealer: sealer, Signer: signer, Anchor: anchor})
	if err != nil {
		panic(err)
	}
	w := audit.Where{Session: os.Getenv("AUDIT_TEST_SESSION"), Engineer: "dana"}
	if _, err := log.Append(ctx, w, audit.SessionOpened{}); err != nil {
		panic(err)
	}
	for w.Command = 1; w.Command < 100_000; w.Command++ {
		if _, err := log.Append(ctx, w, audit.Intent{Source: "1"}); err != nil {
			panic(err)
		}
		fmt.Printf("recorded %d\n", w.Command)
	}
}

func childKeys(t testing.TB) (*audittest.Sealer, *audittest.Signer) {
	seed := []byte("a seed of 32 bytes for the child")
	return audittest.SealerOf(t, seed), audittest.SignerOf(seed)
}

// Attack: the file is removed, or another is put in its place, while the record is open. SQLite alone would write on, to
// what nobody will ever read.
func TestARecordWhoseFileIsGoneTakesNoEntries(t *testing.T) {
	for name, away := range map[string]func(path string) error{
		"moved away": func(path string) error { return os.Rename(path, path+".away") },
		"replaced by a copy": func(path string) error {
			b, err := os.ReadFile(path)
			return errors.Join(err, os.Rename(path, path+".away"), os.WriteFile(path, b, 0o600))
		},
		"without its log": func(path string) error {
			return errors.Join(os.Rename(path, path+".away"), os.Rename(path+"-wal", path+".wal-away"), os.WriteFile(path+"-wal", nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := audittest.New(t)
			s := h.Session(t, "dana", "OPS-1")
			s.Run(t, "1")
			if err := away(h.Path()); err != nil {
				t.Fatal(err)
			}
			s.Commands++
			if _, err := s.Append(t, audit.Intent{Source: "2"}); !errors.Is(err, audit.ErrNotRecorded) {
				t.Fatalf("Append says %v", err)
			}
			s.Commands--
			if name != "without its log" {
				if err := os.Rename(h.Path()+".away", h.Path()); err != nil {
					t.Fatal(err)
				}
				s.Run(t, "3")
				h.CheckLog(t)
			}
		})
	}
}
