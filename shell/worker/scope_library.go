package worker

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/traefik/yaegi/interp"
)

// library shows compiled packages to the type checker. It makes their types from reflected symbols, when they are first asked for.
//
// Reflection does not tell generic functions, doc or parameter names; typed code can use none of these.
type library struct {
	symbols  map[string]map[string]reflect.Value // by import path
	names    map[string]string                   // an import path's package name
	packages map[string]*types.Package
	home     map[string]bool // packages of the console's own types
	types    map[reflect.Type]types.Type
	written  map[reflect.Type]string    // how typed code may write a compiled type: time.Duration, Person
	spelled  map[*types.TypeName]string // the same, by the type checker's view of it

	templates map[types.Object]*template // what is generic, typed or of the library's own sources
	places    *token.FileSet
	handed    *handed // texts that stand for sealed values; nil: none
}

func newLibrary(exports interp.Exports) *library {
	l := &library{
		symbols: map[string]map[string]reflect.Value{}, names: map[string]string{},
		templates: map[types.Object]*template{}, places: token.NewFileSet(),
		packages: map[string]*types.Package{}, home: map[string]bool{}, types: map[reflect.Type]types.Type{}, written: map[reflect.Type]string{}, spelled: map[*types.TypeName]string{},
	}
	for key, symbols := range exports {
		if key != "." {
			l.names[path.Dir(key)] = path.Base(key)
			l.symbols[path.Dir(key)] = symbols
		}
	}
	// Only with all of them there can it be said where a type is at home.
	for _, p := range slices.Sorted(maps.Keys(l.symbols)) {
		for name, v := range l.symbols[p] {
			if !strings.HasPrefix(name, "_") && v.Kind() == reflect.Pointer && v.IsNil() {
				l.write(p, name, v.Type().Elem())
			}
		}
	}
	for p := range ownSources() {
		l.names[p] = path.Base(p)
	}
	return l
}

// provides tells whether typed code may use the package of that path.
func (l *library) provides(p string) bool {
	_, own := ownSources()[p]
	return own || l.symbols[p] != nil
}

// write notes how typed code writes a type. Its own package's name for it goes before an alias, and the console's before both.
func (l *library) write(p, name string, t reflect.Type) {
	switch {
	case p == consolePath:
		if earlier := l.written[t]; earlier == "" || strings.Contains(earlier, ".") || name < earlier { // of two names always the same one
			l.written[t] = name
		}
		if l.symbols[t.PkgPath()] == nil && t.PkgPath() != "" {
			l.home[t.PkgPath()] = true
		}
	case l.written[t] == "" || strings.Contains(l.written[t], ".") && t.PkgPath() == p && (name == t.Name() || !strings.HasPrefix(l.written[t], l.names[p]+".")):
		l.written[t] = l.names[p] + "." + name
	}
}

// unqualified writes in a message the types of compiled packages as typed code does: people know Person, not console.Person or models.Person,
// and models.Status, whose package is in scope.
func (l *library) unqualified(message string) string {
	message = strings.ReplaceAll(message, consolePath+".", "")
	for p := range l.home {
		name := l.pkg(p).Name()
		if !strings.Contains(message, name+".") {
			continue
		}
		written := map[string]string{}
		for t, as := range l.written {
			if t.PkgPath() == p {
				written[name+"."+t.Name()] = as
			}
		}
		message = regexp.MustCompile(`\b`+regexp.QuoteMeta(name)+`\.\w+`).ReplaceAllStringFunc(message, func(found string) string {
			if as := written[found]; as != "" {
				return as
			}
			return strings.TrimPrefix(found, name+".")
		})
	}
	return message
}

// Import returns the package of that path, or an error where typed code may not use it.
func (l *library) Import(p string) (*types.Package, error) {
	if !l.provides(p) {
		return nil, fmt.Errorf("package %s is not available", p)
	}
	pkg := l.pkg(p)
	if pkg.Complete() {
		return pkg, nil
	}
	pkg.MarkComplete()
	names := make([]string, 0, len(l.symbols[p]))
	for name := range l.symbols[p] {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if object := l.object(pkg, name, l.symbols[p][name]); object != nil && pkg.Scope().Lookup(name) == nil {
			pkg.Scope().Insert(object)
		}
	}
	if err := l.addOwn(pkg); err != nil {
		return nil, err
	}
	return pkg, nil
}

