package console

import (
	"strings"
	"testing"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func TestSQLIsShortenedWhereItTellsLeast(t *testing.T) {
	const sql = "SELECT id, name, email, plan FROM people WHERE plan = 'pro' AND deleted_at IS NULL ORDER BY id LIMIT 5"
	tests := []struct {
		sql     string
		columns int
		want    string
	}{
		{sql, 200, sql},
		{sql, 90, "SELECT id, … FROM people WHERE plan = 'pro' AND deleted_at IS NULL ORDER BY id LIMIT 5"},
		{sql, 60, "SELECT … FROM people WHERE plan = … ORDER BY id LIMIT 5"},
		{sql, 30, "SELECT … FROM people … LIMIT 5"},
		{"UPDATE people SET plan = ?, name = ?, email = ? WHERE id = ?", 40, "UPDATE people SET plan = … WHERE id = ?"},
		{"INSERT INTO people (id, name) VALUES (?, ?)", 20, "INSERT INTO people …"},
		{"select 日本語 from 日本語 limit 5", 24, "select … from 日本語 …"},
		{"DELETE FROM people WHERE x", 5, "DELE…"},
		{"SELECT * FROM `people` WHERE `id` = 1 LIMIT 1", 24, "SELECT * FROM `people` …"},
		{"SELECT 1 WHERE name = 'a long name of many words' AND id = 4", 40, "SELECT 1 WHERE name = …"},
		{"DELETE FROM t WHERE a = ' LIMIT 1 and much more' AND b = 2", 30, "DELETE FROM t WHERE a = …"},
		{"\"a quoted name that is long\" is first", 12, "…"},
	}
	for _, test := range tests {
		got := shortSQL(test.sql, test.columns)
		if width(got) > test.columns {
			t.Errorf("%d columns of %d: %q", width(got), test.columns, got)
		}
		if got != test.want {
			t.Errorf("in %d columns:\ngot  %q\nwant %q", test.columns, got, test.want)
		}
	}
	if got, want := oneSpaced("\n SELECT  'a  b',\n\t\"c\td\"  FROM e "), "SELECT 'a  b', \"c\td\" FROM e"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestStatementsThatDifferInANameAloneAreOne(t *testing.T) {
	var all []wire.Statement
	for _, table := range []string{"people", "accounts", "messages", "aliases", "invoices"} {
		all = append(all, wire.Statement{SQL: `select count(*) from "` + table + `" where "x" = 1`, Rows: 1})
	}
	got := grouped(all)
	if len(got) != 1 || got[0].times != 5 || got[0].Rows != 5 || got[0].SQL != `select count(*) from … where "x" = 1` {
		t.Errorf("got %+v", got)
	}
	if got := grouped(all[:2]); len(got) != 2 {
		t.Errorf("two are %+v", got)
	}
	for i := range all {
		all[i].Write = true
	}
	if got := grouped(all); len(got) != 5 {
		t.Errorf("writes are %+v", got)
	}
}

func TestRowsThatWereWrittenAreToldOnce(t *testing.T) {
	write := []wire.Statement{{SQL: "UPDATE a", Rows: 2, Write: true}, {SQL: "SELECT 1", Rows: 7}, {SQL: "UPDATE b", Rows: 1, Write: true}}
	for note, told := range map[string]bool{"3 rows were written": true, "2 rows were written": false, "3 rows were written: the end of the session rolls them back": false} {
		r := wire.Result{Statements: write, Notes: []string{note}}
		if got := (Screen{}).Result("", r); strings.Contains(got, "note:") == told {
			t.Errorf("%s: %s", note, got)
		}
		r.More = 1
		if got := (Screen{}).Result("", r); !strings.Contains(got, "note:") {
			t.Errorf("%s, where not all is echoed: %s", note, got)
		}
	}
	one := wire.Result{Statements: write[2:], Notes: []string{"1 row was written"}}
	if got := (Screen{}).Result("", one); strings.Contains(got, "note:") {
		t.Errorf("one row: %s", got)
	}
	if got := (Screen{}).Result("", wire.Result{Notes: []string{"0 rows were written"}}); !strings.Contains(got, "note:") {
		t.Errorf("without an echo: %s", got)
	}
}

func TestTimeIsToldToTheDigitThatMatters(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1: "0 ms", 0: "<0.1 ms", 420 * time.Microsecond: "0.4 ms", 9 * time.Millisecond: "9.0 ms", 31 * time.Millisecond: "31 ms",
		1500 * time.Millisecond: "1.5 s", 90 * time.Second: "1 min 30 s",
	} {
		if got := took(d); got != want {
			t.Errorf("%d ns are %q, want %q", d, got, want)
		}
	}
}

func TestCaretStandsUnderThePlace(t *testing.T) {
	tests := []struct {
		name, source, at string // the caret is to stand under at
		columns          int
	}{
		{"a plain line", "People.Fnd(42)", "Fnd", 80},
		{"wide letters", `日本 := Poeple.Last()`, "Poeple", 80},
		{"combining letters", "zoe\u0308 := Poeple.Last()", "Poeple", 80},
		{"a tab", "a := 1\n\t\tb := Poeple.Last()", "Poeple", 80},
		{"what a terminal would obey", "a\x1b[2J := Poeple.Last()", "Poeple", 80},
		{"far to the right", strings.Repeat("a + ", 60) + "Poeple.Last() + " + strings.Repeat("b", 100), "Poeple", 40},
		{"far to the right of wide letters", strings.Repeat("日", 60) + "Poeple", "Poeple", 41},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lines := strings.Split(test.source, "\n")
			e := &wire.Error{Kind: wire.ErrSyntax, Message: "undefined", Line: len(lines), Column: strings.Index(lines[len(lines)-1], test.at) + 1}
			s := Screen{Width: test.columns}
			shown := strings.Split(s.Result(test.source, wire.Result{Err: e}), "\n")
			line, caret := shown[1], shown[2]
			under := width(strings.TrimRight(strings.TrimSuffix(caret, "^"), ""))
			if before, _, found := strings.Cut(line, test.at); !found || width(before) != under || !strings.HasSuffix(caret, "^") {
				t.Errorf("not under %q:\n%s\n%s", test.at, line, caret)
			}
		})
	}
	for _, e := range []wire.Error{{Line: 3, Column: 1}, {Line: -1}, {Line: 1, Column: 99}, {Line: 1, Column: -1}} {
		if got := (Screen{}).Result("People", wire.Result{Err: &e}); strings.Contains(got, "^") {
			t.Errorf("a place that is none is shown: %q", got)
		}
	}
}

