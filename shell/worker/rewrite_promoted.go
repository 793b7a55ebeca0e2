package worker

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/astutil"
)

// promoted writes out the way to an embedded field or method where another embedded type has one of the same name: yaegi takes the first that it
// finds, and Go the one that is nearest.
func (r *rewriter) promoted(root ast.Node) {
	later := map[ast.Expr]bool{} // what a go or defer statement calls is looked at by itself
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			later[n.Call.Fun] = true
		case *ast.DeferStmt:
			later[n.Call.Fun] = true
		}
		return true
	})
	astutil.Apply(root, nil, func(c *astutil.Cursor) bool {
		s, ok := c.Node().(*ast.SelectorExpr)
		selected := r.u.info.Selections[s]
		if !ok || selected == nil || len(selected.Index()) < 2 || later[s] || selected.Kind() == types.MethodExpr {
			return true
		}
		if call, called := c.Parent().(*ast.CallExpr); selected.Kind() == types.MethodVal && (!called || call.Fun != s) {
			return true
		}
		if !rivals(selected) {
			return true
		}
		t := selected.Recv()
		for _, n := range selected.Index()[:len(selected.Index())-1] {
			if p, pointer := t.Underlying().(*types.Pointer); pointer {
				t = p.Elem()
			}
			f := t.Underlying().(*types.Struct).Field(n)
			s.X = &ast.SelectorExpr{X: s.X, Sel: &ast.Ident{Name: f.Name(), NamePos: s.Sel.Pos()}}
			t = f.Type()
		}
		return true
	})
}

// rivals tells whether more than one embedded field of a struct leads to the name that was selected.
func rivals(selected *types.Selection) bool {
	t := selected.Recv()
	if p, pointer := t.Underlying().(*types.Pointer); pointer {
		t = p.Elem()
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	count := 0
	for n := range s.NumFields() {
		if f := s.Field(n); f.Embedded() {
			if found, _, _ := types.LookupFieldOrMethod(f.Type(), true, selected.Obj().Pkg(), selected.Obj().Name()); found != nil {
				count++
			}
		}
	}
	return count > 1
}
