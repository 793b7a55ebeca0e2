package console

import (
	"go/scanner"
	"go/token"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitMakesOneInputOfWhatIsTypedBeforeEnter(t *testing.T) {
	tests := []struct {
		name string
		src  string
		want []Input
	}{
		{"nothing", "", nil},
		{"space and comments", "\n  // a\n\t/* b\n c */ \n;\n", nil},
		{"a line each", "x := 1\nx + 1\n", []Input{{"x := 1", 1}, {"x + 1", 2}}},
		{"no line break at the end", "x", []Input{{"x", 1}}},
		{"several statements on a line", "p := People.Find(42); p.Plan = \"pro\"; People.Save(&p)\np", []Input{
			{`p := People.Find(42); p.Plan = "pro"; People.Save(&p)`, 1}, {"p", 2}}},
		{"a semicolon at the end of a line", "x := 1;\ny := 2; // two\n", []Input{{"x := 1;", 1}, {"y := 2; // two", 2}}},
		{"blank lines and comments between", "\n\n// why\nx\n\n/* more */\ny\n", []Input{{"x", 4}, {"y", 7}}},
		{"comments at the end of a line stay", "x // one\ny /* two */ // three\n", []Input{{"x // one", 1}, {"y /* two */ // three", 2}}},
		{"a comment over lines ends a statement", "x /* a\nb */ y\n", []Input{{"x /* a\nb */", 1}, {"y", 2}}},
		{"a comment over lines after a func", "func f() {} /* a\nb */; g()\nh", []Input{{"func f() {} /* a\nb */", 1}, {"g()", 2}, {"h", 3}}},
		{"a comment inside", "f(\n\t1, // one\n)\ng", []Input{{"f(\n\t1, // one\n)", 1}, {"g", 4}}},
		{"a loop", "for i := 0; i < 3; i++ {\n\tf(i)\n}\ng", []Input{{"for i := 0; i < 3; i++ {\n\tf(i)\n}", 1}, {"g", 4}}},
		{"a loop's head over lines", "for i := 0;\ni < 3; i++ {\n}\ng", []Input{{"for i := 0;\ni < 3; i++ {\n}", 1}, {"g", 4}}},
		{"if and else", "if x {\n} else {\n}\nelse {", []Input{{"if x {\n} else {\n}", 1}, {"else {", 4}}},
		{"a declaration", "func f(a int) int {\n\n\treturn a\n}\ntype T struct {\n\tA int\n}\nfunc (t T) M() {}\nvar (\n\tx = 1\n)", []Input{
			{"func f(a int) int {\n\n\treturn a\n}", 1}, {"type T struct {\n\tA int\n}", 5}, {"func (t T) M() {}", 8}, {"var (\n\tx = 1\n)", 9}}},
		{"a func that is called", "func() {\n\tf()\n}()\ng()", []Input{{"func() {\n\tf()\n}()", 1}, {"g()", 4}}},
		{"a func and a statement on a line", "func f() {}; f()\ng()", []Input{{"func f() {}; f()", 1}, {"g()", 2}}},
		{"imports", "import \"fmt\"\nimport (\n\t\"os\"\n)\nx", []Input{{"import \"fmt\"", 1}, {"import (\n\t\"os\"\n)", 2}, {"x", 5}}},
		{"a chain over lines", "People.\n\tWhere(\"plan = ?\", \"pro\").\n\tAll()\nx", []Input{{"People.\n\tWhere(\"plan = ?\", \"pro\").\n\tAll()", 1}, {"x", 4}}},
		{"an operator at the end of a line", "x :=\n\t1 +\n\t2\ny", []Input{{"x :=\n\t1 +\n\t2", 1}, {"y", 4}}},
		{"a raw string over lines", "db.Raw(`select 1\n.exit\n;`)\nx", []Input{{"db.Raw(`select 1\n.exit\n;`)", 1}, {"x", 4}}},
		{"a label and its loop", "outer:\nfor {\n\tbreak outer\n}\nx", []Input{{"outer:\nfor {\n\tbreak outer\n}", 1}, {"x", 5}}},
		{"dot commands", ".sql select 'it''s' from \"x\n  .exit  \nx", []Input{{`.sql select 'it''s' from "x`, 1}, {".exit", 2}, {"x", 3}}},
		{"a dot command after a comment", "// why\n.decrypt\n", []Input{{".decrypt", 2}}},
		{"decrypt! and encrypt!", "decrypt!\nencrypt! now\ndecrypt != 3", []Input{{"decrypt!", 1}, {"encrypt! now", 2}, {"decrypt != 3", 3}}},
		{"a number that begins with a dot", ".5 + 1\nx", []Input{{".5 + 1", 1}, {"x", 2}}},
		{"lines of Windows", "x := 1\r\n.exit\r\nif x {\r\n}\r\n", []Input{{"x := 1", 1}, {".exit", 2}, {"if x {\r\n}", 3}}},
		{"an open bracket takes all that follows", "x\nf(1,\nPeople.Delete()\n.exit\n", []Input{{"x", 1}, {"f(1,\nPeople.Delete()\n.exit", 2}}},
		{"an open string takes all that follows", "x\ny := `a\nz()\n", []Input{{"x", 1}, {"y := `a\nz()", 2}}},
		{"an open comment takes all that follows", "x\n/* y\nz()", []Input{{"x", 1}, {"/* y\nz()", 2}}},
		{"an open comment takes its own line too", "x /* y\nz()", []Input{{"x /* y\nz()", 1}}},
		{"a bracket too many takes all that follows", "x\n}\nz()", []Input{{"x", 1}, {"}\nz()", 2}}},
		{"a bracket of another kind takes all that follows", "if x {\n\tf(]\n}\nz()", []Input{{"if x {\n\tf(]\n}\nz()", 1}}},
		{"what can never be Go ends with its line", "x := := 1\ny", []Input{{"x := := 1", 1}, {"y", 2}}},
		{"an open quote ends with its line", "x := \"a\ny", []Input{{"x := \"a", 1}, {"y", 2}}},
		{"a byte order mark", "\uFEFFx\ny", []Input{{"x", 1}, {"y", 2}}},
		{"line directives change nothing", "//line a.go:100\nx\n", []Input{{"x", 2}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Split(test.src)); diff != "" {
				t.Errorf("Split(%q): -want +got\n%s", test.src, diff)
			}
		})
	}
}

