package crypto

import (
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type color string

func TestAKeyHasOneSpelling(t *testing.T) {
	n := int64(7)
	for _, c := range []struct {
		keys []any
		want string
	}{
		{[]any{42}, "42"}, {[]any{int64(-1)}, "-1"}, {[]any{uint8(3)}, "3"}, {[]any{"a b"}, "a%20b"}, {[]any{"ö"}, "%C3%B6"},
		{[]any{"a/b,c"}, "a%2Fb%2Cc"}, {[]any{1, "x"}, "1,x"}, {[]any{[]byte{0, 255}}, "%00%FF"}, {[]any{color("red")}, "red"},
		{[]any{&n}, "7"}, {[]any{sql.NullInt64{Int64: 9, Valid: true}}, "9"}, {[]any{"a.b_c-D"}, "a.b_c-D"}, {[]any{"~"}, "%7E"},
	} {
		got, err := CanonicalID(c.keys...)
		if err != nil || got != c.want {
			t.Errorf("%v: %q, %v; want %q", c.keys, got, err, c.want)
		}
	}
	for _, wrong := range [][]any{{}, {nil}, {""}, {1, ""}, {(*int64)(nil)}, {sql.NullInt64{}}, {1.5}, {true}, {struct{}{}}, {strings.Repeat("x", 600)}} {
		if got, err := CanonicalID(wrong...); err == nil {
			t.Errorf("%v became %q", wrong, got)
		}
	}
}

func TestEverySpellingOfAKeyIsItsOnlyOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(1, 40, 60).Draw(t, "key")
		id, err := CanonicalID(text)
		if err != nil {
			t.Fatal(err)
		}
		if !validID(id) {
			t.Fatalf("%q is not accepted back", id)
		}
		if back, err := url.PathUnescape(id); err != nil || back != text {
			t.Fatalf("%q reads back as %q, %v", id, back, err)
		}
		other := rapid.StringMatching(`[A-Za-z0-9%,._/ -]{1,12}`).Draw(t, "other")
		if back, err := url.PathUnescape(other); err == nil && validID(other) && !strings.Contains(other, ",") {
			if again, err := CanonicalID(back); err != nil || again != other {
				t.Fatalf("%q is accepted, and is spelled %q", other, again)
			}
		}
	})
}
