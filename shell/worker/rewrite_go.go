package worker

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/astutil"
)

// goroutine keeps a panic in a goroutine from taking the worker down: the command fails with it. A call of something that has a name is put into
// a function that can recover, after what it is called with has been looked at, which Go does at the go statement:
//
//	go p.Send(x)
//
// becomes
//
//	{ pǃ := p; xǃ := x; go func() { defer func() { … }(); pǃ.Send(xǃ) }() }
func (r *rewriter) goroutine(c *astutil.Cursor, s *ast.GoStmt) {
	r.i.goroutines = true
	guard := r.statements(`defer func() { fault := recover(); ` + hookFault + `(fault) }()`)
	if f, ok := ast.Unparen(s.Call.Fun).(*ast.FuncLit); ok {
		f.Body.List = append(guard, f.Body.List...)
		return
	}
	var before []ast.Stmt
	fix := func(e ast.Expr, address bool) ast.Expr {
		known := r.u.info.Types[e]
		if known.Value != nil || known.IsType() || known.IsNil() || known.IsBuiltin() {
			return e
		}
		name := r.i.scope.fresh("given")
		value := e
		if address {
			value = &ast.UnaryExpr{OpPos: e.Pos(), Op: token.AND, X: e}
		}
		before = append(before, &ast.AssignStmt{Lhs: []ast.Expr{&ast.Ident{Name: name, NamePos: e.Pos()}}, TokPos: e.Pos(), Tok: token.DEFINE, Rhs: []ast.Expr{value}})
		return &ast.Ident{Name: name, NamePos: e.Pos()}
	}
	switch f := ast.Unparen(s.Call.Fun).(type) {
	case *ast.Ident:
		if _, variable := r.u.info.Uses[f].(*types.Var); variable {
			s.Call.Fun = fix(f, false)
		}
	case *ast.SelectorExpr:
		switch selected := r.u.info.Selections[f]; {
		case selected == nil: // of a package
		case selected.Kind() == types.MethodVal:
			f.X = fix(f.X, toPointer(selected))
		case selected.Kind() == types.FieldVal:
			s.Call.Fun = fix(f, false)
		}
	default:
		s.Call.Fun = fix(f, false)
	}
	if tuple, several := r.u.info.Types[firstArgument(s.Call)].Type.(*types.Tuple); several {
		all := &ast.AssignStmt{TokPos: s.Pos(), Tok: token.DEFINE, Rhs: s.Call.Args}
		s.Call.Args = nil
		for range tuple.Len() {
			name := r.i.scope.fresh("given")
			all.Lhs = append(all.Lhs, &ast.Ident{Name: name, NamePos: s.Pos()})
			s.Call.Args = append(s.Call.Args, &ast.Ident{Name: name, NamePos: s.Pos()})
		}
		before = append(before, all)
	} else {
		for n, a := range s.Call.Args {
			s.Call.Args[n] = fix(a, false)
		}
	}
	inside := &ast.FuncLit{
		Type: &ast.FuncType{Func: s.Pos(), Params: &ast.FieldList{Opening: s.Pos(), Closing: s.Pos()}},
		Body: &ast.BlockStmt{Lbrace: s.Pos(), List: append(guard, &ast.ExprStmt{X: s.Call}), Rbrace: s.End()},
	}
	start := &ast.GoStmt{Go: s.Go, Call: &ast.CallExpr{Fun: inside, Lparen: s.Pos(), Rparen: s.End()}}
	if len(before) == 0 {
		c.Replace(start)
		return
	}
	c.Replace(&ast.BlockStmt{Lbrace: s.Pos(), List: append(before, start), Rbrace: s.End()})
}

func firstArgument(call *ast.CallExpr) ast.Expr {
	if len(call.Args) == 0 {
		return nil
	}
	return call.Args[0]
}

// toPointer tells whether calling a method takes the address of what it is called on.
func toPointer(s *types.Selection) bool {
	if _, pointer := s.Recv().Underlying().(*types.Pointer); pointer {
		return false
	}
	receiver := s.Obj().(*types.Func).Signature().Recv()
	if receiver == nil {
		return false
	}
	_, pointer := receiver.Type().(*types.Pointer)
	return pointer
}
