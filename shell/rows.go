package shell

import (
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Row is a row of a table or result without a model: its columns in order.
type Row struct {
	Columns []string
	Values  []any
}

// Get returns the value of a column, or nil where the row has no such column.
func (r Row) Get(column string) any {
	for i, c := range r.Columns {
		if c == column {
			return r.Values[i]
		}
	}
	return nil
}

// Rows is a question about a table that has no model.
type Rows struct {
	db   *gorm.DB
	name string
	key  string
}

// NewRows returns the rows of a table whose primary key is the column key.
func NewRows(db *gorm.DB, name, key string) *Rows {
	return &Rows{db: db.Table("?", clause.Table{Name: name}).Session(&gorm.Session{}), name: name, key: key}
}

// Find returns the row with this primary key.
func (r *Rows) Find(key any) Row {
	rows := r.Where(clause.Eq{Column: clause.Column{Name: r.key}, Value: key}).Limit(1).All()
	if len(rows) == 0 {
		panic(fmt.Errorf("%w: %s has no row with %s %v", ErrNoRow, r.name, r.key, key))
	}
	return rows[0]
}

// Where narrows, as GORM's Where does.
func (r *Rows) Where(query any, args ...any) *Rows { return r.with(r.db.Where(query, args...)) }

// Order sorts, as GORM's Order does: "id desc".
func (r *Rows) Order(by string) *Rows { return r.with(r.db.Order(by)) }

// Limit takes at most n rows.
func (r *Rows) Limit(n int) *Rows { return r.with(r.db.Limit(n)) }

// Count returns how many rows there are.
func (r *Rows) Count() int64 {
	var n int64
	if err := r.db.Count(&n).Error; err != nil {
		panic(err)
	}
	return n
}

// All returns the rows, up to the policy's limit.
func (r *Rows) All() []Row {
	rows, err := Collect(r.db)
	if err != nil {
		panic(err)
	}
	return rows
}

func (r *Rows) with(db *gorm.DB) *Rows {
	return &Rows{db: db.Session(&gorm.Session{}), name: r.name, key: r.key}
}

// Collect runs a query and returns its rows with their columns in order.
func Collect(db *gorm.DB) ([]Row, error) {
	rows, err := db.Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	names = DistinctNames(names)
	result := []Row{}
	for rows.Next() {
		values := make([]any, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		result = append(result, Row{Columns: names, Values: values})
	}
	return result, errors.Join(rows.Err(), rows.Close())
}

// DistinctNames gives each column a name of its own: one without a name is called by its number; a name that stood before
// gets _2, _3 and so on.
func DistinctNames(names []string) []string {
	taken := map[string]bool{}
	for _, n := range names {
		taken[n] = true
	}
	seen := map[string]int{}
	result := make([]string, len(names))
	for i, n := range names {
		if strings.TrimSpace(n) == "" {
			n = fmt.Sprintf("column_%d", i+1)
		}
		seen[n]++
		result[i] = n
		for count := seen[n]; count > 1; count++ {
			candidate := fmt.Sprintf("%s_%d", n, count)
			if !taken[candidate] {
				result[i], taken[candidate], seen[n] = candidate, true, count
				break
			}
		}
	}
	return result
}
