package worker

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// corpusProgram is one program of the corpus: declarations, one of them func program, that a compiler and the interpreter both take.
type corpusProgram struct{ name, text string }

func readCorpus(t testing.TB) []corpusProgram {
	t.Helper()
	b, err := os.ReadFile("testdata/corpus.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []corpusProgram
	for line := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(line, "-- "); ok {
			out = append(out, corpusProgram{name: strings.TrimSuffix(strings.TrimSpace(name), " --")})
			continue
		}
		out[len(out)-1].text += line
	}
	return out
}

// imported are the packages that a text uses, as an import declaration.
func imported(text string) string {
	var lines []string
	for _, p := range append(allowed(), "slices", "maps", "cmp", "iter") {
		if regexp.MustCompile(`\b` + path.Base(p) + `\.[A-Z]`).MatchString(text) {
			lines = append(lines, fmt.Sprintf("%q", p))
		}
	}
	return "import (\n" + strings.Join(lines, "\n") + "\n)\n"
}

// compiled runs all of the programs as one program of the go command.
func compiled(t *testing.T, programs []corpusProgram) []string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	imports, calls := "import \"fmt\"\n", ""
	for n, p := range programs {
		write(fmt.Sprintf("p%d/p.go", n), fmt.Sprintf("package p%d\n%s%s\nfunc Run() { program() }\n", n, imported(p.text), p.text))
		imports += fmt.Sprintf("import \"corpus/p%d\"\n", n)
		calls += fmt.Sprintf("fmt.Print(\"\\x00\"); p%d.Run()\n", n)
	}
	write("go.mod", "module corpus\n\ngo 1.26\n")
	write("main.go", "package main\n"+imports+"func main() {\n"+calls+"}\n")
	run := exec.Command("go", "run", ".")
	run.Dir = dir
	run.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := run.Output()
	if err != nil {
		detail := ""
		if failed, ok := err.(*exec.ExitError); ok {
			detail = string(failed.Stderr)
		}
		t.Fatalf("go run: %v\n%s", err, detail)
	}
	return strings.Split(string(out), "\x00")[1:]
}

func TestACorpusKeepsItsMeaning(t *testing.T) {
	programs := readCorpus(t)
	want := compiled(t, programs)
	for n, p := range programs {
		if raced && (strings.Contains(p.text, "go ") || strings.Contains(p.text, "wg.Go(")) {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			y := newTypist(t)
			if got := y.text(p.text); got != "" {
				t.Fatalf("it cannot be typed: %s", got)
			}
			if got := y.text("program()"); got != want[n] {
				t.Errorf("got  %q\nwant %q", got, want[n])
			}
		})
	}
}
