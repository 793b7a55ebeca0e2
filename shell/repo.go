package shell

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/vouchsafe/vouchsafe/crypto"
)

// Repo is a model's repository: what an engineer types instead of a query.
//
// What cannot be done panics with an error in one sentence, as a console's user wants it; only Lookup returns its error.
type Repo[T any] struct {
	db *gorm.DB
}

// NewRepo returns the repository of T over db.
func NewRepo[T any](db *gorm.DB) *Repo[T] { return &Repo[T]{db: db} }

// ErrNoRow is what Lookup returns, and Find, First and Last panic with, where there is no such row.
var ErrNoRow = errors.New("no such row")

// Find returns the row with this primary key.
func (r *Repo[T]) Find(key any, more ...any) T {
	row, err := r.Lookup(key, more...)
	if err != nil {
		panic(err)
	}
	return row
}

// Lookup returns the row with this primary key, or an error that is ErrNoRow where there is none.
func (r *Repo[T]) Lookup(key any, more ...any) (T, error) {
	var row T
	model, err := r.model()
	if err != nil {
		return row, err
	}
	keys := append([]any{key}, more...)
	if len(keys) != len(model.PrimaryFields) {
		return row, fmt.Errorf("%s has a primary key of %d columns (%s), not %d", model.Table, len(model.PrimaryFields), strings.Join(model.PrimaryFieldDBNames, ", "), len(keys))
	}
	where := map[string]any{}
	for i, f := range model.PrimaryFields {
		where[f.DBName] = keys[i]
	}
	err = r.db.Where(where).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		var none T
		return none, fmt.Errorf("%w: %s has no row with %s", ErrNoRow, model.Table, keyText(model, keys))
	}
	return row, err
}

func keyText(model *schema.Schema, keys []any) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = fmt.Sprintf("%s %v", model.PrimaryFields[i].DBName, k)
	}
	return strings.Join(parts, ", ")
}

// Unscoped returns the repository with the rows that are deleted softly, which are not there otherwise: it finds, counts and
// saves them too.
func (r *Repo[T]) Unscoped() *Repo[T] {
	return &Repo[T]{db: r.db.Unscoped().Session(&gorm.Session{})}
}

// First returns the row with the smallest primary key.
func (r *Repo[T]) First() T { return r.query().First() }

// Last returns the row with the largest primary key.
func (r *Repo[T]) Last() T { return r.query().Last() }

// All returns every row, up to the policy's limit.
func (r *Repo[T]) All() []T { return r.query().All() }

// Each calls visit with every row in the order of the primary key, a page at a time, until it returns false.
func (r *Repo[T]) Each(visit func(T) bool) { r.query().Each(visit) }

// Count returns how many rows there are.
func (r *Repo[T]) Count() int64 { return r.query().Count() }

// Where narrows, as GORM's Where does.
func (r *Repo[T]) Where(query any, args ...any) *Query[T] { return r.query().Where(query, args...) }

// Not narrows to the rows that do not match, as GORM's Not does.
func (r *Repo[T]) Not(query any, args ...any) *Query[T] { return r.query().Not(query, args...) }

// Preload fetches an association with the rows, as GORM's Preload does: "Orders", "Orders.Lines".
func (r *Repo[T]) Preload(name string, args ...any) *Query[T] {
	return r.query().Preload(name, args...)
}

// Order sorts, as GORM's Order does: "id desc".
func (r *Repo[T]) Order(by string) *Query[T] { return r.query().Order(by) }

// Limit takes at most n rows.
func (r *Repo[T]) Limit(n int) *Query[T] { return r.query().Limit(n) }

// By narrows to the rows whose sealed column equals a text: By(crypto.Eq("people.email", "dana@…")). The question goes
// through the blind index, is normalised as the column says, and is recorded as a fact.
func (r *Repo[T]) By(equal crypto.Equal) *Query[T] { return r.query().By(equal) }

// Save writes every column of a row that is there already. It refuses a row without a primary key. Associations are left as
// they are.
func (r *Repo[T]) Save(row *T) *gorm.DB {
	model, err := r.model()
	if err != nil {
		panic(err)
	}
	if row == nil {
		panic(fmt.Errorf("save %s: nil", model.Name))
	}
	query := r.db.Model(row).Select("*")
	zeros, err := zeroKeys(r.db, model, reflect.ValueOf(row).Elem())
	if err != nil {
		panic(err)
	}
	if len(zeros) > 0 {
		query = query.Where(zeros)
	}
	done := query.Updates(row)
	if done.Error != nil {
		panic(done.Error)
	}
	if done.RowsAffected == 0 {
		panic(fmt.Errorf("save %s: %w", model.Name, ErrNoRow))
	}
	return done
}

// zeroKeys are the columns of a row's primary key that are zero: GORM would leave them out of its condition, and so change
// the rows beside it. A key that is zero throughout names no row.
func zeroKeys(db *gorm.DB, model *schema.Schema, row reflect.Value) (map[string]any, error) {
	zeros := map[string]any{}
	var names []string
	for _, f := range model.PrimaryFields {
		names = append(names, f.Name)
		if value, zero := f.ValueOf(db.Statement.Context, row); zero {
			zeros[f.DBName] = value
		}
	}
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("save %s: %s has no primary key that would name the row", model.Name, model.Table)
	case len(zeros) == len(names):
		return nil, fmt.Errorf("save %s: its %s is zero, so it names no row; Create makes a new one", model.Name, strings.Join(names, ", "))
	}
	return zeros, nil
}

// Create makes a new row and sets its primary key.
func (r *Repo[T]) Create(row *T) *gorm.DB {
	if row == nil {
		panic(errors.New("create: nil"))
	}
	done := r.db.Create(row)
	if done.Error != nil {
		panic(done.Error)
	}
	return done
}

func (r *Repo[T]) query() *Query[T] {
	return &Query[T]{db: r.db.Model(new(T)).Session(&gorm.Session{})}
}

func (r *Repo[T]) model() (*schema.Schema, error) {
	statement := &gorm.Statement{DB: r.db}
	if err := statement.Parse(new(T)); err != nil {
		return nil, err
	}
	return statement.Schema, nil
}

func newOf(m Model) any { return reflect.New(m.Type).Interface() }
