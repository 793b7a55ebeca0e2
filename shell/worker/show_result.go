package worker

import (
	"go/ast"
	"go/types"
	"reflect"

	"gorm.io/gorm"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// result is what a command's last expression came to. An error among several values, the error of a call that returns nothing
// else, and the Error of a *gorm.DB fail the command unless they are nil; so does a *gorm.DB that holds one.
func (l *library) result(u *unit, values []any, methods []printedMethod) (*wire.Value, *wire.Error) {
	statics := []types.Type{u.static}
	if tuple, several := u.static.(*types.Tuple); several {
		statics = statics[:0]
		for n := range tuple.Len() {
			statics = append(statics, tuple.At(n).Type())
		}
	}
	for n := len(values); n < len(statics); n++ {
		values = append(values, nil)
	}
	last := len(statics) - 1
	isError := func(n int) bool { return types.Identical(statics[n], types.Universe.Lookup("error").Type()) }
	fallible := isError(last) && (last > 0 || u.calls() || u.selects("Error"))
	for n := range last {
		if err, failed := values[n].(error); failed && isError(n) {
			return nil, errorOf(err)
		}
	}
	if err, failed := values[last].(error); failed && fallible {
		return nil, errorOf(err)
	}
	if db, ok := values[last].(*gorm.DB); ok && db != nil && db.Error != nil {
		return nil, errorOf(db.Error)
	}
	if fallible && last > 0 {
		statics = statics[:last]
	}
	show := func(n int) wire.Value { return showTyped(reflect.ValueOf(values[n]), statics[n], l, methods) }
	if len(statics) == 1 {
		value := show(0)
		return &value, nil
	}
	list := wire.Value{Kind: wire.KindList}
	for n := range statics {
		list.Items = append(list.Items, show(n))
	}
	return &list, nil
}

// selects tells whether the shown expression is a field of this name.
func (u *unit) selects(name string) bool {
	s, ok := ast.Unparen(u.shown).(*ast.SelectorExpr)
	return ok && s.Sel.Name == name
}

// calls tells whether the shown expression is a call that does something: one that only makes an error is a value like others.
func (u *unit) calls() bool {
	call, ok := ast.Unparen(u.shown).(*ast.CallExpr)
	if !ok {
		return false
	}
	if s, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		if object := u.info.Uses[s.Sel]; object != nil && object.Pkg() != nil {
			p := object.Pkg().Path()
			return p != "errors" && p != "fmt"
		}
	}
	return true
}