func TestNothingThatIsShownBeginsLikeAPrompt(t *testing.T) {
	s := Screen{Width: 60}
	lie := "demo encrypted> "
	values := []wire.Value{
		text(lie), text("a\n" + lie), text(strings.Repeat("x", 56) + lie + lie), list(text(lie)), {Kind: wire.KindOpaque, Type: lie}, {Kind: wire.KindError, Text: lie},
		structOf(lie, lie, text(lie)), record([]string{lie}, text("a\n"+lie)), list(record([]string{lie}, text(lie))), dict(text(lie), number(1)),
		sealedIn(lie, lie, lie), {Kind: wire.KindComplex, Text: lie},
	}
	for _, v := range values {
		shown := s.Value(&v) + s.Result("1", wire.Result{Output: "a\n" + lie + "\n", Err: &wire.Error{Message: "a\n" + lie}, Notes: []string{"a\n" + lie}})
		for line := range strings.Lines(shown) {
			if strings.HasPrefix(line, "demo") || strings.HasPrefix(line, " demo") && !strings.HasPrefix(line, "  ") {
				t.Errorf("%q is shown as %q", v.Text, shown)
			}
		}
	}
}

// Attack: code of an earlier command prints while a dot command runs. Only the server's own words have no bar.
func TestOnlyTheServerPrintsWithoutABar(t *testing.T) {
	s := Screen{Width: 80}
	for _, source := range []string{".help", " .help\n", ".5 + print()", "print()"} {
		if got := s.Result(source, wire.Result{Says: "a\n", Output: "note: b\n"}); got != "a\n│ note: b\n" {
			t.Errorf("%q prints %q", source, got)
		}
	}
}

func TestTextCannotPassForASealedValue(t *testing.T) {
	s := Screen{Width: 80}
	lie, truth := text("‹sealed›"), sealedIn("people.email", "people/42", "people/42")
	for _, pair := range [][2]wire.Value{
		{lie, truth},
		{text(sealed(truth.Sealed)), truth},
		{list(record([]string{"email"}, lie)), list(record([]string{"email"}, truth))},
		{record([]string{"email"}, text(sealed(truth.Sealed))), record([]string{"email"}, truth)},
		{list(text(sealed(truth.Sealed))), list(truth)},
		{record([]string{"email  " + sealed(truth.Sealed)}, number(1)), record([]string{"email"}, truth)},
		{structOf("Person", "Note", text("x\n"+sealed(truth.Sealed))), structOf("Person", "Note", truth)},
	} {
		lie, truth := s.Value(&pair[0]), s.Value(&pair[1])
		for line := range strings.Lines(truth) {
			if strings.Contains(line, "‹") && strings.Contains(lie, strings.TrimSpace(line)+"\n") && !strings.Contains(lie, "│ ‹") {
				t.Errorf("%s is also what a text shows:\n%s", line, lie)
			}
		}
	}
}
