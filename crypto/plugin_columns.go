package crypto

import (
	"fmt"
	"reflect"

	"gorm.io/gorm"
)

// stored is a cell as it will be read.
func stored(envelope []byte, text bool, pg *page) *cell {
	c := keep(envelope)
	if text {
		c = keep([]byte(EncodeText(envelope)))
	}
	if e, err := parse(envelope); err == nil {
		pg.add(c, e)
	}
	return c
}

// stays says whether a value that was read may be written back: only where its header says it belongs.
func (c planColumn) stays(v *cell, subject Subject, row Row) error {
	e, err := ParseEnvelope(v.stored())
	if err != nil {
		return &WriteError{string(c.Column), "what it held is not sealed", "give the text to crypto.Seal"}
	}
	h := e.Header
	if h.Column != c.Column || h.Subject != subject || h.Row != row {
		belongs := string(h.Row)
		if h.Subject != "" && string(h.Subject) != belongs {
			belongs += " of " + string(h.Subject)
		}
		return &WriteError{string(c.Column), fmt.Sprintf("the value was sealed for %s of %s, and would not open in %s", h.Column, belongs, row),
			"open it and give the text to crypto.Seal"}
	}
	return nil
}

// setIndex keeps a row's blind index in step with its sealed value. Of an erased value there is none.
func (p *plugin) setIndex(stmt *gorm.Statement, col planColumn, row reflect.Value, c *cell) error {
	if col.index == nil {
		return nil
	}
	index, err := p.indexOf(col, c)
	if err != nil {
		return err
	}
	return col.index.Set(stmt.Context, row, index)
}

// structs are the addressable rows of a value that is written.
func structs(v reflect.Value) ([]reflect.Value, error) {
	one := func(v reflect.Value) (reflect.Value, error) {
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
			if v.IsNil() {
				return v, fmt.Errorf("write sealed columns: %w", gorm.ErrInvalidData)
			}
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct || !v.CanAddr() {
			return v, fmt.Errorf("write sealed columns: %w: a pointer is needed", gorm.ErrInvalidValue)
		}
		return v, nil
	}
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		row, err := one(v)
		return []reflect.Value{row}, err
	}
	rows := make([]reflect.Value, v.Len())
	for i := range rows {
		var err error
		if rows[i], err = one(v.Index(i)); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// writtenColumns says which columns a statement writes. An index column goes with its sealed column.
func (p *plan) writtenColumns(stmt *gorm.Statement, create bool) (func(dbName string) bool, error) {
	chosen, restricted := stmt.SelectAndOmitColumns(create, !create)
	written := func(dbName string) bool {
		v, ok := chosen[dbName]
		return ok && v || !ok && !restricted
	}
	var added bool
	for _, c := range p.columns {
		if c.index == nil || !written(c.DBName) || written(c.Index) {
			continue
		}
		if v, ok := chosen[c.Index]; ok && !v {
			return nil, &WriteError{p.table.Name + "." + c.Index, "the blind index goes with its column", "do not omit it, or omit " + c.DBName + " too"}
		}
		stmt.Selects = append(stmt.Selects, c.Index)
		added = true
	}
	if added {
		chosen, restricted = stmt.SelectAndOmitColumns(create, !create)
	}
	return written, nil
}

// indexOf is the blind index of a value; nil where there is none.
func (p *plugin) indexOf(col planColumn, c *cell) ([]byte, error) {
	if c == nil {
		return nil, nil
	}
	var plain []byte
	var err error
	switch {
	case c.kind == isNew:
		plain = []byte(c.text())
	case c.page == nil && c.kind == isRead:
		c = keep(c.stored())
		c.page = &page{keyring: p.keyring}
		fallthrough
	default:
		plain, err = c.open()
	}
	if isErased(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all, err := p.keyring.Index(col.Column, col.Norm, string(plain))
	if err != nil {
		return nil, err
	}
	return all[0], nil
}
