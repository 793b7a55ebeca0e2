package worker

import (
	"go/ast"
	"go/token"
	"go/types"
)

// depends tells whether what one side of an assignment sets is read to find what another sets, and which places have to be found before any is set:
//
//	i, xs[i] = 1, 2      list.head, list.head.next = a, b
func (r *rewriter) depends(s *ast.AssignStmt) (fixed map[int]bool, depends bool) {
	fixed = map[int]bool{}
	for n, place := range s.Lhs {
		if _, name := place.(*ast.Ident); name {
			continue
		}
		for m, other := range s.Lhs {
			if m == n {
				continue
			}
			id, name := other.(*ast.Ident)
			switch {
			case name && r.uses(place, r.u.info.ObjectOf(id)):
				depends = true // names are set last
			case !name && m < n && r.reads(place, r.u.info.Types[other].Type):
				depends, fixed[n] = true, true
			}
		}
	}
	return fixed, depends
}

func (r *rewriter) uses(e ast.Expr, object types.Object) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && object != nil && r.u.info.Uses[id] == object
		return !found
	})
	return found
}

// reads tells whether a place is found by way of another place of this type.
func (r *rewriter) reads(place ast.Expr, t types.Type) bool {
	found := false
	ast.Inspect(place, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok || e == place {
			return true
		}
		switch e.(type) {
		case *ast.IndexExpr, *ast.SelectorExpr, *ast.StarExpr:
			at := r.u.info.Types[e].Type
			found = found || at != nil && t != nil && types.Identical(at, t)
		}
		return !found
	})
	return found
}

// fixed finds a place before anything is set, and writes how to set it then.
func (r *rewriter) fixed(place ast.Expr) (ast.Expr, []ast.Stmt) {
	keep := func(e ast.Expr, stem string) (*ast.Ident, ast.Stmt) {
		name := r.i.scope.fresh(stem)
		set := &ast.AssignStmt{Lhs: []ast.Expr{&ast.Ident{Name: name, NamePos: e.Pos()}}, TokPos: e.Pos(), Tok: token.DEFINE, Rhs: []ast.Expr{e}}
		return &ast.Ident{Name: name, NamePos: e.Pos()}, set
	}
	if at, ok := ast.Unparen(place).(*ast.IndexExpr); ok {
		if _, isMap := r.u.info.Types[at.X].Type.Underlying().(*types.Map); isMap {
			in, first := keep(at.X, "in")
			key, second := keep(at.Index, "key")
			return &ast.IndexExpr{X: in, Lbrack: at.Lbrack, Index: key, Rbrack: at.Rbrack}, []ast.Stmt{first, second}
		}
	}
	pointer, set := keep(&ast.UnaryExpr{OpPos: place.Pos(), Op: token.AND, X: place}, "place")
	return &ast.StarExpr{Star: place.Pos(), X: pointer}, []ast.Stmt{set}
}
