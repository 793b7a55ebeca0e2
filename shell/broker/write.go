package broker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// change is a column that a write sets, and how the record keeps it.
type change struct {
	column string
	value  any
	shown  any // in the record; sealing for what was sealed
}

// write changes or makes one row for a repository. The broker reads the row as it stands, decides about each column that
// would change, and composes the SQL itself.
func (c *command) write(ctx context.Context, r wire.Request) (wire.Response, error) {
	s := c.session
	table, ok := s.broker.Schema.Table(r.Write.Table)
	if !ok {
		return wire.Response{}, databaseError("", "there is no model for the table "+visible(r.Write.Table), "")
	}
	if !s.write {
		return wire.Response{}, readOnly()
	}
	tx := c.open[r.Conn]
	if tx == nil {
		own, err := c.begin(ctx, true)
		if err != nil {
			return wire.Response{}, err
		}
		response, err := c.writeOn(ctx, own, table, r)
		if err != nil {
			c.rollback(ctx, own)
			return wire.Response{}, err
		}
		return response, c.commit(ctx, own)
	}
	return c.writeOn(ctx, tx, table, r)
}

func (c *command) writeOn(ctx context.Context, tx *transaction, table shell.Table, r wire.Request) (wire.Response, error) {
	return c.within(ctx, tx, func() (wire.Response, error) {
		if r.Op == wire.OpCreate {
			return c.create(ctx, tx.conn, table, r.Write.Columns)
		}
		return c.save(ctx, tx.conn, table, r.Write)
	})
}

// save changes the row that a key names: only what differs from what stands there, each sealed value byte for byte as
// it stands unless a new one was set.
func (c *command) save(ctx context.Context, conn Connection, table shell.Table, w *wire.Write) (wire.Response, error) {
	if len(w.Key) != len(table.Keys) {
		return wire.Response{}, databaseError("", fmt.Sprintf("%s has a key of %d columns", table.Name, len(table.Keys)), "")
	}
	now, err := fetchRow(ctx, conn, table, w.Key)
	if err != nil || now == nil {
		return wire.Response{}, err
	}
	var changes []change
	for _, a := range w.Columns {
		changed, err := c.changeOf(ctx, table, now, a)
		if err != nil {
			return wire.Response{}, err
		}
		changes = append(changes, changed...)
	}
	if len(changes) == 0 { // found, and as it was wanted
		if !slices.Contains(c.notes, noteUnchanged) {
			c.notes = append(c.notes, noteUnchanged)
		}
		return wire.Response{Affected: 1}, nil
	}
	for _, column := range table.Columns {
		if column.AutoUpdate != "" {
			changes = append(changes, change{column: column.Name, value: autoValue(column.AutoUpdate, c.session.broker.Now())})
		}
	}
	sets := make([]string, len(changes))
	args, shown := make([]any, len(changes), len(changes)+len(w.Key)), make([]any, len(changes), len(changes)+len(w.Key))
	for i, ch := range changes {
		sets[i] = quote(ch.column) + " = ?"
		args[i], shown[i] = ch.value, ch.show()
	}
	statement := "update " + quote(table.Name) + " set " + strings.Join(sets, ", ") + " where " + whereKey(table)
	began := time.Now()
	result, err := conn.Exec(ctx, statement, append(args, w.Key...)...)
	if err != nil {
		return wire.Response{}, err
	}
	affected, err := result.RowsAffected()
	c.statement(statement, append(shown, w.Key...), affected, true, time.Since(began))
	return wire.Response{Affected: affected}, err
}

const noteUnchanged = "a row that was saved holds what it held before: nothing was written for it"

func (ch change) show() any {
	if ch.shown != nil {
		return ch.shown
	}
	return ch.value
}

