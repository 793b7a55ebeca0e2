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
	instead map[*ast.LabeledStmt]ast.Stmt   // what replaces a labelled loop
	copies  map[ast.Stmt][]ast.Stmt         // the copies of the variables that an if or a switch declares
	work    *work
	failure *wire.Error
}

// work is what one unit needs of copies of generic functions and types.
type work struct {
	earlier map[*template][]copied // of the units before it
	copies  map[*template][]copied // that it makes
	decls   []ast.Decl
	made    int
}

// rewriteAll rewrites the units of a command before any of them runs, in the scope that all of them will have made.
func (i *interpreter) rewriteAll(trial *scope, units []*unit) *wire.Error {
	kept := i.scope
	i.scope = *trial
	defer func() {
		kept.made = i.scope.made
		i.scope = kept
	}()
	earlier := map[*template][]copied{}
	for _, u := range units {
		w := &work{earlier: earlier, copies: map[*template][]copied{}}
		p, failure := i.rewrite(u, w, &kept)
		if failure != nil {
			return failure
		}
		u.program, u.copies = p, w.copies
		for t, copies := range w.copies {
			earlier[t] = append(earlier[t], copies...)
		}
	}
	return nil
}

// rewrite changes the unit's syntax tree in place.
func (i *interpreter) rewrite(u *unit, w *work, earlier *scope) (program, *wire.Error) {
	r := &rewriter{i: i, u: u, rename: u.names, work: w}
	i.scope.instance = r.copyType
	var kept []ast.Decl
	for _, d := range u.decls {
		if r.plain(d) {
			kept = append(kept, d)
		}
	}
	u.decls = kept
	if u.statement != nil {
		u.statement = r.all(u.statement).(ast.Stmt)
	}
	for n, d := range u.decls {
		u.decls[n] = r.all(d).(ast.Decl)
		if f, ok := u.decls[n].(*ast.FuncDecl); ok && r.failure == nil {
			w.decls = append(w.decls, r.again(f)...)
		}
	}
	p := program{decls: u.decls}
	if r.failure == nil && u.statement != nil {
		p = r.statement()
	}
	if assigns := append(r.forwarding(earlier), r.sayings()...); len(assigns) > 0 {
		p = r.functionAt(u.decls[0], assigns, p.decls)
	}
	if r.failure != nil {
		return program{}, r.failure
	}
	p.decls = typesFirst(append(w.decls, p.decls...))
	return p, nil
}

// typesFirst orders declarations: yaegi reads some of them twice otherwise, and finds the types declared already.
func typesFirst(decls []ast.Decl) []ast.Decl {
	isType := func(d ast.Decl) bool {
		g, ok := d.(*ast.GenDecl)
		return ok && g.Tok == token.TYPE
	}
	out := make([]ast.Decl, 0, len(decls))
	for _, d := range decls {
		if isType(d) {
			out = append(out, d)
		}
	}
	for _, d := range decls {
		if !isType(d) {
			out = append(out, d)
		}
	}
	return out
}

// statement makes declarations and a call of a statement.
func (r *rewriter) statement() program {
	if d, ok := r.u.statement.(*ast.DeclStmt); ok && d.Decl.(*ast.GenDecl).Tok == token.CONST {
		return program{decls: []ast.Decl{d.Decl}}
	}
	if len(r.u.define) > 0 {
		return r.definition()
	}
	if show, ok := r.u.statement.(*ast.ExprStmt); ok && r.u.shown != nil && r.u.last {
		list, before := r.keepLast(show)
		if names := r.namesShown(); names != "" {
			list = append(r.statements(names), list...)
		}
		return r.function(list, before)
	}
	return r.function([]ast.Stmt{r.u.statement}, nil)
}

// all rewrites a node in every way there is.
func (r *rewriter) all(root ast.Node) ast.Node {
	root = r.generics(root)
	if r.failure != nil {
		return root
	}
	r.folded(root)
	r.promoted(root)
	root = r.modern(root)
	r.names(root)
	return root
}

