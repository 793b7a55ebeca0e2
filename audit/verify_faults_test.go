package audit_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
)

// story fills a record: a session of three commands with a decrypted period, a refusal before any session, and a second
// session. Every data key is used. It gives the sessions' ids.
func story(t *testing.T, h *audittest.Harness) (first, second string) {
	t.Helper()
	s := h.Session(t, "dana", "OPS-1")
	s.Run(t, "People.Count()", audit.Statement{SQL: "select count(*) from people", Args: []json.RawMessage{[]byte(`1`)}, Rows: 1})
	s.Must(t, audit.Consent{Step: "granted", URL: "https://consent.example/1", Note: "she said yes", Evidence: "claimed",
		Subject: "people/42", Scopes: []string{"people/42"}})
	s.Mode = "decrypted"
	s.Must(t, audit.ModeChange{Mode: "decrypted"})
	s.Run(t, "People.Find(42).Email",
		audit.Disclosure{Consent: "https://consent.example/1", Values: []audit.Value{
			{Column: "people.email", Subject: "people/42", Row: "people/42", Count: 1},
			{Column: "people.phone", Subject: "people/42", Row: "people/42", Count: 1},
		}},
		audit.Fact{Fact: "len", Column: "people.name", Subject: "people/42", Row: "people/42", Count: 1},
		audit.Flag{Rule: "outside-consent", Message: "one value", Column: "people.email", Subject: "people/7", Row: "people/7", Count: 1})
	s.Must(t, audit.Consent{Step: "ended", URL: "https://consent.example/1", Why: "closed"})
	s.Run(t, "3", audit.Refused{Rule: "import", Message: "no", Attempt: audit.Attempt{Text: "os", Bytes: 2, SHA256: "x"}})
	s.Close(t)

	if _, err := h.Log.Append(t.Context(), audit.Where{Engineer: "eve"}, audit.Refused{Rule: "justification", Message: "no link"}); err != nil {
		t.Fatal(err)
	}
	other := h.Session(t, "eli", "OPS-2")
	other.Run(t, "1")
	other.Run(t, "2")
	return s.ID, other.ID
}

// wants are faults that Verify must report, each by part of its text.
func wants(t *testing.T, report audit.Report, texts ...string) {
	t.Helper()
	if len(report.Faults) == 0 {
		t.Fatal("nothing was noticed")
	}
	for _, text := range texts {
		found := false
		for _, f := range report.Faults {
			found = found || strings.Contains(f.String(), text)
		}
		if !found {
			t.Errorf("no fault says %q; there are %v", text, report.Faults)
		}
	}
}

func TestAnUntouchedRecordHasNoFaults(t *testing.T) {
	h := audittest.New(t)
	story(t, h)
	r := h.Verify(t)
	if len(r.Faults) > 0 {
		t.Fatal(r.Faults)
	}
	if r.Entries != r.Anchored || r.Chains != 1 || r.Sessions != 2 || r.Batches == 0 {
		t.Errorf("the report is off: %+v", r)
	}
	h.Edit(t) // drops and makes the triggers again, as the tests below do
	h.CheckLog(t)
}

