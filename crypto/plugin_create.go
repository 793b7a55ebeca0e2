package crypto

import (
	"reflect"

	"gorm.io/gorm"
)

// creating is what a Create remembers from before its INSERT to after it.
type creating struct {
	plan    *plan
	changed []change
	waiting []waiting // sealed by an UPDATE, when the database has chosen their keys
	began   bool      // the transaction is the plugin's own
}

// A change is a field that was replaced, and what it was: put back if the write fails.
type change struct {
	field sealedField
	was   *cell
}

// waiting is a row whose primary key is not known before its INSERT.
type waiting struct {
	row    reflect.Value
	values []waitingValue
}

type waitingValue struct {
	column planColumn
	field  sealedField
	was    *cell
	mark   []byte // what stands in the column meanwhile: random, so that it names the row
}

func (c *creating) restore() {
	for _, ch := range c.changed {
		ch.field.setSealed(ch.was)
	}
}

const createKey = "vouchsafe:creating"

// beforeCreate seals what a Create, or Save of new rows, is about to insert.
func (p *plugin) beforeCreate(db *gorm.DB) {
	pl := p.statementPlan(db)
	if pl == nil {
		return
	}
	state := &creating{plan: pl}
	db.InstanceSet(createKey, state)
	if err := p.sealCreate(db, state); err != nil {
		state.restore()
		db.AddError(err)
	}
}

func (p *plugin) sealCreate(db *gorm.DB, state *creating) error {
	pl, stmt := state.plan, db.Statement
	switch dest := stmt.Dest.(type) {
	case map[string]any:
		return pl.refuseMaps(dest)
	case *map[string]any:
		return pl.refuseMaps(*dest)
	case []map[string]any:
		return pl.refuseMaps(dest...)
	case *[]map[string]any:
		return pl.refuseMaps(*dest...)
	}
	rows, err := structs(stmt.ReflectValue)
	if err != nil {
		return err
	}
	written, err := pl.writtenColumns(stmt, true)
	if err != nil {
		return err
	}
	if err := p.checkConflict(db, pl, rows, written); err != nil {
		return err
	}
	var plain []Plain
	var fields []change
	var texts []bool
	for _, row := range rows {
		w := waiting{row: row}
		name, known, err := pl.rowOf(stmt.Context, row)
		if err != nil {
			return err
		}
		var subject Subject
		var haveSubject bool
		for _, col := range pl.columns {
			if !written(col.DBName) {
				continue
			}
			field := col.at(stmt.Context, row)
			c := field.sealed()
			if c == nil {
				if err := p.setIndex(stmt, col, row, nil); err != nil {
					return err
				}
				continue
			}
			if known && !written(pl.table.Keys[0]) {
				return &WriteError{string(col.Column), "the row's key is left out of the write, and envelopes name it", "do not omit the primary key"}
			}
			if !haveSubject && (known || !pl.subjectIsKey()) {
				if pl.subject != nil && !written(pl.table.SubjectColumn) {
					return &WriteError{string(col.Column), "the row's data subject is left out of the write", "do not omit " + pl.table.SubjectColumn}
				}
				if subject, err = pl.subjectOf(stmt.Context, row); err != nil {
					return err
				}
				haveSubject = true
			}
			switch {
			case c.kind == isRead && known:
				if err := col.stays(c, subject, name); err != nil {
					return err
				}
			case c.kind == isRead:
				return &WriteError{string(col.Column), "the value was sealed for another row", "open it and give the text to crypto.Seal"}
			case c.kind == isCarried:
				return &SealedError{c.from.ref, "it is saved through its repository"}
			case known:
				plain = append(plain, Plain{col.Column, subject, name, []byte(c.text())})
				fields = append(fields, change{field, c})
				texts = append(texts, col.Text)
			default:
				w.values = append(w.values, waitingValue{col, field, c, pending(col.Text)})
			}
			if err := p.setIndex(stmt, col, row, c); err != nil {
				return err
			}
		}
		if len(w.values) > 0 {
			state.waiting = append(state.waiting, w)
		}
	}
	if err := p.sealInto(stmt, state, plain, fields, texts); err != nil {
		return err
	}
	return p.wait(db, state)
}

// sealInto seals all of a statement's values at once, and puts them into their fields.
func (p *plugin) sealInto(stmt *gorm.Statement, state *creating, plain []Plain, fields []change, texts []bool) error {
	if len(plain) == 0 {
		return nil
	}
	sealed, err := p.keyring.SealMany(stmt.Context, plain)
	if err != nil {
		return err
	}
	pg := &page{keyring: p.keyring}
	for i, f := range fields {
		f.field.setSealed(stored(sealed[i], texts[i], pg))
	}
	state.changed = append(state.changed, fields...)
	return nil
}

// refuseMaps refuses maps that name sealed or index columns: nothing in them says which row a value is sealed for.
func (p *plan) refuseMaps(maps ...map[string]any) error {
	for _, m := range maps {
		for name := range m {
			switch k, c := p.kindOf(name); k {
			case sealedColumn:
				return &WriteError{string(c.Column), "Create with a map cannot seal", "create a struct with crypto.Seal"}
			case indexColumn:
				return &WriteError{p.table.Name + "." + c.Index, "a blind index is kept by crypto alone", "create a struct with crypto.Seal"}
			}
		}
	}
	return nil
}

// afterCreate seals what had to wait for its key, or puts back what was there where the INSERT failed.
func (p *plugin) afterCreate(db *gorm.DB) {
	got, ok := db.InstanceGet(createKey)
	if !ok {
		return
	}
	state := got.(*creating)
	if db.Error == nil && !db.DryRun && len(state.waiting) > 0 {
		if err := p.sealWaiting(db, state); err != nil {
			db.AddError(err)
		}
	}
	if state.began {
		if db.Error != nil {
			db.Rollback()
		} else {
			db.Commit()
		}
		db.Statement.ConnPool = db.ConnPool
	}
	if db.Error != nil || db.DryRun {
		state.restore()
	}
}
