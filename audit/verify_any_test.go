package audit_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
)

// Whatever is changed in whatever row of the record proper, verify notices.
func TestAnyChangeToAnyRowIsNoticed(t *testing.T) {
	h := audittest.New(t)
	story(t, h)
	h.Log.Close(t.Context())
	h.SQLite.Close()
	original, err := os.ReadFile(h.Path())
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string][]string{
		"entries": {"at", "kind", "session", "command", "engineer", "mode", "content_key", "ledger_key", "content", "ledger",
			"session_previous", "previous", "hash", "seq"},
		"batches":     {"first", "last", "hash", "signature"},
		"payloads":    {"ciphertext", "seq"},
		"writers":     {"at", "public", "certificate"},
		"data_keys":   {"number", "scope", "class", "wrapped"},
		"sessions":    {"seq", "engineer", "app", "embedded", "justification", "opened_at", "mode", "commands", "disclosures", "state", "head"},
		"commands":    {"n", "seq", "mode", "status", "rows", "outcome_seq"},
		"disclosures": {"i", "engineer", "consent", "column", "subject", "row", "count"},
		"statements":  {"rows", "writes", "command"},
		"consents":    {"url", "subject", "engineer", "evidence", "scopes", "granted_at", "ended_at"},
		"facts":       {"fact", "subject", "count"},
		"flags":       {"rule", "row"},
		"refusals":    {"rule", "engineer"},
	}
	var names []string
	for table, list := range columns {
		for _, column := range list {
			names = append(names, table+"."+column)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		table, column, _ := strings.Cut(rapid.SampledFrom(names).Draw(r, "column"), ".")
		row := rapid.IntRange(0, 40).Draw(r, "row")
		path := filepath.Join(t.TempDir(), "audit.db")
		if err := os.WriteFile(path, original, 0o600); err != nil {
			r.Fatal(err)
		}
		db, err := sql.Open("sqlite", path+"?_pragma=ignore_check_constraints(1)")
		if err != nil {
			r.Fatal(err)
		}
		var rows int
		if err := db.QueryRow("SELECT count(*) FROM " + table).Scan(&rows); err != nil {
			r.Fatal(err)
		}
		db.Close()
		key := map[string]string{"writers": "id", "data_keys": "number", "sessions": "id", "commands": "session, n"}[table]
		if key == "" {
			key = map[string]string{"payloads": "writer, seq, class", "batches": "writer, first", "disclosures": "writer, seq, i"}[table]
		}
		if key == "" {
			key = "writer, seq"
		}
		// Another value of the same type: numbers and texts grow, blobs have their last bit turned.
		change := fmt.Sprintf(`UPDATE %[1]s SET "%[2]s" = CASE typeof("%[2]s") WHEN 'integer' THEN "%[2]s" + 1000 WHEN 'text' THEN "%[2]s" || 'x'
WHEN 'blob' THEN CAST(substr("%[2]s", 1, length("%[2]s") - 1) || CASE substr("%[2]s", -1) WHEN x'00' THEN x'01' ELSE x'00' END AS BLOB)
ELSE (SELECT CASE type WHEN 'INTEGER' THEN 1 ELSE CAST(zeroblob(31) || x'01' AS BLOB) END FROM pragma_table_info('%[1]s') WHERE name = '%[2]s') END
WHERE (%[3]s) = (SELECT %[3]s FROM %[1]s ORDER BY %[3]s LIMIT 1 OFFSET %[4]d)`, table, column, key, row%rows)
		audittest.Edit(t, path+"?_pragma=ignore_check_constraints(1)", change)
		store, err := audit.ReadSQLite(t.Context(), path, audittest.Migrations(t))
		if err != nil {
			r.Fatal(err)
		}
		defer store.Close()
		report, err := audit.Verify(t.Context(), audit.VerifyConfig{Store: store, Sealer: h.Config.Sealer, Public: h.Config.Signer.Public(), Anchor: h.Anchor})
		if err != nil {
			r.Fatal(err)
		}
		// integrity_check says so too where a CHECK is broken; that is not what is tested.
		for _, f := range report.Faults {
			if !strings.Contains(f.What, "the file is damaged") {
				return
			}
		}
		r.Fatalf("nothing was noticed: %v", report.Faults)
	})
}
