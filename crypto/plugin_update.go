package crypto

import (
	"reflect"
	"sort"

	"gorm.io/gorm"
)

// updating is what an Update remembers from before its UPDATE to after it.
type updating struct {
	creating
	dest any // the statement's own, where the plugin put a map in its place
}

const updateKey = "vouchsafe:updating"

// beforeUpdate seals what a Save, Update, Updates or UpdateColumn(s) is about to write.
func (p *plugin) beforeUpdate(db *gorm.DB) {
	pl := p.statementPlan(db)
	if pl == nil {
		return
	}
	state := &updating{creating: creating{plan: pl}}
	db.InstanceSet(updateKey, state)
	if err := p.sealUpdate(db, state); err != nil {
		state.restore()
		db.AddError(err)
	}
}

func (p *plugin) afterUpdate(db *gorm.DB) {
	got, ok := db.InstanceGet(updateKey)
	if !ok {
		return
	}
	state := got.(*updating)
	if state.dest != nil {
		db.Statement.Dest = state.dest
	}
	if db.Error != nil || db.DryRun {
		state.restore()
	}
}

func (p *plugin) sealUpdate(db *gorm.DB, state *updating) error {
	pl, stmt := state.plan, db.Statement
	if _, ok := stmt.Clauses["SET"]; ok {
		return &WriteError{pl.table.Name, "a SET clause of one's own passes crypto by", "use Updates"}
	}
	written, err := pl.writtenColumns(stmt, false)
	if err != nil {
		return err
	}
	dest := reflect.ValueOf(stmt.Dest)
	for dest.Kind() == reflect.Pointer {
		dest = dest.Elem()
	}
	if dest.Kind() == reflect.Struct && dest.CanAddr() && stmt.Dest == stmt.Model {
		return p.sealSelf(db, state, dest, written)
	}
	var set map[string]any
	switch dest.Kind() {
	case reflect.Map:
		given, ok := dest.Interface().(map[string]any)
		if !ok {
			return nil // GORM refuses it
		}
		set = given
	case reflect.Struct:
		if set, err = pl.structToMap(stmt, dest, written); err != nil {
			return err
		}
	default:
		return nil // GORM refuses it
	}
	return p.sealMap(db, state, set, written)
}

// sealSelf seals the fields of a row that is written as it is: Save(&p), Model(&p).Select(…).Updates(&p).
func (p *plugin) sealSelf(db *gorm.DB, state *updating, row reflect.Value, written func(string) bool) error {
	pl, stmt := state.plan, db.Statement
	name, known, err := pl.rowOf(stmt.Context, row)
	if err != nil {
		return err
	}
	var plain []Plain
	var fields []change
	var texts []bool
	subjectWritten, allWritten := pl.subject != nil && !pl.subjectIsKey(), true
	if subjectWritten {
		_, zero := pl.subject.ValueOf(stmt.Context, row)
		chosen, _ := stmt.SelectAndOmitColumns(false, true)
		subjectWritten = written(pl.table.SubjectColumn) && (chosen[pl.table.SubjectColumn] || !zero)
	}
	var subject Subject
	var haveSubject bool
	for _, col := range pl.columns {
		field := col.at(stmt.Context, row)
		c := field.sealed()
		chosen, _ := stmt.SelectAndOmitColumns(false, true)
		if !written(col.DBName) || c == nil && !chosen[col.DBName] {
			allWritten = false
			continue
		}
		if c == nil {
			if err := p.setIndex(stmt, col, row, nil); err != nil {
				return err
			}
			continue
		}
		if !known {
			return &WriteError{string(col.Column), "it is not known which row is written", "give the row its primary key"}
		}
		if !haveSubject {
			if subject, err = p.subjectForUpdate(db, pl, row, subjectWritten); err != nil {
				return err
			}
			haveSubject = true
		}
		switch c.kind {
		case isRead:
			if err := col.stays(c, subject, name); err != nil {
				return err
			}
		case isCarried:
			return &SealedError{c.from.ref, "it is saved through its repository"}
		case isNew:
			plain = append(plain, Plain{col.Column, subject, name, []byte(c.text())})
			fields = append(fields, change{field, c})
			texts = append(texts, col.Text)
		}
		if err := p.setIndex(stmt, col, row, c); err != nil {
			return err
		}
	}
	if subjectWritten && !allWritten {
		if err := p.sameSubject(db, pl, row); err != nil {
			return err
		}
	}
	return p.sealInto(stmt, &state.creating, plain, fields, texts)
}

// subjectForUpdate is whose a row will be: what the write itself says, else what stands in the database.
func (p *plugin) subjectForUpdate(db *gorm.DB, pl *plan, row reflect.Value, inWrite bool) (Subject, error) {
	if pl.subject == nil || pl.subjectIsKey() || inWrite {
		return pl.subjectOf(db.Statement.Context, row)
	}
	keys, _ := pl.keyValues(db.Statement.Context, row)
	subject, ok, err := p.standingSubject(db, pl, keys)
	switch {
	case err != nil:
		return "", err
	case !ok:
		return "", gorm.ErrRecordNotFound
	case subject == "":
		return "", &WriteError{pl.table.Name + "." + pl.table.SubjectColumn, "the row names no data subject", "set it before sealed columns are written"}
	}
	return subject, nil
}

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
