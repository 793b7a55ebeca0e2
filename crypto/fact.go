package crypto

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The facts that can be told of a sealed value without opening it.
const (
	FactPresent  = "present"   // bool: neither NULL nor empty
	FactLen      = "len"       // int64: runes of a text, bytes of Bytes; 0 for NULL
	FactDomain   = "domain"    // string: what follows the last @, trimmed and in lower case; empty without one
	FactDomainIs = "domain_is" // bool: whether the domain is the one in the argument; allowed where domain is
	FactSame     = "same"      // bool: equal bytes; NULL is the same as nothing
	FactIs       = "is"        // bool: equal bytes to the argument; false for NULL
	FactPrefix   = "prefix"    // string: the first n runes, n ≤ 4, the argument
	FactTraits   = "traits"    // []string: outer space, control, bidi, mixed script, not NFC
)

// maxPrefix bounds FactPrefix, in runes.
const maxPrefix = 4

func factNames() []string {
	return []string{FactPresent, FactLen, FactDomain, FactSame, FactIs, FactPrefix, FactTraits}
}

// ErrFact says that a fact is not to be told of a column: its tag does not allow it.
var ErrFact = errors.New("the fact is not allowed")

// A Question is a fact that is asked of a sealed value.
type Question struct {
	Fact     string
	Argument string // of is and domain_is the guess, of prefix the number of runes
	Null     bool   // the value is NULL
	Plain    []byte // the value
	Other    []byte // of same: the second value; nil is NULL
}

// Answer answers a question about a value of column, if the column's tag allows it; else the error is ErrFact. The answer is a
// bool, an int64, a string or a []string.
func Answer(column SealedColumn, q Question) (any, error) {
	rule, ok := column.Allows(q.Fact)
	if !ok {
		return nil, fmt.Errorf("%w: %s of %s (hint: the facts of this column are %s)", ErrFact, q.Fact, column.Column, column.factList())
	}
	if q.Fact == FactPrefix {
		if n, err := strconv.Atoi(q.Argument); err == nil && n > rule.N {
			return nil, fmt.Errorf("%w: prefix of %s shows %d runes at most", ErrFact, column.Column, rule.N)
		}
	}
	return answer(q, column.Bytes)
}

func (c SealedColumn) factList() string {
	if len(c.Facts) == 0 {
		return "none"
	}
	names := make([]string, len(c.Facts))
	for i, r := range c.Facts {
		names[i] = r.Name
	}
	return strings.Join(names, ", ")
}

func answer(q Question, isBytes bool) (any, error) {
	if q.Null {
		q.Plain = nil
	}
	switch q.Fact {
	case FactPresent:
		return len(q.Plain) > 0, nil
	case FactLen:
		if isBytes {
			return int64(len(q.Plain)), nil
		}
		return int64(utf8.RuneCount(q.Plain)), nil
	case FactDomain:
		return domainOf(string(q.Plain)), nil
	case FactDomainIs:
		domain := domainOf(string(q.Plain))
		return domain != "" && domain == strings.ToLower(strings.TrimSpace(q.Argument)), nil
	case FactSame:
		return !q.Null && q.Other != nil && subtle.ConstantTimeCompare(q.Plain, q.Other) == 1, nil
	case FactIs:
		return !q.Null && subtle.ConstantTimeCompare(q.Plain, []byte(q.Argument)) == 1, nil
	case FactPrefix:
		n, err := strconv.Atoi(q.Argument)
		if err != nil || n < 1 || n > maxPrefix {
			return nil, fmt.Errorf("%w: a prefix is of 1 to %d runes", ErrFact, maxPrefix)
		}
		return prefixOf(string(q.Plain), n), nil
	case FactTraits:
		return traitsOf(string(q.Plain)), nil
	}
	return nil, fmt.Errorf("%w: no fact is called %q", ErrFact, q.Fact)
}

func domainOf(text string) string {
	i := strings.LastIndexByte(text, '@')
	if i < 0 {
		return ""
	}
	return strings.ToLower(strings.TrimSpace(text[i+1:]))
}

func prefixOf(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}

// traitsOf lists what the eye does not see, in a fixed order.
func traitsOf(text string) []string {
	traits := []string{}
	if text != strings.TrimSpace(text) {
		traits = append(traits, "outer space")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }) {
		traits = append(traits, "control")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }) {
		traits = append(traits, "bidi")
	}
	if mixedScript(text) {
		traits = append(traits, "mixed script")
	}
	if !norm.NFC.IsNormalString(text) {
		traits = append(traits, "not NFC")
	}
	return traits
}

// mixedScript says whether one word of letters mixes Latin, Greek and Cyrillic, whose letters look alike.
func mixedScript(text string) bool {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		var scripts int
		for _, table := range []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic} {
			if strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(table, r) }) {
				scripts++
			}
		}
		if scripts > 1 {
			return true
		}
	}
	return false
}
