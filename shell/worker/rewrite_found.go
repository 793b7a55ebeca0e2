package worker

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/astutil"
)

// found asks in a function of its own whether something is there: where it is not, yaegi would leave the value that an earlier turn of a loop found.
//
//	v, ok := m[k]
//
// becomes
//
//	v, ok := func() (T, bool) { v, ok := m[k]; return v, ok }()
func (r *rewriter) found(c *astutil.Cursor, s *ast.AssignStmt) {
	if _, selects := c.Parent().(*ast.CommClause); selects && c.Name() == "Comm" {
		return
	}
	if len(s.Lhs) != 2 || len(s.Rhs) != 1 {
		return
	}
	if id, ok := s.Lhs[0].(*ast.Ident); ok && id.Name == "_" {
		return
	}
	e := ast.Unparen(s.Rhs[0])
	switch e := e.(type) {
	case *ast.IndexExpr, *ast.TypeAssertExpr:
	case *ast.UnaryExpr:
		if e.Op != token.ARROW {
			return
		}
	default:
		return
	}
	tuple, ok := r.u.info.Types[s.Rhs[0]].Type.(*types.Tuple)
	if !ok || tuple.Len() != 2 {
		return
	}
	spelled, ok := r.i.scope.spell(tuple.At(0).Type())
	if !ok {
		return
	}
	call := r.expression(fmt.Sprintf("func() (%s, bool) { v%s, ok%s := 0; return v%s, ok%s }()", spelled, mark, mark, mark, mark)).(*ast.CallExpr)
	call.Fun.(*ast.FuncLit).Body.List[0].(*ast.AssignStmt).Rhs = []ast.Expr{e}
	s.Rhs = []ast.Expr{call}
}
