package generate

import (
	"fmt"
	"go/types"
	"reflect"

	"gorm.io/gorm/schema"
)

// setting is what a field's gorm tag says, its keys in upper case.
type setting map[string]string

func settings(tag string) setting {
	return schema.ParseTagSetting(reflect.StructTag(tag).Get("gorm"), ";")
}

func (s setting) has(key string) bool { _, ok := s[key]; return ok }

// ignored tells whether GORM neither reads nor writes the field.
func (s setting) ignored() bool { return s["-"] == "-" || s["-"] == "all" }

// field is a field of a model, or of a struct that it embeds.
type field struct {
	owner   types.Type // the struct that declares it
	name    string
	typ     types.Type
	setting setting
	key     bool
	tagged  bool
}

// fields are the fields of a struct that GORM sees, those of embedded structs in their place.
func fields(t types.Type) []field { return appendFields(nil, t, map[types.Type]bool{}) }

func appendFields(list []field, t types.Type, within map[types.Type]bool) []field {
	s, ok := t.Underlying().(*types.Struct)
	if !ok || within[t] {
		return list
	}
	within[t] = true
	defer delete(within, t)
	for n := range s.NumFields() {
		f, setting := s.Field(n), settings(s.Tag(n))
		if !f.Exported() || setting.ignored() {
			continue
		}
		part := core(f.Type())
		if _, isStruct := part.Underlying().(*types.Struct); isStruct && (setting.has("EMBEDDED") || f.Anonymous() && !column(f.Type(), setting)) {
			list = appendFields(list, part, within)
			continue
		}
		list = append(list, field{
			owner: t, name: f.Name(), typ: f.Type(), setting: setting, tagged: len(setting) > 0,
			key: f.Name() == "ID" || setting.has("PRIMARYKEY") || setting.has("PRIMARY_KEY"),
		})
	}
	return list
}

// fault says which field GORM could not store, or nothing. It follows the rules by which GORM parses a model, as far as
// types tell.
func fault(t types.Type) string {
	for _, f := range fields(t) {
		if column(f.typ, f.setting) {
			continue
		}
		target := core(f.typ)
		_, isStruct := target.Underlying().(*types.Struct)
		switch {
		case !isStruct:
			return fmt.Sprintf("its field %s is a %s, which is no column", f.name, types.TypeString(f.typ, (*types.Package).Name))
		case !related(t, f, target):
			return fmt.Sprintf("its field %s is a %s, to which no foreign key leads", f.name, types.TypeString(f.typ, (*types.Package).Name))
		}
	}
	return ""
}

// column tells whether a field is stored in a column.
func column(t types.Type, s setting) bool {
	if s.has("SERIALIZER") || s.has("JSON") {
		return true
	}
	for {
		p, ok := t.(*types.Pointer)
		if !ok {
			break
		}
		t = p.Elem()
	}
	if hasMethod(t, "Value") && hasMethod(t, "Scan") || hasMethod(t, "GormDataType") || isTime(t) {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Info()&(types.IsBoolean|types.IsInteger|types.IsFloat|types.IsString) != 0 && u.Kind() != types.Uintptr
	case *types.Slice:
		return isByte(u.Elem())
	case *types.Array:
		return isByte(u.Elem())
	}
	return hasMethod(t, "Value")
}

// related tells whether a foreign key leads from a model's field to its target or back.
func related(model types.Type, f field, target types.Type) bool {
	for _, key := range []string{"FOREIGNKEY", "MANY2MANY", "POLYMORPHIC", "REFERENCES", "POLYMORPHICTYPE", "POLYMORPHICID"} {
		if f.setting.has(key) {
			return true
		}
	}
	mine, theirs := fields(model), map[string]bool{}
	for _, their := range fields(target) {
		theirs[their.name] = true
		for _, own := range mine {
			if their.key && (own.name == f.name+their.name || own.name == f.name+"Id" || own.name == f.name+"ID") {
				return true // belongs to
			}
		}
	}
	for _, own := range mine {
		for _, owner := range []types.Type{model, f.owner} {
			if named, ok := owner.(*types.Named); ok && own.key && (theirs[named.Obj().Name()+own.name] || theirs[named.Obj().Name()+"ID"] || theirs[named.Obj().Name()+"Id"]) {
				return true // has one, has many
			}
		}
	}
	return false
}

// core is the type below pointers, slices and arrays, named or not.
func core(t types.Type) types.Type {
	for {
		switch u := t.Underlying().(type) {
		case *types.Pointer:
			t = u.Elem()
		case *types.Slice:
			t = u.Elem()
		case *types.Array:
			t = u.Elem()
		default:
			return types.Unalias(t)
		}
	}
}

func isTime(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	object := named.Obj()
	return object.Pkg() != nil && object.Pkg().Path() == "time" && object.Name() == "Time"
}

func isByte(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.Uint8
}
