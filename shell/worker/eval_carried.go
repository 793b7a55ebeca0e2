package worker

import (
	"go/types"
	"reflect"
	"strings"
	"unsafe"
)

// sayings are the types that were typed, and their String and Error methods, for values that reach fmt inside an interface. There they have no name
// any more: a struct is known by what it is made of, where that is one type's alone, and anything else where yaegi still carries its type along.
type sayings struct {
	methods []printedMethod
	structs map[reflect.Type][]types.Type
	names   map[string]types.Type
}

// say notes a type or a method when it is declared. A type comes as a method without a name.
func (i *interpreter) say(which int, given ...any) {
	if i.said.structs == nil {
		i.said = sayings{structs: map[reflect.Type][]types.Type{}, names: map[string]types.Type{}}
	}
	for _, m := range i.printedWith(which, given) {
		if m.call.Kind() != reflect.Func || m.call.Type().NumIn() != 1 {
			continue
		}
		if m.name != "" {
			i.said.methods = append(i.said.methods, m)
			continue
		}
		i.said.names[typeName(m.receiver)] = m.receiver
		if t := m.call.Type().In(0); t.Kind() == reflect.Struct && t.NumField() > 0 {
			i.said.structs[t] = append(i.said.structs[t], m.receiver)
		}
	}
}

// known finds the type of a value that has lost its name, or nil.
func (s *sayings) known(v reflect.Value, name string) types.Type {
	if t := s.names[name]; t != nil {
		return t
	}
	shape := v.Type()
	if shape.Kind() == reflect.Pointer {
		if found := s.structs[shape.Elem()]; len(found) == 1 {
			return types.NewPointer(found[0])
		}
		return nil
	}
	if found := s.structs[shape]; len(found) == 1 {
		return found[0]
	}
	return nil
}

// dressed makes values ready for fmt that are of types that were typed, and reached it inside an interface.
func (i *interpreter) dressed(values []any) []any {
	out := values
	for n, value := range values {
		if _, ready := value.(*printed); ready || value == nil {
			continue
		}
		v, name := carried(reflect.ValueOf(value))
		if !v.IsValid() || name == "" && (v.Type().PkgPath() != "" || v.Kind() != reflect.Struct && v.Kind() != reflect.Pointer) {
			continue
		}
		p := &printed{value: v, said: &i.said}
		if t := i.said.known(v, name); t != nil {
			p.typed, p.methods = t, i.said.methods
		} else if name == "" && !renamed(v.Type()) {
			continue
		}
		if len(out) > 0 && &out[0] == &values[0] {
			out = append([]any{}, values...)
		}
		out[n] = p
	}
	return out
}

// renamed tells whether reflection sees fields of a struct, or of one that is pointed to, under names that were not typed.
func renamed(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t.Name() != "" {
		return false
	}
	for n := range t.NumField() {
		if typedName(t.Field(n).Name) != t.Field(n).Name {
			return true
		}
	}
	return false
}

// carried takes a value out of what yaegi keeps it in inside an interface, with the name of its type. Neither can be reached from outside.
func carried(v reflect.Value) (reflect.Value, string) {
	if !v.IsValid() || v.Type().Name() != "valueInterface" || !strings.HasSuffix(v.Type().PkgPath(), "/yaegi/interp") || !v.CanInterface() {
		return v, ""
	}
	held := reflect.New(v.Type()).Elem()
	held.Set(v)
	value, node := held.FieldByName("value"), held.FieldByName("node")
	if !value.IsValid() || value.Type() != reflect.TypeFor[reflect.Value]() || !node.IsValid() {
		return v, ""
	}
	name := ""
	if node.Kind() == reflect.Pointer && !node.IsNil() {
		if t := node.Elem().FieldByName("typ"); t.IsValid() && t.Kind() == reflect.Pointer && !t.IsNil() {
			if n := t.Elem().FieldByName("name"); n.IsValid() && n.Kind() == reflect.String {
				name = n.String()
			}
		}
	}
	inner := *(*reflect.Value)(unsafe.Pointer(value.UnsafeAddr()))
	if next, deeper := carried(inner); deeper != "" {
		return next, deeper
	}
	for inner.IsValid() && inner.Kind() == reflect.Interface {
		inner = inner.Elem()
	}
	return inner, name
}

// same compares what two interfaces hold as Go does. Where yaegi still carries both types along, values of different ones differ.
func same(x, y any) bool {
	a, first := carried(reflect.ValueOf(bare(x)))
	b, second := carried(reflect.ValueOf(bare(y)))
	if first != "" && second != "" && first != second {
		return false
	}
	if !a.IsValid() || !b.IsValid() || !a.CanInterface() || !b.CanInterface() {
		return a.IsValid() == b.IsValid()
	}
	return bare(a.Interface()) == bare(b.Interface())
}
