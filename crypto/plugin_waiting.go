package crypto

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// maxVars bounds the arguments of one UPDATE: SQLite takes 32,766.
const maxVars = 30_000

func isErased(err error) bool { return errors.Is(err, ErrErased) }

// wait puts marks into the rows whose keys the database chooses, and sees to it that there is a transaction: nobody else ever reads a
// mark.
func (p *plugin) wait(db *gorm.DB, state *creating) error {
	if len(state.waiting) == 0 {
		return nil
	}
	for _, w := range state.waiting {
		for _, v := range w.values {
			v.field.setSealed(keep(v.mark))
			state.changed = append(state.changed, change{v.field, v.was})
		}
	}
	if _, inside := db.Statement.ConnPool.(gorm.TxCommitter); inside || db.DryRun {
		return nil
	}
	tx := db.Begin()
	if tx.Error != nil {
		return fmt.Errorf("seal rows whose keys the database chooses: %w", tx.Error)
	}
	db.Statement.ConnPool = tx.Statement.ConnPool
	state.began = true
	return nil
}

// sealWaiting seals rows that have their keys now, and writes them over their marks. The mark is part of the condition: whatever
// order the database gave its keys back in, no value lands in another row.
func (p *plugin) sealWaiting(db *gorm.DB, state *creating) error {
	pl, stmt := state.plan, db.Statement
	var plain []Plain
	var there []waiting
	for _, w := range state.waiting {
		name, known, err := pl.rowOf(stmt.Context, w.row)
		if err != nil {
			return err
		}
		if !known { // ON CONFLICT DO NOTHING left it out
			for _, v := range w.values {
				v.field.setSealed(v.was)
			}
			continue
		}
		subject, err := pl.subjectOf(stmt.Context, w.row)
		if err != nil {
			return err
		}
		for _, v := range w.values {
			plain = append(plain, Plain{v.column.Column, subject, name, []byte(v.was.text())})
		}
		there = append(there, w)
	}
	sealed, err := p.keyring.SealMany(stmt.Context, plain)
	if err != nil {
		return err
	}
	pg := &page{keyring: p.keyring}
	for _, w := range there {
		for _, v := range w.values {
			v.field.setSealed(stored(sealed[0], v.column.Text, pg))
			sealed = sealed[1:]
		}
	}
	return p.overwrite(db, pl, there)
}

// overwrite writes sealed values over marks: rows with the same columns go into one UPDATE.
func (p *plugin) overwrite(db *gorm.DB, pl *plan, rows []waiting) error {
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && sameColumns(rows[0], rows[n]) && (n+1)*(2+len(rows[0].values)) <= maxVars {
			n++
		}
		var touched int64
		var err error
		switch db.Dialector.Name() {
		case "sqlite":
			touched, err = p.updateFromValues(db, pl, rows[:n])
		default:
			touched, err = p.updateEach(db, pl, rows[:n])
		}
		if err != nil {
			return fmt.Errorf("seal new rows of %s: %w", pl.table.Name, err)
		}
		if touched != int64(n) {
			return fmt.Errorf("seal new rows of %s: %d of %d were found again; nothing was written (hint: give the rows their primary keys)", pl.table.Name, touched, n)
		}
		rows = rows[n:]
	}
	return nil
}

func sameColumns(a, b waiting) bool {
	if len(a.values) != len(b.values) {
		return false
	}
	for i := range a.values {
		if a.values[i].column.DBName != b.values[i].column.DBName {
			return false
		}
	}
	return true
}

// updateFromValues is one UPDATE … FROM (VALUES …) for many rows.
func (p *plugin) updateFromValues(db *gorm.DB, pl *plan, rows []waiting) (int64, error) {
	stmt := db.Statement
	var sql strings.Builder
	var args []any
	columns := rows[0].values
	fmt.Fprintf(&sql, "UPDATE %s SET ", stmt.Quote(stmt.Table))
	for i, v := range columns {
		if i > 0 {
			sql.WriteString(", ")
		}
		fmt.Fprintf(&sql, "%s = v.column%d", stmt.Quote(v.column.DBName), i+3)
	}
	sql.WriteString(" FROM (VALUES ")
	group := "(?" + strings.Repeat(",?", len(columns)+1) + ")"
	for i, w := range rows {
		if i > 0 {
			sql.WriteByte(',')
		}
		sql.WriteString(group)
		keys, _ := pl.keyValues(stmt.Context, w.row)
		args = append(args, keys[0], markArgument(w.values[0]))
		for _, v := range w.values {
			value, err := v.field.sealed().value()
			if err != nil {
				return 0, err
			}
			args = append(args, value)
		}
	}
	fmt.Fprintf(&sql, ") AS v WHERE %s.%s = v.column1 AND %s.%s = v.column2",
		stmt.Quote(stmt.Table), stmt.Quote(pl.table.Keys[0]), stmt.Quote(stmt.Table), stmt.Quote(columns[0].column.DBName))
	result, err := stmt.ConnPool.ExecContext(stmt.Context, sql.String(), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// updateEach is an UPDATE a row, where a database has no other way that all its versions know.
func (p *plugin) updateEach(db *gorm.DB, pl *plan, rows []waiting) (int64, error) {
	var touched int64
	for _, w := range rows {
		set := map[string]any{}
		for _, v := range w.values {
			value, err := v.field.sealed().value()
			if err != nil {
				return touched, err
			}
			set[v.column.DBName] = value
		}
		keys, _ := pl.keyValues(db.Statement.Context, w.row)
		tx := db.Session(&gorm.Session{NewDB: true, SkipHooks: true}).Table(db.Statement.Table)
		tx.Statement.ConnPool = db.Statement.ConnPool
		tx = tx.Where(map[string]any{pl.table.Keys[0]: keys[0], w.values[0].column.DBName: markArgument(w.values[0])}).UpdateColumns(set)
		if tx.Error != nil {
			return touched, tx.Error
		}
		touched += tx.RowsAffected
	}
	return touched, nil
}

func markArgument(v waitingValue) any {
	if v.column.Text {
		return string(v.mark)
	}
	return v.mark
}

// pending is what a sealed column holds between INSERT and UPDATE of one transaction, while its row's key is not known yet. It passes the
// column's CHECK, and is no envelope: nothing opens it.
func pending(text bool) []byte {
	b := append([]byte{magic0, magic1}, make([]byte, minEnvelope)...)
	rand.Read(b[len(b)-16:])
	if text {
		return []byte(EncodeText(b))
	}
	return b
}
