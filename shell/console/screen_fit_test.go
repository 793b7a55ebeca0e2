package console

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// member is a row with more columns than fit 80.
func member(id int, plan, state string) wire.Value {
	key := fmt.Sprintf("people/%d", id)
	made := time.Date(2025, 3, 1+id%28, 9, 30, id%60, 123456789, time.UTC)
	return structOf("Person", "ID", number(int64(id)), "AccountID", number(int64(id/2)), "Name", sealedIn("people.name", key, key),
		"Email", sealedIn("people.email", key, key), "Role", text("owner"), "Plan", text(plan), "State", text(state), "MergedIntoID", null(),
		"Reference", text(fmt.Sprintf("reference-of-member-%d", id)), "Remark", text(fmt.Sprintf("%d was here for quite some time", id)),
		"CreatedAt", at(made), "UpdatedAt", at(made.Add(time.Hour*100)), "SeenAt", at(made.Add(time.Hour*400)))
}

func members(n int) wire.Value {
	v := wire.Value{Kind: wire.KindList, Type: "[]Person"}
	for i := range n {
		v.Items = append(v.Items, member(i+1, []string{"free", "pro"}[i%2], []string{"active", "invited", "removed"}[i%3]))
	}
	return v
}

func TestListThatItsMakerCutIsATableOfWholeRows(t *testing.T) {
	v := members(40)
	last := &v.Items[39]
	last.Names, last.Items, last.Cut = last.Names[:3], last.Items[:3], 10
	v.Items[38].Items[5] = wire.Value{Kind: wire.KindString, Text: "p", Cut: 2}
	v.Cut = 100
	got := Screen{Width: 80}.Value(&v)
	if !strings.Contains(got, "  38 rows, 102 more not shown") || strings.Contains(got, "{") || strings.Contains(got, "\n  39 ") {
		t.Errorf("shown as\n%s", got)
	}
	last.Cut = 0 // then it is a row of another make, and says so
	if got := (Screen{Width: 80}).Value(&v); !strings.HasPrefix(got, "  [\n") {
		t.Errorf("shown as\n%s", got)
	}
}

func TestSomeRowsAreATableAtAnyWidth(t *testing.T) {
	v := members(30)
	for columns := 24; columns < 200; columns++ {
		got := Screen{Width: columns}.Value(&v)
		if lines := strings.Count(got, "\n"); !strings.Contains(got, "──  ──") || lines > 30+2+14 {
			t.Fatalf("at %d columns:\n%s", columns, got)
		}
		checkShown(t, Screen{Width: columns}, got)
	}
	got := Screen{Width: 80}.Result("People.All()", wire.Result{Value: &v})
	for _, want := range []string{"in each row: MergedIntoID nil; Name, Email ‹sealed›; Role owner", "not shown: ", "_[0] shows all of the first row", "  ID  AccountID  Plan  State"} {
		if !strings.Contains(strings.ReplaceAll(got, "\n  ", " "), want) && !strings.Contains(got, want) {
			t.Errorf("without %q:\n%s", want, got)
		}
	}
	if got := (Screen{Width: 80}).Result(".sql select 1", wire.Result{Value: &v}); strings.Contains(got, "_[0]") || !strings.Contains(strings.ReplaceAll(got, "\n  ", " "), "select fewer columns to see them") {
		t.Errorf("of .sql:\n%s", got)
	}
	few := members(3)
	if got := (Screen{Width: 40}).Value(&few); !strings.Contains(got, "shown as blocks") {
		t.Errorf("three rows:\n%s", got)
	}
}

func TestTimesGiveUpTheirEndBeforeTextsDo(t *testing.T) {
	v := members(5)
	for columns, want := range map[int]string{300: "2025-03-02 09:30:01 UTC", 120: "2025-03-02 09:30 ", 44: "2025-03-02"} {
		rows := list()
		for _, row := range v.Items {
			rows.Items = append(rows.Items, record([]string{"id", "name", "created_at"}, row.Items[0], row.Items[9], row.Items[10]))
		}
		if columns > 100 {
			rows = v
		}
		if got := (Screen{Width: columns}).Value(&rows); !strings.Contains(got, want) {
			t.Errorf("at %d columns:\n%s", columns, got)
		}
	}
	alike := list()
	for i := range 5 {
		alike.Items = append(alike.Items, record([]string{"at"}, at(time.Date(2026, 1, 1, 1, 1, i, 0, time.UTC))))
	}
	if got := (Screen{Width: 16}).Value(&alike); !strings.Contains(got, ":01:04") {
		t.Errorf("what differs is not shown:\n%s", got)
	}
}

func TestShorteningLeavesTextsApart(t *testing.T) {
	rows := list()
	for i, name := range []string{"pin-2026-10", "pin-2026-10-r1", "pin-2026-10-r2", "pin-2026-11"} {
		rows.Items = append(rows.Items, record([]string{"id", "name", "what"}, number(int64(i)), text(name), text(strings.Repeat("word ", 4)+"end")))
	}
	got := Screen{Width: 30}.Value(&rows)
	seen := make(map[string]bool)
	for _, line := range strings.Split(got, "\n")[2:6] {
		seen[strings.Fields(line)[1]] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d of 4 names differ:\n%s", len(seen), got)
	}
}

