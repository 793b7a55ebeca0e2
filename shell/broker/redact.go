package broker

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vouchsafe/vouchsafe/shell"
)

// redactor keeps plaintext out of the record of a decrypted period. What was typed is on record; SQL that code composed
// may hold what was opened, and then the record would be a second copy of it. So of such SQL only what was typed, and what
// the grammar or the schema knows, is kept; of every other token its length.
type redactor struct {
	typed string
	known map[string]bool
}

func newRedactor(schema shell.Schema, typed string) *redactor {
	r := &redactor{typed: typed, known: set(sqlWords)}
	for _, t := range schema.Tables {
		r.known[strings.ToLower(t.Name)] = true
		for _, c := range t.Columns {
			r.known[strings.ToLower(c.Name)] = true
		}
	}
	return r
}

// sqlWords are the words of SQL that GORM and its dialects use.
const sqlWords = `abs all and any as asc avg begin between by case cast coalesce collate count cross current_date current_timestamp date
	datetime default delete desc distinct do else end escape except exists explain false from full group having if ifnull in index inner
	insert intersect into is isnull join left length like limit lower max min natural not nothing notnull null nullif offset on or
	order outer partition plan pragma query recursive release replace returning right rollback rowid savepoint select set strftime
	substr sum then time to total trim true union unique update upper using values when where window with savepoint sqlite_schema
	sqlite_master date inf main`

// sql is a statement as it may be kept.
func (r *redactor) sql(statement string) string {
	if strings.Contains(r.typed, statement) {
		return statement
	}
	var b strings.Builder
	for i := 0; i < len(statement); {
		j := tokenEnd(statement, i)
		if token := statement[i:j]; r.keeps(token) {
			b.WriteString(token)
		} else {
			fmt.Fprintf(&b, "‹withheld %d›", len(token))
		}
		i = j
	}
	return b.String()
}

// keeps says whether a token tells nothing that was not typed or known before.
func (r *redactor) keeps(token string) bool {
	first, _ := utf8.DecodeRuneInString(token)
	switch {
	case unicode.IsSpace(first):
		return strings.Trim(token, " \t\r\n\f") == ""
	case strings.HasPrefix(token, "--"), strings.HasPrefix(token, "/*"):
		return r.wasTyped(token)
	case strings.ContainsRune("`\"[", first) && len(token) > 1 && strings.HasSuffix(token, closingOf(first)):
		return r.known[strings.ToLower(token[1:len(token)-1])] || r.wasTyped(token[1:len(token)-1])
	case first == '\'':
		return r.wasTyped(token)
	case first >= '0' && first <= '9':
		return token == "1" || r.wasTyped(token) // LIMIT 1 is GORM's
	case first == '_' || unicode.IsLetter(first):
		return r.known[strings.ToLower(token)] || r.wasTyped(token)
	}
	return len(token) == 1 && first < utf8.RuneSelf // punctuation
}

func closingOf(quote rune) string {
	if quote == '[' {
		return "]"
	}
	return string(quote)
}

// wasTyped says whether a token stands in what was typed, as a token of its own.
func (r *redactor) wasTyped(token string) bool {
	for rest, at := r.typed, 0; token != ""; {
		i := strings.Index(rest[at:], token)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(rest[:at+i])
		after, _ := utf8.DecodeRuneInString(rest[at+i+len(token):])
		if !inWord(before) && !inWord(after) {
			return true
		}
		at += i + 1
	}
	return false
}

func inWord(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// tokenEnd returns where the token at i ends: a blank run, a comment, a quoted text, a word or number, or one character.
func tokenEnd(text string, i int) int {
	switch {
	case strings.HasPrefix(text[i:], "--"):
		return after(text, i+2, "\n")
	case strings.HasPrefix(text[i:], "/*"):
		return after(text, i+2, "*/")
	case strings.IndexByte("'\"`[", text[i]) >= 0:
		return pastToken(text, i)
	}
	kind := func(r rune) int {
		switch {
		case unicode.IsSpace(r):
			return 1
		case inWord(r):
			return 2
		}
		return 0
	}
	first, size := utf8.DecodeRuneInString(text[i:])
	j := i + size
	for kind(first) != 0 && j < len(text) {
		next, size := utf8.DecodeRuneInString(text[j:])
		if kind(next) != kind(first) {
			break
		}
		j += size
	}
	return j
}
