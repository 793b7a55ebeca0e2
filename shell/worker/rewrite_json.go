package worker

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// hiddenTag keeps an unexported field out of JSON: to reflection yaegi shows it under an exported name.
const hiddenTag = `json:"-"`

// hidden tags the unexported fields of a struct type.
func hidden(s *ast.StructType) {
	var fields []*ast.Field
	for _, f := range s.Fields.List {
		if f.Tag != nil || !slices.ContainsFunc(f.Names, func(id *ast.Ident) bool { return !id.IsExported() }) {
			fields = append(fields, f)
			continue
		}
		for _, id := range f.Names {
			one := &ast.Field{Names: []*ast.Ident{id}, Type: f.Type}
			if !id.IsExported() {
				one.Tag = &ast.BasicLit{ValuePos: id.Pos(), Kind: token.STRING, Value: "`" + hiddenTag + "`"}
			}
			fields = append(fields, one)
		}
	}
	s.Fields.List = fields
}

// refuseUnseen refuses to give compiled code a value whose methods it would have to find by itself: it sees none of a type that was typed.
func (i *interpreter) refuseUnseen(u *unit) (failure *wire.Error) {
	for _, node := range u.nodes() {
		ast.Inspect(node, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || failure != nil {
				return failure == nil
			}
			id := called(call.Fun)
			if id == nil {
				return true
			}
			f, ok := u.info.Uses[id].(*types.Func)
			if !ok || f.Pkg() == nil {
				return true
			}
			for n, a := range call.Args {
				switch t := u.info.Types[a].Type; {
				case t == nil:
				case f.Pkg().Path() == "encoding/json":
					failure = i.unseenByJSON(a, t, f.Name())
				case f.Pkg().Path() == "errors" && f.Name() == "As" && n == 1:
					failure = i.unseenByAs(a, t)
				}
				if failure != nil {
					return false
				}
			}
			return true
		})
	}
	return failure
}

func (i *interpreter) unseenByJSON(at ast.Expr, t types.Type, function string) *wire.Error {
	for _, named := range typedInside(t) {
		itself := types.Identical(t, named) || types.Identical(t, types.NewPointer(named))
		methods := types.NewMethodSet(types.NewPointer(named))
		for _, name := range []string{"MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText"} {
			writes := function == "Marshal" || function == "MarshalIndent" || function == "Encode"
			if methods.Lookup(named.Obj().Pkg(), name) == nil || writes == (name[0] == 'U') || itself && name == "MarshalJSON" {
				continue
			}
			return i.at(at, &wire.Error{
				Kind: wire.ErrSyntax, Message: fmt.Sprintf("json does not find the method %s of %s here", name, named.Obj().Name()),
				Hint: "nothing ran; call the method itself, and put what it returns into a map or a struct",
			})
		}
	}
	return nil
}

func (i *interpreter) unseenByAs(at ast.Expr, t types.Type) *wire.Error {
	p, ok := t.Underlying().(*types.Pointer)
	if !ok || isInterface(p.Elem()) || !mentionsTyped(p.Elem(), map[types.Type]bool{}) {
		return nil
	}
	name := typeName(p.Elem())
	return i.at(at, &wire.Error{
		Kind: wire.ErrSyntax, Message: "errors.As does not find " + name + " here",
		Hint: fmt.Sprintf("nothing ran; write for e := err; e != nil; e = errors.Unwrap(e) { if found, ok := e.(%s); ok { … } }", name),
	})
}
