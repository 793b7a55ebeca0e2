package cmd_test

import (
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"
	_ "modernc.org/sqlite"
)

// runSQLite is the command sqlite.
func runSQLite(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sqlite FILE SQL")
	}
	out, err := query(ts.MkAbs(args[0]), args[1])
	ts.Check(err)
	fmt.Fprint(ts.Stdout(), out)
}

// query runs SQL on a database file and returns its rows, a line each.
func query(path, statement string) (string, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=rw&_pragma=busy_timeout(5000)")
	if err != nil {
		return "", err
	}
	defer db.Close()
	if !strings.HasPrefix(statement, "select") {
		_, err := db.Exec(statement)
		return "", err
	}
	rows, err := db.Query(statement)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for rows.Next() {
		cells, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		for i, cell := range cells {
			if i > 0 {
				out.WriteByte('\t')
			}
			if b, ok := cell.([]byte); ok {
				cell = hex.EncodeToString(b)
			}
			fmt.Fprint(&out, cell)
		}
		out.WriteByte('\n')
	}
	return out.String(), rows.Err()
}

// runAttack is the command attack.
func runAttack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: attack SQL")
	}
	record := ts.MkAbs("demo/audit.db")
	for _, beside := range []string{"-wal", "-shm"} {
		if err := os.Remove(record + beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			ts.Fatalf("%v", err)
		}
	}
	ts.Check(copyFile(record, ts.MkAbs("kept.db")))
	_, err := query(record, args[0])
	ts.Check(err)
	wantStatus(ts, "7", ts.Exec("vouchsafe", "audit", "verify"))
	if !strings.Contains(ts.ReadFile("stdout"), "fault: ") {
		ts.Fatalf("no fault is told")
	}
}

// holder holds the lock for writing of a database.
type holder struct {
	db *sql.DB
	tx *sql.Tx
}

type holdKey struct{}

// runHold is the command hold.
func runHold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hold FILE")
	}
	ts.Check(ts.Value(holdKey{}).(*holder).take(ts.MkAbs(args[0])))
}

func (h *holder) take(path string) (err error) {
	if h.db, err = sql.Open("sqlite", "file:"+path+"?mode=rw&_txlock=immediate&_pragma=busy_timeout(5000)"); err != nil {
		return err
	}
	h.tx, err = h.db.Begin()
	return err
}

func (h *holder) release() {
	if h.tx != nil {
		h.tx.Rollback()
		h.tx = nil
	}
	if h.db != nil {
		h.db.Close()
		h.db = nil
	}
}

// locked says whether a process holds the lock for writing.
func locked(path string) bool {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=rw&_txlock=immediate")
	if err != nil {
		return false
	}
	defer db.Close()
	tx, err := db.Begin()
	if err == nil {
		err = tx.Rollback()
	}
	return err != nil && strings.Contains(err.Error(), "locked")
}

// runPlaintext is the command plaintext.
func runPlaintext(ts *testscript.TestScript, neg bool, args []string, secrets []string) {
	if len(args) != 0 {
		ts.Fatalf("usage: [!] plaintext")
	}
	out := strings.ToLower(ts.ReadFile("stdout") + ts.ReadFile("stderr"))
	at := slices.IndexFunc(secrets, func(secret string) bool { return strings.Contains(out, secret) })
	if found := at >= 0; found == neg {
		if found {
			ts.Fatalf("this stands in the output: %q", secrets[at])
		}
		ts.Fatalf("no sealed value stands in the output")
	}
}

// readSecrets are the sealed values of the tickets' rows, and what they are in hexadecimal, base64 and backwards, in
// lower case. A value that also stands in a column that is not sealed is none.
func readSecrets(path string) ([]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Tickets []struct {
			Seed map[string][]map[string]any
		}
	}
	if err := yaml.Unmarshal(b, &file); err != nil {
		return nil, err
	}
	sealed := map[string][]string{"people": {"name", "email", "phone"}, "aliases": {"address"}, "messages": {"sender", "subject", "body"}}
	open := map[any]bool{}
	for _, t := range file.Tickets {
		for table, rows := range t.Seed {
			for _, row := range rows {
				for column, value := range row {
					if !slices.Contains(sealed[table], column) {
						open[value] = true
					}
				}
			}
		}
	}
	// What stands for a number in a repeated row ends the text that is known.
	known := regexp.MustCompile(`\{i.*|lorem\(.*`)
	var secrets []string
	for _, t := range file.Tickets {
		for table, columns := range sealed {
			for _, row := range t.Seed[table] {
				for _, column := range columns {
					text, _ := row[column].(string)
					text = strings.TrimSpace(known.ReplaceAllString(text, ""))
					if len(text) < 8 || open[text] {
						continue
					}
					backwards := []rune(text)
					slices.Reverse(backwards)
					for _, guise := range []string{
						text, string(backwards), hex.EncodeToString([]byte(text)),
						base64.RawStdEncoding.EncodeToString([]byte(text[:len(text)/3*3])),
					} {
						secrets = append(secrets, strings.ToLower(guise))
					}
				}
			}
		}
	}
	if len(secrets) < 100 {
		return nil, fmt.Errorf("%s: only %d sealed values", path, len(secrets))
	}
	return secrets, nil
}
