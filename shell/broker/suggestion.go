package broker

import (
	"fmt"
	"go/ast"
	"go/parser"
	"strings"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// suggest says how a fact or a blind index would answer what an encrypted command seems to be after, each way once a
// session: it is a suggestion and no nagging.
func (s *Session) suggest(c *command, r Result) []string {
	if r.Mode != shell.Encrypted {
		return nil
	}
	var fresh []string
	say := func(about, text string) {
		if text == "" || s.past.seen[about] {
			return
		}
		if s.past.seen == nil {
			s.past.seen = map[string]bool{}
		}
		s.past.seen[about] = true
		fresh = append(fresh, text)
	}
	if r.Value != nil && r.Value.Kind == wire.KindSealed && r.Value.Sealed != nil {
		if table, column, ok := s.broker.columnOf(r.Value.Sealed.Column); ok {
			say("facts of "+string(column.Column), factsOf(operand(r.Source, column.Field), table, column))
		}
	}
	for _, e := range c.echo {
		for _, column := range s.broker.compared(e.SQL) {
			table, _, _ := s.broker.columnOf(string(column.Column))
			say("index of "+string(column.Column), indexOf(table, column))
		}
	}
	return fresh
}

// columnOf finds a sealed column by its full name: people.email.
func (b *Broker) columnOf(full string) (shell.Table, crypto.SealedColumn, bool) {
	name, dbName, _ := strings.Cut(full, ".")
	table, _ := b.Schema.Table(name)
	column, ok := sealedColumn(table, dbName)
	return table, column, ok
}

// operand is what was typed, where that is a field or a variable that a fact can be asked of; else a field of some x.
func operand(source, field string) string {
	source = strings.TrimSpace(source)
	if e, err := parser.ParseExpr(source); err == nil && len(source) <= 60 {
		switch ast.Unparen(e).(type) {
		case *ast.SelectorExpr, *ast.Ident:
			if source != "_" {
				return source
			}
		}
	}
	return "x." + field
}

// factsOf says which facts tell something of a sealed value.
func factsOf(operand string, table shell.Table, column crypto.SealedColumn) string {
	var calls []string
	for _, f := range column.Facts {
		typed, _ := factCall(f)
		calls = append(calls, operand+"."+typed)
	}
	if len(calls) == 0 {
		return ""
	}
	return fmt.Sprintf("%s: true of it, told without opening it (.facts %s)", strings.Join(calls, ", "), table.Name)
}

// indexOf says how rows are found by a sealed column.
func indexOf(table shell.Table, column crypto.SealedColumn) string {
	if column.Index == "" {
		return fmt.Sprintf("%s is sealed, and a comparison in SQL finds nothing; it has no blind index: find the row by something else", column.Column)
	}
	return fmt.Sprintf("%s.By(crypto.Eq(%q, \"…\")).All(): %s is sealed, and a comparison in SQL finds nothing; its blind index finds equal values", table.Repository, string(column.Column), column.Column)
}

// compared lists the sealed columns that a statement compares with something. It reads words, and may be mistaken.
func (b *Broker) compared(statement string) []crypto.SealedColumn {
	var words []string
	for i := 0; i < len(statement); {
		j := tokenEnd(statement, i)
		word := strings.ToLower(strings.Trim(statement[i:j], "`\"[]"))
		i = j
		if strings.TrimSpace(word) != "" && !strings.HasPrefix(word, "--") && !strings.HasPrefix(word, "/*") {
			words = append(words, word)
		}
	}
	named := map[string]bool{}
	for _, w := range words {
		named[w] = true
	}
	if !named["where"] {
		return nil
	}
	var found []crypto.SealedColumn
	for _, t := range b.Schema.Tables {
		if t.Sealed == nil || !named[strings.ToLower(t.Name)] {
			continue
		}
		for _, column := range t.Sealed.Columns {
			for i, w := range words[:max(len(words)-1, 0)] {
				if w == strings.ToLower(column.DBName) && comparisons[words[i+1]] {
					found = append(found, column)
					break
				}
			}
		}
	}
	return found
}

// comparisons are the words and signs that compare.
var comparisons = set("= < > ! like glob in between regexp ilike")
