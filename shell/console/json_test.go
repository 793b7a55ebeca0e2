package console

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func TestJSONIsThatOfTheContract(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	tests := []struct {
		name string
		v    wire.Value
		want string
	}{
		{"nil", null(), `null`},
		{"bool", wire.Value{Kind: wire.KindBool, Int: 1}, `true`},
		{"int", number(math.MinInt64), `-9223372036854775808`},
		{"uint", wire.Value{Kind: wire.KindUint, Uint: math.MaxUint64}, `18446744073709551615`},
		{"float", fraction(0.1), `0.1`},
		{"a float that is whole", fraction(5000), `5000`},
		{"large and small floats", list(fraction(1e21), fraction(1e-7), fraction(1e20)), `[1e+21,1e-07,100000000000000000000]`},
		{"float32", wire.Value{Kind: wire.KindFloat, Type: "float32", Float: float64(float32(0.1))}, `0.1`},
		{"no number", list(fraction(math.NaN()), fraction(math.Inf(1)), fraction(math.Inf(-1))), `["NaN","Inf","-Inf"]`},
		{"complex", wire.Value{Kind: wire.KindComplex, Text: "(1+2i)"}, `"(1+2i)"`},
		{"string", text("a\"\\\n\t\r<é日>"), `"a\"\\\n\t\r<é日>"`},
		{"a string that acts on a terminal", text("\x1b[2J\u202e\U000e0041\u200b"), `"\u001b[2J\u202e\udb40\udc41\u200b"`},
		{"a string that is no UTF-8", text("a\xff"), "\"a\uFFFD\""},
		{"bytes", wire.Value{Kind: wire.KindBytes, Bytes: []byte("hello")}, `{"bytes":"aGVsbG8="}`},
		{"time", at(time.Date(2026, 11, 20, 14, 52, 0, 1000, berlin)), `"2026-11-20T14:52:00.000001+01:00"`},
		{"the zero time", wire.Value{Kind: wire.KindTime}, `"0001-01-01T00:00:00Z"`},
		{"duration", wire.Value{Kind: wire.KindDuration, Int: 1_500_000_000}, `"1.5s"`},
		{"error", wire.Value{Kind: wire.KindError, Text: "no row"}, `{"error":"no row"}`},
		{"func", wire.Value{Kind: wire.KindOpaque, Type: "func(int) string"}, `{"type":"func(int) string"}`},
		{"cycle", wire.Value{Kind: wire.KindCycle}, `{"cycle":true}`},
		{"affected", wire.Value{Kind: wire.KindAffected, Int: 3}, `{"rows_affected":3}`},
		{"sealed", sealedIn("messages.subject", "messages/981", "people/42"), `{"sealed":"messages.subject","subject":"people/42","row":"messages/981"}`},
		{"sealed without a subject", sealedIn("notes.text", "notes/1", ""), `{"sealed":"notes.text","subject":"","row":"notes/1"}`},
		{"several values", list(number(1), text("a")), `[1,"a"]`},
		{"no items", list(), `[]`},
		{"map", dict(text("a"), number(1), text("b"), null()), `{"a":1,"b":null}`},
		{"map by numbers", dict(number(1), text("a"), number(2), text("b")), `[[1,"a"],[2,"b"]]`},
		{"empty maps", list(dict(), wire.Value{Kind: wire.KindMap, Type: "map[string]int"}, wire.Value{Kind: wire.KindMap, Type: "map[int]int"}), `[{},{},[]]`},
		{"struct", person(42, "Ines", text("pro")), `{"ID":42,"Name":"Ines","Email":{"sealed":"people.email","subject":"people/42","row":"people/42"},"Plan":"pro","CreatedAt":"2026-11-20T14:52:00Z"}`},
		{"rows in column order", list(record([]string{"b", "a"}, number(1), number(2))), `[{"b":1,"a":2}]`},
		{"columns of one name", record([]string{"id", "id", "name", "id"}, number(1), number(2), number(3), number(4)), `{"id":1,"id_2":2,"name":3,"id_3":4}`},
		{"a column that has the other's new name", record([]string{"id", "id_2", "id"}, number(1), number(2), number(3)), `{"id":1,"id_2":2,"id_3":3}`},
		{"a worker that names too little", record([]string{"id"}, number(1), number(2)), `{"id":1,"_2":2}`},
		{"a worker with half a pair", dict(text("a"), number(1), text("b")), `{"a":1}`},
		{"a worker of another time", wire.Value{Kind: 200, Type: "new"}, `{"type":"new"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, truncated := JSON(&test.v, 64<<10)
			if string(got) != test.want || truncated {
				t.Errorf("got  %s, truncated %v\nwant %s", got, truncated, test.want)
			}
			if got, truncated = JSON(&test.v, len(test.want)); string(got) != test.want || truncated {
				t.Errorf("with room for just that: %s, truncated %v", got, truncated)
			}
		})
	}
	if got, truncated := JSON(nil, 100); got != nil || truncated {
		t.Errorf("a command without a value has %s", got)
	}
}

func TestJSONCutsTheTreeNotTheBytes(t *testing.T) {
	long := strings.Repeat("x", 200)
	tests := []struct {
		name  string
		v     wire.Value
		limit int
		want  string
	}{
		{"a string", text(long), 10, `"xxxxxxxx"`},
		{"not inside an escape", text("aaaa\u202eb"), 10, `"aaaa"`},
		{"not inside a letter", text("日本語"), 9, `"日本"`},
		{"an error", wire.Value{Kind: wire.KindError, Text: long}, 16, `{"error":"xxxx"}`},
		{"bytes", wire.Value{Kind: wire.KindBytes, Bytes: []byte(long)}, 20, `{"bytes":"eHh4eHh4"}`},
		{"a list keeps the first items whole", list(number(100), number(200), text(long), number(3)), 12, `[100,200]`},
		{"or a part of the very first", list(text(long), number(3)), 8, `["xxxx"]`},
		{"a map too", dict(text("a"), number(1), text("b"), text(long)), 20, `{"a":1}`},
		{"and pairs", dict(number(1), text(long)), 12, `[[1,"xxxx"]]`},
		{"a row keeps its fields and shortens the longest", record([]string{"id", "body", "at"}, number(7), text(long), text("now")), 40, `{"id":7,"body":"xxxxxxxxxxx","at":"now"}`},
		{"also inside a list", list(record([]string{"id", "body"}, number(7), text(long)), number(1)), 24, `[{"id":7,"body":"xxxx"}]`},
		{"what cannot be cut goes", record([]string{"id", "email"}, number(7), sealedIn("people.email", "people/42", "people/42")), 30, `{"id":7}`},
		{"a number", number(123456), 5, `null`},
		{"no room at all", list(number(1)), -1, `[1]`},
		{"none for one item", list(number(12345)), 0, `[]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, truncated := JSON(&test.v, test.limit)
			if string(got) != test.want {
				t.Errorf("got %s (%d bytes), want %s", got, len(got), test.want)
			}
			if whole, _ := JSON(&test.v, 1<<20); truncated != (string(whole) != test.want) {
				t.Errorf("truncated is %v", truncated)
			}
		})
	}
}

