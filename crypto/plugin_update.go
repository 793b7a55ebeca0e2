package crypto

import (
	"reflect"

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