// plain tells whether yaegi gets a declaration: what is generic it gets as copies, and types that are only other names it does not need.
func (r *rewriter) plain(d ast.Decl) bool {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Type.TypeParams == nil && (d.Recv == nil || r.i.library.templates[r.i.scope.names[receiverName(d)].object] == nil)
	case *ast.GenDecl:
		var kept []ast.Spec
		for _, spec := range d.Specs {
			t, ok := spec.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if t.TypeParams == nil && !t.Assign.IsValid() && !constraint(r.u.info.Defs[t.Name]) {
				kept = append(kept, t)
			}
		}
		d.Specs = kept
		return len(kept) > 0
	}
	return true
}

// constraint tells whether a type can only constrain others.
func constraint(object types.Object) bool {
	if object == nil {
		return false
	}
	t, ok := object.Type().Underlying().(*types.Interface)
	return ok && !t.IsMethodSet()
}

// function runs statements in a function of their own: at top level yaegi runs some of them again with every later command.
func (r *rewriter) function(statements []ast.Stmt, before []ast.Decl) program {
	return r.functionAt(r.u.statement, statements, before)
}

func (r *rewriter) functionAt(at ast.Node, statements []ast.Stmt, before []ast.Decl) program {
	pos := at.Pos()
	name := r.i.scope.fresh("command")
	f := &ast.FuncDecl{
		Name: &ast.Ident{Name: name, NamePos: pos},
		Type: &ast.FuncType{Func: pos, Params: &ast.FieldList{Opening: pos, Closing: pos}},
		Body: &ast.BlockStmt{Lbrace: pos, List: statements, Rbrace: at.End()},
	}
	call := &ast.ExprStmt{X: &ast.CallExpr{Fun: &ast.Ident{Name: name, NamePos: pos}, Lparen: pos, Rparen: pos}}
	return program{decls: append(before, f), call: call}
}

// expression parses text that this package has written.
func (r *rewriter) expression(text string) ast.Expr {
	e, err := parser.ParseExprFrom(r.i.yaegi.FileSet(), mark, text, 0)
	if err != nil {
		panic(fmt.Sprintf("expression %q: %v", text, err))
	}
	return e
}

// placed is text as an expression at the place of a node.
func (r *rewriter) placed(text string, at ast.Node) ast.Expr {
	e := r.expression(text)
	if id, ok := e.(*ast.Ident); ok {
		id.NamePos = at.Pos()
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
		if n := c.Node(); n != nil {
			r.i.scope.at = n.Pos()
		}
		switch n := c.Node().(type) {
		case *ast.CallExpr:
			if !r.u.info.Types[n.Fun].IsType() {
				n.Fun = ast.Unparen(n.Fun) // yaegi would call something else
			}
			r.builtin(c, n)
			r.printing(n)
		case *ast.DeferStmt:
			r.deferred(c, n)
		case *ast.TypeSwitchStmt:
			r.capturedCases(n)
			if !r.interfaceCases(c, n) {
				r.typeSwitch(n)
			}
		case *ast.GenDecl:
			r.constants(n)
		case *ast.SwitchStmt:
			r.compares(n)
			r.hoistCopies(c, n, &n.Init)
		case *ast.SelectStmt:
			r.selectBranches(c, n)
		case *ast.SelectorExpr:
			r.method(c, n)
		case *ast.UnaryExpr:
			r.receive(c, n)
		case *ast.AssignStmt:
			r.found(c, n)
			r.captured(c, n)
			r.several(c, n)
		case *ast.ReturnStmt:
			r.returned(c, n)
		case *ast.IfStmt:
			r.hoistCopies(c, n, &n.Init)
		case *ast.FuncLit:
			r.handedOn(c, n)
		case *ast.BinaryExpr:
			r.equal(c, n)
		case *ast.GoStmt:
			r.goroutine(c, n)
		case *ast.ForStmt:
			r.forLoop(c, n)
		case *ast.RangeStmt:
			r.rangeLoop(c, n)
		case *ast.StructType:
			hidden(n)
		case *ast.LabeledStmt:
			r.labelledLoop(c, n)
		}
		return true
	})
}
