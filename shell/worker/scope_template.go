package worker

import (
	"fmt"
	"go/ast"
	"go/types"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// templateFunction keeps a generic function that was typed.
func (i *interpreter) templateFunction(u *unit, f *ast.FuncDecl) {
	object := u.info.Defs[f.Name].(*types.Func)
	known := meant(u.pkg, u.info, f, object.Signature().TypeParams(), u.names)
	i.library.templates[object] = &template{name: f.Name.Name, function: f, known: map[*ast.FuncDecl]meaning{f: known}}
}

// templateType keeps a generic type that was typed, with the methods that were typed along with it.
func (i *interpreter) templateType(u *unit, spec *ast.TypeSpec) {
	if spec.TypeParams == nil || spec.Assign.IsValid() {
		return
	}
	t := &template{name: spec.Name.Name, known: map[*ast.FuncDecl]meaning{}}
	for _, d := range u.decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && receiverName(f) == spec.Name.Name {
			method := u.info.Defs[f.Name].(*types.Func)
			t.methods = append(t.methods, f)
			t.known[f] = meant(u.pkg, u.info, f, method.Signature().RecvTypeParams(), u.names)
		}
	}
	i.library.templates[u.info.Defs[spec.Name]] = t
}

// genericMethod prepares a method of a generic type of an earlier command to be checked as a generic function whose first parameter is the receiver.
func (i *interpreter) genericMethod(s *scope, u *unit, t *template, f *ast.FuncDecl, object types.Object) *wire.Error {
	named := object.Type().(*types.Named)
	if t.taken {
		return i.at(f.Name, &wire.Error{Kind: wire.ErrRefused, Rule: "redefinition", Message: fmt.Sprintf("%s is in use already, and a generic type gets its methods before that", t.name), Hint: "nothing ran; type the type again under another name, with its methods in the same input"})
	}
	flat := &ast.FuncDecl{Name: &ast.Ident{Name: "_", NamePos: f.Name.Pos()}, Body: f.Body, Type: &ast.FuncType{
		Func: f.Type.Func, Results: f.Type.Results, TypeParams: &ast.FieldList{Opening: f.Pos(), Closing: f.Pos()},
		Params: &ast.FieldList{Opening: f.Type.Params.Opening, Closing: f.Type.Params.Closing, List: append(append([]*ast.Field{}, f.Recv.List...), f.Type.Params.List...)},
	}}
	names := receiverParameters(f)
	for n := range min(len(names), named.TypeParams().Len()) {
		constraint := named.TypeParams().At(n).Constraint()
		if openType(constraint, map[types.Type]bool{}) {
			return i.at(f.Name, &wire.Error{Kind: wire.ErrSyntax, Message: fmt.Sprintf("the methods of %s have to be typed together with it", t.name), Hint: "nothing ran; type the type again under another name, with its methods in the same input"})
		}
		if names[n].Name == "_" {
			names[n].Name = s.fresh("unnamed")
		}
		made := s.fresh("constraint")
		if u.extra == nil {
			u.extra = map[string]types.Object{}
		}
		u.extra[made] = types.NewTypeName(f.Pos(), nil, made, types.Unalias(constraint))
		flat.Type.TypeParams.List = append(flat.Type.TypeParams.List, &ast.Field{Names: []*ast.Ident{{Name: names[n].Name, NamePos: names[n].Pos()}}, Type: &ast.Ident{Name: made, NamePos: names[n].Pos()}})
	}
	if len(names) != named.TypeParams().Len() {
		return i.at(f.Recv, &wire.Error{Kind: wire.ErrSyntax, Message: fmt.Sprintf("%s has %d type parameters, and its methods name each of them", t.name, named.TypeParams().Len()), Hint: "nothing ran"})
	}
	if u.flat == nil {
		u.flat = map[*ast.FuncDecl]*ast.FuncDecl{}
	}
	u.flat[f] = flat
	return nil
}

// receiverParameters are the names that a method gives the type parameters of its type.
func receiverParameters(f *ast.FuncDecl) []*ast.Ident {
	t := ast.Unparen(f.Recv.List[0].Type)
	if star, ok := t.(*ast.StarExpr); ok {
		t = ast.Unparen(star.X)
	}
	var list []ast.Expr
	switch e := t.(type) {
	case *ast.IndexExpr:
		list = []ast.Expr{e.Index}
	case *ast.IndexListExpr:
		list = e.Indices
	}
	var names []*ast.Ident
	for _, e := range list {
		if id, ok := e.(*ast.Ident); ok {
			names = append(names, id)
		}
	}
	return names
}

// declareGenericMethod gives a method that was checked as a function to the type checker, and keeps it to be copied.
func (i *interpreter) declareGenericMethod(s *scope, u *unit, f, flat *ast.FuncDecl) {
	object := s.names[receiverName(f)].object
	t := i.library.templates[object]
	checked := u.info.Defs[flat.Name].(*types.Func).Signature()
	var own []*types.TypeParam
	var arguments []types.Type
	for n := range checked.TypeParams().Len() {
		p := checked.TypeParams().At(n)
		copied := types.NewTypeParam(types.NewTypeName(p.Obj().Pos(), u.pkg, p.Obj().Name(), nil), p.Constraint())
		own, arguments = append(own, copied), append(arguments, copied)
	}
	made, err := types.Instantiate(nil, checked, arguments, false)
	if err != nil {
		return
	}
	signature := made.(*types.Signature)
	var parameters []*types.Var
	for n := 1; n < signature.Params().Len(); n++ {
		parameters = append(parameters, signature.Params().At(n))
	}
	self := types.NewVar(f.Pos(), u.pkg, "", signature.Params().At(0).Type())
	method := types.NewSignatureType(self, own, nil, types.NewTuple(parameters...), signature.Results(), signature.Variadic())
	object.Type().(*types.Named).AddMethod(types.NewFunc(f.Name.Pos(), u.pkg, f.Name.Name, method))
	t.methods = append(t.methods, f)
	t.known[f] = meant(u.pkg, u.info, flat, checked.TypeParams(), u.names)
}

// open tells whether any of these types mentions a type parameter.
func open(list *types.TypeList) bool {
	for n := range list.Len() {
		if openType(list.At(n), map[types.Type]bool{}) {
			return true
		}
	}
	return false
}

func openType(t types.Type, seen map[types.Type]bool) bool {
	if t == nil || seen[t] {
		return false
	}
	seen[t] = true
	tuple := func(all *types.Tuple) bool {
		for n := range all.Len() {
			if openType(all.At(n).Type(), seen) {
				return true
			}
		}
		return false
	}
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam:
		return true
	case *types.Named:
		for n := range t.TypeArgs().Len() {
			if openType(t.TypeArgs().At(n), seen) {
				return true
			}
		}
	case *types.Map:
		return openType(t.Key(), seen) || openType(t.Elem(), seen)
	case interface{ Elem() types.Type }:
		return openType(t.Elem(), seen)
	case *types.Signature:
		return tuple(t.Params()) || tuple(t.Results())
	case *types.Struct:
		for n := range t.NumFields() {
			if openType(t.Field(n).Type(), seen) {
				return true
			}
		}
	case *types.Union:
		for n := range t.Len() {
			if openType(t.Term(n).Type(), seen) {
				return true
			}
		}
	case *types.Interface:
		for n := range t.NumEmbeddeds() {
			if openType(t.EmbeddedType(n), seen) {
				return true
			}
		}
		for n := range t.NumExplicitMethods() {
			if openType(t.ExplicitMethod(n).Type(), seen) {
				return true
			}
		}
	}
	return false
}
