package generate

import (
	"fmt"
	"go/types"
	"strings"
)

// wrapper is a compiled struct by which a typed value fits an interface: yaegi puts the value's methods into its fields.
type wrapper struct {
	name    string // _models_Notifier
	of      string // Notifier
	methods []wrapperMethod
}

// wrapperMethod is one method of the interface.
type wrapperMethod struct {
	name, parameters, arguments, results string
}

// wrapper makes the wrapper of an interface. There is none for other types, and for an interface that only its own package
// can satisfy or name.
func (f *file) wrapper(p *pack, object *types.TypeName) (wrapper, bool) {
	t, ok := object.Type().Underlying().(*types.Interface)
	if !ok || t.NumMethods() == 0 || object.IsAlias() {
		return wrapper{}, false
	}
	w := wrapper{name: "_" + p.called + "_" + object.Name(), of: object.Name()}
	for n := range t.NumMethods() {
		m := t.Method(n)
		if !m.Exported() || !f.canName(m.Signature()) {
			return wrapper{}, false
		}
		w.methods = append(w.methods, f.wrapperMethod(m))
	}
	return w, true
}

func (f *file) wrapperMethod(m *types.Func) wrapperMethod {
	signature := m.Signature()
	var parameters, arguments, results []string
	for n := range signature.Params().Len() {
		name, t := fmt.Sprintf("a%d", n), types.TypeString(signature.Params().At(n).Type(), f.qualify)
		argument := name
		if signature.Variadic() && n == signature.Params().Len()-1 {
			t, argument = "..."+strings.TrimPrefix(t, "[]"), name+"..."
		}
		parameters, arguments = append(parameters, name+" "+t), append(arguments, argument)
	}
	for n := range signature.Results().Len() {
		results = append(results, types.TypeString(signature.Results().At(n).Type(), f.qualify))
	}
	return wrapperMethod{m.Name(), strings.Join(parameters, ", "), strings.Join(arguments, ", "), strings.Join(results, ", ")}
}

// source is the wrapper as Go.
func (w wrapper) source(p *pack) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n// %s lets typed values be a %s.%s.\ntype %s struct {\n\tIValue any\n", w.name, p.called, w.of, w.name)
	for _, m := range w.methods {
		fmt.Fprintf(&b, "\tW%s func(%s) (%s)\n", m.name, m.parameters, m.results)
	}
	b.WriteString("}\n")
	for _, m := range w.methods {
		fmt.Fprintf(&b, "\nfunc (w %s) %s(%s) (%s) {\n", w.name, m.name, m.parameters, m.results)
		if m.name == "String" && m.results == "string" {
			b.WriteString("\tif w.WString == nil {\n\t\treturn \"\"\n\t}\n")
		}
		if m.results != "" {
			b.WriteString("\treturn ")
		}
		fmt.Fprintf(&b, "w.W%s(%s)\n}\n", m.name, m.arguments)
	}
	return b.String()
}

// canName tells whether the file can write a type: all its parts are exported, and no internal package's.
func (f *file) canName(t types.Type) bool {
	switch t := t.(type) {
	case *types.Basic:
		return t.Kind() != types.UnsafePointer
	case *types.Alias:
		return f.canName(types.Unalias(t))
	case *types.Named:
		object := t.Obj()
		if object.Pkg() == nil {
			return true
		}
		if !object.Exported() || !f.canImport(object.Pkg()) || object.Parent() != object.Pkg().Scope() {
			return false
		}
		for n := range t.TypeArgs().Len() {
			if !f.canName(t.TypeArgs().At(n)) {
				return false
			}
		}
		return true
	case *types.Pointer:
		return f.canName(t.Elem())
	case *types.Slice:
		return f.canName(t.Elem())
	case *types.Array:
		return f.canName(t.Elem())
	case *types.Chan:
		return f.canName(t.Elem())
	case *types.Map:
		return f.canName(t.Key()) && f.canName(t.Elem())
	case *types.Signature:
		return t.TypeParams().Len() == 0 && f.canName(t.Params()) && f.canName(t.Results())
	case *types.Tuple:
		for n := range t.Len() {
			if !f.canName(t.At(n).Type()) {
				return false
			}
		}
		return true
	case *types.Interface:
		return t.Empty()
	}
	return false
}

// canImport tells whether the file can import a package.
func (f *file) canImport(p *types.Package) bool {
	for _, one := range f.packages {
		if one.path == p.Path() {
			return true
		}
	}
	return p.Path() != "main" && p.Name() != "main" && !strings.Contains("/"+p.Path()+"/", "/internal/") && !strings.Contains("/"+p.Path()+"/", "/vendor/")
}
