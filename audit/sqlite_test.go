package audit_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
)

func TestWhoOnlyAppendsCannotChangeTheRecord(t *testing.T) {
	h := audittest.New(t)
	story(t, h)
	db, err := sql.Open("sqlite", h.Path()) // recursive_triggers is off here
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range []string{"writers", "entries", "batches"} {
		column := map[string]string{"writers": "at", "entries": "engineer", "batches": "hash"}[table]
		for _, statement := range []string{
			fmt.Sprintf("UPDATE %s SET %s = %s", table, column, column),
			fmt.Sprintf("DELETE FROM %s", table),
			fmt.Sprintf("INSERT OR REPLACE INTO %s SELECT * FROM %s", table, table),
			fmt.Sprintf("REPLACE INTO %s SELECT * FROM %s", table, table),
		} {
			if _, err := db.Exec(statement); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", statement, err)
			}
		}
	}
	for _, statement := range []string{"UPDATE payloads SET ciphertext = x'00'", "UPDATE data_keys SET wrapped = x'00'"} {
		if _, err := db.Exec(statement); err == nil || !strings.Contains(err.Error(), "never changed") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	h.CheckLog(t)
}

func TestAnAnchorNeverGoesDown(t *testing.T) {
	h := audittest.New(t)
	story(t, h)
	before, err := h.Anchor.Heads(t.Context())
	if err != nil || len(before) != 1 {
		t.Fatal(before, err)
	}
	lower := before[0]
	lower.Seq, lower.Hash = 1, audit.Hash{1}
	if err := h.Anchor.Advance(t.Context(), lower); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", h.KeysPath())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{"UPDATE anchors SET seq = 1", "DELETE FROM anchors"} {
		if _, err := db.Exec(statement); err == nil {
			t.Errorf("%s is possible", statement)
		}
	}
	after, err := h.Anchor.Heads(t.Context())
	if err != nil || !slices.Equal(before, after) {
		t.Errorf("%v became %v (%v)", before, after, err)
	}
}

func TestNothingTypedStandsInTheFileInPlainText(t *testing.T) {
	h := audittest.New(t)
	s := h.Session(t, "dana", "OPS-1")
	s.Begin(t, "canary-source")
	s.Must(t, audit.Statement{SQL: "canary-sql"}, audit.Refused{Rule: "r", Message: "canary-message", Attempt: audit.Attempt{Text: "canary-attempt"}},
		audit.Outcome{Status: "error", Output: &audit.Text{Kept: "canary-output"}, Value: &audit.Text{Kept: "canary-value"}, Error: &audit.Text{Kept: "canary-error"}})
	s.Must(t, audit.Consent{Step: "granted", URL: "https://c.example/1", Note: "canary-note", Subject: "people/1"})
	for _, path := range []string{h.Path(), h.Path() + "-wal"} {
		if strings.Contains(string(read(t, path)), "canary") {
			t.Errorf("%s holds typed text", path)
		}
	}
}

func TestSessionsAreListedNewestFirstInPages(t *testing.T) {
	h := audittest.New(t)
	var ids []string
	for i := range 5 {
		s := h.Session(t, []string{"dana", "eli"}[i%2], "OPS-1")
		if i < 3 {
			s.Close(t)
		}
		ids = append([]string{s.ID}, ids...)
	}
	list := func(f audit.Filter) []string {
		t.Helper()
		sessions, err := h.Reader().Sessions(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range sessions {
			if s.Commands != nil || s.Justification.Note == nil || *s.Justification.Note != "because of OPS-1" {
				t.Errorf("%+v", s)
			}
			got = append(got, s.ID)
		}
		return got
	}
	slices.SortFunc(ids, func(a, b string) int { return strings.Compare(b, a) })
	for _, c := range []struct {
		filter audit.Filter
		want   int
	}{{audit.Filter{}, 5}, {audit.Filter{Engineer: "eli"}, 2}, {audit.Filter{Open: true}, 2}, {audit.Filter{State: "approved"}, 0}, {audit.Filter{State: "pending"}, 5}} {
		if got := list(c.filter); len(got) != c.want {
			t.Errorf("%+v lists %d", c.filter, len(got))
		}
	}
	first := list(audit.Filter{Limit: 2})
	second := list(audit.Filter{Limit: 3, Before: first[1]})
	if got := append(first, second...); !slices.Equal(got, ids) {
		t.Errorf("the pages are %v, not %v", got, ids)
	}
}
