package worker

import (
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
)

// finder turns a lookup by blind index into a condition on the primary key: the broker, which has the key of the index
// and records the question, says which rows match.
type finder struct {
	gate   *gate
	schema shell.Schema
}

func (f finder) Name() string              { return crypto.PluginName }
func (f finder) Initialize(*gorm.DB) error { return nil }

// BuildEqual writes the condition.
func (f finder) BuildEqual(stmt *gorm.Statement, equal crypto.Equal) {
	table, ok := f.schema.Table(equal.Column.Table())
	if !ok {
		stmt.AddError(fmt.Errorf("%s is no column of a model", equal.Column))
		stmt.WriteString("1 = 0")
		return
	}
	keys, err := f.gate.lookup(equal)
	if stmt.AddError(err) != nil {
		stmt.WriteString("1 = 0")
		return
	}
	keysIn(table, keys).Build(stmt)
}

// keysIn is true of the rows with one of these primary keys.
func keysIn(table shell.Table, keys [][]any) clause.Expression {
	columns := make([]clause.Column, len(table.Keys))
	for i, k := range table.Keys {
		columns[i] = clause.Column{Table: table.Name, Name: k}
	}
	if len(columns) == 1 || len(keys) == 0 {
		values := make([]any, len(keys))
		for i, k := range keys {
			values[i] = k[0]
		}
		return clause.IN{Column: columns[0], Values: values} // without values it matches nothing
	}
	rows := make([]clause.Expression, len(keys))
	for i, k := range keys {
		parts := make([]clause.Expression, len(columns))
		for j, c := range columns {
			parts[j] = clause.Eq{Column: c, Value: k[j]}
		}
		rows[i] = clause.And(parts...)
	}
	return clause.Or(rows...)
}
