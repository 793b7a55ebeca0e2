package worker

import (
	"fmt"
	"go/types"
	"io"
	"reflect"
	"sort"
	"strings"
)

// printing is what the interpreter knows of one call of a fmt function.
type printing struct {
	statics []types.Type // of each value, or nil where fmt needs nothing more
	methods []printedMethod
}

// printedMethod is a String or Error method of a type that was typed.
type printedMethod struct {
	receiver types.Type
	name     string
	call     reflect.Value // a function of the receiver
}

// printed is a value of a type that was typed, on its way to fmt. It prints itself as Go would print the value.
type printed struct {
	value   reflect.Value
	typed   types.Type // nil where it is not known
	methods []printedMethod
	said    *sayings // for what stands inside it in an interface
}

// printed takes the methods and then the values of a call of a fmt function, and returns the values as that is to get them.
func (i *interpreter) printed(which int, given ...any) []any {
	if which < 0 || which >= len(i.printings) || len(given) != len(i.printings[which].methods)+len(i.printings[which].statics) {
		return given
	}
	known := i.printings[which]
	methods := i.printedWith(which, given)
	values := given[len(methods):]
	for n, static := range known.statics {
		if v := reflect.ValueOf(bare(values[n])); static != nil && v.IsValid() {
			values[n] = &printed{value: v, typed: static, methods: methods, said: &i.said}
		}
	}
	return values
}

// printedWith puts methods together with the functions by which they are called.
func (i *interpreter) printedWith(which int, given []any) []printedMethod {
	if which < 0 || which >= len(i.printings) || len(given) < len(i.printings[which].methods) {
		return nil
	}
	methods := append([]printedMethod{}, i.printings[which].methods...)
	for n := range methods {
		methods[n].call = reflect.ValueOf(unwrap(given[n]))
	}
	return methods
}

// Format implements fmt.Formatter.
func (p *printed) Format(f fmt.State, verb rune) {
	o := &printout{printed: p, state: f, verb: verb, format: fmt.FormatString(f, verb)}
	o.print(p.value, p.typed, 0, true)
}

// printout is one printing of a value.
type printout struct {
	*printed
	state  fmt.State
	verb   rune
	format string
}

func (o *printout) write(text string) { _, _ = io.WriteString(o.state, text) }

// print prints a value as fmt does at this depth. Of an unexported field fmt calls no methods.
func (o *printout) print(v reflect.Value, t types.Type, depth int, exported bool) {
	for v.IsValid() && v.Kind() == reflect.Interface {
		v, t = v.Elem(), nil
	}
	if v.IsValid() && v.Type() == reflect.TypeFor[reflect.Value]() {
		v, t = reflect.ValueOf(bare(v.Interface())), nil
	}
	if !v.IsValid() {
		o.write("<nil>")
		return
	}
	if v2, name := carried(v); t == nil && v2.IsValid() {
		if v = v2; v.Type().PkgPath() == "" || name != "" {
			if known := o.said.known(v, name); known != nil {
				t, o.methods = known, o.said.methods
			}
		}
	}
	if exported && t != nil && o.byMethod(v, t) {
		return
	}
	source := o.verb == 'v' && o.state.Flag('#')
	name := v.Type().Name()
	switch {
	case name != "" && v.Type().PkgPath() != "" && !strings.HasPrefix(v.Type().PkgPath(), "github.com/traefik/"):
		fmt.Fprintf(o.state, o.format, v.Interface()) // a compiled type
	case v.Kind() == reflect.Pointer && depth == 0 && !v.IsNil() && holds(v.Elem().Kind()):
		o.write("&")
		o.print(v.Elem(), elem(t), depth+1, exported)
	case v.Kind() == reflect.Struct:
		o.structure(v, t, depth, exported, source)
	case v.Kind() == reflect.Map:
		o.mapping(v, t, depth, exported, source)
	case v.Kind() == reflect.Slice && source && v.IsNil():
		o.write(o.name(v, t) + "(nil)")
	case (v.Kind() == reflect.Slice || v.Kind() == reflect.Array) && (v.Type().Elem().Kind() != reflect.Uint8 || o.verb == 'v' && !source || o.verb == 'd'):
		o.list(v, t, depth, exported, source)
	default:
		fmt.Fprintf(o.state, o.format, v.Interface())
	}
}

func holds(k reflect.Kind) bool {
	return k == reflect.Struct || k == reflect.Map || k == reflect.Slice || k == reflect.Array
}

