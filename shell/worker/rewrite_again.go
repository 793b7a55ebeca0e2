package worker

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// again lets a function be typed again, and those that call it call the new one. Each function begins with a look at a variable:
//
//	func f(p0 int) int { if againǃ != nil { return againǃ(p0) }; … }
//
// which a later f of the same signature is assigned to.
func (r *rewriter) again(f *ast.FuncDecl) []ast.Decl {
	object, ok := r.u.info.Defs[f.Name].(*types.Func)
	if !ok || f.Recv != nil || f.Type.TypeParams != nil || f.Body == nil {
		return nil
	}
	_, name, known := r.declared(object)
	spelled, written := r.i.scope.spell(object.Type())
	if !known || !written {
		return nil
	}
	var arguments []string
	for _, field := range f.Type.Params.List {
		if len(field.Names) == 0 {
			field.Names = []*ast.Ident{{Name: "_", NamePos: field.Pos()}}
		}
		for n, id := range field.Names {
			if id.Name == "_" {
				field.Names[n] = &ast.Ident{Name: r.i.scope.fresh("given"), NamePos: id.Pos()}
			}
			given := field.Names[n].Name
			if _, variadic := field.Type.(*ast.Ellipsis); variadic {
				given += "..."
			}
			arguments = append(arguments, given)
		}
	}
	forward := r.i.scope.fresh("again")
	call := fmt.Sprintf("%s(%s)", forward, strings.Join(arguments, ", "))
	if object.Signature().Results().Len() > 0 {
		call = "return " + call
	} else {
		call += "; return"
	}
	f.Body.List = append(r.statements(fmt.Sprintf("if %s != nil { %s }", forward, call)), f.Body.List...)
	b := r.u.declares[name]
	b.forward = forward
	r.u.declares[name] = b
	return []ast.Decl{&ast.GenDecl{TokPos: f.Pos(), Tok: token.VAR, Specs: []ast.Spec{&ast.ValueSpec{Names: []*ast.Ident{{Name: forward, NamePos: f.Pos()}}, Type: r.placed(spelled, f)}}}}
}

// declared finds under which name the unit declares an object.
func (r *rewriter) declared(object types.Object) (binding, string, bool) {
	for name, b := range r.u.declares {
		if b.object == object {
			return b, name, true
		}
	}
	return binding{}, "", false
}

// forwarding assigns the functions of a unit to what their earlier namesakes look at.
func (r *rewriter) forwarding(earlier *scope) (assigns []ast.Stmt) {
	for name, b := range r.u.declares {
		old, known := earlier.names[name]
		if known && b.forward != "" && old.forward != "" && types.Identical(old.object.Type(), b.object.Type()) {
			assigns = append(assigns, r.statements(old.forward+" = "+b.internal)...)
		}
	}
	return assigns
}

// callees are the functions of the top level that a function calls.
type callees struct{ all map[types.Object]bool }

// names tells whether a function of that name is among them, whichever of those it ever had.
func (c *callees) names(name string) bool {
	if c == nil {
		return false
	}
	for f := range c.all {
		if f.Name() == name && f.Pkg() != nil && f.Pkg().Path() == "main" {
			return true
		}
	}
	return false
}

func (u *unit) uses(f *ast.FuncDecl) *callees {
	out := &callees{all: map[types.Object]bool{}}
	ast.Inspect(f, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if function, ok := u.info.Uses[id].(*types.Func); ok && function.Signature().Recv() == nil {
				out.all[function] = true
			}
		}
		return true
	})
	return out
}

// refuseAgain refuses to give a function another signature where an earlier function would go on calling the old one.
func (i *interpreter) refuseAgain(s *scope, u *unit) *wire.Error {
	for name, b := range u.declares {
		old, known := s.names[name]
		function, wasFunction := old.object.(*types.Func)
		if !known || !wasFunction || types.Identical(function.Type(), b.object.Type()) && old.uses != nil && i.library.templates[function] == nil {
			continue
		}
		for caller, c := range s.names {
			if _, again := u.declares[caller]; c.uses.names(name) && !again && caller != name {
				return i.at(u.nodes()[0], &wire.Error{
					Kind: wire.ErrRefused, Rule: "redefinition", Message: fmt.Sprintf("%s, at line %d of command %d, calls the %s of before, which takes or gives something else", caller, c.line, c.command, name),
					Hint: "nothing ran; type both again in one input, or choose another name",
				})
			}
		}
	}
	return nil
}