// Each row changes the file as its owner could, with the triggers out of the way and back in place.
func TestVerifyNoticesEveryChangeByTheOwnerOfTheFile(t *testing.T) {
	for _, c := range []struct {
		name string
		sql  []string
		want string
	}{
		{"an edited engineer", []string{`UPDATE entries SET engineer = 'eve' WHERE seq = 3`}, "fields do not have its hash"},
		{"an edited time", []string{`UPDATE entries SET at = at - 1 WHERE seq = 3`}, "fields do not have its hash"},
		{"an edited kind", []string{`UPDATE entries SET kind = 'flag' WHERE kind = 'refused'`}, "fields do not have its hash"},
		{"an edited mode", []string{`UPDATE entries SET mode = 'encrypted' WHERE mode = 'decrypted'`}, "fields do not have its hash"},
		{"an edited session link", []string{`UPDATE entries SET session_previous = NULL WHERE seq = 5`}, "fields do not have its hash"},
		{"an edited hash", []string{`UPDATE entries SET hash = zeroblob(32) WHERE seq = 4`}, "fields do not have its hash"},
		{"an edited payload", []string{`UPDATE payloads SET ciphertext = randomblob(60) WHERE seq = 4`}, "payload was changed"},
		{"a cut payload", []string{`UPDATE payloads SET ciphertext = substr(ciphertext, 1, 20) WHERE seq = 4`}, "payload was changed"},
		{"a missing payload", []string{`DELETE FROM payloads WHERE seq = 4`}, "payload is missing"},
		{"a payload for an entry without", []string{`INSERT INTO payloads (writer, seq, class, ciphertext) SELECT id, 1, 'content', x'00' FROM writers`},
			"does not commit to"},
		{"a payload of no entry", []string{`INSERT INTO payloads (writer, seq, class, ciphertext) SELECT id, 1000, 'content', x'00' FROM writers`},
			"a payload without its entry"},
		{"two payloads swapped", []string{
			`UPDATE payloads SET seq = -1 WHERE seq = 3 AND class = 'content'`, `UPDATE payloads SET seq = 3 WHERE seq = 8 AND class = 'content'`,
			`UPDATE payloads SET seq = 8 WHERE seq = -1`}, "payload"},
		{"a destroyed data key", []string{`DELETE FROM data_keys WHERE class = 'content'`}, "data key of its content is missing"},
		{"an exchanged data key", []string{
			`UPDATE data_keys SET wrapped = (SELECT wrapped FROM data_keys k WHERE k.number <> data_keys.number LIMIT 1)`}, "unwrap data key"},
		{"a deletion in the middle", []string{`DELETE FROM entries WHERE seq = 6`, `DELETE FROM payloads WHERE seq = 6`}, "entries 6 to 6 of the chain are missing"},
		{"two entries swapped", []string{
			`UPDATE entries SET seq = 1000 WHERE seq = 6`, `UPDATE entries SET seq = 6 WHERE seq = 7`, `UPDATE entries SET seq = 7 WHERE seq = 1000`},
			"fields do not have its hash"},
		{"a batch that is gone", []string{`DELETE FROM batches WHERE first = (SELECT max(first) FROM batches)`}, "outside a signed batch"},
		{"a batch in the middle that is gone", []string{`DELETE FROM batches WHERE first = 3`}, "signed for other entries"},
		{"an edited batch", []string{`UPDATE batches SET hash = zeroblob(32) WHERE first = 3`}, "signed for other entries"},
		{"an edited signature in the middle", []string{`UPDATE batches SET signature = zeroblob(64) WHERE first = 3`}, "not signed by its writer"},
		{"an edited signature at the end", []string{`UPDATE batches SET signature = zeroblob(64) WHERE first = (SELECT max(first) FROM batches)`},
			"not signed by its writer"},
		{"an exchanged writer's key", []string{`UPDATE writers SET public = randomblob(32)`}, "not certified"},
		{"a writer that is gone", []string{`DELETE FROM writers`}, "the chain has no writer"},
		{"a writer's entries that are gone", []string{`DELETE FROM entries`, `DELETE FROM batches`, `DELETE FROM payloads`}, "the writer has no entries"},
		{"an approved session", []string{`UPDATE sessions SET state = 'approved'`}, `says that state is "approved", the entries say "pending"`},
		{"an invented review", []string{`INSERT INTO reviews SELECT writer, seq, id, 'lead', 'approved', 1, head FROM sessions LIMIT 1`},
			"the table reviews has a row that no entry made"},
		{"a hidden session", []string{`DELETE FROM sessions WHERE engineer = 'dana'`}, "the table sessions hides a row"},
		{"a hidden command", []string{`DELETE FROM commands WHERE n = 2`}, "the table commands hides a row"},
		{"a hidden statement", []string{`DELETE FROM statements`}, "the table statements hides a row"},
		{"a hidden disclosure", []string{`DELETE FROM disclosures WHERE i = 1`}, "the table disclosures hides a row"},
		{"a disclosure of somebody else", []string{`UPDATE disclosures SET subject = 'people/1'`}, `says that subject is "people/1"`},
		{"a hidden fact", []string{`DELETE FROM facts`}, "the table facts hides a row"},
		{"a hidden flag", []string{`DELETE FROM flags`}, "the table flags hides a row"},
		{"a hidden refusal", []string{`DELETE FROM refusals`}, "the table refusals hides a row"},
		{"a hidden consent", []string{`DELETE FROM consents`}, "the table consents hides a row"},
		{"a session as encrypted", []string{`UPDATE sessions SET mode = 'encrypted'`}, `says that mode is "encrypted", the entries say "decrypted"`},
		{"a session of nobody", []string{`UPDATE commands SET session = 'X' WHERE n = 3`}, "has a row that no entry made"},
		{"a trigger that is gone", []string{`CREATE TRIGGER extra AFTER INSERT ON entries BEGIN DELETE FROM flags; END`}, "trigger extra is not ours"},
		{"a view in place of a table", []string{`ALTER TABLE flags RENAME TO f`, `CREATE VIEW flags AS SELECT * FROM f WHERE 0`}, "flags"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := audittest.New(t)
			story(t, h)
			if c.name == "a trigger that is gone" || strings.HasPrefix(c.name, "a view") {
				plain(t, h.Path(), c.sql...)
			} else {
				h.Edit(t, c.sql...)
			}
			wants(t, h.Verify(t), c.want)
		})
	}
}

