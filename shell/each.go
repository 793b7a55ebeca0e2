package shell

import (
	"context"
	"fmt"
	"reflect"

	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// pageRows is how many rows Each fetches at a time.
const pageRows = 500

// Each calls visit with every row in the order of the primary key, whatever order the query has, a page at a time, until it
// returns false.
//
// Each page begins after the key of the last row of the one before. So rows that are made or deleted meanwhile move no other.
func (q *Query[T]) Each(visit func(T) bool) {
	model := q.schema()
	if len(model.PrimaryFields) == 0 {
		panic(fmt.Errorf("%s has no primary key to go by: use All", model.Table))
	}
	left := -1 // no limit
	if c, ok := q.db.Statement.Clauses["LIMIT"].Expression.(clause.Limit); ok && c.Limit != nil {
		left = *c.Limit
	}
	next := q.db.Limit(pageRows)
	for left != 0 {
		want := pageRows
		if left > 0 {
			want = min(want, left)
		}
		delete(next.Statement.Clauses, "ORDER BY")
		var page []T
		if err := next.Order(byKey(model, false)).Limit(want).Find(&page).Error; err != nil {
			panic(err)
		}
		for _, row := range page {
			if !visit(row) {
				return
			}
		}
		if len(page) < want {
			return
		}
		if left > 0 {
			left -= want
		}
		last := reflect.ValueOf(&page[len(page)-1]).Elem()
		next = q.db.Offset(-1).Where(after(q.db.Statement.Context, model, last))
	}
}

// byKey is the order of the primary key, all its columns. It is no order where there is none.
func byKey(model *schema.Schema, backwards bool) clause.OrderBy {
	var order clause.OrderBy
	for _, f := range model.PrimaryFields {
		order.Columns = append(order.Columns, clause.OrderByColumn{Column: column(f), Desc: backwards})
	}
	return order
}

// after is true of the rows whose key is larger than this row's. A column that is null comes before all others.
func after(ctx context.Context, model *schema.Schema, row reflect.Value) clause.Expression {
	var same, larger []clause.Expression
	for _, f := range model.PrimaryFields {
		value, zero := f.ValueOf(ctx, row)
		var beyond clause.Expression = clause.Gt{Column: column(f), Value: value}
		if zero && f.FieldType.Kind() == reflect.Pointer {
			beyond = clause.Neq{Column: column(f), Value: nil}
		}
		larger = append(larger, clause.And(append(same[:len(same):len(same)], beyond)...))
		same = append(same, clause.Eq{Column: column(f), Value: value})
	}
	if len(larger) == 1 {
		return larger[0]
	}
	return clause.Or(larger...)
}

func column(f *schema.Field) clause.Column {
	return clause.Column{Table: clause.CurrentTable, Name: f.DBName}
}
