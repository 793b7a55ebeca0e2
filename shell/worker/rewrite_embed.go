package worker

import (
	"fmt"
	"go/ast"
	"go/types"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// refuseEmbedded refuses to embed what yaegi would know by another name than the field's.
func (i *interpreter) refuseEmbedded(u *unit) (failure *wire.Error) {
	for _, node := range u.nodes() {
		ast.Inspect(node, func(node ast.Node) bool {
			if spec, ok := node.(*ast.TypeSpec); ok && failure == nil {
				failure = i.refuseRival(u, spec)
			}
			s, ok := node.(*ast.StructType)
			if !ok {
				return failure == nil
			}
			for _, f := range s.Fields.List {
				t := f.Type
				if star, pointer := t.(*ast.StarExpr); pointer {
					t = star.X
				}
				if len(f.Names) > 0 || failure != nil {
					continue
				}
				alias := false
				if id, ok := t.(*ast.Ident); ok {
					object, _ := u.info.Uses[id].(*types.TypeName)
					alias = object != nil && object.IsAlias() && object.Pkg() != nil && object.Pkg().Path() == "main"
				}
				if indexed(t) != nil || alias {
					failure = i.at(f, &wire.Error{Kind: wire.ErrSyntax, Message: "a generic type, or another name of a type, cannot be embedded here", Hint: "nothing ran; give the field a name"})
				}
			}
			return failure == nil
		})
	}
	return failure
}

// refuseRival refuses a struct that has a method from one embedded type where an earlier one has it further inside: as an interface yaegi would
// give it that one.
func (i *interpreter) refuseRival(u *unit, spec *ast.TypeSpec) *wire.Error {
	object := u.info.Defs[spec.Name]
	if object == nil || spec.TypeParams != nil {
		return nil
	}
	s, ok := object.Type().Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	methods := types.NewMethodSet(types.NewPointer(object.Type()))
	for n := range methods.Len() {
		m := methods.At(n)
		if len(m.Index()) < 2 {
			continue // of its own
		}
		for at := range m.Index()[0] {
			f := s.Field(at)
			if !f.Embedded() {
				continue
			}
			if found, _, _ := types.LookupFieldOrMethod(f.Type(), true, m.Obj().Pkg(), m.Obj().Name()); found != nil {
				near := s.Field(m.Index()[0]).Name()
				return i.at(spec, &wire.Error{Kind: wire.ErrSyntax, Message: fmt.Sprintf("%s has %s from %s and, further inside, from %s, which is not understood here", spec.Name.Name, m.Obj().Name(), near, f.Name()), Hint: "nothing ran; write " + near + " before " + f.Name()})
			}
		}
	}
	return nil
}
