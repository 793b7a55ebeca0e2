package audit_test

import (
	"database/sql"
	"encoding/json"
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
		{"a trigger that was added", []string{`CREATE TRIGGER extra AFTER INSERT ON entries BEGIN DELETE FROM flags; END`}, "trigger extra is not ours"},
		{"a view in place of a table", []string{`ALTER TABLE flags RENAME TO f`, `CREATE VIEW flags AS SELECT * FROM f WHERE 0`}, "flags"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := audittest.New(t)
			story(t, h)
			if c.name == "a trigger that was added" || strings.HasPrefix(c.name, "a view") {
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
