package console

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/chzyer/readline"
)

func TestKeyFilterKnowsTheSpellingsOfTerminals(t *testing.T) {
	tests := []struct {
		keys  string // separated by spaces
		bytes []string
	}{
		{"home", []string{"\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~", "\x1b[1;5H", "\x1b[7$", "\x1b[7^"}},
		{"end", []string{"\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~", "\x1b[1;2F", "\x1b[8@"}},
		{"delete", []string{"\x1b[3~", "\x1b[3;2~", "\x1b[3$"}},
		{"delete-word", []string{"\x1b[3;5~", "\x1b[3^", "\x1bd"}},
		{"delete-word-left", []string{"\x1b\x7f", "\x1b\x08"}},
		{"up", []string{"\x1b[A", "\x1bOA", "\x1b[1;2A", "\x1b\x1b[A", "\x1b[a"}},
		{"down", []string{"\x1b[B", "\x1bOB"}},
		{"left", []string{"\x1b[D", "\x1bOD", "\x1b[1;2D", "\x1b[d"}},
		{"right", []string{"\x1b[C", "\x1bOC"}},
		{"word-left", []string{"\x1b[1;5D", "\x1b[1;3D", "\x1b[5D", "\x1bOd", "\x1bb", "\x1bO5D", "\x1bO1;5D"}},
		{"word-right", []string{"\x1b[1;5C", "\x1b[1;3C", "\x1b[5C", "\x1bOc", "\x1bf"}},
		{"break", []string{"\x1b\r", "\x1b\n", "\x1b[27;2;13~", "\x1b[13;2u"}},
		{"^M", []string{"\r", "\x1bOM"}},
		{"^J", []string{"\n"}},
		{"", []string{"\x00", "\x1a", "\x1b[5~", "\x1b[6~", "\x1b[Z", "\x1b[[A", "\x1b[15~", "\x1b[24;5~", "\x1bOP", "\x1b[201~", "\x1b[?2004;1$y", "\x1b[" + strings.Repeat("1;", 100) + "C", "\x1b", "\x1b[", "\x1b[1;", "\x1b[200~never ends"}},
		{"^C", []string{"\x03", "\x1b\x03", "\x1b[\x03", "\x1b[1;\x03"}},
		{"^D ^A ^?", []string{"\x04\x01\x7f"}},
		{"5 + .", []string{"\x1bOu\x1bOk\x1bOn", "5+."}},
		{"h", []string{"\x1bh", "h"}}, // Esc is no key, and takes none with it
		{"日 é 👍", []string{"日é👍", "日\x1bé👍"}},
		{"\uFFFD a \uFFFD b \uFFFD \uFFFD \uFFFD c", []string{"\xffa\xe6b\xc3\xe6\x97c"}},
		{"paste(\"a\\tb\\n\\x1b[A\\x03\")", []string{"\x1b[200~a\tb\r\x1b[A\x03\x1b[201~", "\x1b[200~a\tb\r\n\x1b[A\x03\x1b[201~"}},
		{"paste(\"\\x1b[201\\x1b[20\") a", []string{"\x1b[200~\x1b[201\x1b[20\x1b[201~a"}},
		{"paste(\"\") ^M", []string{"\x1b[200~\x1b[201~\r"}},
	}
	for _, test := range tests {
		for _, b := range test.bytes {
			var f keyFilter
			got := named(f.feed([]byte(b)))
			if got != test.keys {
				t.Errorf("%q gives %q, want %q", b, got, test.keys)
			}
		}
	}
}

func named(keys []key) string {
	names := map[rune]string{
		keyHome: "home", keyEnd: "end", keyDelete: "delete", keyUp: "up", keyDown: "down", keyLeft: "left", keyRight: "right",
		keyWordLeft: "word-left", keyWordRight: "word-right", keyDeleteWord: "delete-word", keyDeleteWordLeft: "delete-word-left",
		keyBreak: "break", keyLongPaste: "long-paste", readline.CharBackspace: "^?",
	}
	var out []string
	for _, k := range keys {
		switch {
		case k.code == keyPaste:
			out = append(out, fmt.Sprintf("paste(%q)", k.text))
		case names[k.code] != "":
			out = append(out, names[k.code])
		case k.code < ' ':
			out = append(out, "^"+string(k.code+'@'))
		default:
			out = append(out, string(k.code))
		}
	}
	return strings.Join(out, " ")
}

func TestPasteThatIsTooLongIsNotTaken(t *testing.T) {
	var f keyFilter
	f.feed([]byte("\x1b[200~"))
	block := []byte(strings.Repeat("x\x1b[201", 10_000))
	for range 100 {
		if keys := f.feed(block); len(keys) > 0 {
			t.Fatalf("a paste that goes on gives %s", named(keys))
		}
	}
	if held := cap(f.paste.text); held > 4*maxPaste {
		t.Errorf("%d bytes are held of a paste that is not taken", held)
	}
	if got := named(f.feed([]byte("\x1b[201~a"))); got != "long-paste a" {
		t.Errorf("got %q", got)
	}
	f.feed([]byte("\x1b[200~" + strings.Repeat("x", maxPaste)))
	if got := f.feed([]byte("\x1b[201~")); len(got) != 1 || len(got[0].text) != maxPaste {
		t.Errorf("a paste of just the limit gives %d keys", len(got))
	}
}

func FuzzKeyFilter(f *testing.F) {
	for _, seed := range []string{
		"People.Count()\r", "日本語👍\x1b[1;5D\x7f", "\x1b[200~a\r\nb\x1b[201~\r", "\x1b[200~\x1b[201", "\x1bO5D\x1b[[A\x1b\x1b[A", "\xe6\x97\x1b[3$x\xff", "\x1b[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1C",
	} {
		f.Add([]byte(seed), uint8(1))
	}
	f.Fuzz(func(t *testing.T, b []byte, size uint8) {
		var whole keyFilter
		keys := whole.feed(b)
		if len(keys) > len(b) {
			t.Fatalf("%d bytes give %d keys", len(b), len(keys))
		}
		var cut keyFilter
		var pieces []key
		for piece := range slices.Chunk(b, int(size)+1) {
			pieces = append(pieces, cut.feed(piece)...)
			if len(cut.params) > maxParams || len(cut.letter) > utf8.UTFMax {
				t.Fatalf("holds %d and %d bytes", len(cut.params), len(cut.letter))
			}
		}
		if !slices.Equal(keys, pieces) {
			t.Fatalf("%q in pieces of %d gives %s, and %s as one", b, int(size)+1, named(pieces), named(keys))
		}
		for _, k := range keys {
			if k.code == 0 || k.code > utf8.MaxRune || k.isText() && !utf8.ValidRune(k.code) || k.text != "" && k.code != keyPaste {
				t.Fatalf("%q gives the key %d %q", b, k.code, k.text)
			}
		}
		if isPlainText(b) {
			var text strings.Builder
			for _, k := range keys {
				text.WriteRune(k.code)
			}
			if text.String() != string(b) {
				t.Fatalf("%q became %q", b, text.String())
			}
		}
	})
}

func isPlainText(b []byte) bool {
	return utf8.Valid(b) && !slices.ContainsFunc(b, func(c byte) bool { return c < ' ' || c == readline.CharBackspace })
}
