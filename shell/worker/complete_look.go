package worker

import (
	"go/ast"
	"go/token"
	"go/types"
)

// view is what the type checker makes of the text around the cursor.
type view struct {
	library *library
	scope   *scope // the session's, and what the text before the cursor declares
	fset    *token.FileSet
	pkg     *types.Package
	info    *types.Info
	path    []ast.Node      // from the declaration around the cursor down to the mark; empty where the mark is lost
	own     map[string]bool // what the declarations around the cursor declare
}

// look checks a text that was made whole, as far as it says anything about its mark. It leaves the session as it is, but for what is in the scope
// of its package.
func (i *interpreter) look(whole string) *view {
	v := &view{library: i.library, scope: i.scope.trial(), fset: token.NewFileSet(), own: map[string]bool{}}
	if last, ok := i.lastType(); ok {
		v.scope.names[lastName] = binding{object: types.NewVar(token.NoPos, i.library.pkg("main"), lastName, last)}
	}
	all := v.stretches(whole)
	for _, s := range all[max(0, len(all)-maxParts):] {
		v.path = s.marked()
		s.prune(v.path)
		decls := s.declarations(v.own)
		v.check(decls)
		if v.path != nil {
			return v
		}
		v.keep(s)
		clear(v.own)
	}
	return v
}

// lastType is the type of the last value of the session, where there is one.
func (i *interpreter) lastType() (types.Type, bool) {
	b, ok := i.scope.names["_"]
	if !ok || b.object == nil {
		return nil, false
	}
	return b.object.Type(), true
}

func (v *view) check(decls []ast.Decl) {
	used := map[string]bool{}
	for _, d := range decls {
		ast.Inspect(d, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				used[id.Name] = true
			}
			return true
		})
	}
	v.pkg = v.scope.pack(used, v.own)
	v.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Scopes: map[ast.Node]*types.Scope{}, Implicits: map[ast.Node]types.Object{},
	}
	// Unfinished code is full of mistakes; what the checker knows in spite of them is what is wanted.
	config := types.Config{GoVersion: goVersion, Importer: v.library, DisableUnusedImportCheck: true, Error: func(error) {}}
	file := &ast.File{Name: &ast.Ident{Name: "main"}, Decls: decls}
	_ = types.NewChecker(&config, v.fset, v.pkg, v.info).Files([]*ast.File{file})
}

// keep makes what a stretch declares known to what follows it.
func (v *view) keep(s *stretch) {
	for _, id := range s.declared() {
		object := v.info.Defs[id]
		if object == nil || id.Name == "_" {
			continue
		}
		switch o := object.(type) {
		case *types.Var:
			object = types.NewVar(token.NoPos, v.pkg, id.Name, o.Type())
		case *types.Const:
			object = types.NewConst(token.NoPos, v.pkg, id.Name, o.Type(), o.Val())
		}
		v.scope.names[id.Name] = binding{object: object, command: newest}
	}
}

// newest is the command of what the unfinished input itself declares: behind all others.
const newest = 1 << 30

// around is the innermost node of a kind on the way to the mark, with the node below it.
func around[N ast.Node](path []ast.Node) (found N, below ast.Node, ok bool) {
	for n := len(path) - 2; n >= 0; n-- {
		if node, is := path[n].(N); is {
			return node, path[n+1], true
		}
	}
	return found, nil, false
}
