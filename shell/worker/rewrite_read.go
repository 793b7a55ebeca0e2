package worker

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// unit is one step of a command: a statement, or declarations that may refer to each other.
type unit struct {
	statement ast.Stmt   // or
	decls     []ast.Decl // functions, methods and types

	named    []string           // what it means to declare, known before it is checked
	declares map[string]binding // what it declares, known after
	last     bool               // the last of its command: its value is shown

	pkg     *types.Package
	info    *types.Info
	shown   ast.Expr                        // the expression whose value the statement is
	static  types.Type                      // its type
	define  []*ast.Ident                    // the names that a := or var statement sets
	names   map[types.Object]string         // names at top level, and what they are called inside yaegi
	vars    map[string]types.Type           // variables to be made before the statement runs
	flat    map[*ast.FuncDecl]*ast.FuncDecl // methods, and the functions as which they were checked
	methods []string                        // methods it defines: T.M

	extra      map[string]types.Object     // names that the type checker finds beside those of the scope
	copy       bool                        // it is a copy of something generic
	substitute map[types.Object]types.Type // what its type parameters stand for
	kept       *kept                       // where its value is kept
	program    program                     // what yaegi gets of it
	ready      ready                       // the same, compiled
	copies     map[*template][]copied      // the copies that the program makes
}

// sources remembers which part of what was typed each parsed file came from.
type sources struct {
	files map[string]origin
}

type origin struct {
	source string
	text   string // what was parsed: a piece of the source between a prefix and a suffix
	shift  int    // what to add to an offset in the text, to get one in the source
}

// place turns an offset in a parsed file into a line and a column of what was typed.
func (s *sources) place(file string, offset int) (line, column int) {
	o, known := s.files[file]
	if !known {
		return 0, 0
	}
	at := min(max(offset+o.shift, 0), len(o.source))
	before := o.source[:at]
	return strings.Count(before, "\n") + 1, at - strings.LastIndexByte(before, '\n')
}

// spot turns a line and column of a parsed file into those of what was typed.
func (s *sources) spot(at spot) (line, column int) {
	text, offset := s.files[at.file].text, 0
	for n := 1; n < at.line; n++ {
		next := strings.IndexByte(text[offset:], '\n')
		if next < 0 {
			return 0, 0
		}
		offset += next + 1
	}
	return s.place(at.file, offset+at.column-1)
}

// piece is a part of a command that is parsed by itself.
type piece struct {
	from, to int
	kind     token.Token // FUNC, IMPORT, PACKAGE, or ILLEGAL for statements
}

// pieces cuts out what Go allows only at the top level of a file; the rest are statements.
func pieces(source string) []piece {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(source))
	var s scanner.Scanner
	s.Init(file, []byte(source), func(token.Position, string) {}, 0)
	type seen struct {
		token token.Token
		at    int
	}
	var all []seen
	for {
		pos, tok, _ := s.Scan()
		all = append(all, seen{tok, file.Offset(pos)})
		if tok == token.EOF {
			break
		}
	}
	next := func(n int) token.Token {
		if n < len(all) {
			return all[n].token
		}
		return token.EOF
	}
	// A method and a function literal both begin with "func (": only the method has a name and a "(" after its receiver.
	isMethod := func(n int) bool {
		depth := 0
		for n++; n < len(all); n++ {
			switch all[n].token {
			case token.LPAREN:
				depth++
			case token.RPAREN:
				if depth--; depth == 0 {
					return next(n+1) == token.IDENT && next(n+2) == token.LPAREN
				}
			}
		}
		return false
	}
	var out []piece
	depth, from, open := 0, 0, token.ILLEGAL
	start := true
	cut := func(to int, then token.Token) {
		if strings.TrimSpace(source[from:to]) != "" {
			out = append(out, piece{from, to, open})
		}
		from, open = to, then
	}
	for n, t := range all {
		if start && depth == 0 && open == token.ILLEGAL {
			switch {
			case t.token == token.IMPORT, t.token == token.PACKAGE:
				cut(t.at, t.token)
			case t.token == token.FUNC && (next(n+1) == token.IDENT || next(n+1) == token.LPAREN && isMethod(n)):
				cut(t.at, token.FUNC)
			}
		}
		start = false
		switch t.token {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		case token.SEMICOLON:
			if depth == 0 {
				start = true
				if open != token.ILLEGAL {
					cut(t.at, token.ILLEGAL)
					from = min(t.at+1, len(source)) // the semicolon may be one that the scanner put at the end
				}
			}
		}
	}
	cut(len(source), token.ILLEGAL)
	return out
}

