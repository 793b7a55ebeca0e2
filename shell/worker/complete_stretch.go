package worker

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
)

// stretch is a part of the text that is checked at once: statements, or declarations that may refer to each other.
type stretch struct {
	statements []ast.Stmt
	decls      []ast.Decl
	sets       map[string]bool
}

func (v *view) stretches(whole string) []*stretch {
	var all []*stretch
	last := func(decls bool) *stretch {
		if n := len(all); n > 0 && (all[n-1].decls != nil) == decls {
			return all[n-1]
		}
		all = append(all, &stretch{sets: map[string]bool{}})
		return all[len(all)-1]
	}
	declare := func(decls ...ast.Decl) {
		s := last(true)
		s.decls = append(s.decls, decls...)
	}
	for _, p := range pieces(whole) {
		switch p.kind {
		case token.FUNC:
			declare(v.parse("package main;" + whole[p.from:p.to] + "\n").Decls...)
		case token.ILLEGAL:
			file := v.parse("package main;func _(){" + whole[p.from:p.to] + "\n}")
			for _, statement := range statements(file) {
				if d, ok := statement.(*ast.DeclStmt); ok && d.Decl.(*ast.GenDecl).Tok == token.TYPE {
					declare(d.Decl)
					continue
				}
				s, names := last(false), defines(statement)
				if slices.ContainsFunc(names, func(id *ast.Ident) bool { return s.sets[id.Name] }) {
					// Here a name may be declared anew, where Go would not let it.
					s = &stretch{sets: map[string]bool{}}
					all = append(all, s)
				}
				for _, id := range names {
					s.sets[id.Name] = true
				}
				s.statements = append(s.statements, statement)
			}
		}
	}
	return all
}

// parse takes whatever the parser makes of a text.
func (v *view) parse(text string) *ast.File {
	file, _ := parser.ParseFile(v.fset, "", text, parser.SkipObjectResolution|parser.AllErrors)
	if file == nil {
		return &ast.File{}
	}
	return file
}

func statements(file *ast.File) []ast.Stmt {
	if len(file.Decls) > 0 {
		if f, ok := file.Decls[0].(*ast.FuncDecl); ok && f.Body != nil {
			return f.Body.List
		}
	}
	return nil
}

// defines are the names that a statement declares.
func defines(statement ast.Stmt) []*ast.Ident {
	var names []*ast.Ident
	switch s := statement.(type) {
	case *ast.AssignStmt:
		for _, left := range s.Lhs {
			if id, ok := left.(*ast.Ident); ok && s.Tok == token.DEFINE {
				names = append(names, id)
			}
		}
	case *ast.DeclStmt:
		for _, spec := range s.Decl.(*ast.GenDecl).Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				names = append(names, spec.Names...)
			case *ast.TypeSpec:
				names = append(names, spec.Name)
			}
		}
	case *ast.LabeledStmt:
		return defines(s.Stmt)
	}
	return names
}

// nodes are the roots of a stretch.
func (s *stretch) nodes() []ast.Node {
	var nodes []ast.Node
	for _, statement := range s.statements {
		nodes = append(nodes, statement)
	}
	for _, d := range s.decls {
		nodes = append(nodes, d)
	}
	return nodes
}

// marked is the way down to the mark, if it is in this stretch.
func (s *stretch) marked() []ast.Node {
	var path, found []ast.Node
	for _, root := range s.nodes() {
		ast.Inspect(root, func(n ast.Node) bool {
			if n == nil {
				path = path[:len(path)-1]
				return true
			}
			path = append(path, n)
			id, isName := n.(*ast.Ident)
			text, isText := n.(*ast.BasicLit)
			if found == nil && (isName && id.Name == mark || isText && text.Value == `"`+mark+`"`) {
				found = slices.Clone(path)
			}
			return true
		})
	}
	return found
}

// prune takes out what says nothing about the mark: what happens in other blocks, and statements that declare nothing.
func (s *stretch) prune(path []ast.Node) {
	on := map[ast.Node]bool{}
	for _, n := range path {
		on[n] = true
	}
	keep := func(all []ast.Stmt) []ast.Stmt {
		return slices.DeleteFunc(all, func(statement ast.Stmt) bool { return !on[statement] && len(defines(statement)) == 0 })
	}
	for _, root := range s.nodes() {
		ast.Inspect(root, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BlockStmt:
				n.List = pruned(n.List, on[n], keep)
			case *ast.CaseClause:
				n.Body = pruned(n.Body, on[n], keep)
			case *ast.CommClause:
				n.Body = pruned(n.Body, on[n], keep)
			}
			return true
		})
	}
	s.statements = keep(s.statements)
}

func pruned(list []ast.Stmt, on bool, keep func([]ast.Stmt) []ast.Stmt) []ast.Stmt {
	if on {
		return keep(list)
	}
	return nil
}

// declarations are what the type checker gets. A method of a type of an earlier command becomes a function whose first
// parameter is the receiver: it must not be added to the type.
func (s *stretch) declarations(own map[string]bool) []ast.Decl {
	if s.decls == nil {
		if len(s.statements) == 0 {
			return nil
		}
		first, last := s.statements[0], s.statements[len(s.statements)-1]
		return []ast.Decl{&ast.FuncDecl{
			Name: &ast.Ident{Name: "_", NamePos: first.Pos()},
			Type: &ast.FuncType{Func: first.Pos(), Params: &ast.FieldList{}},
			Body: &ast.BlockStmt{Lbrace: first.Pos(), List: s.statements, Rbrace: last.End()},
		}}
	}
	for _, id := range s.declared() {
		own[id.Name] = true
	}
	var decls []ast.Decl
	for _, d := range s.decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && (len(f.Recv.List) == 0 || !own[receiverName(f)]) {
			d = &ast.FuncDecl{Name: &ast.Ident{Name: "_", NamePos: f.Name.Pos()}, Body: f.Body, Type: &ast.FuncType{
				Func: f.Type.Func, Results: f.Type.Results,
				Params: &ast.FieldList{List: append(slices.Clone(f.Recv.List), f.Type.Params.List...)},
			}}
		}
		decls = append(decls, d)
	}
	return decls
}

// declared are the names that a stretch makes known to what follows it.
func (s *stretch) declared() []*ast.Ident {
	var names []*ast.Ident
	for _, statement := range s.statements {
		names = append(names, defines(statement)...)
	}
	for _, d := range s.decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names = append(names, d.Name)
			}
		case *ast.GenDecl:
			names = append(names, defines(&ast.DeclStmt{Decl: d})...)
		}
	}
	return names
}
