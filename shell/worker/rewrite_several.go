package worker

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/astutil"
)

// receive puts a receive that stands among other values into a function of its own: yaegi would take the place of the next value for whether the
// channel is open.
func (r *rewriter) receive(c *astutil.Cursor, e *ast.UnaryExpr) {
	if e.Op != token.ARROW {
		return
	}
	switch p := c.Parent().(type) {
	case *ast.AssignStmt:
		if len(p.Rhs) < 2 {
			return
		}
	case *ast.ValueSpec:
		if len(p.Values) < 2 {
			return
		}
	case *ast.ReturnStmt, *ast.CallExpr, *ast.BinaryExpr, *ast.CompositeLit, *ast.KeyValueExpr:
	default:
		return
	}
	t := r.u.info.Types[e].Type
	if tuple, ok := t.(*types.Tuple); ok {
		t = tuple.At(0).Type()
	}
	if spelled, ok := r.i.scope.spell(t); ok {
		call := r.expression("func() " + spelled + " { v := 0; return v }()").(*ast.CallExpr)
		call.Fun.(*ast.FuncLit).Body.List[0].(*ast.AssignStmt).Rhs[0] = e
		c.Replace(call)
	}
}

// several sets variables of different types one by one, each to what its expression was before any was set: yaegi would lose some of them.
//
//	n, err = 1, nil
//
// becomes
//
//	{ var toǃ1 int = 1; var toǃ2 error; n = toǃ1; err = toǃ2 }
func (r *rewriter) several(c *astutil.Cursor, s *ast.AssignStmt) {
	if len(s.Rhs) < 2 || s.Tok != token.ASSIGN {
		return
	}
	mixed := false
	for n := range s.Lhs {
		first, t := r.u.info.Types[s.Lhs[0]].Type, r.u.info.Types[s.Lhs[n]].Type
		mixed = mixed || first == nil || t == nil || !types.Identical(first, t) || r.u.info.Types[s.Rhs[n]].IsNil()
	}
	fixed, depends := r.depends(s)
	if !mixed && !depends {
		return
	}
	var made, places, names []ast.Stmt
	for n, left := range s.Lhs {
		at := s.Rhs[n].Pos()
		id, isName := left.(*ast.Ident)
		if isName && id.Name == "_" {
			made = append(made, &ast.AssignStmt{Lhs: []ast.Expr{left}, TokPos: at, Tok: token.ASSIGN, Rhs: []ast.Expr{s.Rhs[n]}})
			continue
		}
		spelled, ok := r.i.scope.spell(r.u.info.Types[left].Type)
		if !ok {
			return
		}
		to := &ast.Ident{Name: r.i.scope.fresh("to"), NamePos: at}
		spec := &ast.ValueSpec{Names: []*ast.Ident{to}, Type: r.placed(spelled, s.Rhs[n])}
		if !r.u.info.Types[s.Rhs[n]].IsNil() {
			spec.Values = []ast.Expr{s.Rhs[n]}
		}
		made = append(made, &ast.DeclStmt{Decl: &ast.GenDecl{TokPos: at, Tok: token.VAR, Specs: []ast.Spec{spec}}})
		if fixed[n] {
			var before []ast.Stmt
			left, before = r.fixed(left)
			made = append(made, before...)
		}
		set := &ast.AssignStmt{Lhs: []ast.Expr{left}, TokPos: at, Tok: token.ASSIGN, Rhs: []ast.Expr{&ast.Ident{Name: to.Name, NamePos: at}}}
		if isName {
			names = append(names, set)
		} else {
			places = append(places, set) // what they say of a place may read the names
		}
	}
	block := &ast.BlockStmt{Lbrace: s.Pos(), List: append(append(made, places...), names...), Rbrace: s.End()}
	if c.Index() >= 0 {
		c.Replace(block)
		return
	}
	if _, labelled := c.Parent().(*ast.LabeledStmt); labelled {
		c.Replace(block)
		return
	}
	c.Replace(&ast.ExprStmt{X: &ast.CallExpr{Fun: &ast.FuncLit{Type: &ast.FuncType{Func: s.Pos(), Params: &ast.FieldList{Opening: s.Pos(), Closing: s.Pos()}}, Body: block}, Lparen: s.Pos(), Rparen: s.End()}})
}

// handedOn keeps a function that is handed to compiled code in a loop to the variables of its iteration: yaegi would show it those of the last.
func (r *rewriter) handedOn(c *astutil.Cursor, f *ast.FuncLit) {
	call, ok := c.Parent().(*ast.CallExpr)
	if !ok || call.Fun == f {
		return
	}
	id := called(call.Fun)
	if id == nil {
		return
	}
	object := r.u.info.Uses[id]
	if object == nil || object.Pkg() == nil || object.Pkg().Path() == "main" {
		return
	}
	if spelled, ok := r.i.scope.spell(r.u.info.Types[f].Type); ok {
		c.Replace(&ast.CallExpr{Fun: r.expression("func(f " + spelled + ") " + spelled + " { return f }"), Lparen: f.Pos(), Args: []ast.Expr{f}, Rparen: f.End()})
	}
}