func (l *library) pkg(p string) *types.Package {
	if l.packages[p] == nil {
		name := l.names[p]
		if name == "" {
			name = path.Base(p)
		}
		l.packages[p] = types.NewPackage(p, name)
	}
	return l.packages[p]
}

// emptied is the package of what is typed, with nothing in scope. Types of earlier commands belong to this very package and to its very scope, so
// their unexported fields stay within reach, and the type checker finds its way up from them; only what is in scope changes.
func (l *library) emptied() *types.Package {
	pkg := l.pkg("main")
	*pkg.Scope() = *types.NewScope(types.Universe, token.NoPos, token.NoPos, "package main")
	return pkg
}

func (l *library) object(pkg *types.Package, name string, v reflect.Value) types.Object {
	if strings.HasPrefix(name, "_") {
		return nil // what yaegi wraps interpreted values in, to make them fit an interface
	}
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return l.typeName(pkg, name, v.Type().Elem())
	}
	if v.CanInterface() {
		if c, ok := v.Interface().(constant.Value); ok {
			return types.NewConst(token.NoPos, pkg, name, untyped(c), c)
		}
	}
	t := l.typeOf(v.Type())
	if v.CanAddr() {
		return types.NewVar(token.NoPos, pkg, name, t)
	}
	if signature, ok := t.(*types.Signature); ok {
		return types.NewFunc(token.NoPos, pkg, name, signature)
	}
	if c := constantOf(v); c != nil {
		return types.NewConst(token.NoPos, pkg, name, t, c)
	}
	return types.NewVar(token.NoPos, pkg, name, t)
}

func (l *library) typeName(pkg *types.Package, name string, t reflect.Type) types.Object {
	made := l.typeOf(t)
	if named, ok := made.(*types.Named); ok {
		if named.Obj().Pkg() == pkg && named.Obj().Name() == name {
			return named.Obj()
		}
	}
	object := types.NewTypeName(token.NoPos, pkg, name, nil)
	types.NewAlias(object, made)
	return object
}

// typeOf returns the type checker's view of a compiled type.
func (l *library) typeOf(t reflect.Type) types.Type {
	if made := l.types[t]; made != nil {
		return made
	}
	if t == reflect.TypeFor[error]() {
		return types.Universe.Lookup("error").Type()
	}
	if t.Kind() == reflect.UnsafePointer {
		return types.Typ[types.UnsafePointer]
	}
	if t.PkgPath() == "" || t.Name() == "" || t.PkgPath() == "iter" {
		made := l.literal(t)
		l.types[t] = made
		return made
	}
	object := types.NewTypeName(token.NoPos, l.pkg(t.PkgPath()), shortName(t.Name()), nil)
	named := types.NewNamed(object, nil, nil)
	l.types[t] = named
	if written := l.written[t]; written != "" {
		l.spelled[object] = written
	}
	named.SetUnderlying(l.literal(t).Underlying())
	if t.Kind() != reflect.Interface {
		l.addMethods(named, t)
	}
	return named
}

// shortName drops the import paths from the name of an instantiated type.
func shortName(name string) string {
	open := strings.IndexByte(name, '[')
	if open < 0 {
		return name
	}
	arguments := strings.Split(strings.TrimSuffix(name[open+1:], "]"), ",")
	for n, a := range arguments {
		arguments[n] = a[strings.LastIndexByte(a, '/')+1:]
	}
	return name[:open+1] + strings.Join(arguments, ",") + "]"
}

func (l *library) addMethods(named *types.Named, t reflect.Type) {
	pointer := reflect.PointerTo(t)
	for n := range pointer.NumMethod() {
		m := pointer.Method(n)
		receiver := types.Type(named)
		if _, ofValue := t.MethodByName(m.Name); !ofValue {
			receiver = types.NewPointer(named)
		}
		r := types.NewVar(token.NoPos, named.Obj().Pkg(), "", receiver)
		in, out := l.parameters(m.Type, 1)
		signature := types.NewSignatureType(r, nil, nil, in, out, m.Type.IsVariadic())
		named.AddMethod(types.NewFunc(token.NoPos, named.Obj().Pkg(), m.Name, signature))
	}
}

func (l *library) parameters(f reflect.Type, skip int) (in, out *types.Tuple) {
	var ins, outs []*types.Var
	for n := skip; n < f.NumIn(); n++ {
		ins = append(ins, types.NewParam(token.NoPos, nil, "", l.typeOf(f.In(n))))
	}
	for n := range f.NumOut() {
		outs = append(outs, types.NewParam(token.NoPos, nil, "", l.typeOf(f.Out(n))))
	}
	return types.NewTuple(ins...), types.NewTuple(outs...)
}

