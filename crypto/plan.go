package crypto

import (
	"context"
	"reflect"
	"strconv"
	"strings"

	"gorm.io/gorm/schema"
)

// A plan is a described model together with GORM's view of it.
type plan struct {
	table   Table
	schema  *schema.Schema
	columns []planColumn
	keys    []*schema.Field
	subject *schema.Field // nil: none
	prefix  []byte        // "people/"
}

type planColumn struct {
	SealedColumn
	field *schema.Field
	index *schema.Field // nil: none
}

// sealedField is a *String or *Bytes.
type sealedField interface {
	sealed() *cell
	setSealed(*cell)
}

func newPlan(s *schema.Schema) (*plan, error) {
	t, err := Describe(s)
	if err != nil {
		return nil, err
	}
	p := &plan{table: t, schema: s, keys: s.PrimaryFields, prefix: []byte(t.Name + "/")}
	if t.SubjectColumn != "" {
		p.subject = s.FieldsByDBName[t.SubjectColumn]
	}
	for _, c := range t.Columns {
		pc := planColumn{SealedColumn: c, field: s.FieldsByDBName[c.DBName]}
		if c.Index != "" {
			pc.index = s.FieldsByDBName[c.Index]
		}
		p.columns = append(p.columns, pc)
	}
	return p, nil
}

// at is the sealed field of a row's value, which must be addressable.
func (c planColumn) at(ctx context.Context, row reflect.Value) sealedField {
	return c.field.ReflectValueOf(ctx, row).Addr().Interface().(sealedField)
}

// subjectIsKey says whether a row is its own subject.
func (p *plan) subjectIsKey() bool {
	return p.subject != nil && p.subject.PrimaryKey && len(p.keys) == 1
}

// keyValues are the values of a row's primary key; known is false while the database has still to choose it.
func (p *plan) keyValues(ctx context.Context, row reflect.Value) (values []any, known bool) {
	known = true
	for _, f := range p.keys {
		v, zero := f.ValueOf(ctx, row)
		if zero && f.HasDefaultValue {
			known = false
		}
		values = append(values, v)
	}
	return values, known
}

// rowOf names a row.
func (p *plan) rowOf(ctx context.Context, row reflect.Value) (name Row, known bool, err error) {
	values, known := p.keyValues(ctx, row)
	if !known {
		return "", false, nil
	}
	name, err = NewRow(p.table.Name, values...)
	return name, true, err
}

// subjectOf names the subject that a row's own fields name.
func (p *plan) subjectOf(ctx context.Context, row reflect.Value) (Subject, error) {
	if p.subject == nil {
		return "", nil
	}
	value, zero := p.subject.ValueOf(ctx, row)
	if zero {
		return "", &WriteError{p.table.Name + "." + p.table.SubjectColumn, "the row names no data subject", "set it before sealed columns are written"}
	}
	return NewSubject(p.table.SubjectType, value)
}

// sameRow says whether name is the row's; true as well where the row's key was not read.
func (p *plan) sameRow(ctx context.Context, row reflect.Value, name []byte) bool {
	if len(p.keys) == 1 {
		v := p.keys[0].ReflectValueOf(ctx, row)
		if v.IsZero() {
			return true
		}
		if v.CanInt() {
			var small [64]byte
			return string(strconv.AppendInt(append(small[:0], p.prefix...), v.Int(), 10)) == string(name)
		}
	}
	values := make([]any, len(p.keys))
	for i, f := range p.keys {
		v, zero := f.ValueOf(ctx, row)
		if zero {
			return true
		}
		values[i] = v
	}
	own, err := NewRow(p.table.Name, values...)
	return err == nil && string(own) == string(name)
}

// kind is what a column of the database is to crypto.
type kind uint8

const (
	plainColumn kind = iota
	sealedColumn
	indexColumn
	subjectColumn
	keyColumn
)

// kindOf tells what a name that someone wrote means: a field, a column, in any case, quoted or with its table.
func (p *plan) kindOf(name string) (kind, planColumn) {
	if f := p.schema.LookUpField(name); f != nil {
		name = f.DBName
	} else if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Trim(name, "`\"[] ")
	for _, c := range p.columns {
		if strings.EqualFold(name, c.DBName) {
			return sealedColumn, c
		}
		if c.Index != "" && strings.EqualFold(name, c.Index) {
			return indexColumn, c
		}
	}
	for _, k := range p.table.Keys {
		if strings.EqualFold(name, k) {
			return keyColumn, planColumn{}
		}
	}
	if p.subject != nil && strings.EqualFold(name, p.table.SubjectColumn) {
		return subjectColumn, planColumn{}
	}
	return plainColumn, planColumn{}
}
