package worker

import (
	"slices"
	"strings"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
)

// fragment is a piece of SQL up to the cursor.
type fragment struct {
	tokens    []string // before the word, in lower case: words, and each other character by itself
	word      string
	from      int
	qualifier string // the table or alias before a dot
	quoted    bool   // the cursor is in a text of SQL
}

func readFragment(text string) fragment {
	tokens, quoted := sqlTokens(text)
	q := fragment{tokens: tokens, from: len(text), quoted: quoted}
	if n := len(tokens); n > 0 && text != "" && isSQLWord(text[len(text)-1]) {
		q.from = len(text) - len(tokens[n-1])
		q.word, q.tokens = text[q.from:], tokens[:n-1]
	}
	if n := len(q.tokens); n > 1 && q.tokens[n-1] == "." {
		q.qualifier = q.tokens[n-2]
	}
	return q
}

// sqlTokens splits SQL. It is true where the text ends inside quotes.
func sqlTokens(text string) (tokens []string, quoted bool) {
	for at := 0; at < len(text); {
		end := at + 1
		switch {
		case isSQLWord(text[at]):
			for end < len(text) && isSQLWord(text[end]) {
				end++
			}
			tokens = append(tokens, strings.ToLower(text[at:end]))
		case text[at] == '\'':
			length := strings.IndexByte(text[end:], '\'')
			if length < 0 {
				return tokens, true
			}
			end += length + 1
			tokens = append(tokens, "'")
		case text[at] > ' ' && text[at] != '"' && text[at] != '`':
			tokens = append(tokens, text[at:end])
		}
		at = end
	}
	return tokens, false
}

func isSQLWord(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '_'
}

func (q fragment) previous() string {
	if len(q.tokens) == 0 {
		return ""
	}
	return q.tokens[len(q.tokens)-1]
}

// wantsOperand says whether a column may stand at the cursor.
func (q fragment) wantsOperand() bool {
	return slices.Contains(strings.Fields(". ( , = < > + - * / % | ! and or not by select distinct where on set having between when then else case like in"), q.previous()) || len(q.tokens) == 0
}

// wantsTable says whether a table stands at the cursor.
func (q fragment) wantsTable() bool {
	for n := len(q.tokens) - 1; n >= 0; n-- {
		switch t := q.tokens[n]; {
		case t == "from" || t == "join" || t == "into" || t == "update":
			return n == len(q.tokens)-1 || q.previous() == ","
		case t != "," && !isSQLWord(t[0]):
			return false
		case slices.Contains(strings.Fields("select where on set order group by limit having values"), t):
			return false
		}
	}
	return false
}

// tablesOf are the tables that a statement names, by name and by alias.
func (c *completer) tablesOf(statement string) map[string]shell.Table {
	named := map[string]shell.Table{}
	tokens, _ := sqlTokens(statement)
	for n, t := range tokens {
		table, ok := c.schema.Table(t)
		if !ok || n == 0 || !slices.Contains([]string{"from", "join", "into", "update", ","}, tokens[n-1]) {
			continue
		}
		named[t] = table
		alias := tokens[n+1:]
		if len(alias) > 0 && alias[0] == "as" {
			alias = alias[1:]
		}
		if len(alias) > 0 && isSQLWord(alias[0][0]) && !slices.Contains(sqlWords(), alias[0]) {
			named[alias[0]] = table
		}
	}
	return named
}

func sqlWords() []string {
	return strings.Fields("select from where and or not in is null like between order by asc desc group having limit offset join left inner outer on as distinct count sum min max avg case when then else end update set insert into values delete exists union")
}

// statement completes a whole SQL statement.
func (c *completer) statement(before, whole string, a *answers) {
	q := readFragment(before)
	a.word, a.from = q.word, a.from+q.from
	if q.quoted {
		return
	}
	named := c.tablesOf(whole)
	switch {
	case q.wantsTable():
		c.tableNames(a, false)
		return
	case q.qualifier != "":
		if table, ok := named[q.qualifier]; ok {
			c.columns(table, a)
		}
		return
	case q.wantsOperand() && len(q.tokens) > 0:
		tables := c.schema.Tables
		if len(named) > 0 {
			tables = slices.DeleteFunc(slices.Clone(tables), func(t shell.Table) bool { return named[t.Name].Name == "" })
		}
		for _, table := range tables {
			c.columns(table, a)
		}
	}
	for _, word := range sqlWords() {
		a.add(rankKeyword, word, "")
	}
}

// condition completes the SQL of Where and its like: columns of the tables, or words that follow one.
func (c *completer) condition(tables []shell.Table, a *answers) {
	q := readFragment(a.word)
	a.word, a.from = q.word, a.from+q.from
	switch {
	case q.quoted:
	case q.qualifier != "":
		for _, table := range tables {
			if table.Name == q.qualifier {
				c.columns(table, a)
			}
		}
	case q.wantsOperand():
		for _, table := range tables {
			c.columns(table, a)
		}
		a.add(rankKeyword, "not", "")
	default:
		for _, word := range strings.Fields("and or is not null in like between asc desc") {
			a.add(rankKeyword, word, "")
		}
	}
}

// columns offers the columns that typed SQL can use; it never sees a blind index.
func (c *completer) columns(table shell.Table, a *answers) {
	for _, column := range table.Columns {
		rank, detail := 0, column.Type
		if slices.Contains(table.Keys, column.Name) {
			detail += ", key"
		}
		if table.Sealed != nil {
			if _, sealed := table.Sealed.Sealed(column.Name); sealed {
				rank, detail = 1, "sealed"
			}
			if slices.ContainsFunc(table.Sealed.Columns, func(s crypto.SealedColumn) bool { return s.Index == column.Name }) {
				continue
			}
		}
		a.add(rank, column.Name, detail)
	}
}

// tableNames offers tables, or only those with sealed columns.
func (c *completer) tableNames(a *answers, sealed bool) {
	for _, table := range c.schema.Tables {
		if table.Sealed != nil || !sealed {
			a.add(0, table.Name, extent(table))
		}
	}
}
