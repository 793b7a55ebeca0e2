package worker

import (
	"go/ast"
	"go/token"
	"go/types"
)

// copyType returns the name of the copy of a generic type, made with all of its methods if there is none yet. It is empty where there can be none.
func (r *rewriter) copyType(t *types.Named) string {
	origin := t.Origin()
	found := r.i.library.templates[origin.Obj()]
	if found == nil || r.failure != nil {
		return ""
	}
	if name := r.made(found, t.TypeArgs()); name != "" {
		return name
	}
	at := &ast.Ident{NamePos: r.u.nodes()[0].Pos()}
	name := r.make(at, found, t.TypeArgs())
	if r.failure != nil {
		return ""
	}
	found.taken = true
	spelled, ok := r.i.scope.spell(t.Underlying())
	if !ok {
		return ""
	}
	spec := &ast.TypeSpec{Name: &ast.Ident{Name: name, NamePos: at.Pos()}, Type: r.placed(spelled, at)}
	r.work.decls = append(r.work.decls, &ast.GenDecl{TokPos: at.Pos(), Tok: token.TYPE, Specs: []ast.Spec{spec}})
	for _, f := range found.methods {
		r.copyMethod(at, found, f, t, name)
	}
	return name
}

func (r *rewriter) copyMethod(at ast.Node, found *template, f *ast.FuncDecl, t *types.Named, name string) {
	var receiver types.Type = t
	_, pointer := ast.Unparen(f.Recv.List[0].Type).(*ast.StarExpr)
	if pointer {
		receiver = types.NewPointer(t)
	}
	if r.failure == nil {
		r.copyBody(at, found, f, f.Name.Name, t.TypeArgs(), receiver)
	}
	if r.failure != nil {
		return
	}
	self := r.work.decls[len(r.work.decls)-1].(*ast.FuncDecl).Recv.List[0]
	self.Type = &ast.Ident{Name: name, NamePos: f.Pos()}
	if pointer {
		self.Type = &ast.StarExpr{Star: f.Pos(), X: self.Type}
	}
}
