package worker

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/astutil"
)

// captured gives a variable that yaegi makes once for a function, and not each time it is declared, a copy that a function or a pointer can keep:
//
//	v, ok := m[k]
//
// becomes, where v outlives its turn,
//
//	vǃ1, ok := m[k]; vǃ2 := vǃ1
func (r *rewriter) captured(c *astutil.Cursor, s *ast.AssignStmt) {
	if s.Tok != token.DEFINE || len(s.Rhs) != 1 || s == r.u.statement {
		return
	}
	switch right := ast.Unparen(s.Rhs[0]).(type) {
	case *ast.IndexExpr, *ast.TypeAssertExpr:
	case *ast.UnaryExpr:
		if right.Op != token.ARROW {
			return
		}
	default:
		return
	}
	var copies []ast.Stmt
	for _, left := range s.Lhs {
		id, ok := left.(*ast.Ident)
		if !ok || r.u.info.Defs[id] == nil || id.Name == "_" {
			continue
		}
		if list := r.copyFor(id, r.u.info.Defs[id]); list != nil {
			copies = append(copies, list...)
		}
	}
	if copies == nil {
		return
	}
	switch parent := c.Parent().(type) {
	case *ast.CommClause:
		if parent.Comm == s {
			parent.Body = append(copies, parent.Body...)
			return
		}
	case *ast.IfStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.ForStmt:
		if r.copies == nil {
			r.copies = map[ast.Stmt][]ast.Stmt{}
		}
		r.copies[s] = copies
		return
	}
	for n := len(copies) - 1; n >= 0 && c.Index() >= 0; n-- {
		c.InsertAfter(copies[n])
	}
}

// copyFor renames a variable that outlives its turn, and writes how its copy is made.
func (r *rewriter) copyFor(id *ast.Ident, object types.Object) []ast.Stmt {
	outlives := false
	for _, root := range r.u.nodes() {
		outlives = outlives || r.escapes(root, object)
	}
	if !outlives {
		return nil
	}
	inner, outer := r.i.scope.fresh(id.Name), r.i.scope.fresh(id.Name)
	for _, root := range r.u.nodes() {
		r.renameIn(root, object, inner)
	}
	id.Name = outer
	return r.statements(inner + " := " + outer)
}

// hoistCopies puts what declares the variables of an if or a switch before it, with their copies.
func (r *rewriter) hoistCopies(c *astutil.Cursor, s ast.Stmt, init *ast.Stmt) {
	copies := r.copies[*init]
	if copies == nil {
		return
	}
	list := append([]ast.Stmt{*init}, copies...)
	*init = nil
	if labelled, ok := c.Parent().(*ast.LabeledStmt); ok {
		r.hoisted(labelled, list)
		return
	}
	c.Replace(&ast.BlockStmt{Lbrace: s.Pos(), List: append(list, s), Rbrace: s.End()})
}

// capturedCases does the same for the variable of a type switch, which is another one in each case.
func (r *rewriter) capturedCases(s *ast.TypeSwitchStmt) {
	bound, ok := s.Assign.(*ast.AssignStmt)
	if !ok {
		return
	}
	name := bound.Lhs[0].(*ast.Ident).Name
	for _, clause := range s.Body.List {
		k := clause.(*ast.CaseClause)
		object := r.u.info.Implicits[k]
		if object == nil || !r.escapes(k, object) {
			continue
		}
		inner := r.i.scope.fresh(name)
		r.renameIn(k, object, inner)
		k.Body = append(r.statements(inner+" := "+name), k.Body...)
	}
}
