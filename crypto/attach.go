package crypto

import (
	"context"
	"errors"
	"reflect"

	"gorm.io/gorm"
)

// maxDepth bounds how deep a result is searched for sealed values.
const maxDepth = 12

// Attach tells sealed values that were read past the plugin, by gorm.DB.Scan or ScanRows or database/sql, which keyring opens them.
// dest is a pointer to a sealed value, to a struct, or to a slice of them.
func (k *Keyring) Attach(dest any) error {
	v := reflect.ValueOf(dest)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return errors.New("attach a keyring: a pointer is needed")
	}
	a := attacher{plugin: &plugin{keyring: k}, page: &page{keyring: k}, ctx: context.Background()}
	a.walk(v.Elem(), 0)
	return nil
}

// afterQuery attaches a query's result.
func (p *plugin) afterQuery(db *gorm.DB) {
	if db.Error != nil || db.DryRun || !db.Statement.ReflectValue.IsValid() {
		return
	}
	if s := db.Statement.Schema; s != nil {
		if _, err := p.planOf(s); err != nil {
			db.AddError(err)
			return
		}
		if len(db.Statement.Joins) > 0 {
			for _, rel := range s.Relationships.Relations {
				if rel.FieldSchema == nil {
					continue
				}
				if _, err := p.planOf(rel.FieldSchema); err != nil {
					db.AddError(err)
					return
				}
			}
		}
	}
	a := attacher{plugin: p, page: &page{keyring: p.keyring}, ctx: db.Statement.Context}
	a.walk(db.Statement.ReflectValue, 0)
}

// An attacher goes through one result.
type attacher struct {
	plugin *plugin
	page   *page
	ctx    context.Context
}

// A shape says where in values of a type sealed values may be.
type shape struct {
	sealed bool  // the type is String or Bytes
	elem   bool  // of a pointer, slice or array: its elements may hold some
	fields []int // of a struct: these fields may hold some
	plan   *plan // of a struct that is a model
}

func (a *attacher) walk(v reflect.Value, depth int) {
	if depth > maxDepth {
		return
	}
	s := a.plugin.shapeOf(v.Type())
	switch {
	case s == nil:
	case s.sealed:
		if v.CanAddr() {
			a.attach(v.Addr().Interface().(sealedField).sealed())
		}
	case s.elem && v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			a.walk(v.Elem(), depth+1)
		}
	case s.elem:
		for i := range v.Len() {
			a.walk(v.Index(i), depth+1)
		}
	default:
		if s.plan != nil && v.CanAddr() {
			a.place(s.plan, v)
		}
		for _, i := range s.fields {
			a.walk(v.Field(i), depth+1)
		}
	}
}

// attach gives a value that was read its page.
func (a *attacher) attach(c *cell) {
	if c == nil || c.kind != isRead || c.page != nil {
		return
	}
	raw, _, err := binaryForm(c.stored())
	if err != nil {
		raw = nil
	}
	e, err := parse(raw)
	if err != nil { // Open will say so
		c.page = a.page
		return
	}
	a.page.add(c, e)
}

// place attaches a model's own columns, and notes those that stand elsewhere than their headers say.
func (a *attacher) place(pl *plan, row reflect.Value) {
	for _, col := range pl.columns {
		c := col.at(a.ctx, row).sealed()
		if c == nil || c.kind != isRead || c.page != nil {
			continue
		}
		raw, _, err := binaryForm(c.stored())
		if err != nil {
			raw = nil
		}
		e, err := parse(raw)
		if err != nil { // Open will say so
			c.page = a.page
			continue
		}
		c.wrong = string(e.column) != string(col.Column) || !pl.sameRow(a.ctx, row, e.row)
		a.page.add(c, e)
	}
}

// shapeOf is the shape of a type; nil where it cannot hold sealed values.
func (p *plugin) shapeOf(t reflect.Type) *shape {
	if known, ok := p.shapes.Load(t); ok {
		s := known.(*shape)
		if s != nil && s.plan == nil && t.Kind() == reflect.Struct && !s.sealed {
			if pl := p.typePlan(t); pl != nil { // its model was not known when the shape was made
				s = &shape{fields: s.fields, plan: pl}
				p.shapes.Store(t, s)
			}
		}
		return s
	}
	var s *shape
	if holdsSealed(t, map[reflect.Type]bool{}) {
		s = &shape{sealed: isSealedType(t)}
		switch {
		case s.sealed:
		case t.Kind() == reflect.Struct:
			s.plan = p.typePlan(t)
			for i := range t.NumField() {
				if f := t.Field(i); (f.IsExported() || f.Anonymous) && holdsSealed(f.Type, map[reflect.Type]bool{}) {
					s.fields = append(s.fields, i)
				}
			}
		default:
			s.elem = true
		}
	}
	p.shapes.Store(t, s)
	return s
}

// holdsSealed says whether values of a type may hold sealed ones.
func holdsSealed(t reflect.Type, seen map[reflect.Type]bool) bool {
	if isSealedType(t) {
		return true
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return holdsSealed(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); (f.IsExported() || f.Anonymous) && holdsSealed(f.Type, seen) {
				return true
			}
		}
	}
	return false
}
