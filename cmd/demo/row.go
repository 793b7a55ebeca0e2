package demo

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vouchsafe/vouchsafe/crypto"
)

// maxRepeat bounds how many rows one line of the tickets may make.
const maxRepeat = 10_000

// A row is one row of a ticket, while its columns are read one by one. The first fault is kept in err; what is read after it
// means nothing.
type row struct {
	table  string
	schema tableSchema
	set    columns
	i      int // which repetition
	now    time.Time
	read   map[string]bool
	err    error
}

// rowsOf repeats a line of the tickets as it asks for, and gives each of its rows to make.
func rowsOf(table string, schema tableSchema, line columns, now time.Time, make func(*row)) error {
	head := &row{table: table, set: line, read: map[string]bool{}}
	repeat, from := 1, 0
	if _, ok := line["repeat"]; ok {
		repeat = int(head.int64("repeat"))
	}
	if _, ok := line["from"]; ok {
		from = int(head.int64("from"))
	}
	if head.err != nil {
		return head.err
	}
	if repeat < 1 || repeat > maxRepeat {
		return fmt.Errorf("%s: repeat %d is out of bounds", table, repeat)
	}
	for i := from; i < from+repeat; i++ {
		r := &row{table: table, schema: schema, set: line, i: i, now: now, read: map[string]bool{"repeat": true, "from": true}}
		make(r)
		for _, column := range slices.Sorted(maps.Keys(line)) {
			if !r.read[column] {
				r.fail(column, "is no column of the table")
			}
		}
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

func (r *row) fail(column, why string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s.%s %s", r.table, column, why)
	}
}

// text is the column's text after its substitutions: the row's own, else the table's default, else null.
func (r *row) text(column string) *string {
	r.read[column] = true
	node, ok := r.set[column]
	if !ok {
		node, ok = r.schema.Defaults[column]
	}
	if !ok || node.Tag == "!!null" {
		return nil
	}
	if node.Kind != yaml.ScalarNode {
		r.fail(column, "is not a text, a number, a time or null")
		return nil
	}
	text, err := substitute(node.Value, r.i)
	if err != nil {
		r.fail(column, err.Error())
	}
	return &text
}

// need is the text of a column that cannot be null.
func (r *row) need(column string) string {
	text := r.text(column)
	if text == nil {
		r.fail(column, "is null")
		return ""
	}
	return *text
}

// sealed is a new value of a sealed column; null stays null.
func (r *row) sealed(column string) crypto.String {
	text := r.text(column)
	if text == nil {
		return crypto.String{}
	}
	return crypto.Seal(*text)
}

// number is N, or N+i.
func (r *row) number(column string) *int64 {
	text := r.text(column)
	if text == nil {
		return nil
	}
	digits, repeated := strings.CutSuffix(*text, "+i")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		r.fail(column, fmt.Sprintf("is %q, not a number", *text))
		return nil
	}
	if repeated {
		n += int64(r.i)
	}
	return &n
}

func (r *row) int64(column string) int64 {
	n := r.number(column)
	if n == nil {
		r.fail(column, "is null")
		return 0
	}
	return *n
}

func (r *row) bool(column string) bool {
	b, err := strconv.ParseBool(r.need(column))
	if err != nil {
		r.fail(column, "is not true or false")
	}
	return b
}

// time is an offset from the making of the demo, such as -19d+40s.
func (r *row) time(column string) *time.Time {
	text := r.text(column)
	if text == nil {
		return nil
	}
	d, err := offset(*text)
	if err != nil {
		r.fail(column, err.Error())
		return nil
	}
	t := r.now.Add(d)
	return &t
}

func (r *row) needTime(column string) time.Time {
	t := r.time(column)
	if t == nil {
		r.fail(column, "is null")
		return time.Time{}
	}
	return *t
}
