package worker

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"go/types"
	"io"
	"strings"
	"testing"
)

// FuzzRewriter holds that no text makes the rewriter panic, and that what it gives to yaegi is Go again. Nothing of it runs.
func FuzzRewriter(f *testing.F) {
	for _, p := range strings.Split(corpusText(f), "\n-- ") {
		_, text, _ := strings.Cut(p, "\n")
		f.Add(text)
	}
	for _, text := range []string{
		`for x := range slices.Values([]int{1}) { _ = x }`, `a, b := <-make(chan int), 1`, `var s []int; slices.Sort(s); new(3)`, `go fmt.Println(1, nil)`, `x := 1; func() { x, y := 2, "" ; _, _ = x, y }()`,
		`switch v := any(1).(type) { case error: _ = v; case nil: }`, `L: for { select { default: break L } }`, `func F[T any](x T) T { return F(x) }; F(1)`, `type G[T any] struct{ n *G[T] }; var g G[G[int]]`, `const ( a = iota; b ); b`, `func () A() {}`,
	} {
		f.Add(text)
	}
	in, err := newInterpreter(interpreterConfig{Stdout: io.Discard, Stderr: io.Discard})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4000 {
			return
		}
		in.scope.names, in.scope.types, in.scope.lost = map[string]binding{}, map[string]bool{}, map[string]int{}
		units, failure := in.read(1, text)
		if failure != nil {
			return
		}
		trial, failure := in.check(1, units)
		if failure == nil {
			failure = in.rewriteAll(trial, units)
		}
		if failure != nil {
			if failure.Message == "" || strings.Contains(failure.Message, mark) {
				t.Errorf("the failure says %q", failure.Message)
			}
			return
		}
		whole := bytes.NewBufferString("package main")
		for _, u := range units {
			nodes := []ast.Node{&ast.File{Name: ast.NewIdent("main"), Decls: u.program.decls}}
			if u.program.call != nil {
				nodes = append(nodes, &ast.File{Name: ast.NewIdent("main"), Decls: body(u.program.call)})
			}
			for _, node := range nodes {
				var written bytes.Buffer
				if err := printer.Fprint(&written, token.NewFileSet(), node); err != nil {
					t.Fatalf("%q cannot be printed: %v", text, err)
				}
				if _, err := parser.ParseFile(token.NewFileSet(), "", written.Bytes(), 0); err != nil {
					t.Errorf("%q becomes what is no Go: %v\n%s", text, err, written.String())
				}
				whole.Write(written.Bytes()[len("package main"):])
			}
		}
		if mistake := wrongTypes(in, whole.Bytes()); mistake != nil {
			t.Errorf("%q becomes what is no right Go: %v\n%s", text, mistake, whole.String())
		}
	})
}

// wrongTypes finds what the type checker has against what was rewritten, in the scope that yaegi has it in.
func wrongTypes(in *interpreter, text []byte) error {
	places := token.NewFileSet()
	file, err := parser.ParseFile(places, "", text, parser.SkipObjectResolution)
	if err != nil {
		return nil // it has been told of
	}
	pkg := types.NewPackage("rewritten", "main")
	console, err := in.library.Import(consolePath)
	if err != nil {
		return err
	}
	for _, name := range console.Scope().Names() {
		pkg.Scope().Insert(console.Scope().Lookup(name))
	}
	for p, name := range in.library.names {
		if imported, err := in.library.Import(p); err == nil && p != consolePath {
			pkg.Scope().Insert(types.NewPkgName(token.NoPos, pkg, name, imported))
		}
	}
	var first error
	config := types.Config{GoVersion: goVersion, Importer: in.library, DisableUnusedImportCheck: true, Error: func(err error) {
		if e, ok := err.(types.Error); ok && first == nil && !e.Soft {
			first = err
		}
	}}
	_ = types.NewChecker(&config, places, pkg, nil).Files([]*ast.File{file})
	return first
}

func corpusText(f *testing.F) string {
	f.Helper()
	var b strings.Builder
	for _, p := range readCorpus(f) {
		b.WriteString("\n-- " + p.name + "\n" + p.text)
	}
	return strings.TrimPrefix(b.String(), "\n-- ")
}
