package worker

import (
	"database/sql"
	"fmt"
	"reflect"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// openGORM opens GORM over the gate. Two things differ from an application's: the driver learns where columns land, and
// a row whose sealed, subject or key columns change goes to the broker as a wire.Write, which composes its SQL.
func openGORM(dialect, version string, described shell.Schema, g *gate) (*gorm.DB, error) {
	if dialect != "sqlite" {
		return nil, fmt.Errorf("no dialect %q", dialect)
	}
	pool := sql.OpenDB(&connector{gate: g, version: version})
	db, err := gorm.Open(sqlite.Dialector{DriverName: "sqlite", Conn: pool}, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, fmt.Errorf("open gorm: %w", err)
	}
	if err := db.Use(finder{gate: g, schema: described}); err != nil {
		return nil, fmt.Errorf("open gorm: %w", err)
	}
	w := writes{}
	for _, register := range []func() error{
		func() error {
			return db.Callback().Query().Before("gorm:query").Register("vouchsafe:wanted", lookAhead)
		},
		func() error {
			w.update = db.Callback().Update().Get("gorm:update")
			return db.Callback().Update().Replace("gorm:update", w.updateRow)
		},
		func() error {
			w.create = db.Callback().Create().Get("gorm:create")
			return db.Callback().Create().Replace("gorm:create", w.createRows)
		},
	} {
		if err := register(); err != nil {
			return nil, fmt.Errorf("open gorm: %w", err)
		}
	}
	return db, nil
}

// writes sends the rows of tables with sealed columns to the broker.
type writes struct {
	update, create func(*gorm.DB) // GORM's own
}

// sealedTable is the table of a statement that GORM has not written yet, if it has sealed columns.
func sealedTable(db *gorm.DB) (crypto.Table, bool) {
	if db.Error != nil || db.Statement.Schema == nil || db.Statement.SQL.Len() > 0 {
		return crypto.Table{}, false
	}
	table, err := crypto.Describe(db.Statement.Schema)
	return table, db.AddError(err) == nil && len(table.Columns) > 0
}

// updateRow stands in for GORM's own update.
func (w writes) updateRow(db *gorm.DB) {
	table, ok := sealedTable(db)
	if !ok {
		w.update(db)
		return
	}
	_, narrowed := db.Statement.Clauses["WHERE"]
	set := callbacks.ConvertToAssignments(db.Statement)
	if len(set) == 0 || db.Error != nil {
		return
	}
	if !touchesGuarded(table, set) {
		db.Statement.AddClause(set)
		defer delete(db.Statement.Clauses, "SET")
		w.update(db)
		return
	}
	write, err := w.row(db, set, narrowed)
	if err != nil {
		db.AddError(err)
		return
	}
	result, err := w.send(db, wire.OpSave, write)
	if db.AddError(err) == nil {
		db.RowsAffected, _ = result.RowsAffected()
	}
}

// row is the one row that an update of sealed columns may change.
func (w writes) row(db *gorm.DB, set clause.Set, narrowed bool) (wire.Write, error) {
	model := db.Statement.Schema
	write := wire.Write{Table: model.Table}
	one := func(why string) error {
		return &wire.Error{
			Kind: wire.ErrRefused, Rule: "sealed", Message: fmt.Sprintf("%s has sealed columns: %s", model.Table, why),
			Hint: "change one row that was read before, with its repository's Save",
		}
	}
	if narrowed || db.Statement.ReflectValue.Kind() != reflect.Struct {
		return write, one("they change one row at a time")
	}
	for _, f := range model.PrimaryFields {
		value, zero := f.ValueOf(db.Statement.Context, db.Statement.ReflectValue)
		if zero {
			return write, one("a row without its primary key cannot be changed")
		}
		key, err := plain(value)
		if err != nil {
			return write, err
		}
		write.Key = append(write.Key, key)
	}
	for _, a := range set {
		assignment, err := assign(model, a.Column.Name, a.Value)
		if err != nil {
			return write, err
		}
		write.Columns = append(write.Columns, assignment)
	}
	return write, nil
}

// createRows stands in for GORM's own create.
func (w writes) createRows(db *gorm.DB) {
	table, ok := sealedTable(db)
	if !ok {
		w.create(db)
		return
	}
	values := callbacks.ConvertToCreateValues(db.Statement)
	if db.Error != nil {
		return
	}
	if _, ok := db.Statement.Clauses["ON CONFLICT"]; ok {
		db.AddError(&wire.Error{Kind: wire.ErrRefused, Rule: "sealed", Message: fmt.Sprintf("%s has sealed columns: no upsert", table.Name), Hint: "use its repository's Create or Save"})
		return
	}
	for i, row := range values.Values {
		write := wire.Write{Table: table.Name}
		for j, column := range values.Columns {
			assignment, err := assign(db.Statement.Schema, column.Name, row[j])
			if db.AddError(err) != nil {
				return
			}
			write.Columns = append(write.Columns, assignment)
		}
		result, err := w.send(db, wire.OpCreate, write)
		if db.AddError(err) != nil {
			return
		}
		db.RowsAffected++
		id, _ := result.LastInsertId()
		if db.AddError(w.setKey(db, i, id)) != nil {
			return
		}
	}
}

// setKey puts the key that the database chose into the object.
func (w writes) setKey(db *gorm.DB, i int, id int64) error {
	field := db.Statement.Schema.PrioritizedPrimaryField
	if field == nil || !field.HasDefaultValue || id == 0 {
		return nil
	}
	object := db.Statement.ReflectValue
	if object.Kind() == reflect.Slice || object.Kind() == reflect.Array {
		object = reflect.Indirect(object.Index(i))
	}
	if object.Kind() != reflect.Struct {
		return nil
	}
	if _, zero := field.ValueOf(db.Statement.Context, object); !zero {
		return nil
	}
	return field.Set(db.Statement.Context, object, id)
}

func touchesGuarded(table crypto.Table, set clause.Set) bool {
	guarded := map[string]bool{table.SubjectColumn: true}
	for _, k := range table.Keys {
		guarded[k] = true
	}
	for _, c := range table.Columns {
		guarded[c.DBName], guarded[c.Index] = true, true
	}
	for _, a := range set {
		if guarded[a.Column.Name] {
			return true
		}
	}
	return false
}

// assign says what becomes of one column.
func assign(model *schema.Schema, column string, value any) (wire.Assignment, error) {
	a := wire.Assignment{Column: column}
	switch v := value.(type) {
	case *crypto.String:
		if v == nil {
			return a, nil
		}
		return assign(model, column, *v)
	case crypto.String:
		return sealedAssignment(a, v.State())
	case *crypto.Bytes:
		if v == nil {
			return a, nil
		}
		return assign(model, column, *v)
	case crypto.Bytes:
		return sealedAssignment(a, v.State())
	}
	var err error
	if a.Value.V, err = plain(value); err != nil {
		return a, fmt.Errorf("%s.%s: %w", model.Table, column, err)
	}
	return a, nil
}

func sealedAssignment(a wire.Assignment, state crypto.State) (wire.Assignment, error) {
	switch {
	case state.New:
		a.Seal = &state.Text
	case state.Sealed, state.Revealed:
		a.Reference = reference(state.Reference)
	}
	return a, nil
}

// send hands a row to the broker on the connection of the statement, so that it is part of its transaction.
func (w writes) send(db *gorm.DB, op wire.Op, write wire.Write) (sql.Result, error) {
	return db.Statement.ConnPool.ExecContext(db.Statement.Context, "", &rowWrite{op: op, write: write})
}
