package shell

import (
	"fmt"
	"strings"
)

// maxScope is how long the text of a scope may be, in bytes.
const maxScope = 2048

// A Scope says what a consent covers. There are four kinds, and none for a table or for everything:
//
//	messages/981:subject      one column of one record
//	messages/981              all that is sealed in one record
//	people/42/*               all that is sealed under one data subject
//	people/3800:email=write   may seal a new value of one column of one record, and opens nothing
//
// A Scope has one spelling: ParseScope takes no other, and String gives it. The zero Scope covers nothing.
type Scope struct {
	Table   string // the record's table, or the subject's
	ID      string // the key's canonical text
	Column  string // one column of the record; "" for all of them
	Subject bool   // all that is sealed under the data subject Table/ID
	Write   bool   // may seal a new value, opens nothing; only with Column
}

// A ScopeError says why a text is not a scope. Message and Hint hold none of the text but what is printable ASCII of it.
type ScopeError struct {
	Message string
	Hint    string
}

func (e *ScopeError) Error() string { return e.Message + " (" + e.Hint + ")" }

// ParseScope reads the canonical text of a scope. It refuses with a *ScopeError everything else: other spellings of the
// same key (people/042, lower-case or needless percent-encoding, blanks), whole tables, and *.
//
// Digits alone are a number, so 042 is refused also where a table has text keys: such a record cannot be named.
func ParseScope(text string) (Scope, error) {
	switch {
	case text == "":
		return Scope{}, badScope("a scope is empty")
	case len(text) > maxScope:
		return Scope{}, badScope(fmt.Sprintf("a scope is %d bytes long; at most %d are allowed", len(text), maxScope))
	}
	for i := range len(text) {
		if text[i] <= ' ' || text[i] >= 0x7f {
			return Scope{}, badScope(fmt.Sprintf("the scope %+q holds a character that has no place in a scope", text))
		}
	}
	wrong := func(why string) (Scope, error) {
		return Scope{}, badScope(fmt.Sprintf("the scope %+q %s", text, why))
	}

	table, rest, found := strings.Cut(text, "/")
	switch {
	case text == "*" || table == "*":
		return wrong("asks for everything, and no consent covers everything")
	case !found:
		return wrong("names no record")
	case !tableName(table):
		return wrong("does not begin with the name of a table")
	case rest == "" || rest == "*":
		return wrong("asks for a whole table, and no consent covers a table")
	}

	s := Scope{Table: table}
	if id, subject := strings.CutSuffix(rest, "/*"); subject {
		s.ID, s.Subject = id, true
	} else {
		var column string
		s.ID, column, found = strings.Cut(rest, ":")
		column, s.Write = strings.CutSuffix(column, "=write")
		if found && !tableWord(column) {
			return wrong("does not name a column after its colon")
		}
		if strings.Contains(s.ID, "=") {
			return wrong("has a = that is not the =write of one column")
		}
		s.Column = column
	}
	if why := canonicalID(s.ID); why != "" {
		return wrong(why)
	}
	return s, nil
}

func badScope(message string) *ScopeError {
	return &ScopeError{
		Message: message,
		Hint:    "a scope is one record, people/42; one column of it, people/42:email; or all of one person, people/42/*",
	}
}

// String is the scope's one spelling, which ParseScope reads back.
func (s Scope) String() string {
	text := s.Table + "/" + s.ID
	if s.Subject {
		return text + "/*"
	}
	if s.Column != "" {
		text += ":" + s.Column
	}
	if s.Write {
		text += "=write"
	}
	return text
}

// Row is the record that the scope names, such as messages/981; "" where it names a data subject instead.
func (s Scope) Row() string {
	if s.Subject {
		return ""
	}
	return s.Table + "/" + s.ID
}

// Covers says whether the sealed value of this column ("people.email"), data subject ("people/42") and row ("people/42")
// may be opened.
func (s Scope) Covers(column, subject, row string) bool {
	return !s.Write && s.names(column, subject, row)
}

// CoversWrite says whether a new value may be sealed there. What may be opened may be sealed anew.
func (s Scope) CoversWrite(column, subject, row string) bool {
	return s.names(column, subject, row)
}

func (s Scope) names(column, subject, row string) bool {
	if s.Table == "" || s.ID == "" {
		return false
	}
	if s.Subject {
		return subject == s.Table+"/"+s.ID && column != ""
	}
	dot := strings.LastIndexByte(column, '.')
	if dot < 0 || column[:dot] != s.Table || row != s.Table+"/"+s.ID {
		return false
	}
	return s.Column == "" || column[dot+1:] == s.Column
}

// Scopes is all that one consent covers.
type Scopes []Scope

// Covers says whether any of the scopes lets the value be opened.
func (all Scopes) Covers(column, subject, row string) bool {
	for _, s := range all {
		if s.Covers(column, subject, row) {
			return true
		}
	}
	return false
}

// CoversWrite says whether any of the scopes lets a new value be sealed there.
func (all Scopes) CoversWrite(column, subject, row string) bool {
	for _, s := range all {
		if s.CoversWrite(column, subject, row) {
			return true
		}
	}
	return false
}

// Strings are the scopes' spellings, in their order; never nil.
func (all Scopes) Strings() []string {
	texts := make([]string, 0, len(all))
	for _, s := range all {
		texts = append(texts, s.String())
	}
	return texts
}

// canonicalID says what is wrong with the text of a key; "" if it is the one spelling of one.
func canonicalID(id string) string {
	for part := range strings.SplitSeq(id, ",") {
		if part == "" {
			return "names no key, or an empty part of one"
		}
		for i := 0; i < len(part); i++ {
			if plainInKey(part[i]) {
				continue
			}
			if part[i] != '%' {
				return "has a character in its key that must be percent-encoded"
			}
			if i+2 >= len(part) {
				return "ends in the middle of a percent-encoding"
			}
			high, low := hexDigit(part[i+1]), hexDigit(part[i+2])
			if high < 0 || low < 0 {
				return "has a percent-encoding that is not two upper-case hexadecimal digits"
			}
			if plainInKey(byte(high<<4 | low)) {
				return "percent-encodes what needs no encoding"
			}
			i += 2
		}
		if digits := strings.TrimPrefix(part, "-"); decimal(digits) && digits[0] == '0' && part != "0" {
			return "has a number that is not written as it is stored"
		}
	}
	return ""
}

// plainInKey says whether a byte stands for itself in a key.
func plainInKey(b byte) bool {
	return alphanumeric(b) || b == '.' || b == '_' || b == '-'
}

func alphanumeric(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}

func hexDigit(b byte) int {
	return strings.IndexByte("0123456789ABCDEF", b)
}

func decimal(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// tableWord says whether s can be the name of a table or a column: ASCII letters, digits, underscores, hyphens and dollar signs.
func tableWord(s string) bool {
	for i := range len(s) {
		if !alphanumeric(s[i]) && s[i] != '_' && s[i] != '-' && s[i] != '$' {
			return false
		}
	}
	return s != ""
}

// tableName is one word, or several with dots between: a schema and its table.
func tableName(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if !tableWord(part) {
			return false
		}
	}
	return true
}
