package broker

import (
	"fmt"
	"strings"

	"modernc.org/sqlite"

	"github.com/vouchsafe/vouchsafe/shell"
)

// sqliteRules says what typed SQL may touch.
type sqliteRules struct {
	guarded map[string]map[string]bool // table → columns that typed SQL may not write, of tables with sealed columns
	hidden  map[string]map[string]bool // table → columns that typed SQL does not see
	repos   map[string]string          // table → repository
}

func newSQLiteRules(schema shell.Schema) *sqliteRules {
	r := &sqliteRules{guarded: map[string]map[string]bool{}, hidden: map[string]map[string]bool{}, repos: map[string]string{}}
	for _, t := range schema.Tables {
		if t.Sealed == nil {
			continue
		}
		guarded, hidden := map[string]bool{"rowid": true}, map[string]bool{} // by whichever of its names, it is the key
		for _, k := range t.Keys {
			guarded[strings.ToLower(k)] = true
		}
		if t.Sealed.SubjectColumn != "" {
			guarded[strings.ToLower(t.Sealed.SubjectColumn)] = true
		}
		for _, c := range t.Sealed.Columns {
			guarded[strings.ToLower(c.DBName)] = true
			if c.Index != "" {
				guarded[strings.ToLower(c.Index)] = true
				hidden[strings.ToLower(c.Index)] = true
			}
		}
		name := strings.ToLower(t.Name)
		r.guarded[name], r.hidden[name], r.repos[name] = guarded, hidden, t.Repository
	}
	return r
}

// authorizer is SQLite's own question, for each thing a statement would do, before it runs: may it? It is silent about
// the broker's own statements and strict about typed ones.
type authorizer struct {
	rules    *sqliteRules
	write    bool // typed statements may write
	carrying bool // they may not, for in a decrypted period they could carry plaintext out

	watching bool
	seen     verdict
}

// verdict is what the authorizer saw of one statement.
type verdict struct {
	refusal *Refusal
	writes  bool
}

func (a *authorizer) watch() { a.watching, a.seen = true, verdict{} }

func (a *authorizer) verdict() verdict {
	a.watching = false
	return a.seen
}

func (a *authorizer) deny(rule, message, hint string) sqlite.AuthorizerReturnCode {
	if a.seen.refusal == nil {
		a.seen.refusal = &Refusal{Rule: rule, Message: message, Hint: hint}
	}
	return sqlite.AuthorizerDeny
}

func (a *authorizer) authorize(action sqlite.AuthorizerActionCode, arg1, arg2, database, trigger string) sqlite.AuthorizerReturnCode {
	if !a.watching {
		return sqlite.AuthorizerOK
	}
	table, column := strings.ToLower(arg1), strings.ToLower(arg2)
	switch action {
	case sqlite.AuthSelect, sqlite.AuthRecursive:
		return sqlite.AuthorizerOK
	case sqlite.AuthRead:
		switch {
		case strings.HasPrefix(table, "sqlite_stat"):
			return a.deny("sql", "the database's statistics hold samples of values", "")
		case table == "dbstat", strings.HasPrefix(table, "sqlite_") && !sqliteSchemas[table]:
			return a.deny("sql", "the database's own pages hold what typed SQL does not see", "")
		case a.rules.hidden[table][column]:
			return sqlite.AuthorizerIgnore // reads as NULL
		}
		return sqlite.AuthorizerOK
	case sqlite.AuthFunction:
		if !sqliteFunctions[column] {
			return a.deny("sql", fmt.Sprintf("the function %s is not allowed here", visible(arg2)), "")
		}
		return sqlite.AuthorizerOK
	case sqlite.AuthPragma:
		if sqlitePragmas[table] && (arg2 != "" || table == "compile_options") {
			return sqlite.AuthorizerOK
		}
		return a.deny("sql", fmt.Sprintf("the pragma %s is not allowed here", visible(arg1)), "table_info(name) and index_list(name) are")
	case sqlite.AuthInsert, sqlite.AuthUpdate, sqlite.AuthDelete:
		return a.change(action, table, column, trigger)
	case sqlite.AuthTransaction, sqlite.AuthSavepoint:
		return a.deny("sql", "transactions are the broker's", "use db.Transaction(func(tx *gorm.DB) error { … })")
	}
	return a.deny("sql", "a session reads and changes rows; it does not change the schema or reach other files", "")
}

// change is asked of each table and column that a statement would change.
func (a *authorizer) change(action sqlite.AuthorizerActionCode, table, column, trigger string) sqlite.AuthorizerReturnCode {
	a.seen.writes = true
	if a.carrying {
		return a.deny(ruleCarry, carryMessage, carryHint)
	}
	if !a.write {
		r := readOnly()
		return a.deny(r.Rule, r.Message, r.Hint)
	}
	if strings.HasPrefix(table, "sqlite_") {
		return a.deny("sql", "the database's own tables are not to be changed", "")
	}
	guarded := a.rules.guarded[table]
	if guarded == nil || trigger != "" {
		return sqlite.AuthorizerOK
	}
	repo := a.rules.repos[table]
	switch {
	case action == sqlite.AuthInsert:
		return a.deny("sealed", fmt.Sprintf("%s has sealed columns: typed SQL inserts nothing there", visible(table)), fmt.Sprintf("use %s.Create(&row)", repo))
	case action == sqlite.AuthUpdate && guarded[column]:
		return a.deny("sealed", fmt.Sprintf("%s.%s is sealed, or ties sealed values to their row: typed SQL does not write it", visible(table), visible(column)), fmt.Sprintf("use %s.Save(&row)", repo))
	}
	return sqlite.AuthorizerOK
}

// sqliteSchemas are the database's own tables that say only what tables there are.
var sqliteSchemas = set("sqlite_schema sqlite_master sqlite_temp_schema sqlite_temp_master sqlite_sequence")

// sqlitePragmas are those that only read the schema, of a table that is named.
var sqlitePragmas = set("table_info table_xinfo index_list index_info index_xinfo foreign_key_list table_list compile_options")

// sqliteFunctions are SQLite's own that compute, and neither load, write nor reach anything.
var sqliteFunctions = set(`abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling changes char coalesce concat concat_ws cos cosh
	count cume_dist current_date current_time current_timestamp date datetime degrees dense_rank exp first_value floor format glob
	group_concat hex if ifnull iif instr json json_array json_array_length json_each json_error_position json_extract json_group_array
	json_group_object json_insert json_object json_patch json_pretty json_quote json_remove json_replace json_set json_tree json_type
	json_valid jsonb julianday lag last_value lead length like likelihood likely ln log log10 log2 lower ltrim max median min mod nth_value
	ntile nullif octet_length percent_rank percentile pi pow power printf quote radians random randomblob rank replace round row_number
	rtrim sign sin sinh sqlite_version sqrt strftime string_agg substr substring subtype sum tan tanh time timediff total trim trunc
	typeof unhex unicode unixepoch unlikely upper zeroblob -> ->>`)

func set(words string) map[string]bool {
	s := map[string]bool{}
	for _, w := range strings.Fields(words) {
		s[w] = true
	}
	return s
}