func (o *printout) structure(v reflect.Value, t types.Type, depth int, exported, source bool) {
	declared, _ := under(t).(*types.Struct)
	if declared != nil && declared.NumFields() != v.NumField() {
		declared = nil
	}
	open, between := "{", " "
	if source {
		open, between = o.name(v, t)+"{", ", "
	}
	o.write(open)
	for n := range v.NumField() {
		if n > 0 {
			o.write(between)
		}
		name, ft, public := typedName(v.Type().Field(n).Name), types.Type(nil), exported
		if declared != nil {
			name, ft, public = declared.Field(n).Name(), declared.Field(n).Type(), exported && declared.Field(n).Exported()
		}
		if source || o.state.Flag('+') && o.verb == 'v' {
			o.write(name + ":")
		}
		o.print(v.Field(n), ft, depth+1, public)
	}
	o.write("}")
}

func (o *printout) mapping(v reflect.Value, t types.Type, depth int, exported, source bool) {
	open, between, end := "map[", " ", "]"
	if source {
		open, between, end = o.name(v, t)+"{", ", ", "}"
		if v.IsNil() {
			o.write(o.name(v, t) + "(nil)")
			return
		}
	}
	var kt types.Type
	if m, ok := under(t).(*types.Map); ok {
		kt = m.Key()
	}
	keys := v.MapKeys()
	sort.SliceStable(keys, func(a, b int) bool { return less(keys[a], keys[b]) })
	o.write(open)
	for n, key := range keys {
		if n > 0 {
			o.write(between)
		}
		o.print(key, kt, depth+1, exported)
		o.write(":")
		o.print(v.MapIndex(key), elem(t), depth+1, exported)
	}
	o.write(end)
}

func (o *printout) list(v reflect.Value, t types.Type, depth int, exported, source bool) {
	open, between, end := "[", " ", "]"
	if source {
		open, between, end = o.name(v, t)+"{", ", ", "}"
	}
	o.write(open)
	for n := range v.Len() {
		if n > 0 {
			o.write(between)
		}
		o.print(v.Index(n), elem(t), depth+1, exported)
	}
	o.write(end)
}

// byMethod prints what the String or Error method of a type that was typed returns, where fmt would ask it.
func (o *printout) byMethod(v reflect.Value, t types.Type) (done bool) {
	if !strings.ContainsRune("vsxXq", o.verb) || o.verb == 'v' && o.state.Flag('#') {
		return false
	}
	for _, m := range o.methods {
		argument := v
		switch {
		case types.Identical(m.receiver, t):
		case types.Identical(types.NewPointer(m.receiver), t) && v.Kind() == reflect.Pointer:
			if v.IsNil() {
				o.write("<nil>")
				return true
			}
			argument = v.Elem()
		default:
			continue
		}
		call := m.call
		if call.Kind() != reflect.Func || call.Type().NumIn() != 1 {
			return false
		}
		if !argument.Type().AssignableTo(call.Type().In(0)) {
			if !argument.Type().ConvertibleTo(call.Type().In(0)) {
				return false
			}
			argument = argument.Convert(call.Type().In(0))
		}
		defer func() {
			if fault := recover(); fault != nil {
				done = true
				if v.Kind() == reflect.Pointer && v.IsNil() {
					o.write("<nil>")
					return
				}
				o.write(fmt.Sprintf("%%!%c(PANIC=%s method: %v)", o.verb, m.name, unwrap(fault)))
			}
		}()
		fmt.Fprintf(o.state, o.format, call.Call([]reflect.Value{argument})[0].String())
		return true
	}
	return false
}

// name is the name of a type as a program has it: main.Point.
func (o *printout) name(v reflect.Value, t types.Type) string {
	if t == nil {
		return v.Type().String()
	}
	return sourceName(t)
}

func (p *printed) typeName() string {
	if p.typed == nil {
		return p.value.Type().String()
	}
	return sourceName(p.typed)
}

func sourceName(t types.Type) string { return types.TypeString(t, (*types.Package).Name) }

// withTypes answers the %T of a format for values of types that were typed: fmt answers it before it asks the value.
func withTypes(format string, arguments []any) (string, []any) {
	asked := false
	for _, a := range arguments {
		_, ours := a.(*printed)
		asked = asked || ours
	}
	if !asked || !strings.Contains(format, "T") || strings.ContainsAny(format, "[*") {
		return format, arguments
	}
	b, given := []byte(format), append([]any{}, arguments...)
	for n, argument := 0, 0; n < len(b); n++ {
		if b[n] != '%' {
			continue
		}
		for n++; n < len(b) && strings.IndexByte("+-# 0123456789.", b[n]) >= 0; n++ {
		}
		if n >= len(b) || b[n] == '%' {
			continue
		}
		if argument < len(given) && b[n] == 'T' {
			if p, ours := given[argument].(*printed); ours {
				b[n], given[argument] = 's', p.typeName()
			}
		}
		argument++
	}
	return string(b), given
}
