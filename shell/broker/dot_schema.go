package broker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// schema lists the tables, or one table's columns.
func (c *command) schema(ctx context.Context, rest string) (*wire.Value, error) {
	list := &wire.Value{Kind: wire.KindList}
	if rest == "" {
		for _, t := range c.session.broker.Schema.Tables {
			sealed := 0
			if t.Sealed != nil {
				sealed = len(t.Sealed.Columns)
			}
			size, err := c.size(ctx, t)
			if err != nil {
				return nil, err
			}
			list.Items = append(list.Items, record("table", text(t.Name), "repository", text(t.Repository),
				"columns", number(int64(len(t.Columns)-indexes(t))), "sealed", number(int64(sealed)), "rows", size))
		}
		return list, nil
	}
	t, err := c.tableOf(rest)
	if err != nil {
		return nil, err
	}
	for _, column := range t.Columns {
		if isIndex(t, column.Name) {
			continue // it is told with its column
		}
		kind, about := column.Type, keyMarks(t, column.Name)
		if sealed, ok := sealedColumn(t, column.Name); ok {
			kind = "sealed text"
			if sealed.Bytes {
				kind = "sealed bytes"
			}
			if names := factNames(sealed); len(names) > 0 {
				about = append(about, "facts: "+strings.Join(names, " "))
			}
			if sealed.Index != "" {
				about = append(about, "found by equality: "+strings.Join(append([]string{"blind index"}, sealed.Norm...), " "))
			}
		}
		about = append(about, indexMarks(t, column.Name)...)
		mark := wire.Value{}
		if len(about) > 0 {
			mark = text(strings.Join(about, "; "))
		}
		list.Items = append(list.Items, record("column", text(column.Name), "field", text(column.Field), "type", text(kind), "about", mark))
	}
	size, err := c.size(ctx, t)
	if err != nil {
		return nil, err
	}
	c.notes = append(c.notes, fmt.Sprintf("%s has %s; in Go it is %s", t.Name, rowsOf(size.Int), t.Repository))
	return list, nil
}

// size counts a table's rows. It is a statement like any other.
func (c *command) size(ctx context.Context, t shell.Table) (wire.Value, error) {
	conn, done, err := c.reading(ctx)
	if err != nil {
		return wire.Value{}, err
	}
	defer done()
	limited, cancel := context.WithTimeout(ctx, c.session.broker.Policy.Limits.Statement)
	defer cancel()
	statement := "select count(*) from " + quote(t.Name)
	began := time.Now()
	rows, err := conn.Query(limited, statement)
	if err != nil {
		return wire.Value{}, err
	}
	defer rows.Close()
	var n int64
	if !rows.Next() || rows.Scan(&n) != nil {
		return wire.Value{}, errReadRow
	}
	c.statement(statement, nil, 1, false, time.Since(began))
	return number(n), nil
}

// tableOf finds a table by its name, its repository or its model.
func (c *command) tableOf(name string) (shell.Table, error) {
	for _, t := range c.session.broker.Schema.Tables {
		if strings.EqualFold(name, t.Name) || strings.EqualFold(name, t.Repository) || strings.EqualFold(name, t.Model) {
			return t, nil
		}
	}
	return shell.Table{}, &wire.Error{Kind: wire.ErrRuntime, Message: "there is no model for a table " + named(name), Hint: ".schema lists the tables"}
}

func isIndex(t shell.Table, column string) bool {
	if t.Sealed == nil {
		return false
	}
	for _, s := range t.Sealed.Columns {
		if s.Index == column {
			return true
		}
	}
	return false
}

// indexes is how many of a table's columns are blind indexes.
func indexes(t shell.Table) (n int) {
	for _, column := range t.Columns {
		if isIndex(t, column.Name) {
			n++
		}
	}
	return n
}

// keyMarks says what a column is to its rows: part of their key, or whose they are.
func keyMarks(t shell.Table, column string) []string {
	var marks []string
	if slices.Contains(t.Keys, column) {
		marks = append(marks, "primary key")
	}
	if t.Sealed != nil && t.Sealed.SubjectColumn == column {
		marks = append(marks, "the data subject of "+t.Sealed.SubjectType)
	}
	return marks
}

// indexMarks says which of the model's indexes begin with a column: by it rows are found fast.
func indexMarks(t shell.Table, column string) []string {
	var marks []string
	for _, index := range t.Indexes {
		if len(index.Columns) == 0 || index.Columns[0] != column {
			continue
		}
		mark := "index"
		if index.Unique {
			mark = "unique index"
		}
		if len(index.Columns) > 1 {
			mark += " with " + strings.Join(index.Columns[1:], ", ")
		}
		marks = append(marks, mark)
	}
	return marks
}

func factNames(c crypto.SealedColumn) []string {
	var names []string
	for _, f := range c.Facts {
		names = append(names, f.Name)
	}
	return names
}

// factList lists what may be asked of sealed values without opening them, and how it is typed.
func (c *command) factList(_ context.Context, rest string) (*wire.Value, error) {
	tables := c.session.broker.Schema.Tables
	if rest != "" {
		t, err := c.tableOf(rest)
		if err != nil {
			return nil, err
		}
		tables = []shell.Table{t}
	}
	list := &wire.Value{Kind: wire.KindList}
	for _, t := range tables {
		if t.Sealed == nil {
			continue
		}
		for _, column := range t.Sealed.Columns {
			for _, f := range column.Facts {
				typed, tells := factCall(f)
				list.Items = append(list.Items, record("column", text(string(column.Column)), "type", text("x."+column.Field+"."+typed), "tells", text(tells)))
			}
			if column.Index != "" {
				list.Items = append(list.Items, record("column", text(string(column.Column)),
					"type", text(fmt.Sprintf("%s.By(crypto.Eq(%q, …))", t.Repository, string(column.Column))), "tells", text("the rows whose value equals a text that you know")))
			}
		}
	}
	if len(list.Items) == 0 {
		c.notes = append(c.notes, "nothing is sealed there")
	}
	return list, nil
}

// factCall is how a fact is typed, and what it tells.
func factCall(f crypto.FactRule) (typed, tells string) {
	switch f.Name {
	case crypto.FactPresent:
		return "Present()", "whether there is a value"
	case crypto.FactLen:
		return "Len()", "how long it is"
	case crypto.FactDomain:
		return "Domain()", "what follows the @"
	case crypto.FactSame:
		return "Same(y.…)", "whether two sealed values are the same"
	case crypto.FactIs:
		return `Is("…")`, "whether it is a text that you know"
	case crypto.FactPrefix:
		return fmt.Sprintf("Prefix(%d)", f.N), fmt.Sprintf("its first %d characters", f.N)
	case crypto.FactTraits:
		return "Traits()", "odd characters in it"
	}
	return f.Name, ""
}