func TestCompleteDecidesAsGoDoes(t *testing.T) {
	tests := []struct {
		src  string
		want Completeness
	}{
		{"", Whole}, {"\n", Whole}, {"// c", Whole}, {"x", Whole}, {"x := 1", Whole}, {"x\ny\n", Whole},
		{"x; y", Whole}, {"if x {\n}", Whole}, {"func f() {}", Whole}, {"func f() {}; f(); func g() {}", Whole},
		{"func (p *Person) F(a int) (int, error) { return 0, nil }", Whole}, {"func() {}()", Whole}, {"func(x int) int { return x }(3)", Whole},
		{"import \"fmt\"", Whole}, {"import \"fmt\"; fmt.Println()", Whole}, {"type T[P any] struct{}", Whole}, {"for i := range 3 { f(i) }", Whole},
		{"return", Whole}, {".sql select '", Whole}, {".exit", Whole}, {"decrypt!", Whole}, {"// c\n.exit", Whole}, {"L: for {}", Whole},
		{"x := []int{\n\t1,\n}", Whole}, {"x /* c */", Whole}, {"func f() {} /* a\nb */\nx", Whole}, {"`a\nb`", Whole}, {"switch y := x.(type) {\ncase int:\n}", Whole},

		{"x :=", Partial}, {"f(", Partial}, {"f(1,", Partial}, {"[]int{1,", Partial}, {"if x {", Partial}, {"if x {\n} else", Partial},
		{"for i := 0", Partial}, {"switch x {\ncase 1:", Partial}, {"func f() {", Partial}, {"func (p *Person) F(", Partial}, {"func", Partial},
		{"func() {", Partial}, {"go func() {", Partial}, {"People.", Partial}, {"x +", Partial}, {"var (", Partial}, {"import (", Partial}, {"type T struct {", Partial},
		{"`a", Partial}, {"f(`a", Partial}, {"/* a", Partial}, {"x /* a", Partial}, {"x, y :=", Partial}, {"L:", Partial}, {"f(func() {\n\tg()", Partial},
		{"func f() {}; f(", Partial}, {"x\ny(", Partial}, {"import", Partial}, {"if x {\n", Partial},

		{"x := := 1", Wrong}, {"a b", Wrong}, {"}", Wrong}, {")", Wrong}, {"f(]", Wrong}, {"if x {\n\tf(]", Wrong}, {"f(1\n", Wrong}, {"f(1 2", Wrong},
		{"[]int{1,2", Wrong}, {"\"a", Wrong}, {"f(\"a", Wrong}, {"'ab", Wrong}, {"else {", Wrong}, {"&&", Wrong}, {"package x", Wrong}, {"x, y", Wrong},
		{"x\x00", Wrong}, {"x := \xff", Wrong}, {"# c", Wrong}, {"case 1:", Wrong}, {"} ; func g() {", Wrong}, {"func f( {", Wrong}, {"x := /*\n*/ := `a", Partial},
		{"'ab `c", Wrong}, {"func f(; x := 1", Wrong}, {"var x\n", Wrong}, {"decrypt! =", Whole}, {"decrypt != ", Partial},
	}
	for _, test := range tests {
		if got := Complete(test.src); got != test.want {
			t.Errorf("Complete(%q) = %v, want %v", test.src, got, test.want)
		}
	}
}

