package worker

import (
	"go/ast"
	"go/token"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// refuse says what is wrong with a unit that can be seen without types, and collects the names it declares.
func (i *interpreter) refuse(u *unit) *wire.Error {
	if u.statement != nil {
		if failure := i.refuseStatement(u); failure != nil {
			return failure
		}
	}
	for _, d := range u.decls {
		if failure := i.refuseDecl(u, d); failure != nil {
			return failure
		}
	}
	for _, node := range u.nodes() {
		if failure := i.refuseInside(node); failure != nil {
			return failure
		}
	}
	return nil
}

func (u *unit) nodes() []ast.Node {
	if u.statement != nil {
		return []ast.Node{u.statement}
	}
	nodes := make([]ast.Node, len(u.decls))
	for n, d := range u.decls {
		nodes[n] = d
	}
	return nodes
}

func (i *interpreter) refuseStatement(u *unit) *wire.Error {
	meaningless := func(what, hint string) *wire.Error {
		return i.at(u.statement, &wire.Error{Kind: wire.ErrRefused, Rule: "statement", Message: what + " has no meaning outside a function", Hint: "nothing ran; " + hint})
	}
	switch s := u.statement.(type) {
	case *ast.DeferStmt:
		return meaningless("defer", "a command is no function that ends: call it as a command of its own, or put it into func() { … }()")
	case *ast.ReturnStmt:
		return meaningless("return", "type the expression itself to see its value")
	case *ast.BranchStmt:
		return meaningless(s.Tok.String(), "it belongs into a loop")
	case *ast.LabeledStmt:
		return meaningless("a label", "put the loop into func() { … }()")
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			for _, left := range s.Lhs {
				id, ok := left.(*ast.Ident)
				if !ok {
					return i.at(left, &wire.Error{Kind: wire.ErrSyntax, Message: "only a name can stand left of :=", Hint: "nothing ran"})
				}
				u.define = append(u.define, id)
			}
		}
	case *ast.DeclStmt:
		for _, spec := range s.Decl.(*ast.GenDecl).Specs {
			if v, ok := spec.(*ast.ValueSpec); ok {
				u.define = append(u.define, v.Names...)
			}
		}
	}
	for _, id := range u.define {
		if id.Name == "_" {
			continue
		}
		if failure := i.scope.refuseDeclaration(id, false); failure != nil {
			return i.at(id, failure)
		}
		u.named = append(u.named, id.Name)
	}
	return nil
}

func (i *interpreter) refuseDecl(u *unit, d ast.Decl) *wire.Error {
	if f, ok := d.(*ast.FuncDecl); ok {
		switch {
		case f.Body == nil:
			return i.at(f, &wire.Error{Kind: wire.ErrSyntax, Message: "func " + f.Name.Name + " has no body", Hint: "nothing ran"})
		case f.Recv != nil && (len(f.Recv.List) != 1 || len(f.Recv.List[0].Names) > 1):
			return i.at(f, &wire.Error{Kind: wire.ErrSyntax, Message: "a method has one receiver", Hint: "nothing ran; write func (p Point) " + f.Name.Name + "() { … }"})
		case f.Recv != nil:
			return nil // it is known only with types whose method it is
		}
		if failure := i.scope.refuseDeclaration(f.Name, false); failure != nil {
			return i.at(f.Name, failure)
		}
		u.named = append(u.named, f.Name.Name)
		return nil
	}
	for _, spec := range d.(*ast.GenDecl).Specs {
		t := spec.(*ast.TypeSpec)
		if failure := i.scope.refuseDeclaration(t.Name, true); failure != nil {
			return i.at(t.Name, failure)
		}
		u.named = append(u.named, t.Name.Name)
	}
	return nil
}

// refuseInside finds what must not stand anywhere.
func (i *interpreter) refuseInside(root ast.Node) (failure *wire.Error) {
	ast.Inspect(root, func(node ast.Node) bool {
		if failure != nil {
			return false
		}
		switch n := node.(type) {
		case *ast.BranchStmt:
			if n.Tok == token.GOTO {
				failure = i.at(n, &wire.Error{Kind: wire.ErrRefused, Rule: "statement", Message: "goto is not understood here", Hint: "nothing ran; write a loop"})
			}
		}
		return true
	})
	return failure
}

// refuseAssign keeps the console's names, and the variables of compiled packages, as they are.
func (i *interpreter) refuseAssign(u *unit) (failure *wire.Error) {
	check := func(left ast.Expr) {
		var id *ast.Ident
		switch l := ast.Unparen(left).(type) {
		case *ast.Ident:
			id = l
		case *ast.SelectorExpr:
			id = l.Sel
		}
		if id == nil || failure != nil {
			return
		}
		object := u.info.Uses[id]
		if object == nil || object.Pkg() == nil || object.Pkg().Scope().Lookup(object.Name()) != object || object.Pkg().Path() == "main" {
			return
		}
		failure = i.at(id, &wire.Error{Kind: wire.ErrRefused, Rule: "protected", Message: id.Name + " belongs to the console and cannot be assigned to", Hint: "nothing ran; choose another name"})
	}
	for _, node := range u.nodes() {
		ast.Inspect(node, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, left := range n.Lhs {
						check(left)
					}
				}
			case *ast.IncDecStmt:
				check(n.X)
			case *ast.RangeStmt:
				if n.Tok == token.ASSIGN {
					check(n.Key)
					check(n.Value)
				}
			}
			return true
		})
	}
	return failure
}
