package worker

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// printing gives fmt, along with values of types that were typed, what it needs to print them as Go does: yaegi shows it only values without a name,
// whose fields have other names and whose parts have no methods.
//
//	fmt.Println("now", order)
//
// becomes
//
//	fmt.Println(printedǃ(7, func(v Status) string { return v.String() }, "now", order)...)
//
// where 7 is how the interpreter knows the types of what is printed.
func (r *rewriter) printing(call *ast.CallExpr) {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || call.Ellipsis.IsValid() {
		return
	}
	function, ok := r.u.info.Uses[s.Sel].(*types.Func)
	if !ok || function.Pkg() == nil || function.Pkg().Path() != "fmt" || !function.Signature().Variadic() || function.Name() == "Errorf" {
		return
	}
	first := function.Signature().Params().Len() - 1
	if len(call.Args) <= first {
		return
	}
	for n, e := range call.Args[first:] {
		if r.u.info.Types[e].IsNil() || !isInterface(r.u.info.Types[e].Type) {
			continue
		}
		// What is in an interface has to go to fmt itself, for yaegi to give it the methods that it knows. The rest goes one by one.
		for m := range call.Args[first:] {
			if one := r.printed(call.Args[first+m:first+m+1], strings.HasSuffix(function.Name(), "f")); m != n && one != nil {
				call.Args[first+m] = &ast.IndexExpr{X: one, Lbrack: e.Pos(), Index: r.expression("0"), Rbrack: e.End()}
			}
		}
		return
	}
	// Together: what a call among them changes, the others show.
	if all := r.printed(call.Args[first:], strings.HasSuffix(function.Name(), "f")); all != nil {
		call.Args = append(call.Args[:first:first], all)
		call.Ellipsis = call.Rparen
	}
}

// printed writes the call that makes values ready for fmt, or nothing where they are.
func (r *rewriter) printed(values []ast.Expr, formatted bool) ast.Expr {
	p := &printing{statics: make([]types.Type, len(values))}
	var methods []ast.Expr
	any := false
	for n, e := range values {
		t := r.u.info.Types[e].Type
		if t == nil || isInterface(t) || !mentionsTyped(t, map[types.Type]bool{}) {
			continue
		}
		if b, basic := t.Underlying().(*types.Basic); basic && b.Info()&types.IsString != 0 && !formatted {
			continue // whether a space follows depends on its being a string
		}
		more, ok := r.printedMethods(p, t)
		if !ok {
			continue
		}
		p.statics[n], any = t, true
		for _, text := range more {
			methods = append(methods, r.expression(text))
		}
	}
	if !any {
		return nil
	}
	r.i.printings = append(r.i.printings, p)
	at := values[0].Pos()
	given := append(append([]ast.Expr{r.expression(fmt.Sprint(len(r.i.printings) - 1))}, methods...), values...)
	return &ast.CallExpr{Fun: &ast.Ident{Name: hookPrinted, NamePos: at}, Lparen: at, Args: given, Rparen: values[len(values)-1].End()}
}

// printedMethods writes the methods that fmt would call as functions.
func (r *rewriter) printedMethods(p *printing, t types.Type) (methods []string, ok bool) {
	var found []printedMethod
	for _, named := range typedInside(t) {
		for _, name := range []string{"Error", "String"} {
			selected := types.NewMethodSet(types.NewPointer(named)).Lookup(named.Obj().Pkg(), name)
			if selected == nil || !printsItself(selected.Obj().(*types.Func).Signature()) {
				continue
			}
			var receiver types.Type = named
			if types.NewMethodSet(named).Lookup(named.Obj().Pkg(), name) == nil {
				receiver = types.NewPointer(named)
			}
			spelled, ok := r.i.scope.spell(receiver)
			if !ok {
				return nil, false
			}
			found = append(found, printedMethod{receiver: receiver, name: name})
			methods = append(methods, fmt.Sprintf("func(v %s) string { return v.%s() }", spelled, name))
			break
		}
	}
	p.methods = append(p.methods, found...)
	return methods, true
}

