package crypto

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// tag is what `crypto:"…"` says of one field.
type tag struct {
	subject     bool
	subjectType string // of subject=people
	index       string // the field of the blind index
	norm        []string
	facts       []FactRule
	text        bool // envelopes are kept in their text form
}

// A FactRule allows one fact about a column.
type FactRule struct {
	Name string
	N    int // prefix: how many runes at most (1 to 4); domain: how many subjects must share one; else 0
}

func parseTag(s string) (tag, error) {
	var t tag
	if s == "" {
		return t, nil
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(s, ",") {
		key, value, has := strings.Cut(strings.TrimSpace(part), "=")
		if seen[key] {
			return t, fmt.Errorf("%s stands twice", key)
		}
		seen[key] = true
		if has && (value == "" || key == "text") || !has && key != "text" && key != "subject" {
			return t, fmt.Errorf("%q is not understood (hint: subject, subject=people, index=EmailIndex, norm=lower+trim, facts=present+len, text)", part)
		}
		var err error
		switch key {
		case "subject":
			t.subject, t.subjectType = true, value
			if has && !validTable(value) {
				err = fmt.Errorf("%q cannot be a kind of subject", value)
			}
		case "index":
			t.index = value
		case "norm":
			t.norm = strings.Split(value, "+")
			_, err = Normalize("", t.norm)
		case "facts":
			t.facts, err = parseFacts(value)
		case "text":
			t.text = true
		default:
			err = fmt.Errorf("%q is not understood (hint: subject, index, norm, facts, text)", part)
		}
		if err != nil {
			return t, err
		}
	}
	switch {
	case t.subject && len(seen) > 1:
		return t, fmt.Errorf("subject stands alone")
	case t.index == "" && t.norm != nil:
		return t, fmt.Errorf("norm needs index: it says what a lookup does not tell apart")
	}
	return t, nil
}

func parseFacts(list string) ([]FactRule, error) {
	var rules []FactRule
	for item := range strings.SplitSeq(list, "+") {
		name, number, has := strings.Cut(item, "=")
		if !slices.Contains(factNames(), name) {
			return nil, fmt.Errorf("no fact is called %q (hint: %s)", name, strings.Join(factNames(), ", "))
		}
		if slices.ContainsFunc(rules, func(r FactRule) bool { return r.Name == name }) {
			return nil, fmt.Errorf("fact %s stands twice", name)
		}
		rule := FactRule{Name: name}
		if has {
			n, err := strconv.Atoi(number)
			if err != nil || strconv.Itoa(n) != number {
				return nil, fmt.Errorf("fact %q: %q is not a number", name, number)
			}
			rule.N = n
		}
		switch {
		case name == FactPrefix && (rule.N < 1 || rule.N > maxPrefix):
			return nil, fmt.Errorf("fact prefix needs how many runes at most, 1 to %d: prefix=4", maxPrefix)
		case name == FactDomain && has && rule.N < 2:
			return nil, fmt.Errorf("fact domain=%d: a threshold is 2 or more subjects", rule.N)
		case name != FactPrefix && name != FactDomain && has:
			return nil, fmt.Errorf("fact %s takes no number", name)
		}
		rules = append(rules, rule)
	}
	return rules, nil
}
