package worker

import (
	"go/ast"
	"go/types"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"gorm.io/gorm/schema"

	"github.com/vouchsafe/vouchsafe/shell"
)

// text offers what can stand in a string literal: it depends on the function whose argument it is.
func (c *completer) text(v *view, a *answers) {
	call, argument := v.calls()
	if call == nil {
		return
	}
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		if f.Name == "Table" && argument == 0 {
			c.tableNames(a, false)
		}
	case *ast.SelectorExpr:
		if p, ok := v.packageOf(f.X); ok {
			if argument == 0 && f.Sel.Name == "Eq" && p.Path() == cryptoPath {
				c.indexed(a)
			}
			return
		}
		c.argument(v, f, argument, a)
	}
}

// calls is the call whose argument the mark is in, perhaps as a part of a literal there, and which argument.
func (v *view) calls() (*ast.CallExpr, int) {
	for n := len(v.path) - 2; n >= 0; n-- {
		switch node := v.path[n].(type) {
		case *ast.CallExpr:
			return node, slices.IndexFunc(node.Args, func(e ast.Expr) bool { return e == v.path[n+1] })
		case *ast.CompositeLit:
		case *ast.KeyValueExpr:
			if node.Key != v.path[n+1] {
				return nil, 0
			}
		default:
			return nil, 0
		}
	}
	return nil, 0
}

// argument completes the argument of a method that asks the database.
func (c *completer) argument(v *view, f *ast.SelectorExpr, argument int, a *answers) {
	owner, _, ok := v.typeAt(f.X)
	if !ok || !c.asksDatabase(owner) {
		return
	}
	tables := c.tablesAt(v, f.X)
	every := slices.Contains([]string{"Select", "Omit", "Distinct", "Pluck"}, f.Sel.Name)
	switch f.Sel.Name {
	case "Table":
		c.tableNames(a, false)
	case "Preload", "Association", "Joins":
		for _, table := range tables {
			for _, name := range c.associations(table) {
				a.add(0, name, "association of "+table.Model)
			}
		}
	case "Get":
		for _, table := range tables {
			c.columns(table, a)
		}
	case "Where", "Not", "Or", "Order", "Group", "Having", "Select", "Omit", "Distinct", "Pluck", "Update", "UpdateColumn", "Updates":
		if argument == 0 || every {
			c.condition(tables, a)
		}
	case "Raw", "Exec":
		if argument == 0 {
			c.statement(a.word, a.word, a)
		}
	}
}

// asksDatabase says whether a value is a repository, a query, rows, one row, or GORM's own.
func (c *completer) asksDatabase(t types.Type) bool {
	named, ok := types.Unalias(pointed(t)).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return false
	}
	switch named.Obj().Pkg().Path() {
	case reflect.TypeFor[shell.Row]().PkgPath():
		return true
	case "gorm.io/gorm":
		return named.Obj().Name() == "DB"
	}
	return false
}

// tablesAt are the tables whose rows an expression asks for: that of its type, else what Table or Model named on the way to it,
// else all.
func (c *completer) tablesAt(v *view, x ast.Expr) []shell.Table {
	for x != nil {
		if t, _, ok := v.typeAt(x); ok {
			if table, ok := c.repository(t); ok {
				return []shell.Table{table}
			}
		}
		call, ok := ast.Unparen(x).(*ast.CallExpr)
		if !ok {
			break
		}
		name := ""
		x = nil
		switch f := ast.Unparen(call.Fun).(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name, x = f.Sel.Name, f.X
		}
		if len(call.Args) == 0 {
			continue
		}
		switch name {
		case "Table":
			if literal, ok := call.Args[0].(*ast.BasicLit); ok {
				text, _ := strconv.Unquote(literal.Value)
				if table, ok := c.schema.Table(text); ok {
					return []shell.Table{table}
				}
			}
		case "Model":
			if t, _, ok := v.typeAt(call.Args[0]); ok {
				if table, ok := c.tables[types.Unalias(pointed(t))]; ok {
					return []shell.Table{table}
				}
			}
		}
	}
	return c.schema.Tables
}

// indexed offers the sealed columns that can be found by a value.
func (c *completer) indexed(a *answers) {
	for _, table := range c.schema.Tables {
		if table.Sealed == nil {
			continue
		}
		for _, s := range table.Sealed.Columns {
			if s.Index != "" {
				a.add(0, string(s.Column), "sealed, found by its blind index")
			}
		}
	}
}

// associations are what Preload takes.
func (c *completer) associations(table shell.Table) []string {
	at := slices.IndexFunc(c.schema.Tables, func(t shell.Table) bool { return t.Name == table.Name })
	if at < 0 || at >= len(c.app.Models) {
		return nil
	}
	model, err := schema.Parse(reflect.New(c.app.Models[at].Type).Interface(), &sync.Map{}, schema.NamingStrategy{IdentifierMaxLength: 64})
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(model.Relationships.Relations))
	for name := range model.Relationships.Relations {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