func TestWhatTheWorkerLeftOutIsTold(t *testing.T) {
	v := list(record([]string{"body"}, wire.Value{Kind: wire.KindString, Text: "abc", Cut: 7}))
	if got, truncated := JSON(&v, 1000); !truncated || string(got) != `[{"body":"abc"}]` {
		t.Errorf("JSON: %s, truncated %v", got, truncated)
	}
	if got, truncated := Text(&v, 1000); !truncated || !strings.Contains(got, "abc… 7 bytes more") {
		t.Errorf("Text: %s, truncated %v", got, truncated)
	}
}

func TestATreeThatIsTooDeepEnds(t *testing.T) {
	v := number(1)
	for range 100_000 {
		v = list(v)
	}
	if got, truncated := JSON(&v, 1<<20); !truncated || !json.Valid(got) {
		t.Errorf("JSON: %.80s, truncated %v", got, truncated)
	}
	if got, truncated := Text(&v, 1<<20); !truncated || len(got) > 1<<20 {
		t.Errorf("Text: %.80s, truncated %v", got, truncated)
	}
}

func TestJSONIsAlwaysValidAndWithinItsLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue().Draw(t, "value")
		limit := rapid.IntRange(-1, 300).Draw(t, "limit")
		whole, omitted := JSON(&v, math.MaxInt)
		got, truncated := JSON(&v, limit)
		switch {
		case !json.Valid(whole) || !json.Valid(got):
			t.Fatalf("not JSON: %s", got)
		case len(got) > max(limit, 4):
			t.Fatalf("%d bytes of %d: %s", len(got), limit, got)
		case Visible(string(got)) != string(got) && !strings.ContainsFunc(string(got), isMark):
			t.Fatalf("a terminal would obey %q", got)
		case bytes.ContainsAny(got, "\n\r"):
			t.Fatalf("more than one line: %q", got)
		case !truncated && !bytes.Equal(got, whole):
			t.Fatalf("cut, and does not say so: %s of %s", got, whole)
		case len(whole) <= limit && !bytes.Equal(got, whole):
			t.Fatalf("cut without need: %s of %s", got, whole)
		case omitted && !truncated:
			t.Fatalf("forgets what the worker left out: %s", got)
		}
	})
}

func TestANumberWithANameKeepsItsNumber(t *testing.T) {
	status := wire.Value{Kind: wire.KindInt, Type: "models.Status", Int: 2, Text: "closed"}
	if got := leaf(&status); got != "closed (2)" {
		t.Errorf("it is shown as %s", got)
	}
	if got := string(appendLeaf(nil, &status)); got != "2" {
		t.Errorf("in JSON it is %s", got)
	}
	if got := leaf(&wire.Value{Kind: wire.KindUint, Uint: 3, Text: "a\x1b[2Jb"}); got == "a\x1b[2Jb (3)" {
		t.Errorf("a hostile name is shown as it is")
	}
}