// changeOf decides about one column of a save.
func (c *command) changeOf(ctx context.Context, table shell.Table, now map[string]any, a wire.Assignment) ([]change, error) {
	column, ok := table.Column(a.Column)
	if !ok {
		return nil, databaseError("", fmt.Sprintf("%s has no column %s", table.Name, visible(a.Column)), "")
	}
	if column.AutoUpdate != "" {
		return nil, nil // the broker's own clock sets it
	}
	if table.Sealed != nil {
		if slices.ContainsFunc(table.Sealed.Columns, func(s crypto.SealedColumn) bool { return s.Index == a.Column }) {
			return nil, nil // it follows its sealed column
		}
		if sealed, ok := sealedColumn(table, a.Column); ok {
			return c.sealedChange(ctx, table, sealed, now, a)
		}
	}
	value := normal(a.Value.V)
	if same(now[a.Column], value) {
		return nil, nil
	}
	switch {
	case slices.Contains(table.Keys, a.Column), table.Sealed != nil && a.Column == table.Sealed.SubjectColumn:
		return nil, refuse(ruleSealed, "make a new row instead", "%s.%s ties sealed values to their row: it does not change", table.Name, a.Column)
	case c.session.mode == shell.Decrypted:
		return nil, refuse(ruleCarry, carryHint, "%s.%s would change: %s", table.Name, a.Column, carryMessage)
	}
	return []change{{column: a.Column, value: value}}, nil
}

// sealedChange decides about a sealed column: it stays as it stands, or a new value is sealed under a consent.
func (c *command) sealedChange(ctx context.Context, table shell.Table, sealed crypto.SealedColumn, now map[string]any, a wire.Assignment) ([]change, error) {
	stands := sealedBytes(now[a.Column])
	row, subject, err := placeOf(table, now)
	if err != nil {
		return nil, databaseError("", "the row's key cannot be named", "")
	}
	switch {
	case a.Reference != nil:
		sum := sha256.Sum256(stands)
		here := a.Reference.Column == string(sealed.Column) && a.Reference.Row == string(row)
		if !here || stands == nil || len(a.Reference.Digest) > 0 && !bytes.Equal(a.Reference.Digest, sum[:16]) {
			return nil, refuse(ruleSealed, "read the row again, and change only what is yours to change",
				"what is to be saved as %s of %s is another value than what stands there", sealed.Column, row)
		}
		return nil, nil
	case a.Seal == nil && stands == nil:
		return nil, nil
	case misplaced(stands, sealed.Column, subject, row):
		return nil, refuse(ruleSealed, "have the row mended first", "what stands in %s of %s belongs elsewhere", sealed.Column, row)
	case c.session.period == nil || !c.session.period.coversWrite(sealed.Column, subject, row):
		return nil, refuse(ruleSealed, fmt.Sprintf("a new value needs a decrypted period whose scope covers it: .decrypt LINK %[1]s:%[2]s=write, exec --consent LINK --for %[1]s:%[2]s=write", row, sealed.DBName),
			"%s of %s is sealed", sealed.Column, row)
	}
	return c.sealNew(ctx, sealed, subject, row, a.Seal)
}

// misplaced says whether an envelope stands in another place than its header names, or belongs to somebody else.
func misplaced(stands []byte, column crypto.Column, subject crypto.Subject, row crypto.Row) bool {
	if stands == nil {
		return false
	}
	envelope, err := crypto.ParseEnvelope(stands)
	h := envelope.Header
	return err == nil && (h.Column != column || h.Subject != subject || h.Row != row)
}

