package console

import (
	"fmt"
	"strings"
	"testing"
)

func TestWindowShowsAPartOfALine(t *testing.T) {
	s := Screen{Color: true}
	for _, test := range []struct {
		line          string
		left, columns int
		want          string
	}{
		{"0123456789", 0, 4, "0123"},
		{"0123456789", 4, 4, "4567"},
		{"0123456789", 20, 4, ""},
		{"日本語", 1, 4, " 本"},
		{"日本語", 0, 3, "日"},
		{"ab" + s.paint(inkSealed, "cdef") + "gh", 3, 4, string(inkSealed) + "def" + inkEnd + "g"},
	} {
		if got := window(test.line, test.left, test.columns); got != test.want {
			t.Errorf("%q from %d: %q, want %q", test.line, test.left, got, test.want)
		}
	}
}

func TestLinesCountsTheRowsOfATerminal(t *testing.T) {
	s := Screen{Color: true}
	for text, want := range map[string]int{"": 0, "a\n": 1, "a\n\nb\n": 3, strings.Repeat("x", 21) + "\n": 3, s.paint(inkFault, strings.Repeat("x", 10)): 1} {
		if got := Lines(text, 10); got != want {
			t.Errorf("%q takes %d rows, want %d", text, got, want)
		}
	}
	if got := Lines(strings.Repeat("x", 81), 0); got != 2 {
		t.Errorf("of an unknown width: %d", got)
	}
}

func TestKeysThatArriveInPartsAreOne(t *testing.T) {
	keys, rest := pagerKeys([]byte("j\x1b[5"))
	if len(keys) != 1 || keys[0] != 'j' {
		t.Errorf("got %v", keys)
	}
	keys, rest = pagerKeys(append(rest, "~q\xe6\x97"...))
	if len(keys) != 2 || keys[0] != pagerPageUp || keys[1] != 'q' || string(rest) != "\xe6\x97" {
		t.Errorf("got %v and %q", keys, rest)
	}
}

func FuzzPagerKeys(f *testing.F) {
	f.Add([]byte("j\x1b[5~/日本\r\x1bq"))
	f.Add([]byte("\x1b[1;5H\x1bO"))
	f.Fuzz(func(t *testing.T, typed []byte) {
		keys, rest := pagerKeys(typed)
		if len(keys) > len(typed) || len(rest) > 33 {
			t.Fatalf("%d keys and %q of %q", len(keys), rest, typed)
		}
		v := newView("one\ntwo 日本\nthree\n", true)
		v.resize(len(typed)%50, len(rest))
		for _, key := range keys {
			v.press(key)
			v.draw()
		}
		// Whatever is typed next, what was left over does not stay for ever.
		if _, rest := pagerKeys(append(rest, "~qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"...)); len(rest) > 0 {
			t.Fatalf("%q stays", rest)
		}
	})
}

func TestWhatWasSeenLastAndTheTailAreLeftBehind(t *testing.T) {
	var body strings.Builder
	for i := range 50 {
		fmt.Fprintf(&body, "  row %d\n", i+1)
	}
	tail := "  SELECT 1 · 50 rows\nnote: the end\n"
	v := newView(body.String()+tail, false)
	v.resize(40, 6)
	want := "  row 1\n  row 2\n  row 3\n  row 4\n  row 5\n  … 45 lines more\n" + tail
	if got := v.leftBehind(tail); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	v.press('G')
	if got, want := v.leftBehind(tail), "  row 48\n  row 49\n  row 50\n"+tail; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	v.press('k')
	if got, want := v.leftBehind(tail), "  row 47\n  row 48\n  row 49\n  row 50\n"+tail; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	v.press('g')
	long := strings.Repeat("note: long\n", 30)
	v = newView(body.String()+long, false)
	v.resize(40, 6)
	if got := v.leftBehind(long); strings.Count(got, "\n") > 12 {
		t.Errorf("left behind are %q", got)
	}
}

func TestNarrowPagerSaysHowToLeaveIt(t *testing.T) {
	v := newView(hundred(), false)
	for columns := 9; columns < 120; columns++ {
		v.resize(columns, 6)
		if foot := v.foot(); !strings.Contains(foot, "q leaves") {
			t.Errorf("at %d columns: %q", columns, foot)
		}
	}
}
