package crypto

import (
	"fmt"
	"reflect"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// checkConflict refuses an upsert that would leave a row with values sealed for another row or subject, or without their blind index.
func (p *plugin) checkConflict(db *gorm.DB, pl *plan, rows []reflect.Value, written func(string) bool) error {
	on, ok := db.Statement.Clauses["ON CONFLICT"].Expression.(clause.OnConflict)
	if !ok || on.DoNothing || !on.UpdateAll && len(on.DoUpdates) == 0 {
		return nil
	}
	updated := map[string]bool{} // sealed, index, subject and key columns that the upsert updates
	if on.UpdateAll {
		for _, name := range pl.schema.DBNames {
			updated[name] = written(name)
		}
	}
	for _, a := range on.DoUpdates {
		k, c := pl.kindOf(a.Column.Name)
		if k == plainColumn {
			continue
		}
		name := a.Column.Name
		if from, ok := a.Value.(clause.Column); !ok || from.Table != "excluded" || !strings.EqualFold(from.Name, name) {
			column := pl.table.Name + "." + name
			if k == sealedColumn {
				column = string(c.Column)
			}
			return &WriteError{column, "an upsert may only take over the value of the new row", "clause.AssignmentColumns"}
		}
		updated[strings.ToLower(name)] = true
	}
	var some, all = false, true
	for _, c := range pl.columns {
		if c.index != nil && updated[c.DBName] != updated[c.Index] {
			return &WriteError{pl.table.Name + "." + c.Index, "the blind index goes with its column", "update both " + c.DBName + " and " + c.Index}
		}
		some = some || updated[c.DBName]
		all = all && updated[c.DBName]
	}
	subject := pl.subject != nil && !pl.subjectIsKey() && updated[pl.table.SubjectColumn]
	if !some && !subject {
		return nil
	}
	if !pl.targetIsKey(db, on) {
		return &WriteError{string(pl.columns[0].Column), "an upsert on another constraint than the primary key would seal for the wrong row",
			"look the row up first (crypto.Eq) and Save it"}
	}
	if subject && all || pl.subject == nil || pl.subjectIsKey() {
		return nil
	}
	for _, row := range rows {
		if err := p.sameSubject(db, pl, row); err != nil {
			return err
		}
	}
	return nil
}

// targetIsKey says whether an upsert can only ever meet the row whose primary key it gives.
func (p *plan) targetIsKey(db *gorm.DB, on clause.OnConflict) bool {
	if db.Dialector.Name() == "mysql" { // ON DUPLICATE KEY means any key
		for _, index := range p.schema.ParseIndexes() {
			if index.Class == "UNIQUE" {
				return false
			}
		}
		return true
	}
	if on.OnConstraint != "" {
		return false
	}
	if len(on.Columns) == 0 {
		return on.UpdateAll // GORM fills in the primary key
	}
	if len(on.Columns) != len(p.table.Keys) {
		return false
	}
	for _, c := range on.Columns {
		if k, _ := p.kindOf(c.Name); k != keyColumn {
			return false
		}
	}
	return true
}

// sameSubject refuses a write that would give a row that stands another subject than its sealed values have.
func (p *plugin) sameSubject(db *gorm.DB, pl *plan, row reflect.Value) error {
	name, known, err := pl.rowOf(db.Statement.Context, row)
	if err != nil || !known {
		return err
	}
	keys, _ := pl.keyValues(db.Statement.Context, row)
	stands, ok, err := p.standingSubject(db, pl, keys)
	if err != nil || !ok {
		return err
	}
	wanted, err := pl.subjectOf(db.Statement.Context, row)
	if err != nil {
		return err
	}
	if stands != wanted {
		return &WriteError{pl.table.Name + "." + pl.table.SubjectColumn, fmt.Sprintf("%s belongs to %s, and what is sealed in it would not follow to %s", name, stands, wanted),
			"open its sealed columns, give the texts to crypto.Seal, and Save the row whole"}
	}
	return nil
}

// standingSubject is the subject of a row as it stands in the database; false where there is no such row.
func (p *plugin) standingSubject(db *gorm.DB, pl *plan, keys []any) (Subject, bool, error) {
	stmt := db.Statement
	var sql strings.Builder
	fmt.Fprintf(&sql, "SELECT %s FROM %s WHERE ", stmt.Quote(pl.table.SubjectColumn), stmt.Quote(stmt.Table))
	inner := &gorm.Statement{DB: db, Context: stmt.Context, Clauses: map[string]clause.Clause{}}
	for i, k := range pl.table.Keys {
		if i > 0 {
			inner.WriteString(" AND ")
		}
		inner.WriteQuoted(k)
		inner.WriteString(" = ")
		inner.AddVar(inner, keys[i])
	}
	rows, err := stmt.ConnPool.QueryContext(stmt.Context, sql.String()+inner.SQL.String(), inner.Vars...)
	if err != nil {
		return "", false, fmt.Errorf("read the data subject of a row of %s: %w", pl.table.Name, err)
	}
	defer rows.Close()
	if !rows.Next() {
		return "", false, rows.Err()
	}
	var value any
	if err := rows.Scan(&value); err != nil {
		return "", false, fmt.Errorf("read the data subject of a row of %s: %w", pl.table.Name, err)
	}
	if value == nil {
		return "", true, nil
	}
	subject, err := NewSubject(pl.table.SubjectType, value)
	return subject, true, err
}