// sealNew seals a new value and the blind index that goes with it; nil is NULL.
func (c *command) sealNew(ctx context.Context, sealed crypto.SealedColumn, subject crypto.Subject, row crypto.Row, text *string) ([]change, error) {
	if text == nil {
		changes := []change{{column: sealed.DBName}}
		if sealed.Index != "" {
			changes = append(changes, change{column: sealed.Index})
		}
		return changes, nil
	}
	envelope, err := c.session.broker.Keyring.Seal(ctx, sealed.Column, subject, row, []byte(*text))
	if err != nil {
		return nil, databaseError("KEYS", "the value could not be sealed: nothing was written", "")
	}
	value := change{column: sealed.DBName, value: envelope, shown: sealing(len(*text))}
	if sealed.Text {
		value.value = crypto.EncodeText(envelope)
	}
	changes := []change{value}
	if sealed.Index != "" {
		index, err := c.session.broker.Keyring.Index(sealed.Column, sealed.Norm, *text)
		if err != nil || len(index) == 0 {
			return nil, databaseError("KEYS", "the blind index could not be made: nothing was written", "")
		}
		changes = append(changes, change{column: sealed.Index, value: index[0], shown: sealing(len(*text))})
	}
	return changes, nil
}

// create makes a row. Sealed values of a row that is not there yet are inside no consent, so they stay empty.
func (c *command) create(ctx context.Context, conn Connection, table shell.Table, columns []wire.Assignment) (wire.Response, error) {
	if c.session.mode == shell.Decrypted {
		return wire.Response{}, refuse(ruleCarry, carryHint, "%s", carryMessage)
	}
	var names, marks []string
	var args []any
	for _, a := range columns {
		if _, ok := table.Column(a.Column); !ok {
			return wire.Response{}, databaseError("", fmt.Sprintf("%s has no column %s", table.Name, visible(a.Column)), "")
		}
		if table.Sealed != nil {
			if sealed, ok := sealedColumn(table, a.Column); ok {
				if a.Seal != nil || a.Reference != nil {
					return wire.Response{}, refuse(ruleSealed, "make the row without it; the person fills it in, or consents to that", "%s of a new row is inside no consent", sealed.Column)
				}
				continue
			}
			if slices.ContainsFunc(table.Sealed.Columns, func(s crypto.SealedColumn) bool { return s.Index == a.Column }) {
				continue
			}
		}
		names, marks, args = append(names, quote(a.Column)), append(marks, "?"), append(args, normal(a.Value.V))
	}
	statement := "insert into " + quote(table.Name) + " (" + strings.Join(names, ", ") + ") values (" + strings.Join(marks, ", ") + ")"
	if len(names) == 0 {
		statement = "insert into " + quote(table.Name) + " default values"
	}
	began := time.Now()
	result, err := conn.Exec(ctx, statement, args...)
	if err != nil {
		return wire.Response{}, err
	}
	affected, err := result.RowsAffected()
	if err != nil {
		return wire.Response{}, err
	}
	id, err := result.LastInsertId()
	c.statement(statement, args, affected, true, time.Since(began))
	return wire.Response{Affected: affected, LastID: id}, err
}

// placeOf names the row and whose it is.
func placeOf(table shell.Table, row map[string]any) (crypto.Row, crypto.Subject, error) {
	key := make([]any, len(table.Keys))
	for i, k := range table.Keys {
		key[i] = row[k]
	}
	name, err := crypto.NewRow(table.Name, key...)
	if err != nil {
		return "", "", err
	}
	subject, err := subjectOfRow(table, row)
	return name, subject, err
}

// same says whether a column holds a value already. When in doubt it does not.
func same(stands, wanted any) bool {
	switch w := wanted.(type) {
	case nil:
		return stands == nil
	case time.Time:
		s, ok := stands.(time.Time)
		return ok && s.Equal(w)
	case []byte:
		s, ok := stands.([]byte)
		return ok && bytes.Equal(s, w)
	case bool:
		switch s := stands.(type) {
		case bool:
			return s == w
		case int64:
			return (s != 0) == w
		}
		return false
	case int64, float64, string:
		return stands == wanted
	}
	return false
}

// autoValue is a time as GORM keeps it in a column of this unit.
func autoValue(unit string, now time.Time) any {
	switch unit {
	case "sec":
		return now.Unix()
	case "milli":
		return now.UnixMilli()
	case "nano":
		return now.UnixNano()
	}
	return now
}
