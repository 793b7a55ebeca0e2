package broker

import (
	"fmt"
	"go/ast"
	"go/parser"
	"slices"
	"strings"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// suggest says how a fact or a blind index would answer what an encrypted command seems to be after, each way once a
// session: it is a suggestion and no nagging.
func (s *Session) suggest(c *command, r Result) []string {
	if hint := habit(r); hint != "" {
		return []string{hint}
	}
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
	for _, column := range c.compared() {
		table, _, _ := s.broker.columnOf(string(column.Column))
		say("index of "+string(column.Column), indexOf(table, column))
	}
	return fresh
}

// habit is what somebody wants who types what another console takes; empty where the command did what it says.
func habit(r Result) string {
	if r.Err == nil || r.Err.Kind != wire.ErrSyntax && r.Err.Kind != wire.ErrRuntime && r.Err.Rule != "statement" {
		return ""
	}
	typed := strings.TrimRight(strings.TrimSpace(r.Source), ";")
	first, _, more := strings.Cut(typed, " ")
	switch first = strings.ToLower(first); {
	case !more && (first == "exit" || first == "exit()" || first == "quit" || first == "q" || first == "logout" || first == "\\q" || first == ":q"):
		return ".exit"
	case !more && (first == "help" || first == "help()" || first == "?" || first == "\\?"):
		return ".help"
	case strings.HasPrefix(first, "\\d") || first == "describe" || first == "desc" || first == "show":
		return ".schema, or .schema with a table"
	case more && (first == "select" || first == "insert" || first == "update" || first == "delete" || first == "with" || first == "explain" || first == "values"):
		return ".sql and then the statement"
	case strings.HasPrefix(first, "https://"):
		return ".decrypt LINK SCOPE, if this is a consent"
	}
	return ""
}

// compared lists the sealed columns that the command's statements compare, sort or group by.
func (c *command) compared() []crypto.SealedColumn {
	var found []crypto.SealedColumn
	seen := map[crypto.Column]bool{}
	for _, e := range c.echo {
		for _, column := range c.session.broker.compared(e.SQL) {
			if !seen[column.Column] {
				seen[column.Column] = true
				found = append(found, column)
			}
		}
	}
	return found
}

// ciphertextNotes says of sealed columns that SQL compared, sorted or grouped by that it saw no values.
func (c *command) ciphertextNotes() []string {
	var notes []string
	for _, column := range c.compared() {
		notes = append(notes, fmt.Sprintf("%s is sealed: what SQL compares, sorts or groups by there is ciphertext, so nothing can be concluded from it", column.Column))
	}
	return notes
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
		return fmt.Sprintf("%s is sealed, and SQL compares ciphertext; it has no blind index: find the row by something else", column.Column)
	}
	return fmt.Sprintf("%s.By(crypto.Eq(%q, \"…\")).All(): %s is sealed, and SQL compares ciphertext; its blind index finds equal values", table.Repository, string(column.Column), column.Column)
}

// compared lists the sealed columns that a statement compares, sorts or groups by. It reads words, and may be mistaken.
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
	clause := slices.IndexFunc(words, func(w string) bool { return w == "where" || w == "order" || w == "group" || w == "having" })
	if clause < 0 {
		return nil
	}
	words = append(words[clause:], "")
	var found []crypto.SealedColumn
	for _, t := range b.Schema.Tables {
		if t.Sealed == nil || !named[strings.ToLower(t.Name)] {
			continue
		}
		for _, column := range t.Sealed.Columns {
			for i, w := range words[:len(words)-1] {
				if w == strings.ToLower(column.DBName) && words[i+1] != "is" { // whether it is null, SQL knows
					found = append(found, column)
					break
				}
			}
		}
	}
	return found
}
