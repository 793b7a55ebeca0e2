package console

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func TestWrapKeepsEveryLetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := visibleLine(rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z ]{0,80}`), rapid.StringMatching(`[a日ö ]{0,60}`)).Draw(t, "text"))
		columns := rapid.IntRange(1, 30).Draw(t, "columns")
		pieces := wrap(s, columns)
		if got, want := strings.ReplaceAll(strings.Join(pieces, ""), " ", ""), strings.ReplaceAll(s, " ", ""); got != want {
			t.Fatalf("%q became %q", s, pieces)
		}
		for _, piece := range pieces {
			if width(piece) > max(columns, 2) {
				t.Fatalf("%d columns of %d: %q", width(piece), columns, piece)
			}
		}
	})
}

func TestWrapBreaksBetweenWords(t *testing.T) {
	for _, test := range []struct {
		text    string
		columns int
		want    string
	}{
		{"", 5, ""},
		{"one two three", 7, "one two|three"},
		{"one two three", 6, "one|two|three"},
		{"onetwothree", 4, "onet|woth|ree"},
		{"  indented text", 10, "  indented|text"},
		{"日本語の文", 4, "日本|語の|文"},
		{"日", 1, "日"},
		{"zoe\u0308zoe\u0308", 3, "zoe\u0308|zoe\u0308"},
	} {
		if got := strings.Join(wrap(test.text, test.columns), "|"); got != test.want {
			t.Errorf("%q in %d: %q, want %q", test.text, test.columns, got, test.want)
		}
	}
	if got, want := expandTabs("a\tb\t日\tc"), "a       b       日      c"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCellsAreEasierToReadThanTheRecord(t *testing.T) {
	for _, test := range []struct {
		v    wire.Value
		want string
	}{
		{fraction(1e6), "1000000"}, {fraction(1234567.25), "1234567.25"}, {fraction(0.0001), "0.0001"}, {fraction(1e21), "1e+21"}, {fraction(0.00001), "1e-05"},
		{fraction(math.NaN()), "NaN"}, {fraction(math.Inf(-1)), "-Inf"}, {fraction(0), "0"},
		{wire.Value{Kind: wire.KindTime}, "zero time"}, {text("zero time"), `"zero time"`}, {text("‹sealed›"), `"‹sealed›"`}, {text("nil"), `"nil"`}, {null(), "nil"},
		{sealedIn("people.email", "people/42", "people/42"), "‹sealed›"}, {sealedIn("messages.body", "messages/1", "people/42"), "‹sealed of people/42›"},
		{sealedIn("notes.text", "notes/1", ""), "‹sealed of nobody›"}, {wire.Value{Kind: wire.KindSealed}, "‹sealed›"},
		{wire.Value{Kind: wire.KindBytes, Bytes: make([]byte, 16)}, "0x00000000000…"},
	} {
		if got := cellOf(&test.v).text; got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestTimesOfAColumnAreAlike(t *testing.T) {
	utc := func(h, ns int) wire.Value { return at(time.Date(2026, 11, 20, h, 0, 0, ns, time.UTC)) }
	east := at(time.Date(2026, 11, 20, 0, 0, 0, 0, time.FixedZone("", 7200)))
	for _, test := range []struct {
		times []wire.Value
		want  string
	}{
		{[]wire.Value{utc(0, 0), null(), {Kind: wire.KindTime}}, "2026-11-20"},
		{[]wire.Value{utc(1, 0)}, "2026-11-20 01:00:00 UTC"},
		{[]wire.Value{utc(0, 0), utc(1, 0)}, "2026-11-20 00:00:00 UTC"},
		{[]wire.Value{utc(1, 0), utc(1, 5e8)}, "2026-11-20 01:00:00.000 UTC"},
		{[]wire.Value{utc(1, 1)}, "2026-11-20 01:00:00 UTC"},
		{[]wire.Value{utc(1, 1), utc(2, 0)}, "2026-11-20 01:00:00 UTC"},
		{[]wire.Value{east, utc(0, 0)}, "2026-11-20 00:00:00 +02:00"},
	} {
		p := pillar{cells: make([]cell, len(test.times)), fixed: true}
		values := make([]*wire.Value, len(test.times))
		for i := range test.times {
			values[i] = &test.times[i]
		}
		p.fill(values, false)
		if got := p.cells[0].text; got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestScreenSaysWhereItCut(t *testing.T) {
	rows := list()
	for range 1000 {
		rows.Items = append(rows.Items, record([]string{"id", "name"}, number(1), text("abc")))
	}
	for _, v := range []wire.Value{rows, text(strings.Repeat("a b\n", 4000)), list(rows, rows), dict(text("k"), rows)} {
		got := Screen{Width: 80, Limit: 1 << 10}.Value(&v)
		if len(got) > 1<<10+100 || !strings.HasSuffix(got, "\n  … cut here: more than 1 KiB\n") {
			t.Errorf("%d bytes: %q", len(got), got)
		}
	}
}
