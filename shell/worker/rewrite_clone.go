package worker

import (
	"go/ast"
	"reflect"
)

// clone copies a syntax tree, positions included. Each identifier is shown to see, with its copy.
func clone[N ast.Node](root N, see func(old, copied *ast.Ident)) N {
	return cloned(reflect.ValueOf(root), see).Interface().(N)
}

func cloned(v reflect.Value, see func(old, copied *ast.Ident)) reflect.Value {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		copied := reflect.New(v.Type()).Elem()
		copied.Set(cloned(v.Elem(), see))
		return copied
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		copied := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for n := range v.Len() {
			copied.Index(n).Set(cloned(v.Index(n), see))
		}
		return copied
	case reflect.Pointer:
		switch v.Type().Elem().Name() {
		case "Object", "Scope": // the parser is told not to make them
			return reflect.Zero(v.Type())
		}
		if v.IsNil() {
			return v
		}
		copied := reflect.New(v.Type().Elem())
		for n := range v.Elem().NumField() {
			copied.Elem().Field(n).Set(cloned(v.Elem().Field(n), see))
		}
		if id, ok := v.Interface().(*ast.Ident); ok {
			see(id, copied.Interface().(*ast.Ident))
		}
		return copied
	default:
		return v
	}
}
