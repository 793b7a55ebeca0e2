package worker

import (
	"go/ast"
	"go/token"
)

// definition makes the variables first, by their types, and then sets them in a function.
// A variable whose type cannot be written down is made and set at once.
func (r *rewriter) definition() program {
	var before []ast.Decl
	for name, t := range r.u.vars {
		spelled, ok := r.i.scope.spell(t)
		if !ok {
			return r.atOnce()
		}
		before = append(before, r.variable(name, spelled))
	}
	var statements []ast.Stmt
	switch s := r.u.statement.(type) {
	case *ast.AssignStmt:
		statements = append(statements, oneByOne(s.Lhs, s.Rhs)...)
	case *ast.DeclStmt:
		for _, spec := range s.Decl.(*ast.GenDecl).Specs {
			if v := spec.(*ast.ValueSpec); len(v.Values) > 0 {
				statements = append(statements, oneByOne(idents(v.Names), v.Values)...)
			}
		}
	}
	if len(statements) == 0 {
		return program{decls: before}
	}
	return r.function(statements, before)
}

// oneByOne sets new variables: none of the values can mention one of them.
func oneByOne(left, right []ast.Expr) []ast.Stmt {
	set := func(left, right []ast.Expr) ast.Stmt {
		return &ast.AssignStmt{Lhs: left, TokPos: left[0].Pos(), Tok: token.ASSIGN, Rhs: right}
	}
	if len(left) != len(right) {
		return []ast.Stmt{set(left, right)}
	}
	var out []ast.Stmt
	for n := range left {
		out = append(out, set(left[n:n+1:n+1], right[n:n+1:n+1]))
	}
	return out
}

func (r *rewriter) atOnce() program {
	pos := r.u.statement.Pos()
	switch s := r.u.statement.(type) {
	case *ast.AssignStmt:
		spec := &ast.ValueSpec{Values: s.Rhs}
		for _, left := range s.Lhs {
			spec.Names = append(spec.Names, left.(*ast.Ident))
		}
		return program{decls: []ast.Decl{&ast.GenDecl{TokPos: pos, Tok: token.VAR, Specs: []ast.Spec{spec}}}}
	default:
		return program{decls: []ast.Decl{s.(*ast.DeclStmt).Decl}}
	}
}

func idents(names []*ast.Ident) []ast.Expr {
	out := make([]ast.Expr, len(names))
	for n, id := range names {
		out[n] = id
	}
	return out
}

func (r *rewriter) variable(name, spelled string) ast.Decl {
	pos := r.u.statement.Pos()
	return &ast.GenDecl{TokPos: pos, Tok: token.VAR, Specs: []ast.Spec{&ast.ValueSpec{
		Names: []*ast.Ident{{Name: name, NamePos: pos}}, Type: r.expression(spelled),
	}}}
}
