package worker

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/astutil"
)

// returned looks at all that a function returns before it sets a result that has a name: yaegi would set one, and then read it for the next.
//
//	return b, a
//
// becomes
//
//	var backǃ1 int = b; var backǃ2 int = a; return backǃ1, backǃ2
func (r *rewriter) returned(c *astutil.Cursor, s *ast.ReturnStmt) {
	if len(s.Results) < 2 || c.Index() < 0 {
		return
	}
	results := r.results(s)
	if results.Len() != len(s.Results) || results.At(0).Name() == "" || !r.mentions(s.Results, results) {
		return
	}
	var before []ast.Stmt
	var names []ast.Expr
	for n, e := range s.Results {
		spelled, ok := r.i.scope.spell(results.At(n).Type())
		if !ok {
			return
		}
		name := r.i.scope.fresh("back")
		spec := &ast.ValueSpec{Names: []*ast.Ident{{Name: name, NamePos: e.Pos()}}, Type: r.placed(spelled, e)}
		if !r.u.info.Types[e].IsNil() {
			spec.Values = []ast.Expr{e}
		}
		before = append(before, &ast.DeclStmt{Decl: &ast.GenDecl{TokPos: e.Pos(), Tok: token.VAR, Specs: []ast.Spec{spec}}})
		names = append(names, &ast.Ident{Name: name, NamePos: e.Pos()})
	}
	for _, b := range before {
		c.InsertBefore(b)
	}
	s.Results = names
}

// mentions tells whether any of the expressions uses a result other than the one that it sets.
func (r *rewriter) mentions(expressions []ast.Expr, results *types.Tuple) bool {
	found := false
	for n, e := range expressions {
		ast.Inspect(e, func(inside ast.Node) bool {
			id, ok := inside.(*ast.Ident)
			for at := range results.Len() {
				found = found || ok && at != n && r.u.info.Uses[id] == results.At(at)
			}
			return !found
		})
	}
	return found
}
