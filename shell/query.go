package shell

import (
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/vouchsafe/vouchsafe/crypto"
)

// Query is a question about a model's rows. It runs when it is asked for rows or a count, each time anew; narrowing it
// returns another Query and leaves this one as it was.
type Query[T any] struct {
	db *gorm.DB
}

// Where narrows, as GORM's Where does. A crypto.Equal narrows through the blind index.
func (q *Query[T]) Where(query any, args ...any) *Query[T] {
	return q.with(q.db.Where(query, args...))
}

// Not narrows to the rows that do not match, as GORM's Not does.
func (q *Query[T]) Not(query any, args ...any) *Query[T] { return q.with(q.db.Not(query, args...)) }

// Order sorts, as GORM's Order does: "id desc".
func (q *Query[T]) Order(by string) *Query[T] { return q.with(q.db.Order(by)) }

// Limit takes at most n rows.
func (q *Query[T]) Limit(n int) *Query[T] { return q.with(q.db.Limit(n)) }

// Offset leaves out the first n rows.
func (q *Query[T]) Offset(n int) *Query[T] { return q.with(q.db.Offset(n)) }

// Preload fetches an association with the rows, as GORM's Preload does: "Orders", "Orders.Lines".
func (q *Query[T]) Preload(name string, args ...any) *Query[T] {
	return q.with(q.db.Preload(name, args...))
}

// Unscoped takes in the rows that are deleted softly.
func (q *Query[T]) Unscoped() *Query[T] { return q.with(q.db.Unscoped()) }

// By narrows through a blind index: see Repo.By.
func (q *Query[T]) By(equal crypto.Equal) *Query[T] { return q.with(q.db.Where(equal)) }

// All returns the rows, up to the policy's limit.
func (q *Query[T]) All() []T {
	rows := []T{}
	if err := q.db.Find(&rows).Error; err != nil {
		panic(err)
	}
	return rows
}

// First returns the first row in the query's order, or by primary key without one.
func (q *Query[T]) First() T { return q.one(q.db.Order(byKey(q.schema(), false))) }

// Last returns the row with the largest primary key. A query that has an order of its own it refuses: GORM would give its
// first row.
func (q *Query[T]) Last() T {
	if _, ordered := q.db.Statement.Clauses["ORDER BY"]; ordered {
		panic(errors.New("Last after Order: turn the order round and take First"))
	}
	return q.one(q.db.Order(byKey(q.schema(), true)))
}

func (q *Query[T]) one(query *gorm.DB) T {
	var row T
	err := query.Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = fmt.Errorf("%w: nothing matches", ErrNoRow)
	}
	if err != nil {
		panic(err)
	}
	return row
}

// Count returns how many rows there are.
func (q *Query[T]) Count() int64 {
	var n int64
	if err := q.db.Count(&n).Error; err != nil {
		panic(err)
	}
	return n
}

// schema is what GORM knows of T.
func (q *Query[T]) schema() *schema.Schema {
	statement := &gorm.Statement{DB: q.db}
	if err := statement.Parse(new(T)); err != nil {
		panic(err)
	}
	return statement.Schema
}

func (q *Query[T]) with(db *gorm.DB) *Query[T] {
	return &Query[T]{db: db.Session(&gorm.Session{})}
}
