package worker

import (
	"go/types"
	"reflect"
	"strings"
	"unicode"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// structure shows the exported fields of a compiled struct, and all fields of one that was typed. An embedded struct's fields stand
// in its place, as they are used.
func (s *shower) structure(v reflect.Value, static types.Type, depth int) wire.Value {
	value := wire.Value{Kind: wire.KindStruct, Type: s.library.called(v.Type(), static)}
	typed := v.Type().Name() == ""
	for n := range v.NumField() {
		f := v.Type().Field(n)
		if !f.IsExported() {
			continue
		}
		if s.items <= 0 {
			value.Cut = v.NumField() - n
			break
		}
		name, fieldType := f.Name, types.Type(nil)
		if declared, ok := under(static).(*types.Struct); ok && n < declared.NumFields() {
			name, fieldType = declared.Field(n).Name(), declared.Field(n).Type()
		} else if typed {
			name = typedName(name)
		}
		item := s.value(v.Field(n), fieldType, depth-1)
		if f.Anonymous && !typed && item.Kind == wire.KindStruct && !item.Ptr {
			value.Names = append(value.Names, item.Names...)
			value.Items = append(value.Items, item.Items...)
			continue
		}
		value.Names = append(value.Names, name)
		value.Items = append(value.Items, item)
	}
	return value
}

// typedName undoes what yaegi does to a lower-case field to make reflection reach it: b becomes Xb.
func typedName(name string) string {
	if rest, ok := strings.CutPrefix(name, "X"); ok && rest != "" && (!unicode.IsUpper([]rune(rest)[0])) {
		return rest
	}
	return name
}

// called is the type as a person would write it: Person, []Person, map[string]int.
func (l *library) called(t reflect.Type, static types.Type) string {
	if written := l.written[t]; written != "" {
		return written
	}
	if static != nil {
		if b, ok := types.Unalias(static).(*types.Basic); !ok || b.Info()&types.IsUntyped == 0 {
			return types.TypeString(static, func(p *types.Package) string {
				if p.Path() == "main" || p.Path() == consolePath || l.home[p.Path()] {
					return ""
				}
				return p.Name()
			})
		}
	}
	switch {
	case t.Name() != "":
		name := shortName(t.Name())
		if p := t.PkgPath(); p != "" && p != "main" && !l.home[p] {
			return p[strings.LastIndexByte(p, '/')+1:] + "." + name
		}
		return name
	case t.Kind() == reflect.Pointer:
		return "*" + l.called(t.Elem(), nil)
	case t.Kind() == reflect.Slice:
		return "[]" + l.called(t.Elem(), nil)
	case t.Kind() == reflect.Map:
		return "map[" + l.called(t.Key(), nil) + "]" + l.called(t.Elem(), nil)
	case t.Kind() == reflect.Struct:
		return "struct"
	case t.Kind() == reflect.Interface && t.NumMethod() == 0:
		return "any"
	default:
		return t.String()
	}
}

func under(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	return t.Underlying()
}

// elem is the type of what a pointer, slice, array or map holds, where it is known.
func elem(t types.Type) types.Type {
	switch t := under(t).(type) {
	case *types.Pointer:
		return t.Elem()
	case *types.Slice:
		return t.Elem()
	case *types.Array:
		return t.Elem()
	case *types.Map:
		return t.Elem()
	default:
		return nil
	}
}
