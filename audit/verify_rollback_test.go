package audit_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
)

func TestVerifyNoticesATailThatWasCutWithProjectionsMended(t *testing.T) {
	h := audittest.New(t)
	s := h.Session(t, "dana", "OPS-1")
	s.Run(t, "1")
	before := backup(t, h)
	s.Begin(t, "People.Find(42).Email.Open()")
	h.Log.Close(t.Context())
	h.SQLite.Close()

	// What the attacker could come up with at best is a record exactly as it was.
	restore(t, h, before)
	reopenStore(t, h)
	wants(t, h.Verify(t), "the anchor knows this entry, and it is gone")
	if r := verifyWithout(t, h); len(r.Faults) > 0 || r.Anchor {
		t.Errorf("the record is not as it was, so the test shows nothing: %+v", r)
	}

	// Writing on must not cover it up.
	h.Open(t)
	h.Session(t, "eli", "OPS-2").Run(t, "1")
	wants(t, h.Verify(t), "the anchor knows this entry, and it is gone")
}

func TestVerifyNoticesAChainThatWasRemoved(t *testing.T) {
	for _, anchor := range []bool{true, false} {
		t.Run(fmt.Sprintf("anchor %v", anchor), func(t *testing.T) {
			h := audittest.New(t)
			h.Log.Close(t.Context())
			h.Open(t)
			first, second := story(t, h)
			h.Log.Close(t.Context())
			h.Open(t) // names the chain before it
			remove := []string{}
			for _, table := range []string{"sessions", "commands", "statements", "disclosures", "facts", "flags", "refusals", "consents"} {
				column := "session"
				if table == "sessions" {
					column = "id"
				}
				remove = append(remove, fmt.Sprintf(`DELETE FROM %s WHERE %s IN ('%s', '%s')`, table, column, first, second))
			}
			var middle string
			db, _ := sql.Open("sqlite", h.Path())
			if err := db.QueryRow(`SELECT hex(id) FROM writers ORDER BY id LIMIT 1 OFFSET 1`).Scan(&middle); err != nil {
				t.Fatal(err)
			}
			db.Close()
			for _, table := range []string{"entries", "batches", "payloads"} {
				remove = append(remove, fmt.Sprintf(`DELETE FROM %s WHERE writer = x'%s'`, table, middle))
			}
			remove = append(remove, fmt.Sprintf(`DELETE FROM writers WHERE id = x'%s'`, middle))
			h.Edit(t, remove...)
			if anchor {
				wants(t, h.Verify(t), "the anchor knows this entry, and it is gone")
			} else {
				wants(t, verifyWithout(t, h), "began when this entry was the newest, and it is gone")
			}
		})
	}
}

func TestVerifyNoticesAnOldBackup(t *testing.T) {
	h := audittest.New(t)
	old := backup(t, h)
	story(t, h)
	h.Log.Close(t.Context())
	h.SQLite.Close()
	restore(t, h, old)
	reopenStore(t, h)
	wants(t, h.Verify(t), "the anchor knows this entry, and it is gone")
}

func TestVerifyNoticesCommandNumbersWithAGap(t *testing.T) {
	h := audittest.New(t)
	s := h.Session(t, "dana", "OPS-1")
	s.Run(t, "1")
	// The owner of the file makes the Log believe that there were two commands.
	h.Edit(t, `UPDATE sessions SET commands = 2`)
	h.FailOn(audit.KindIntent, 1, audittest.Lost) // makes the Log read it again
	if _, err := h.Log.Append(t.Context(), audit.Where{Session: s.ID, Command: 2, Engineer: "dana"}, audit.Intent{}); err == nil {
		t.Fatal("the store did not fail")
	}
	s.Commands = 2
	s.Begin(t, "hidden")
	wants(t, h.Verify(t), "command 3 cannot follow command 1")
}

func TestVerifyNoticesAnIndexThatHidesRows(t *testing.T) {
	h := audittest.New(t)
	story(t, h)
	h.Log.Close(t.Context())
	h.SQLite.Close()
	// The index is made again with another condition, so that rows are not in it; then it says what it always said.
	condition := func(from, to string) {
		plain(t, h.Path(), `PRAGMA writable_schema = on`, fmt.Sprintf(
			`UPDATE sqlite_schema SET sql = replace(sql, '%s', '%s') WHERE name = 'entries_of_session'`, from, to))
	}
	condition(`session <> ''''`, `seq > 8 AND session <> ''''`)
	plain(t, h.Path(), `REINDEX entries_of_session`)
	condition(`seq > 8 AND session`, `session`)
	reopenStore(t, h)
	wants(t, h.Verify(t), "the file is damaged", "missing from index entries_of_session")
	for _, f := range h.Verify(t).Faults {
		if strings.Contains(f.What, "was changed") {
			t.Errorf("the schema gives it away, so the test shows nothing: %s", f)
		}
	}
}

func TestVerifyWritesNothing(t *testing.T) {
	h := audittest.New(t)
	story(t, h)
	h.Log.Close(t.Context())
	h.SQLite.Close()
	before, err := os.ReadFile(h.Path())
	if err != nil {
		t.Fatal(err)
	}
	store, err := audit.ReadSQLite(t.Context(), h.Path(), audittest.Migrations(t))
	if err != nil {
		t.Fatal(err)
	}
	h.SQLite = store
	h.CheckLog(t)
	store.Close()
	after, _ := os.ReadFile(h.Path())
	if !bytes.Equal(before, after) {
		t.Error("the file changed")
	}
}

func verifyWithout(t *testing.T, h *audittest.Harness) audit.Report {
	t.Helper()
	r, err := audit.Verify(t.Context(), audit.VerifyConfig{Store: h.SQLite, Sealer: h.Config.Sealer, Public: h.Config.Signer.Public()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// backup is a consistent copy of the record as it is now.
func backup(t *testing.T, h *audittest.Harness) string {
	t.Helper()
	path := h.Path() + ".old"
	plain(t, h.Path(), "VACUUM INTO '"+path+"'")
	return path
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func restore(t *testing.T, h *audittest.Harness, from string) {
	t.Helper()
	for _, suffix := range []string{"-wal", "-shm"} {
		os.Remove(h.Path() + suffix)
	}
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(h.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
}

// reopenStore opens the file again; the Log is not opened.
func reopenStore(t *testing.T, h *audittest.Harness) {
	t.Helper()
	store, err := audit.OpenSQLite(t.Context(), h.Path(), false, audittest.Migrations(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	h.SQLite = store
	h.Store = &audittest.Store{Store: store}
	h.Config.Store = h.Store
}
