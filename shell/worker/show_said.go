package worker

import (
	"encoding"
	"fmt"
	"go/types"
	"reflect"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// named is what the String method of a number's type calls it: closed, of an order's status. It is empty where there is none, or where it fails.
func (s *shower) named(v reflect.Value, static types.Type) (name string) {
	defer func() {
		if fault := recover(); fault != nil {
			name = "" // a name for each number there is, and this is another one
		}
	}()
	if v.CanInterface() && v.Type().PkgPath() != "" {
		if x, ok := v.Interface().(fmt.Stringer); ok {
			name = x.String()
		}
	}
	for _, m := range s.methods {
		if static == nil || !types.Identical(m.receiver, static) || !v.Type().ConvertibleTo(m.call.Type().In(0)) {
			continue
		}
		name = m.call.Call([]reflect.Value{v.Convert(m.call.Type().In(0))})[0].String()
	}
	kept := s.text(wire.KindString, "", name)
	return kept.Text
}

// saidBy is the text of a compiled value that shows nothing of itself otherwise: bytes with a String method, such as a UUID, and structs without
// an exported field, such as decimals, addresses and big numbers.
func (s *shower) saidBy(v reflect.Value) (text string, made bool) {
	closed := v.Kind() == reflect.Array && v.Type().Elem().Kind() == reflect.Uint8
	if v.Kind() == reflect.Struct {
		closed = v.NumField() > 0
		for n := range v.NumField() {
			closed = closed && !v.Type().Field(n).IsExported()
		}
	}
	if !closed || v.Type().PkgPath() == "" {
		return "", false
	}
	p := reflect.New(v.Type()) // a copy, for methods of the pointer
	p.Elem().Set(v)
	switch x := p.Interface().(type) {
	case fmt.Stringer:
		return x.String(), true
	case encoding.TextMarshaler:
		b, err := x.MarshalText()
		return string(b), err == nil
	}
	return "", false
}