func (l *library) literal(t reflect.Type) types.Type {
	switch t.Kind() {
	case reflect.Array:
		return types.NewArray(l.typeOf(t.Elem()), int64(t.Len()))
	case reflect.Slice:
		return types.NewSlice(l.typeOf(t.Elem()))
	case reflect.Pointer:
		return types.NewPointer(l.typeOf(t.Elem()))
	case reflect.Map:
		return types.NewMap(l.typeOf(t.Key()), l.typeOf(t.Elem()))
	case reflect.Chan:
		direction := map[reflect.ChanDir]types.ChanDir{reflect.BothDir: types.SendRecv, reflect.SendDir: types.SendOnly, reflect.RecvDir: types.RecvOnly}
		return types.NewChan(direction[t.ChanDir()], l.typeOf(t.Elem()))
	case reflect.Func:
		in, out := l.parameters(t, 0)
		return types.NewSignatureType(nil, nil, nil, in, out, t.IsVariadic())
	case reflect.Struct:
		return l.structure(t)
	case reflect.Interface:
		methods := make([]*types.Func, t.NumMethod())
		for n := range methods {
			m := t.Method(n)
			in, out := l.parameters(m.Type, 0)
			methods[n] = types.NewFunc(token.NoPos, l.pkg(m.PkgPath), m.Name, types.NewSignatureType(nil, nil, nil, in, out, m.Type.IsVariadic()))
		}
		return types.NewInterfaceType(methods, nil).Complete()
	default:
		return basic(t.Kind())
	}
}

// structure keeps of an unexported field only what can be seen from outside: whether it can be compared, and what an embedded one promotes.
func (l *library) structure(t reflect.Type) types.Type {
	fields := make([]*types.Var, t.NumField())
	tags := make([]string, t.NumField())
	for n := range fields {
		f := t.Field(n)
		var ft types.Type
		switch {
		case f.IsExported() || f.Anonymous:
			ft = l.typeOf(f.Type)
		case f.Type.Comparable():
			ft = types.Typ[types.Int]
		default:
			ft = types.NewSlice(types.Typ[types.Int])
		}
		pkg := l.pkg(f.PkgPath)
		if f.PkgPath == "" {
			pkg = l.pkg(t.PkgPath())
		}
		fields[n], tags[n] = types.NewField(token.NoPos, pkg, f.Name, ft, f.Anonymous), string(f.Tag)
	}
	return types.NewStruct(fields, tags)
}

func basic(k reflect.Kind) types.Type {
	kinds := map[reflect.Kind]types.BasicKind{
		reflect.Bool: types.Bool, reflect.String: types.String, reflect.Uintptr: types.Uintptr,
		reflect.Int: types.Int, reflect.Int8: types.Int8, reflect.Int16: types.Int16, reflect.Int32: types.Int32, reflect.Int64: types.Int64,
		reflect.Uint: types.Uint, reflect.Uint8: types.Uint8, reflect.Uint16: types.Uint16, reflect.Uint32: types.Uint32, reflect.Uint64: types.Uint64,
		reflect.Float32: types.Float32, reflect.Float64: types.Float64, reflect.Complex64: types.Complex64, reflect.Complex128: types.Complex128,
	}
	return types.Typ[kinds[k]]
}

func untyped(c constant.Value) types.Type {
	switch c.Kind() {
	case constant.Bool:
		return types.Typ[types.UntypedBool]
	case constant.String:
		return types.Typ[types.UntypedString]
	case constant.Int:
		return types.Typ[types.UntypedInt]
	case constant.Float:
		return types.Typ[types.UntypedFloat]
	default:
		return types.Typ[types.UntypedComplex]
	}
}

func constantOf(v reflect.Value) constant.Value {
	switch {
	case v.Kind() == reflect.Bool:
		return constant.MakeBool(v.Bool())
	case v.Kind() == reflect.String:
		return constant.MakeString(v.String())
	case v.CanInt():
		return constant.MakeInt64(v.Int())
	case v.CanUint():
		return constant.MakeUint64(v.Uint())
	case v.CanFloat():
		return constant.MakeFloat64(v.Float())
	default:
		return nil
	}
}
