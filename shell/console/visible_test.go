package console

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestVisibleShowsWhatATerminalWouldObeyOrHide(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", `Ines "Halloran" \o/`, `Ines "Halloran" \o/`},
		{"line breaks and tabs", "a\n\tb", "a\n\tb"},
		{"carriage return", "paid\ropen", `paid\ropen`},
		{"escape sequences", "\x1b[2J\x1b]0;x\x07", `\x1b[2J\x1b]0;x\x07`},
		{"C1 controls", "a\u009b31m", `a\u009b31m`},
		{"delete and backspace", "a\x7fb\x08", `a\x7fb\x08`},
		{"bidi override", "user\u202etxt.exe", `user\u202etxt.exe`},
		{"bidi isolates and marks", "\u2066a\u2069\u200f\u061c", `\u2066a\u2069\u200f\u061c`},
		{"right to left letters stay", "שלום مرحبا", "שלום مرحبا"},
		{"zero width", "a\u200bb\ufeff\u2060", `a\u200bb\ufeff\u2060`},
		{"soft hyphen", "a\u00adb", `a\u00adb`},
		{"a space that is another", "a\u00a0b\u3000", `a\u00a0b\u3000`},
		{"line separators", "a\u2028b\u2029", `a\u2028b\u2029`},
		{"tags", "a\U000e0041", `a\U000e0041`},
		{"fillers", "a\u3164\u115f", `a\u3164\u115f`},
		{"a combining letter", "zoe\u0308", "zoe\u0308"},
		{"a mark with nothing before it", "\u0308a", `\u0308a`},
		{"a mark after a line break", "a\n\u0308", "a\n" + `\u0308`},
		{"a stack of marks", "a" + strings.Repeat("\u0308", maxMarks+1), "a" + strings.Repeat("\u0308", maxMarks) + `\u0308`},
		{"joined emoji", "👩🏽\u200d🚀 ❤\ufe0f\u200d🔥", "👩🏽\u200d🚀 ❤\ufe0f\u200d🔥"},
		{"a joiner between letters", "a\u200db", `a\u200db`},
		{"variation selectors as a hiding place", "a\ufe0f\ufe0f\ufe01", "a\ufe0f" + `\ufe0f\ufe01`},
		{"bytes that are no UTF-8", "a\xff\xc3", `a\xff\xc3`},
		{"the replacement character itself", "a\ufffd", "a\ufffd"},
		{"private use and unassigned", "\ue000\U0010ffff", `\ue000\U0010ffff`},
		{"wide letters", "日本語", "日本語"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Visible(test.in); got != test.want {
				t.Errorf("Visible(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
	if got, want := visibleLine("a\n\tb"), `a\n\tb`; got != want {
		t.Errorf("visibleLine keeps breaks: %q", got)
	}
	if got, want := quoted("a\"\\\n"), `"a\"\\\n"`; got != want {
		t.Errorf("quoted = %s, want %s", got, want)
	}
}

func FuzzVisibleLeavesNothingToObey(f *testing.F) {
	for _, s := range []string{"a\x1b[0m", "\u202e\u2066", "e\u0308\u0308", "👩\u200d🚀", "\xff\xfe", "\ufe0f\ufe0f", "\U000e0100", "\u200d\u200d", "\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := Visible(s)
		if !utf8.ValidString(v) {
			t.Fatalf("Visible(%q) is no UTF-8: %q", s, v)
		}
		for _, r := range v {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs) && r != '\n' && r != '\t' && r != zeroWidthJoiner {
				t.Fatalf("Visible(%q) holds %U", s, r)
			}
		}
		if again := Visible(v); again != v {
			t.Fatalf("Visible(%q) = %q, and again %q", s, v, again)
		}
		if line := visibleLine(s); strings.ContainsAny(line, "\n\t") || visibleLine(line) != line {
			t.Fatalf("visibleLine(%q) = %q", s, line)
		}
	})
}