// plain runs SQL and leaves triggers as the SQL leaves them.
func plain(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func TestVerifyNoticesATriggerThatIsGone(t *testing.T) {
	h := audittest.New(t)
	plain(t, h.Path(), `DROP TRIGGER entries_no_update`)
	wants(t, h.Verify(t), "the trigger entries_no_update is missing")
}

// rewrite recomputes hashes and links from an entry on, as an attacker would who read this package.
func rewrite(t *testing.T, h *audittest.Harness, change func(*sql.Tx)) {
	t.Helper()
	plain(t, h.Path(), "DROP TRIGGER entries_no_update", "DROP TRIGGER entries_no_delete", "DROP TRIGGER batches_no_update",
		"DROP TRIGGER batches_no_delete", "DROP TRIGGER payloads_no_update")
	db, err := sql.Open("sqlite", h.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("PRAGMA ignore_check_constraints = on"); err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	change(tx)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// relink gives every entry the place, links and hash that it should have, and the batches the hashes of their ends.
func relink(t *testing.T, tx *sql.Tx) {
	t.Helper()
	rows, err := tx.Query(`SELECT writer, seq, at, kind, session, command, engineer, mode, content_key, ledger_key, content, ledger
FROM entries ORDER BY writer, seq`)
	if err != nil {
		t.Fatal(err)
	}
	var all []audit.Entry
	var old []int64
	for rows.Next() {
		var e audit.Entry
		var w, content, ledger []byte
		var seq int64
		if err := rows.Scan(&w, &seq, &e.At, &e.Kind, &e.Session, &e.Command, &e.Engineer, &e.Mode, &e.ContentKey, &e.LedgerKey,
			&content, &ledger); err != nil {
			t.Fatal(err)
		}
		copy(e.Writer[:], w)
		copy(e.Content[:], content)
		copy(e.Ledger[:], ledger)
		e.Seq = uint64(seq)
		all, old = append(all, e), append(old, seq)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	sessions := map[string]audit.Hash{}
	var before audit.Entry
	for i := range all {
		e := &all[i]
		e.Seq, e.Previous = 1, audit.Hash{}
		if i > 0 && before.Writer == e.Writer {
			e.Seq, e.Previous = before.Seq+1, before.Hash
		}
		if e.Session != "" {
			e.SessionPrevious = sessions[e.Session]
		}
		e.Hash = e.Sum()
		sessions[e.Session] = e.Hash
		var link any
		if e.SessionPrevious != (audit.Hash{}) {
			link = e.SessionPrevious[:]
		}
		must(t, tx, `UPDATE entries SET seq = ?, session_previous = ?, previous = ?, hash = ? WHERE writer = ? AND seq = ?`,
			int64(e.Seq), link, e.Previous[:], e.Hash[:], e.Writer[:], old[i])
		must(t, tx, `UPDATE payloads SET seq = ? WHERE writer = ? AND seq = ?`, int64(e.Seq), e.Writer[:], old[i])
		must(t, tx, `UPDATE batches SET last = ?, hash = ? WHERE writer = ? AND last = ?`,
			int64(e.Seq), e.Hash[:], e.Writer[:], old[i])
		before = *e
	}
	must(t, tx, `UPDATE batches SET first = 1 + coalesce((SELECT max(b.last) FROM batches b
WHERE b.writer = batches.writer AND b.last < batches.last), 0) WHERE first > 8`)
}

func must(t *testing.T, tx *sql.Tx, query string, args ...any) {
	t.Helper()
	if _, err := tx.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func TestVerifyNoticesAnEditWithTheChainRecomputed(t *testing.T) {
	h := audittest.New(t)
	story(t, h)
	rewrite(t, h, func(tx *sql.Tx) {
		must(t, tx, `UPDATE entries SET engineer = 'eve' WHERE engineer = 'dana'`)
		relink(t, tx)
	})
	wants(t, h.Verify(t), "not signed by its writer", "the anchor knows another entry in this place", "cannot be opened")
}

func TestVerifyNoticesADeletionWithRelinking(t *testing.T) {
	h := audittest.New(t)
	story(t, h)
	rewrite(t, h, func(tx *sql.Tx) {
		must(t, tx, `DELETE FROM payloads WHERE seq = (SELECT seq FROM entries WHERE kind = 'disclosure')`)
		must(t, tx, `DELETE FROM entries WHERE kind = 'disclosure'`)
		must(t, tx, `DELETE FROM disclosures`)
		relink(t, tx)
	})
	wants(t, h.Verify(t), "not signed by its writer", "the anchor knows")
}

func TestVerifyNoticesAForgedEntryAtTheEnd(t *testing.T) {
	h := audittest.New(t)
	story(t, h)
	rewrite(t, h, func(tx *sql.Tx) {
		must(t, tx, `INSERT INTO entries SELECT writer, seq + 1, at, 'view', '', 0, 'lead', '', 0, 0, NULL, NULL, NULL, hash, zeroblob(32)
FROM entries ORDER BY seq DESC LIMIT 1`)
		relink(t, tx)
	})
	wants(t, h.Verify(t), "outside a signed batch")
}

// The forger has a key pair and signs everything with it; what is missing is the signing key's word for that key.
func TestVerifyNoticesAForgedChain(t *testing.T) {
	h := audittest.New(t)
	story(t, h)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rewrite(t, h, func(tx *sql.Tx) {
		var id [16]byte
		copy(id[:], "\xf0forged chain id")
		must(t, tx, `INSERT INTO writers (id, at, public, certificate) VALUES (?, 1, ?, zeroblob(64))`, id[:], []byte(public))
		e := audit.Entry{Writer: id, Seq: 1, At: 1, Kind: audit.KindServerStarted}
		e.Hash = e.Sum()
		must(t, tx, `INSERT INTO entries VALUES (?, 1, 1, 'server-started', '', 0, '', '', 0, 0, NULL, NULL, NULL, zeroblob(32), ?)`,
			id[:], e.Hash[:])
		nothing := sha256.Sum256(nil)
		b := append([]byte("vouchsafe audit batch\x01"), make([]byte, 32)...)
		b = append(append(b, nothing[:]...), id[:]...)
		b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, 1), 1)
		digest := sha256.Sum256(append(b, e.Hash[:]...))
		must(t, tx, `INSERT INTO batches VALUES (?, 1, 1, ?, ?)`, id[:], e.Hash[:], ed25519.Sign(private, digest[:]))
	})
	wants(t, h.Verify(t), "not certified by the record's signing key")
}

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
	// As if the index had another condition than it says: rows it should hold are not in it.
	plain(t, h.Path(),
		`PRAGMA writable_schema = on`,
		`UPDATE sqlite_schema SET sql = replace(sql, 'session <> ''''', 'session <> ''nobody''') WHERE name = 'entries_of_session'`)
	h.SQLite.Close()
	reopenStore(t, h)
	wants(t, h.Verify(t), "index entries_of_session")
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
	if hex.EncodeToString(before) != hex.EncodeToString(after) {
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
