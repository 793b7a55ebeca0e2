package audit_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"testing"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
)

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
