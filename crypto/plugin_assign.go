package crypto

import (
	"reflect"
	"sort"

	"gorm.io/gorm"
)

// structToMap makes the assignments of Updates(struct) explicit, by GORM's own rules: what is zero is left out unless it is selected.
func (p *plan) structToMap(stmt *gorm.Statement, dest reflect.Value, written func(string) bool) (map[string]any, error) {
	inner := &gorm.Statement{DB: stmt.DB}
	if err := inner.Parse(stmt.Dest); err != nil {
		return nil, err
	}
	chosen, _ := stmt.SelectAndOmitColumns(false, true)
	set := map[string]any{}
	for _, dbName := range p.schema.DBNames {
		field := inner.Schema.LookUpField(dbName)
		if field == nil || !field.Updatable || !written(dbName) {
			continue
		}
		if field.AutoUpdateTime > 0 && !stmt.SkipHooks {
			continue // GORM sets it
		}
		value, zero := field.ValueOf(stmt.Context, dest)
		if zero && !chosen[dbName] {
			continue
		}
		if k, _ := p.kindOf(dbName); k == indexColumn {
			continue // crypto sets it
		}
		set[dbName] = value
	}
	return set, nil
}

// sealMap seals the values of named columns: Update, Updates, UpdateColumn(s), and Updates of a struct onto another model value.
func (p *plugin) sealMap(db *gorm.DB, state *updating, given map[string]any, written func(string) bool) error {
	pl, stmt := state.plan, db.Statement
	set := make(map[string]any, len(given))
	values := map[string]*cell{}
	var subjectValue any
	names := make([]string, 0, len(given))
	for name := range given {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		value := given[name]
		switch k, col := pl.kindOf(name); k {
		case plainColumn:
			set[name] = value
		case keyColumn:
			if err := pl.keyStays(stmt, name, value); err != nil {
				return err
			}
			set[name] = value
		case indexColumn:
			return &WriteError{pl.table.Name + "." + col.Index, "a blind index is kept by crypto alone", "write " + col.DBName + " with crypto.Seal"}
		case subjectColumn:
			subjectValue = value
			set[pl.table.SubjectColumn] = value
		case sealedColumn:
			c, err := col.given(value)
			if err != nil {
				return err
			}
			if _, twice := values[col.DBName]; twice {
				return &WriteError{string(col.Column), "it is written twice", ""}
			}
			if written(col.DBName) {
				values[col.DBName] = c
			}
		}
	}
	if err := p.sealAssigned(db, state, set, values, subjectValue); err != nil {
		return err
	}
	state.dest, stmt.Dest = stmt.Dest, set
	return nil
}

// given is the value that someone assigns to a sealed column. Only sealed types and NULL pass.
func (c planColumn) given(value any) (*cell, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case String:
		if !c.Bytes {
			return v.c, nil
		}
	case *String:
		if !c.Bytes && v != nil {
			return v.c, nil
		}
	case Bytes:
		if c.Bytes {
			return v.c, nil
		}
	case *Bytes:
		if c.Bytes && v != nil {
			return v.c, nil
		}
	}
	return nil, &WriteError{string(c.Column), "only a sealed value can be written to it", `crypto.Seal("…")`}
}

// keyStays refuses to change a primary key: envelopes name it.
func (p *plan) keyStays(stmt *gorm.Statement, name string, value any) error {
	if row := stmt.ReflectValue; row.Kind() == reflect.Struct && row.Type() == p.schema.ModelType {
		if f := p.schema.LookUpField(name); f != nil {
			own, zero := f.ValueOf(stmt.Context, row)
			was, err := CanonicalID(own)
			is, err2 := CanonicalID(value)
			if !zero && err == nil && err2 == nil && was == is {
				return nil
			}
		}
	}
	return &WriteError{p.table.Name + "." + name, "the primary key of a row with sealed columns does not change, for envelopes name it",
		"create a new row with crypto.Seal and delete this one"}
}

// sealAssigned adds sealed values and their indexes to set.
func (p *plugin) sealAssigned(db *gorm.DB, state *updating, set map[string]any, values map[string]*cell, subjectValue any) error {
	pl, stmt := state.plan, db.Statement
	row := stmt.ReflectValue
	var name Row
	known := row.Kind() == reflect.Struct && row.Type() == pl.schema.ModelType
	if known {
		for _, f := range pl.keys {
			if _, zero := f.ValueOf(stmt.Context, row); zero {
				known = false
			}
		}
	}
	var err error
	if known {
		if name, _, err = pl.rowOf(stmt.Context, row); err != nil {
			return err
		}
	}
	subject, err := p.assignedSubject(db, pl, known, len(values) == len(pl.columns), subjectValue, anyNotNull(values))
	if err != nil {
		return err
	}
	for _, col := range pl.columns {
		c, ok := values[col.DBName]
		if !ok {
			continue
		}
		if c == nil {
			set[col.DBName] = nil
			if col.index != nil {
				set[col.Index] = nil
			}
			continue
		}
		if !known {
			return &WriteError{string(col.Column), "it is not known which row is written, and a value is sealed for one row", "name it: db.Model(&row).Updates(…)"}
		}
		switch c.kind {
		case isCarried:
			return &SealedError{c.from.ref, "it is saved through its repository"}
		case isRead:
			if err := col.stays(c, subject, name); err != nil {
				return err
			}
		case isNew:
			envelope, err := p.keyring.Seal(stmt.Context, col.Column, subject, name, []byte(c.text()))
			if err != nil {
				return err
			}
			c = stored(envelope, col.Text, &page{keyring: p.keyring})
		}
		if col.index != nil {
			index, err := p.indexOf(col, c)
			if err != nil {
				return err
			}
			set[col.Index] = index
			if index == nil { // erased: NULL, not an empty value
				set[col.Index] = nil
			}
		}
		if col.Bytes {
			set[col.DBName] = Bytes{c: c}
		} else {
			set[col.DBName] = String{c: c}
		}
	}
	return nil
}

func anyNotNull(values map[string]*cell) bool {
	for _, c := range values {
		if c != nil {
			return true
		}
	}
	return false
}

// assignedSubject is whose the row is that values are sealed for, and refuses to give a row away from under its sealed values.
func (p *plugin) assignedSubject(db *gorm.DB, pl *plan, known, all bool, value any, sealing bool) (Subject, error) {
	row := db.Statement.ReflectValue
	if pl.subject == nil || pl.subjectIsKey() {
		if known && sealing {
			return pl.subjectOf(db.Statement.Context, row)
		}
		return "", nil
	}
	column := pl.table.Name + "." + pl.table.SubjectColumn
	if value == nil {
		if !known || !sealing {
			return "", nil
		}
		return p.subjectForUpdate(db, pl, row, false)
	}
	wanted, err := NewSubject(pl.table.SubjectType, value)
	if err != nil {
		return "", &WriteError{column, "the data subject of a row with sealed columns is given by its key", ""}
	}
	if all {
		return wanted, nil
	}
	if !known {
		return "", &WriteError{column, "it is not known which row is written, and what is sealed in it would not follow to " + string(wanted), "name it: db.Model(&row).Updates(…)"}
	}
	keys, _ := pl.keyValues(db.Statement.Context, row)
	stands, ok, err := p.standingSubject(db, pl, keys)
	if err != nil {
		return "", err
	}
	if ok && stands != wanted {
		return "", &WriteError{column, "the row belongs to " + string(stands) + ", and what is sealed in it would not follow to " + string(wanted),
			"open its sealed columns, give the texts to crypto.Seal, and Save the row whole"}
	}
	return wanted, nil
}