// read splits a command into units, and refuses what no rewriting could make right.
func (i *interpreter) read(command int, source string) ([]*unit, *wire.Error) {
	if at := strings.Index(source, mark); at >= 0 {
		i.sources.files[mark] = origin{source: source}
		line, column := i.sources.place(mark, at)
		return nil, &wire.Error{Kind: wire.ErrSyntax, Message: "the letter " + mark + " is not allowed here", Line: line, Column: column}
	}
	clear(i.sources.files) // no message names a place in an earlier command
	var units []*unit
	for n, p := range pieces(source) {
		read, failure := i.readPiece(fmt.Sprintf("%s%d.%d", mark, command, n), source, p)
		if failure != nil {
			return nil, failure
		}
		units = append(units, read...)
	}
	units = together(units)
	for _, u := range units {
		meanLast(u)
		if failure := i.refuse(u); failure != nil {
			return nil, failure
		}
	}
	if len(units) > 0 {
		units[len(units)-1].last = true
	}
	return units, nil
}

func (i *interpreter) readPiece(name, source string, p piece) ([]*unit, *wire.Error) {
	prefix, suffix := "package main;", "\n"
	if p.kind == token.ILLEGAL {
		prefix, suffix = "package main;func _(){", "\n}"
	}
	text := prefix + source[p.from:p.to] + suffix
	i.sources.files[name] = origin{source: source, text: text, shift: p.from - len(prefix)}
	if p.kind == token.PACKAGE {
		line, column := i.sources.place(name, len(prefix))
		return nil, &wire.Error{Kind: wire.ErrRefused, Rule: "statement", Message: "a package clause has no meaning here", Hint: "nothing ran; leave it out", Line: line, Column: column}
	}
	file, err := parser.ParseFile(i.yaegi.FileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, i.syntax(err)
	}
	file.Comments = nil
	switch p.kind {
	case token.IMPORT:
		return nil, i.readImports(file)
	case token.FUNC:
		return []*unit{{decls: file.Decls}}, nil
	}
	if len(file.Decls) != 1 {
		line, column := i.position(file.Decls[0].End() - 1)
		return nil, &wire.Error{Kind: wire.ErrSyntax, Message: "unexpected }", Line: line, Column: column}
	}
	var units []*unit
	for _, s := range file.Decls[0].(*ast.FuncDecl).Body.List {
		if _, empty := s.(*ast.EmptyStmt); empty {
			continue
		}
		if d, ok := s.(*ast.DeclStmt); ok && d.Decl.(*ast.GenDecl).Tok == token.TYPE {
			units = append(units, &unit{decls: []ast.Decl{d.Decl}})
			continue
		}
		units = append(units, &unit{statement: s})
	}
	return units, nil
}

// readImports accepts an import of what is there anyway, and refuses any other.
func (i *interpreter) readImports(file *ast.File) *wire.Error {
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil || !i.library.provides(p) || p == consolePath {
			refusal := refuseImport(p)
			if name := path.Base(p); err == nil && p != consolePath && strings.Contains(p, "/") && i.library.symbols[name] != nil && !slices.Contains(allowed(), name) {
				refusal.Message, refusal.Hint = "package "+name+" is in scope already", "nothing ran; leave the import out and write "+name+".…; packages need no import here"
			}
			return i.at(spec, refusal)
		}
		if spec.Name != nil && spec.Name.Name != i.library.names[p] {
			return i.at(spec, &wire.Error{Kind: wire.ErrRefused, Rule: "import", Message: fmt.Sprintf("package %s is in scope as %s", p, i.library.names[p]), Hint: "nothing ran; packages need no import here and keep their own names"})
		}
	}
	return nil
}

// together joins neighbouring declarations, which may refer to each other.
func together(units []*unit) []*unit {
	var out []*unit
	for _, u := range units {
		if n := len(out); n > 0 && u.decls != nil && out[n-1].decls != nil {
			out[n-1].decls = append(out[n-1].decls, u.decls...)
			continue
		}
		out = append(out, u)
	}
	return out
}

func (i *interpreter) syntax(err error) *wire.Error {
	failure := &wire.Error{Kind: wire.ErrSyntax, Message: err.Error(), Hint: "nothing ran"}
	var list scanner.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		failure.Message = list[0].Msg
		if failure.Message == "expected declaration, found '}'" {
			failure.Message = "unexpected }"
		}
		failure.Line, failure.Column = i.sources.place(list[0].Pos.Filename, list[0].Pos.Offset)
	}
	return failure
}

// at puts the position of a node into an error that has none.
func (i *interpreter) at(node ast.Node, failure *wire.Error) *wire.Error {
	if failure != nil && failure.Line == 0 {
		failure.Line, failure.Column = i.position(node.Pos())
	}
	return failure
}
