package broker

import "strings"

// oneStatement refuses a text that is not exactly one statement that reads or changes rows. The scan knows quotes and
// comments as SQLite does; should it ever be mistaken, the authorizer still looks at each statement that runs.
func oneStatement(text string) *Refusal {
	if strings.ContainsRune(text, 0) {
		return &Refusal{Rule: "sql", Message: "a NUL byte has no place in a statement"}
	}
	s := scanStatement(text)
	switch {
	case s.word == "":
		return &Refusal{Rule: "sql", Message: "there is no statement", Hint: "select …"}
	case s.more:
		return &Refusal{Rule: "sql", Message: "one statement a call", Hint: "send the second one on its own"}
	case otherWords[s.word]: // a word that is none at all is for the database to reject
		return &Refusal{
			Rule: "sql", Message: "a session reads and changes rows; a statement here does not begin with " + visible(strings.ToUpper(s.word)),
			Hint: "select, insert, update, delete, explain; transactions are db.Transaction(…)",
		}
	}
	return nil
}

// otherWords begin the statements of SQLite that do something else than read or change rows.
var otherWords = set("alter analyze attach begin commit create detach drop end reindex release rollback savepoint vacuum")

// replaces says whether a statement says REPLACE, or "or replace", outside of quotes and comments. What it deletes is not
// among the rows that SQLite says were changed.
func replaces(text string) bool {
	if scanStatement(text).word == "replace" {
		return true
	}
	var words [2]string // the last two
	for i := 0; i < len(text); {
		j := tokenEnd(text, i)
		token := strings.ToLower(text[i:j])
		i = j
		if strings.TrimSpace(token) == "" || strings.HasPrefix(token, "--") || strings.HasPrefix(token, "/*") {
			continue
		}
		if token == "replace" && words[1] == "or" && (words[0] == "insert" || words[0] == "update") {
			return true
		}
		words = [2]string{words[1], token}
	}
	return false
}

// scanned is what scanStatement found.
type scanned struct {
	word string // the first word, in lower case
	rest string // what follows the first word, without what follows a semicolon
	more bool   // there is something behind the first semicolon
}

func scanStatement(text string) scanned {
	var s scanned
	ended, start := false, -1
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
			i++
		case strings.HasPrefix(text[i:], "--"):
			i = after(text, i+2, "\n")
		case strings.HasPrefix(text[i:], "/*"):
			i = after(text, i+2, "*/")
		case c == ';':
			if s.word != "" && !ended {
				ended = true
				s.rest = strings.TrimSpace(text[start:i])
			}
			i++
		default:
			if ended {
				s.more = true
				return s
			}
			if s.word == "" {
				j := i
				for j < len(text) && isLetter(text[j]) {
					j++
				}
				if j == i { // begins with no word
					s.word = text[i : i+1]
					j = i + 1
				} else {
					s.word = strings.ToLower(text[i:j])
				}
				start, i = j, j
				continue
			}
			i = pastToken(text, i)
		}
	}
	if !ended && start >= 0 {
		s.rest = strings.TrimSpace(text[start:])
	}
	return s
}

// pastToken returns where the token at i ends: a quoted text, or one byte.
func pastToken(text string, i int) int {
	closing := text[i]
	switch closing {
	case '\'', '"', '`':
	case '[':
		return after(text, i+1, "]")
	default:
		return i + 1
	}
	for j := i + 1; j < len(text); j++ {
		if text[j] != closing {
			continue
		}
		if j+1 < len(text) && text[j+1] == closing {
			j++ // doubled: part of the text
			continue
		}
		return j + 1
	}
	return len(text)
}

func after(text string, i int, mark string) int {
	if j := strings.Index(text[i:], mark); j >= 0 {
		return i + j + len(mark)
	}
	return len(text)
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

// savepoint recognises the statements by which GORM nests transactions, and the name they give.
func savepoint(text string) (verb, name string, ok bool) {
	s := scanStatement(text)
	if s.more {
		return "", "", false
	}
	words := strings.Fields(s.rest)
	switch {
	case s.word == "savepoint" && len(words) == 1:
		verb, name = "savepoint", words[0]
	case s.word == "release" && len(words) == 1:
		verb, name = "release", words[0]
	case s.word == "release" && len(words) == 2 && strings.EqualFold(words[0], "savepoint"):
		verb, name = "release", words[1]
	case s.word == "rollback" && len(words) == 2 && strings.EqualFold(words[0], "to"):
		verb, name = "rollback", words[1]
	case s.word == "rollback" && len(words) == 3 && strings.EqualFold(words[0], "to") && strings.EqualFold(words[1], "savepoint"):
		verb, name = "rollback", words[2]
	default:
		return "", "", false
	}
	for i := range len(name) {
		if !isLetter(name[i]) && (name[i] < '0' || name[i] > '9') {
			return "", "", false
		}
	}
	return verb, strings.ToLower(name), len(name) <= 64 // SQLite knows them without their case
}