func TestWhatIsToldOfAllRowsIsNoPlaceForALie(t *testing.T) {
	rows := list()
	lie := "x; Email ‹sealed›"
	for i := range 5 {
		rows.Items = append(rows.Items, record([]string{"id", "plan", "sealed; email", "a", "b"}, number(int64(i)), text(lie), text(lie),
			text(fmt.Sprintf("%d%s", i, strings.Repeat("a", 30))), text(fmt.Sprintf("%d%s", i, strings.Repeat("b", 30)))))
	}
	got := Screen{Width: 60}.Value(&rows)
	if !strings.Contains(got, `in each row: plan "x; Email ‹sealed›"`) || strings.Contains(got, "email x") {
		t.Errorf("shown as\n%s", got)
	}
}

func TestEmptyListOfRowsSaysSo(t *testing.T) {
	for name, want := range map[string]string{
		"[]Person": "  0 rows\n", "[]*Person": "  0 rows\n", "[]shell.Row": "  0 rows\n", "[]struct": "  0 rows\n",
		"[]string": "  []\n", "[]time.Duration": "  []\n", "[]any": "  []\n", "": "  []\n", "[3]int": "  []\n",
	} {
		v := wire.Value{Kind: wire.KindList, Type: name}
		if got := (Screen{}).Value(&v); got != want {
			t.Errorf("%q is %q", name, got)
		}
	}
	v := structOf("A", "People", wire.Value{Kind: wire.KindList, Type: "[]Person"})
	if got := (Screen{}).Value(&v); !strings.Contains(got, "People  []") {
		t.Errorf("within a struct: %q", got)
	}
}

func TestCommandsAnswerHasNoNoise(t *testing.T) {
	when := at(time.Date(2026, 11, 20, 14, 3, 7, 123456789, time.UTC))
	row := record([]string{"column", "about", "seen"}, text("id"), null(), when)
	rows := list(row, record([]string{"column", "about", "seen"}, text("name"), null(), when))
	s := Screen{Width: 80}
	for _, test := range []struct {
		source       string
		value        *wire.Value
		want, wanted []string
	}{
		{".schema people", &rows, []string{"14:03:07 UTC"}, []string{"nil", "07.1"}},
		{".whoami", &row, []string{"14:03:07.123 UTC", "  about\n"}, []string{"nil", "07.1234"}},
		{".sql select 1", &rows, []string{"nil", "14:03:07 UTC"}, []string{"07.1"}},
		{"p", &row, []string{"nil", "14:03:07.123456789 UTC"}, nil},
		{"p", &rows, []string{"nil", "14:03:07 UTC"}, []string{"07.1"}},
	} {
		got := s.Result(test.source, wire.Result{Value: test.value})
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s is without %q:\n%s", test.source, want, got)
			}
		}
		for _, unwanted := range test.wanted {
			if strings.Contains(got, unwanted) {
				t.Errorf("%s has %q:\n%s", test.source, unwanted, got)
			}
		}
	}
}

func TestDurationsAreWrittenInOneWay(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 7: "7 ns", 1500: "1.5 µs", 1817702: "1.82 ms", 20 * time.Second: "20 s", 70 * time.Second: "1 min 10 s", 123456 * time.Microsecond: "123 ms",
		2*time.Hour + 5*time.Second: "2 h 5 s", 48 * time.Hour: "48 h", -90 * time.Second: "-1 min 30 s", -1 << 63: "-2562047h47m16.854775808s",
	} {
		v := wire.Value{Kind: wire.KindDuration, Int: int64(d)}
		if got := (Screen{}).Value(&v); got != "  "+want+"\n" {
			t.Errorf("%d is %q, want %q", d, got, want)
		}
	}
}

func TestLabelsMayTakeHalfTheWidth(t *testing.T) {
	v := record([]string{"evaluation, recording and the way between", "b"}, text("14 ms"), number(1))
	if got := (Screen{Width: 80}).Value(&v); !strings.Contains(got, "evaluation, recording and the way between  14 ms\n") {
		t.Errorf("shown as\n%s", got)
	}
}

func TestTextThatLooksSealedIsInQuotesEverywhere(t *testing.T) {
	lie := text("‹sealed people.email people/6›")
	s := Screen{Width: 90}
	for _, v := range []wire.Value{
		lie, list(lie), dict(lie, lie), record([]string{"name"}, lie), structOf("Account", "Name", lie),
		list(record([]string{"name"}, lie), record([]string{"name"}, lie)), list(record([]string{"id", "in"}, number(1), list(lie)), record([]string{"id", "in"}, number(2), dict(lie, number(1)))),
	} {
		got := s.Value(&v)
		if strings.Count(got, "‹") == 0 || strings.Count(got, "‹") != strings.Count(got, `"‹`) {
			t.Errorf("shown as %s", got)
		}
	}
}
