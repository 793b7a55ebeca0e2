package console

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// checkShown fails where a rendering is wider than its screen, or holds anything that a terminal would obey but inks.
func checkShown(t interface{ Fatalf(string, ...any) }, s Screen, got string) {
	if got != "" && !strings.HasSuffix(got, "\n") {
		t.Fatalf("no line break at the end of %q", got)
	}
	bare := got
	if s.Color {
		for _, in := range []ink{inkDim, inkStrong, inkSealed, inkFault, inkHint, inkEncrypted, inkDecrypted, inkWrite, inkEnd} {
			bare = strings.ReplaceAll(bare, string(in), "")
		}
	}
	if !utf8.ValidString(bare) {
		t.Fatalf("no UTF-8: %q", got)
	}
	for _, r := range bare {
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			t.Fatalf("a terminal would obey %U of %q", r, got)
		}
	}
	most := max(s.columns(), 2) // a wide letter takes two, whatever the screen
	for line := range strings.Lines(bare) {
		if w := width(strings.TrimSuffix(line, "\n")); w > most {
			t.Fatalf("%d columns of %d: %q", w, most, line)
		}
	}
}

func anyScreen(t *rapid.T) Screen {
	return Screen{
		Width: rapid.OneOf(rapid.IntRange(-1, 30), rapid.IntRange(1, 200)).Draw(t, "width"),
		Color: rapid.Bool().Draw(t, "colour"),
		Limit: rapid.IntRange(-1, 2000).Draw(t, "limit"),
	}
}

// anyTable draws lists of rows that have the same columns, which trees drawn at random seldom are.
func anyTable(t *rapid.T) wire.Value {
	v := wire.Value{Kind: wire.KindList}
	names := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z]{1,30}`)), 1, 9).Draw(t, "names")
	for range rapid.IntRange(1, 5).Draw(t, "rows") {
		row := wire.Value{Kind: wire.KindRecord, Names: names}
		for range names {
			row.Items = append(row.Items, drawValue(t, 1))
		}
		v.Items = append(v.Items, row)
	}
	return v
}

func TestScreenFitsAndIsNeverObeyed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyScreen(t)
		v := rapid.OneOf(anyValue(), rapid.Custom(anyTable)).Draw(t, "value")
		checkShown(t, s, s.Value(&v))
	})
}

func TestResultFitsAndIsNeverObeyed(t *testing.T) {
	hostile := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z \x00-\x1f'"]{0,120}`), rapid.Just("a\xff\x1b[2J日本\u202e"), rapid.Just("SELECT a, b FROM c WHERE d ORDER BY e LIMIT 5"))
	rapid.Check(t, func(t *rapid.T) {
		s := anyScreen(t)
		draw := func(name string) string { return hostile.Draw(t, name) }
		r := wire.Result{
			Output: draw("output"), OutputCut: rapid.IntRange(0, 2).Draw(t, "cut"), Notes: []string{draw("note")}, Suggestions: []string{draw("suggestion")},
			Disclosed: rapid.IntRange(0, 2).Draw(t, "disclosed"), Facts: rapid.IntRange(0, 2).Draw(t, "facts"), More: rapid.IntRange(0, 1).Draw(t, "more"),
		}
		for range rapid.IntRange(0, 12).Draw(t, "statements") {
			r.Statements = append(r.Statements, wire.Statement{SQL: draw("sql"), Rows: rapid.Int64().Draw(t, "rows"), Write: rapid.Bool().Draw(t, "write")})
		}
		source := draw("source") + draw("more source")
		r.Err = &wire.Error{
			Kind: rapid.SampledFrom([]string{wire.ErrSyntax, wire.ErrRefused, "\x1b"}).Draw(t, "kind"), Message: draw("message"), Hint: draw("hint"), Rule: draw("rule"),
			Code: draw("code"), Line: rapid.IntRange(-1, 3).Draw(t, "line"), Column: rapid.IntRange(-1, 130).Draw(t, "column"),
		}
		checkShown(t, s, s.Result(source, r))
		checkShown(t, s, s.Failed(r.Err))
		checkShown(t, s, s.Notice(wire.Notice{Text: draw("notice"), Warning: rapid.Bool().Draw(t, "warning")}))
		checkShown(t, s, s.Question(wire.Question{Text: draw("question"), Said: draw("said")}))
		checkShown(t, s, s.Banner(wire.Welcome{App: draw("app"), Environment: draw("environment"), Engineer: draw("engineer"), Confinement: []string{draw("layer")}}))
	})
}

func FuzzScreenOfAText(f *testing.F) {
	f.Add("Dear Ines,\n\tyours", 40)
	f.Add("日本\u0308\x1b[2J", 1)
	f.Fuzz(func(t *testing.T, s string, columns int) {
		screen := Screen{Width: columns % 500, Color: true}
		v := text(s)
		checkShown(t, screen, screen.Value(&v))
		rows := list(record([]string{s, "n"}, v, number(1)), record([]string{s, "n"}, v, number(2)))
		checkShown(t, screen, screen.Value(&rows))
		checkShown(t, screen, screen.Result(s, wire.Result{Output: s, Err: &wire.Error{Message: s, Line: 1, Column: columns % 100}}))
	})
}