func printsItself(s *types.Signature) bool {
	return s.Params().Len() == 0 && s.Results().Len() == 1 && types.Identical(s.Results().At(0).Type(), types.Typ[types.String])
}

func isTyped(t types.Type) (*types.Named, bool) {
	named, ok := types.Unalias(t).(*types.Named)
	return named, ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "main"
}

// mentionsTyped tells whether a type is one that was typed, or holds values of one.
func mentionsTyped(t types.Type, seen map[types.Type]bool) bool {
	if _, typed := isTyped(t); typed {
		return true
	}
	found := false
	for _, part := range partsOf(t) {
		if !seen[part] {
			seen[part] = true
			found = found || mentionsTyped(part, seen)
		}
	}
	if s, ok := types.Unalias(t).(*types.Struct); ok {
		for n := range s.NumFields() {
			found = found || !s.Field(n).Exported() // its name is another one to reflection
		}
	}
	return found
}

// typedInside finds the types that were typed among a type and its parts, none of them an interface.
func typedInside(t types.Type) (all []*types.Named) {
	seen := map[types.Type]bool{}
	var visit func(types.Type)
	visit = func(t types.Type) {
		t = types.Unalias(t)
		if seen[t] {
			return
		}
		seen[t] = true
		if named, typed := isTyped(t); typed {
			if !isInterface(t) {
				all = append(all, named)
			}
			t = t.Underlying()
		}
		for _, part := range partsOf(t) {
			visit(part)
		}
	}
	visit(t)
	return all
}

// partsOf are the types of what a value without a name of its own holds.
func partsOf(t types.Type) []types.Type {
	switch t := types.Unalias(t).(type) {
	case *types.Map:
		return []types.Type{t.Key(), t.Elem()}
	case *types.Pointer:
		return []types.Type{t.Elem()}
	case *types.Slice:
		return []types.Type{t.Elem()}
	case *types.Array:
		return []types.Type{t.Elem()}
	case *types.Struct:
		var parts []types.Type
		for n := range t.NumFields() {
			parts = append(parts, t.Field(n).Type())
		}
		return parts
	}
	return nil
}

// sayings writes the calls that note the types that a unit declares, and their String and Error methods.
func (r *rewriter) sayings() (calls []ast.Stmt) {
	say := func(m printedMethod, body string) {
		spelled, ok := r.i.scope.spell(m.receiver)
		if !ok || r.failure != nil {
			return
		}
		r.i.printings = append(r.i.printings, &printing{methods: []printedMethod{m}})
		calls = append(calls, r.statements(fmt.Sprintf("%s(%d, func(v %s) string { return %s })", hookSay, len(r.i.printings)-1, spelled, body))...)
	}
	for _, d := range r.u.decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				t, ok := spec.(*ast.TypeSpec)
				if ok && r.u.info.Defs[t.Name] != nil && !isInterface(r.u.info.Defs[t.Name].Type()) {
					say(printedMethod{receiver: r.u.info.Defs[t.Name].Type()}, `""`)
				}
			}
		case *ast.FuncDecl:
			if d.Recv == nil || d.Name.Name != "String" && d.Name.Name != "Error" {
				continue
			}
			name, ok := r.i.scope.names[receiverName(d)].object.(*types.TypeName)
			if !ok || d.Type.Params.NumFields() > 0 || d.Type.Results.NumFields() != 1 {
				continue
			}
			receiver := name.Type()
			if _, pointer := ast.Unparen(d.Recv.List[0].Type).(*ast.StarExpr); pointer {
				receiver = types.NewPointer(receiver)
			}
			if id, text := d.Type.Results.List[0].Type.(*ast.Ident); text && id.Name == "string" {
				say(printedMethod{receiver: receiver, name: d.Name.Name}, "v."+d.Name.Name+"()")
			}
		}
	}
	return calls
}
