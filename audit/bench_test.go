package audit_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"golang.org/x/sys/unix"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
)

// BenchmarkFdatasync is the floor: 512 bytes appended to a file, and fdatasync.
func BenchmarkFdatasync(b *testing.B) {
	file, err := os.Create(filepath.Join(b.TempDir(), "file"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	block := make([]byte, 512)
	for b.Loop() {
		file.Write(block)
		if err := unix.Fdatasync(int(file.Fd())); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRawInsert is one row of the size of an entry into SQLite, durable.
func BenchmarkRawInsert(b *testing.B) {
	db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "raw.db")+
		"?_pragma=journal_mode(wal)&_pragma=synchronous(full)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB)"); err != nil {
		b.Fatal(err)
	}
	insert, err := db.Prepare("INSERT INTO t (b) VALUES (?)")
	if err != nil {
		b.Fatal(err)
	}
	block := make([]byte, 512)
	for b.Loop() {
		if _, err := insert.Exec(block); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendOneSession(b *testing.B) { appends(b, 1) }

func BenchmarkAppend64Sessions(b *testing.B) { appends(b, 64) }

// appends measures intents, spread over sessions that append at the same time.
func appends(b *testing.B, sessions int) {
	h := audittest.New(b)
	places := make([]audit.Where, sessions)
	for i := range places {
		places[i] = audit.Where{Session: ulid.Make().String(), Engineer: "dana", Mode: "encrypted"}
		if _, err := h.Log.Append(b.Context(), places[i], audit.SessionOpened{Justification: "https://t.example/1"}); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	var wg sync.WaitGroup
	for i := range places {
		wg.Go(func() {
			w := places[i]
			for n := i; n < b.N; n += sessions {
				w.Command++
				if _, err := h.Log.Append(b.Context(), w, audit.Intent{Source: "People.Find(42)"}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkVerify verifies a record of some 100,000 entries: sessions of 100 commands, an intent, a statement and an
// outcome each.
func BenchmarkVerify(b *testing.B) {
	h := audittest.New(b)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 5 {
				w := audit.Where{Session: ulid.Make().String(), Engineer: "dana", Mode: "encrypted"}
				events := []audit.Event{audit.SessionOpened{Justification: "https://t.example/1", Note: "a note"}}
				for n := range 101 {
					if _, err := h.Log.Append(b.Context(), w, events...); err != nil {
						b.Error(err)
						return
					}
					w.Command = n + 1
					events = []audit.Event{
						audit.Intent{Source: "People.Where(`name = ?`, 42).Limit(10).All()"},
						audit.Statement{SQL: "SELECT * FROM people WHERE name = ? LIMIT 10", Rows: 10},
						audit.Outcome{Status: "ok", Duration: time.Millisecond, Statements: 1, Rows: 10,
							Value: &audit.Text{Kept: "some value that is printed"}},
					}
				}
				w.Command = 0
				if _, err := h.Log.Append(b.Context(), w, audit.SessionClosed{Reason: "closed", Commands: 100}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	entries := 0
	for b.Loop() {
		r := h.Verify(b)
		if len(r.Faults) > 0 {
			b.Fatal(r.Faults)
		}
		entries += r.Entries
	}
	b.ReportMetric(float64(entries)/b.Elapsed().Seconds(), "entries/s")
}