func TestAWholeProgramIsSplitIntoItsStatements(t *testing.T) {
	parts := []string{"x := 1", "if x > 0 {\n\tf()\n}", ".sql select 1", "func g(a int) {\n\t_ = a\n}", "People.\n\tCount()", "y := `\n\n`", "decrypt!", "z"}
	var want []Input
	line := 1
	for range 300 {
		for _, p := range parts {
			want = append(want, Input{p, line})
			line += strings.Count(p, "\n") + 1
		}
	}
	got := Split(strings.Repeat(strings.Join(parts, "\n")+"\n", 300))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzSplitLosesNothing holds Split to what doc.go promises: inputs are stretches of the text in their order, with only space
// and comments between them, and each of them is one input by itself.
func FuzzSplitLosesNothing(f *testing.F) {
	for _, s := range []string{"x := 1\ny", "f(\n1)\n.exit\nx", "func f() {}; f()\n", "/* a */ x /* b\n*/ y", "for i := 0\ni < 3\ni++ {\n}", "\uFEFFx", "x;;y\n;", "L:\nfor {}", "decrypt!\r\n", "`", "}\nx", "\x00\xff'", "/*\r/", "func\n(x T) M()\nx", ".a\n..\n...", "x /*\uFEFF*/ /*\n*/\uFEFF"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		Complete(src)
		rest, line := src, 1
		for _, in := range Split(src) {
			if in.Source == "" {
				t.Fatal("an empty input")
			}
			// The input stands on its line, and before it only what no one would run.
			for line < in.Line {
				_, after, found := strings.Cut(rest, "\n")
				if !found {
					t.Fatalf("line %d of %q is behind its end", in.Line, in.Source)
				}
				rest, line = after, line+1
			}
			at := strings.Index(rest, in.Source)
			if at < 0 {
				t.Fatalf("input %q is not in the text from line %d on", in.Source, in.Line)
			}
			if strings.Contains(rest[:at], "\n") {
				t.Fatalf("input %q is not on line %d", in.Source, in.Line)
			}
			line += strings.Count(rest[:at+len(in.Source)], "\n")
			rest = rest[at+len(in.Source):]

			again := Split(in.Source)
			if strings.HasPrefix(in.Source, "\uFEFF") {
				continue // by itself it would be a byte order mark
			}
			if len(again) != 1 || again[0] != (Input{in.Source, 1}) {
				t.Fatalf("input %q is not one input by itself: %+v", in.Source, again)
			}
		}
		if got, want := tokensOf(inputsOf(src)), tokensOf(src); !hasDotCommand(src) && got != want {
			t.Fatalf("tokens of the inputs differ from those of the text\n%s\n%s", got, want)
		}
	})
}

func inputsOf(src string) string {
	var b strings.Builder
	for _, in := range Split(src) {
		b.WriteString(in.Source + "\n")
	}
	return b.String()
}

func hasDotCommand(src string) bool {
	for _, in := range Split(src) {
		if _, _, dot := firstToken([]byte(in.Source)); dot {
			return true
		}
	}
	return false
}

// tokensOf is what the scanner makes of src, but for comments, semicolons, and a text that ends inside a literal.
func tokensOf(src string) string {
	var b strings.Builder
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(src)), []byte(src), func(token.Position, string) {}, 0)
	for {
		_, tok, lit := s.Scan()
		switch {
		case tok == token.EOF:
			return b.String()
		case tok == token.SEMICOLON, lit == "\uFEFF":
		case isUnterminated(tok, lit):
			return b.String()
		default:
			b.WriteString(tok.String() + " " + strings.TrimRight(lit, " \t\r\n") + "\n") // space at the end goes, also in a string without one
		}
	}
}
