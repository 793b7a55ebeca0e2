package console

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// anyInput is a text with what is hard to show, and a cursor in it.
func anyInput() *rapid.Generator[draft] {
	return rapid.Custom(func(t *rapid.T) draft {
		letters := rapid.OneOf(
			rapid.SampledFrom([]rune("ab \n\t日本👍🏽🇩🇪\u0301\u200d\u202e\x1b\x00\U000e0041\uFE0F")),
			rapid.Rune(),
		)
		text := rapid.SliceOfN(letters, 0, 60).Draw(t, "text")
		return draft{text: text, pos: rapid.IntRange(0, len(text)).Draw(t, "cursor")}
	})
}

func TestLayoutStaysWithinTheTerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyInput().Draw(t, "input")
		columns, rows := rapid.IntRange(2, 40).Draw(t, "columns"), rapid.IntRange(1, 10).Draw(t, "rows")
		whole := layOut("\x1b[31mdemo>\x1b[0m ", "... ", d, columns)
		for _, l := range []layout{whole, whole.fit(columns, rows)} {
			if l.row < 0 || l.row >= len(l.rows) || l.column < 0 || l.column >= columns {
				t.Fatalf("the cursor is at %d, %d of %q", l.row, l.column, l.rows)
			}
			for i, row := range l.rows {
				plain := strings.ReplaceAll(strings.ReplaceAll(row, "\x1b[31m", ""), "\x1b[0m", "")
				if l.widths[i] > columns {
					t.Fatalf("row %d has %d columns: %q", i, l.widths[i], row)
				}
				if visibleLine("x"+plain) != "x"+plain { // a mark may be the first of a row
					t.Fatalf("a terminal would obey row %d: %q", i, row)
				}
			}
		}
		if fitted := whole.fit(columns, rows); len(fitted.rows) > rows {
			t.Fatalf("%d rows on %d", len(fitted.rows), rows)
		}
	})
}

func TestFullRowIsNotFollowedByAnEmptyOne(t *testing.T) {
	for _, test := range []struct {
		pos         int
		rows        string
		row, column int
	}{
		{0, "> abcd|. ef", 0, 2},
		{4, "> abcd||. ef", 1, 0}, // the cursor needs a place
		{5, "> abcd|. ef", 1, 2},
		{7, "> abcd|. ef", 1, 4},
	} {
		l := layOut("> ", ". ", draft{text: []rune("abcd\nef"), pos: test.pos}, 6)
		if got := strings.Join(l.rows, "|"); got != test.rows || l.row != test.row || l.column != test.column {
			t.Errorf("at %d: %s, the cursor at %d, %d", test.pos, got, l.row, l.column)
		}
	}
}

func TestEditingLosesNothingElse(t *testing.T) {
	keys := []rune{keyHome, keyEnd, keyDelete, keyUp, keyDown, keyLeft, keyRight, keyWordLeft, keyWordRight, keyDeleteWord, keyDeleteWordLeft, keyBreak, 1, 2, 5, 6, 8, 11, 20, 21, 23, 25}
	rapid.Check(t, func(t *rapid.T) {
		e := &Editor{draft: anyInput().Draw(t, "input")}
		for _, code := range rapid.SliceOfN(rapid.SampledFrom(keys), 1, 30).Draw(t, "keys") {
			before := e.draft.clone()
			e.act(key{code: code})
			d := e.draft
			if d.pos < 0 || d.pos > len(d.text) {
				t.Fatalf("the cursor is at %d of %d", d.pos, len(d.text))
			}
			moves := code <= keyHome && code >= keyWordRight && code != keyDelete || code == 1 || code == 2 || code == 5 || code == 6
			if moves && !slices.Equal(before.text, d.text) {
				t.Fatalf("moving changed %q to %q", string(before.text), string(d.text))
			}
			if len(d.text) < len(before.text) && !slices.Equal(slices.Concat(d.text[:d.pos], before.text[d.pos:d.pos+len(before.text)-len(d.text)], d.text[d.pos:]), before.text) {
				t.Fatalf("deleting changed %q to %q", string(before.text), string(d.text))
			}
		}
	})
}

func TestWordsAndLettersAreThoseOfEveryScript(t *testing.T) {
	d := draftOf("straße = 日本_語 + e\u0301x 🇩🇪👍🏽")
	d.pos = 0
	var stops []int
	for d.pos < len(d.text) {
		next := d.after(d.pos)
		if back := d.before(next); back != d.pos {
			t.Errorf("right from %d is %d, and left from there %d", d.pos, next, back)
		}
		d.pos = next
		stops = append(stops, next)
	}
	if want := len(d.text) - 3; len(stops) != want { // a mark, the second half of a flag, and a skin
		t.Errorf("%d letters, want %d", len(stops), want)
	}
	var words []string
	for i := 0; i < len(d.text); {
		end := d.wordRight(i)
		words = append(words, strings.TrimSpace(string(d.text[i:end])))
		i = end
	}
	if want := []string{"straße", "= 日本_語", "+ e\u0301x", "🇩🇪👍🏽"}; !slices.Equal(words, want) {
		t.Errorf("got %q", words)
	}
}

func TestHistoryForgetsPeriods(t *testing.T) {
	var h history
	h.add("a", 0)
	h.add("a", 0)
	h.add("b", 1)
	h.add("b", 0) // typed anew outside of it
	h.add("c", 2)
	h.forget()
	var left []string
	for {
		source, ok := h.older("typed")
		if !ok {
			break
		}
		left = append(left, source)
	}
	if !slices.Equal(left, []string{"b", "a"}) {
		t.Errorf("left are %q", left)
	}
	for range 3000 {
		h.add("x", 0)
		h.add("y", 0)
	}
	if len(h.entries) > maxHistory {
		t.Errorf("%d entries are kept", len(h.entries))
	}
}

func BenchmarkKeyToRows(b *testing.B) {
	d := draftOf(strings.Repeat("People.Where(\"plan = ?\", \"pro\").Count()\n", 25))
	for b.Loop() {
		layOut("demo encrypted> ", "... ", d, 80).fit(80, 24)
	}
}

func BenchmarkKeyToRowsOfTheLongestInput(b *testing.B) {
	d := draftOf(strings.Repeat("People.Where(\"plan = ?\", \"pro\").Count()\n", maxInput/41))
	for b.Loop() {
		layOut("demo encrypted> ", "... ", d, 80).fit(80, 24)
	}
}
