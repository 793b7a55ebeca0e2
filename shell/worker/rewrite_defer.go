package worker

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/astutil"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// deferred fixes what a deferred call is given when it is deferred, as Go does: yaegi would look only when it runs.
//
//	defer f(x)
//
// becomes
//
//	xǃ := x; defer f(xǃ)
//
// In a loop yaegi gives all the calls the values of the last, or hangs; that is refused.
func (r *rewriter) deferred(c *astutil.Cursor, s *ast.DeferStmt) {
	if r.inLoop(s) {
		r.failure = r.i.at(s, &wire.Error{Kind: wire.ErrSyntax, Message: "defer in a loop is not understood here", Hint: "nothing ran; put the loop's body into a function, func() { defer …; … }()"})
		return
	}
	if r.callsOwnClosure(s) {
		r.failure = r.i.at(s, &wire.Error{Kind: wire.ErrSyntax, Message: "a deferred call cannot use a function that was made in the same function here", Hint: "nothing ran; put what it does into defer func() { … }(), or make it a function of its own"})
		return
	}
	var before []ast.Stmt
	fix := func(e ast.Expr) ast.Expr {
		known := r.u.info.Types[e]
		if known.Value != nil || known.IsType() || known.IsNil() || known.IsBuiltin() || known.Type == nil {
			return e
		}
		if _, several := known.Type.(*types.Tuple); several {
			return e
		}
		name := r.i.scope.fresh("deferred")
		before = append(before, &ast.AssignStmt{Lhs: []ast.Expr{&ast.Ident{Name: name, NamePos: e.Pos()}}, TokPos: e.Pos(), Tok: token.DEFINE, Rhs: []ast.Expr{e}})
		return &ast.Ident{Name: name, NamePos: e.Pos()}
	}
	for n, a := range s.Call.Args {
		s.Call.Args[n] = fix(a)
	}
	switch f := ast.Unparen(s.Call.Fun).(type) {
	case *ast.Ident:
		if _, variable := r.u.info.Uses[f].(*types.Var); variable {
			s.Call.Fun = fix(f)
		}
	}
	if len(before) == 0 {
		return
	}
	if c.Index() >= 0 {
		for _, b := range before {
			c.InsertBefore(b)
		}
		return
	}
	c.Replace(&ast.BlockStmt{Lbrace: s.Pos(), List: append(before, s), Rbrace: s.End()})
}

// callsOwnClosure tells whether a deferred call runs a function literal of the function that defers it, other than itself: yaegi would wait for
// itself for ever.
func (r *rewriter) callsOwnClosure(s *ast.DeferStmt) bool {
	own := r.closures(s)
	found := false
	ast.Inspect(s.Call, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && own[r.u.info.Uses[id]] {
			found = true
		}
		return !found
	})
	for _, a := range s.Call.Args {
		if _, literal := ast.Unparen(a).(*ast.FuncLit); literal {
			found = true
		}
	}
	return found
}

// closures are the variables of the function around s to which it gives a function literal.
func (r *rewriter) closures(s ast.Stmt) map[types.Object]bool {
	own := map[types.Object]bool{}
	note := func(left, right ast.Expr) {
		id, named := left.(*ast.Ident)
		if _, literal := ast.Unparen(right).(*ast.FuncLit); !literal || !named {
			return
		}
		if object := r.u.info.ObjectOf(id); object != nil {
			own[object] = true
		}
	}
	for _, root := range r.u.nodes() {
		var around ast.Node = root
		for _, n := range pathTo(root, s) {
			switch n.(type) {
			case *ast.FuncLit, *ast.FuncDecl:
				around = n
			}
		}
		ast.Inspect(around, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for at := range min(len(n.Lhs), len(n.Rhs)) {
					note(n.Lhs[at], n.Rhs[at])
				}
			case *ast.ValueSpec:
				for at := range min(len(n.Names), len(n.Values)) {
					note(n.Names[at], n.Values[at])
				}
			}
			return true
		})
	}
	return own
}

// inLoop tells whether a statement stands in a loop of its own function.
func (r *rewriter) inLoop(s ast.Stmt) bool {
	for _, root := range r.u.nodes() {
		path := pathTo(root, s)
		for n := len(path) - 1; n >= 0; n-- {
			switch path[n].(type) {
			case *ast.ForStmt, *ast.RangeStmt:
				return true
			case *ast.FuncLit, *ast.FuncDecl:
				return false
			}
		}
	}
	return false
}

// pathTo returns the nodes from root down to what target is in.
func pathTo(root, target ast.Node) []ast.Node {
	var path, found []ast.Node
	ast.Inspect(root, func(n ast.Node) bool {
		if found != nil {
			return false
		}
		if n == nil {
			path = path[:len(path)-1]
			return true
		}
		if n == target {
			found = append([]ast.Node{}, path...)
			return false
		}
		path = append(path, n)
		return true
	})
	return found
}
