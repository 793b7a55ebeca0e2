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

// nils writes out the type of a nil that is assigned along with other values: yaegi would dereference it.
func (r *rewriter) nils(s *ast.AssignStmt) {
	if len(s.Rhs) < 2 || s.Tok != token.ASSIGN {
		return
	}
	for n, e := range s.Rhs {
		t := r.u.info.Types[s.Lhs[n]].Type
		if !r.u.info.Types[e].IsNil() || t == nil {
			continue
		}
		if spelled, ok := r.i.scope.spell(t); ok {
			call := r.expression("func() " + spelled + " { var none " + spelled + "; return none }()")
			s.Rhs[n] = call
		}
	}
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
