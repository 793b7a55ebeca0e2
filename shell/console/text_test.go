package console

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func isMark(r rune) bool { return unicode.Is(unicode.M, r) }

func TestTextOfOneValueIsOneLine(t *testing.T) {
	tests := []struct {
		name string
		v    wire.Value
		want string
	}{
		{"nil", null(), `nil`},
		{"int", number(5000), `5000`},
		{"bool", wire.Value{Kind: wire.KindBool}, `false`},
		{"floats", list(fraction(0.1), fraction(math.Inf(1)), fraction(math.NaN())), `[0.1, +Inf, NaN]`},
		{"string", text("Ines \"I\" \\ Halloran"), "Ines \"I\" \\ Halloran"},
		{"empty string", text(""), ``},
		{"a string that acts on a terminal", text("a\x1b[2J\r\nb"), `a\x1b[2J\r` + "\nb"},
		{"a string that was cut", wire.Value{Kind: wire.KindString, Text: "abc", Cut: 1}, `abc… 1 byte more`},
		{"strings in a list", list(text("a b"), text(""), text("c\n\"")), `["a b", "", "c\n\""]`},
		{"bytes", wire.Value{Kind: wire.KindBytes, Bytes: []byte("hello")}, `0x68656c6c6f`},
		{"bytes in a list", list(wire.Value{Kind: wire.KindBytes, Bytes: make([]byte, 33)}), `[0x` + strings.Repeat("00", 32) + `… (33 bytes)]`},
		{"time", at(time.Date(2026, 11, 20, 14, 52, 0, 5e8, time.UTC)), `2026-11-20 14:52:00.5 UTC`},
		{"time elsewhere", at(time.Date(2026, 11, 20, 14, 52, 0, 0, time.FixedZone("", -5400))), `2026-11-20 14:52:00 -01:30`},
		{"duration", wire.Value{Kind: wire.KindDuration, Int: 1_500_000_000}, `1.5s`},
		{"error", wire.Value{Kind: wire.KindError, Text: "no row\x07"}, `no row\x07`},
		{"error in a list", list(wire.Value{Kind: wire.KindError, Text: "no row"}), `[error("no row")]`},
		{"func", wire.Value{Kind: wire.KindOpaque, Type: "func()"}, `func()`},
		{"a type that wants to act on a terminal", list(wire.Value{Kind: wire.KindOpaque, Type: "chan a\x1b"}, wire.Value{Kind: wire.KindStruct, Type: "b\n"}), `[chan a\x1b, b\n{}]`},
		{"cycle", list(wire.Value{Kind: wire.KindCycle}), `[‹cycle›]`},
		{"affected", wire.Value{Kind: wire.KindAffected, Int: 1}, `1 row`},
		{"sealed", sealedIn("people.email", "people/42", "people/42"), `‹sealed people.email people/42›`},
		{"sealed that wants to act on a terminal", sealedIn("a\x1b", "", "b\n"), `‹sealed a\x1b  of b\n›`},
		{"sealed in a row of somebody's", sealedIn("messages.subject", "messages/981", "people/42"), `‹sealed messages.subject messages/981 of people/42›`},
		{"sealed in nobody's row", sealedIn("notes.text", "notes/1", ""), `‹sealed notes.text notes/1 of nobody›`},
		{"sealed in a list", list(sealedIn("people.email", "people/42", "people/42")), `[‹sealed people.email people/42›]`},
		{"map", dict(text("a"), number(1), number(2), null()), `{"a": 1, 2: nil}`},
		{"list that was cut", wire.Value{Kind: wire.KindList, Items: []wire.Value{number(1)}, Cut: 4}, `[1, … 4 more]`},
		{"empty list", list(), `[]`},
		{"struct in a list of others", list(number(1), record([]string{"id"}, number(2))), `[1, row{id: 2}]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, _ := Text(&test.v, 64<<10); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if got, truncated := Text(nil, 100); got != "" || truncated {
		t.Errorf("a command without a value shows %q", got)
	}
}

var update = flag.Bool("update", false, "write the goldens anew")

func TestTextOfMoreIsLaidOutAsInItsGolden(t *testing.T) {
	body := "Dear Ines,\n\n  your invoice is here.\x1b[2J\nYours"
	message := wire.Value{Kind: wire.KindStruct, Type: "Message", Names: []string{"ID", "Subject", "Body", "Person", "Tags", "Empty", "Trailing", "Liar", "None"}, Items: []wire.Value{
		number(981), sealedIn("messages.subject", "messages/981", "people/42"), text(body), person(42, "Ines Halloran of the Studio Kestrel", text("pro")),
		list(text("a"), text("b")), text(""), text("maria.lopez@arbol.example "), text("‹sealed people.email people/42›"), text("nil"),
	}}
	people := list(person(42, "Zoe\u0308 Brandt", text("pro")), person(3120, "日本 太郎", null()), person(7, "👩🏽\u200d🚀 שלום", text("a\nb")), person(8, strings.Repeat("long ", 20), text("\u202eabc")))
	people.Cut = 4996
	wide := list(text(strings.Repeat("a", 80)), text(strings.Repeat("b", 80)), dict(text("k"), text(strings.Repeat("c", 120))))
	wide.Cut = 3
	tests := map[string]wire.Value{
		"struct":       message,
		"people":       people,
		"row":          record([]string{"id", "id", "name", "日本"}, number(1), number(2), null(), sealedIn("people.email", "people/42", "people/42")),
		"rows":         list(record([]string{"plan", "n", "avg"}, text("pro"), number(12), fraction(0.5)), record([]string{"plan", "n", "avg"}, null(), number(3), null())),
		"one-row":      list(record([]string{"count(*)"}, number(5000))),
		"list":         wide,
		"map":          dict(text("pro"), list(person(1, "A", null()), person(2, "B", text("x"))), number(2), text(strings.Repeat("d", 100))),
		"ragged":       list(record([]string{"a"}, number(1)), record([]string{"b"}, number(1))),
		"table-inside": {Kind: wire.KindStruct, Type: "Account", Names: []string{"ID", "People"}, Items: []wire.Value{number(1), list(person(1, "A", null()), person(20, "B", null()))}},
	}
	for name, v := range tests {
		t.Run(name, func(t *testing.T) {
			got, _ := Text(&v, 64<<10)
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got+"\n"); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestTextSaysWhereItWasCut(t *testing.T) {
	v := text(strings.Repeat("日", 100))
	got, truncated := Text(&v, 30)
	if want := "日日日日日\n… cut here"; got != want || !truncated {
		t.Errorf("got %q, truncated %v", got, truncated)
	}
	rows := list()
	for range 1000 {
		rows.Items = append(rows.Items, record([]string{"id", "name"}, number(1), text("abc")))
	}
	got, truncated = Text(&rows, 100)
	if !truncated || len(got) > 100 || !strings.HasPrefix(got, "id  name\n 1  abc\n 1  abc\n") || !strings.HasSuffix(got, "\n… cut here") {
		t.Errorf("got %q, truncated %v", got, truncated)
	}
}

func TestTextIsAlwaysVisibleAndWithinItsLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue().Draw(t, "value")
		limit := rapid.IntRange(-1, 400).Draw(t, "limit")
		whole, omitted := Text(&v, 1<<20)
		got, truncated := Text(&v, limit)
		switch {
		case len(got) > max(limit, 0):
			t.Fatalf("%d bytes of %d: %q", len(got), limit, got)
		case !utf8.ValidString(got):
			t.Fatalf("no UTF-8: %q", got)
		case Visible(got) != got:
			t.Fatalf("a terminal would obey %q", got)
		case !truncated && got != whole:
			t.Fatalf("cut, and does not say so: %q of %q", got, whole)
		case len(whole) <= limit && got != whole:
			t.Fatalf("cut without need: %q of %q", got, whole)
		case omitted && !truncated:
			t.Fatalf("forgets what the worker left out: %q", got)
		}
	})
}
