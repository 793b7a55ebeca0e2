package worker

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/astutil"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// program is a unit as yaegi gets it: declarations, and then perhaps the call of one of them.
type program struct {
	decls []ast.Decl
	call  ast.Stmt
}

// rewriter makes of a checked unit what yaegi runs as Go would.
type rewriter struct {
	i       *interpreter
	u       *unit
	rename  map[types.Object]string
	before  map[*ast.LabeledStmt][]ast.Stmt // what has to stand before a labelled loop
	failure *wire.Error
}

// rewrite changes the unit's syntax tree in place.
func (i *interpreter) rewrite(u *unit) (program, *wire.Error) {
	r := &rewriter{i: i, u: u, rename: u.names}
	if u.statement != nil {
		u.statement = r.modern(u.statement).(ast.Stmt)
	}
	for n, d := range u.decls {
		u.decls[n] = r.modern(d).(ast.Decl)
	}
	for _, node := range u.nodes() {
		r.names(node)
	}
	if r.failure != nil {
		return program{}, r.failure
	}
	if u.statement == nil {
		return program{decls: u.decls}, nil
	}
	if d, ok := u.statement.(*ast.DeclStmt); ok && d.Decl.(*ast.GenDecl).Tok == token.CONST {
		return program{decls: []ast.Decl{d.Decl}}, nil
	}
	if len(u.define) > 0 {
		return r.definition()
	}
	return r.function([]ast.Stmt{u.statement}, nil), nil
}

// function runs statements in a function of their own: at top level yaegi runs some of them again with every later command.
func (r *rewriter) function(statements []ast.Stmt, before []ast.Decl) program {
	pos := r.u.statement.Pos()
	name := r.i.scope.fresh("command")
	f := &ast.FuncDecl{
		Name: &ast.Ident{Name: name, NamePos: pos},
		Type: &ast.FuncType{Func: pos, Params: &ast.FieldList{Opening: pos, Closing: pos}},
		Body: &ast.BlockStmt{Lbrace: pos, List: statements, Rbrace: r.u.statement.End()},
	}
	call := &ast.ExprStmt{X: &ast.CallExpr{Fun: &ast.Ident{Name: name, NamePos: pos}, Lparen: pos, Rparen: pos}}
	return program{decls: append(before, f), call: call}
}

// definition makes the variables first, by their types, and then sets them in a function.
// A variable whose type cannot be written down is made and set at once.
func (r *rewriter) definition() (program, *wire.Error) {
	var before []ast.Decl
	for name, t := range r.u.vars {
		spelled, ok := r.i.scope.spell(t)
		if !ok {
			return r.atOnce(), nil
		}
		before = append(before, r.variable(name, spelled))
	}
	var statements []ast.Stmt
	switch s := r.u.statement.(type) {
	case *ast.AssignStmt:
		s.Tok = token.ASSIGN
		statements = append(statements, s)
	case *ast.DeclStmt:
		for _, spec := range s.Decl.(*ast.GenDecl).Specs {
			if v := spec.(*ast.ValueSpec); len(v.Values) > 0 {
				statements = append(statements, &ast.AssignStmt{Lhs: idents(v.Names), TokPos: v.Pos(), Tok: token.ASSIGN, Rhs: v.Values})
			}
		}
	}
	if len(statements) == 0 {
		return program{decls: before}, nil
	}
	return r.function(statements, before), nil
}

func (r *rewriter) atOnce() program {
	pos := r.u.statement.Pos()
	switch s := r.u.statement.(type) {
	case *ast.AssignStmt:
		spec := &ast.ValueSpec{Values: s.Rhs}
		for _, left := range s.Lhs {
			spec.Names = append(spec.Names, left.(*ast.Ident))
		}
		return program{decls: []ast.Decl{&ast.GenDecl{TokPos: pos, Tok: token.VAR, Specs: []ast.Spec{spec}}}}
	default:
		return program{decls: []ast.Decl{s.(*ast.DeclStmt).Decl}}
	}
}

func idents(names []*ast.Ident) []ast.Expr {
	out := make([]ast.Expr, len(names))
	for n, id := range names {
		out[n] = id
	}
	return out
}

func (r *rewriter) variable(name, spelled string) ast.Decl {
	pos := r.u.statement.Pos()
	return &ast.GenDecl{TokPos: pos, Tok: token.VAR, Specs: []ast.Spec{&ast.ValueSpec{
		Names: []*ast.Ident{{Name: name, NamePos: pos}}, Type: r.expression(spelled),
	}}}
}

// expression parses text that this package has written.
func (r *rewriter) expression(text string) ast.Expr {
	e, err := parser.ParseExprFrom(r.i.yaegi.FileSet(), mark, text, 0)
	if err != nil {
		panic(fmt.Sprintf("expression %q: %v", text, err))
	}
	return e
}

// statements parses text that this package has written.
func (r *rewriter) statements(text string) []ast.Stmt {
	f, err := parser.ParseFile(r.i.yaegi.FileSet(), mark, "package main;func _(){"+text+"\n}", parser.SkipObjectResolution)
	if err != nil {
		panic(fmt.Sprintf("statements %q: %v", text, err))
	}
	return f.Decls[0].(*ast.FuncDecl).Body.List
}

// names calls each variable, constant and function of the top level by the name it has inside yaegi.
func (r *rewriter) names(node ast.Node) {
	ast.Inspect(node, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			object := r.u.info.Uses[id]
			if object == nil {
				object = r.u.info.Defs[id]
			}
			if internal, known := r.rename[object]; known && object != nil {
				id.Name = internal
			}
		}
		return true
	})
}

// modern translates what yaegi does not know, or knows by the rules of an older Go.
func (r *rewriter) modern(root ast.Node) ast.Node {
	return astutil.Apply(root, nil, func(c *astutil.Cursor) bool {
		if r.failure != nil {
			return false
		}
		switch n := c.Node().(type) {
		case *ast.CallExpr:
			r.instance(n)
			r.builtin(c, n)
		case *ast.DeferStmt:
			r.deferred(c, n)
		case *ast.TypeSwitchStmt:
			r.typeSwitch(n)
		case *ast.GoStmt:
			r.goroutine(n)
		case *ast.ForStmt:
			r.forLoop(c, n)
		case *ast.RangeStmt:
			r.rangeLoop(c, n)
		case *ast.LabeledStmt:
			r.labelledLoop(c, n)
		}
		return true
	})
}
