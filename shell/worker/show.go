package worker

import (
	"fmt"
	"go/types"
	"reflect"
	"sort"
	"unicode/utf8"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// The bounds of a value tree. What goes beyond one is left out, and Cut says how much.
const (
	showDepth = 12
	showItems = 20_000   // values in the whole tree
	showBytes = 64 << 10 // of text and bytes in the whole tree
)

// show makes the tree of a value.
func show(value any) wire.Value { return showTyped(reflect.ValueOf(value), nil, &library{}, nil) }

// showTyped makes the tree of a value whose static type the type checker knows: it alone knows the names of interpreted types.
func showTyped(v reflect.Value, static types.Type, l *library, methods []printedMethod) wire.Value {
	s := &shower{library: l, items: showItems, bytes: showBytes, path: map[visit]bool{}, methods: methods}
	return s.value(v, static, showDepth)
}

// shower makes one tree.
type shower struct {
	library *library // knows what people call a type
	items   int      // how many values it may still hold
	bytes   int
	path    map[visit]bool  // what the value being shown is part of
	methods []printedMethod // the String methods of types that were typed
}

// visit is a pointer, map or slice on the way down.
type visit struct {
	at     uintptr
	length int
	t      reflect.Type
}

func (s *shower) value(v reflect.Value, static types.Type, depth int) wire.Value {
	s.items--
	if v.IsValid() && v.Type() == reflect.TypeFor[reflect.Value]() && v.CanInterface() {
		v, static = reflect.ValueOf(unwrap(v.Interface())), nil
	}
	for v.IsValid() && v.Kind() == reflect.Interface {
		v, static = v.Elem(), nil
	}
	if !v.IsValid() {
		return wire.Value{Kind: wire.KindNil}
	}
	if special, ok := s.special(v); ok {
		return special
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if v.IsNil() {
			return wire.Value{Kind: wire.KindNil, Type: s.library.called(v.Type(), static)}
		}
		here := visit{at: v.Pointer(), t: v.Type()}
		if v.Kind() == reflect.Slice {
			here.length = v.Len()
		}
		if s.path[here] && (v.Kind() != reflect.Slice || v.Len() > 0) {
			return wire.Value{Kind: wire.KindCycle, Type: s.library.called(v.Type(), static)}
		}
		s.path[here] = true
		defer delete(s.path, here)
	}
	if depth == 0 {
		return wire.Value{Kind: wire.KindOpaque, Type: s.library.called(v.Type(), static), Cut: 1}
	}
	switch v.Kind() {
	case reflect.Pointer:
		value := s.value(v.Elem(), elem(static), depth-1)
		value.Ptr = true
		return value
	case reflect.Slice, reflect.Array:
		return s.list(v, static, depth)
	case reflect.Map:
		return s.mapping(v, static, depth)
	case reflect.Struct:
		return s.structure(v, static, depth)
	default:
		return s.scalar(v, static)
	}
}

func (s *shower) scalar(v reflect.Value, static types.Type) wire.Value {
	name := s.library.called(v.Type(), static)
	switch {
	case v.Kind() == reflect.Bool:
		value := wire.Value{Kind: wire.KindBool, Type: name}
		if v.Bool() {
			value.Int = 1
		}
		return value
	case v.Kind() == reflect.String:
		return s.text(wire.KindString, name, v.String())
	case v.CanInt():
		return wire.Value{Kind: wire.KindInt, Type: name, Int: v.Int(), Text: s.named(v, static)}
	case v.CanUint():
		return wire.Value{Kind: wire.KindUint, Type: name, Uint: v.Uint(), Text: s.named(v, static)}
	case v.CanFloat():
		return wire.Value{Kind: wire.KindFloat, Type: name, Float: v.Float()}
	case v.CanComplex():
		return wire.Value{Kind: wire.KindComplex, Type: name, Text: fmt.Sprint(v.Complex())}
	case nilable(v) && v.IsNil():
		return wire.Value{Kind: wire.KindNil, Type: name}
	default:
		return wire.Value{Kind: wire.KindOpaque, Type: name}
	}
}

// text cuts within what is left of the tree's bytes, never inside a rune.
func (s *shower) text(kind wire.Kind, name, text string) wire.Value {
	keep := min(len(text), s.bytes)
	for keep > 0 && keep < len(text) && !utf8.RuneStart(text[keep]) {
		keep--
	}
	s.bytes -= keep
	return wire.Value{Kind: kind, Type: name, Text: text[:keep], Cut: len(text) - keep}
}

func (s *shower) list(v reflect.Value, static types.Type, depth int) wire.Value {
	value := wire.Value{Kind: wire.KindList, Type: s.library.called(v.Type(), static)}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		value.Kind = wire.KindBytes
		keep := min(v.Len(), s.bytes)
		value.Bytes = make([]byte, keep)
		for n := range value.Bytes {
			value.Bytes[n] = byte(v.Index(n).Uint())
		}
		value.Cut = v.Len() - keep
		s.bytes -= keep
		return value
	}
	for n := range v.Len() {
		if s.items <= 0 {
			value.Cut = v.Len() - n
			break
		}
		item := s.value(v.Index(n), elem(static), depth-1)
		if s.items < 0 || s.bytes <= 0 && n > 0 { // it is not whole
			value.Cut = v.Len() - n
			break
		}
		value.Items = append(value.Items, item)
	}
	return value
}

func (s *shower) mapping(v reflect.Value, static types.Type, depth int) wire.Value {
	value := wire.Value{Kind: wire.KindMap, Type: s.library.called(v.Type(), static)}
	keys := v.MapKeys()
	sort.SliceStable(keys, func(a, b int) bool { return less(keys[a], keys[b]) })
	var keyType types.Type
	if m, ok := under(static).(*types.Map); ok {
		keyType = m.Key()
	}
	for n, key := range keys {
		if s.items <= 1 {
			value.Cut = len(keys) - n
			break
		}
		value.Items = append(value.Items, s.value(key, keyType, depth-1), s.value(v.MapIndex(key), elem(static), depth-1))
	}
	return value
}

// less orders the keys of a map: by kind, then by value.
func less(a, b reflect.Value) bool {
	for a.Kind() == reflect.Interface {
		a = a.Elem()
	}
	for b.Kind() == reflect.Interface {
		b = b.Elem()
	}
	switch {
	case a.Kind() != b.Kind():
		return a.Kind() < b.Kind()
	case a.Kind() == reflect.String:
		return a.String() < b.String()
	case a.CanInt():
		return a.Int() < b.Int()
	case a.CanUint():
		return a.Uint() < b.Uint()
	case a.CanFloat():
		return a.Float() < b.Float()
	case a.IsValid() && a.CanInterface() && b.CanInterface():
		return fmt.Sprint(a.Interface()) < fmt.Sprint(b.Interface())
	default:
		return false
	}
}

func nilable(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return true
	default:
		return false
	}
}
