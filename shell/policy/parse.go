package policy

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// maxPatterns is how many patterns one list may hold.
const maxPatterns = 1000

// Invalid says what is wrong with a configured policy, and where.
type Invalid struct {
	Key     string // policy.limits.rows
	Message string
	Hint    string
}

func (e *Invalid) Error() string {
	text := e.Key + ": " + e.Message
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

// Parse reads what stands under "policy" in a configuration, as a YAML decoder gives it: maps with string keys, lists,
// strings, numbers and bools. What is absent is denied, and limits have their defaults. The error is an *Invalid.
func Parse(raw map[string]any) (Policy, error) {
	var p Policy
	err := readKeys("policy", raw, map[string]func(key string, v any) error{
		"links": func(key string, v any) error {
			return readMap(key, v, map[string]func(string, any) error{
				"justification": patterns(&p.Links.Justification, false),
				"consent":       patterns(&p.Links.Consent, true),
			})
		},
		"write": boolean(&p.Write),
		"limits": func(key string, v any) error {
			return readMap(key, v, map[string]func(string, any) error{
				"command":   duration(&p.Limits.Command, time.Second, time.Hour),
				"statement": duration(&p.Limits.Statement, 100*time.Millisecond, time.Hour),
				"rows":      number(&p.Limits.Rows, 1, 10_000_000),
				"bytes":     number(&p.Limits.Bytes, 64<<10, 1<<30),
				"value":     number(&p.Limits.Value, 64<<10, 64<<20),
				"page":      number(&p.Limits.Page, 1, 10_000),
				"touched":   number(&p.Limits.Touched, 1, 10_000_000),
				"confirm":   number(&p.Limits.Confirm, 1, 10_000_000),
				"source":    number(&p.Limits.Source, 1<<10, 1<<20),
				"output":    number(&p.Limits.Output, 1<<10, 1<<20),
				"decrypted": duration(&p.Limits.Decrypted, time.Second, 8*time.Hour),
				"idle":      duration(&p.Limits.Idle, time.Second, 8*time.Hour),
			})
		},
	})
	if err != nil {
		return Policy{}, err
	}
	if p.Limits, err = p.Limits.completed(); err != nil {
		return Policy{}, err
	}
	return p, nil
}

// completed has defaults for the limits that are zero, lowered where a limit that was given is lower.
func (l Limits) completed() (Limits, error) {
	d := DefaultLimits()
	l.Rows, l.Bytes, l.Value, l.Touched = cmp.Or(l.Rows, d.Rows), cmp.Or(l.Bytes, d.Bytes), cmp.Or(l.Value, d.Value), cmp.Or(l.Touched, d.Touched)
	l.Confirm = cmp.Or(l.Confirm, d.Confirm)
	l.Source, l.Output = cmp.Or(l.Source, d.Source), cmp.Or(l.Output, d.Output)
	l.Command, l.Decrypted = cmp.Or(l.Command, d.Command), cmp.Or(l.Decrypted, d.Decrypted)
	l.Statement = cmp.Or(l.Statement, min(d.Statement, l.Command))
	l.Idle = cmp.Or(l.Idle, min(d.Idle, l.Decrypted))
	l.Page = cmp.Or(l.Page, min(d.Page, l.Rows))
	switch {
	case l.Statement > l.Command:
		return Limits{}, &Invalid{"policy.limits.statement", fmt.Sprintf("%s is longer than a command may take, %s", l.Statement, l.Command), "lower it, or raise policy.limits.command"}
	case l.Idle > l.Decrypted:
		return Limits{}, &Invalid{"policy.limits.idle", fmt.Sprintf("%s is longer than a decrypted period, %s", l.Idle, l.Decrypted), "lower it, or raise policy.limits.decrypted"}
	case l.Page > l.Rows:
		return Limits{}, &Invalid{"policy.limits.page", fmt.Sprintf("%d is more than all rows of a result, %d", l.Page, l.Rows), "lower it, or raise policy.limits.rows"}
	}
	return l, nil
}

func readMap(key string, v any, readers map[string]func(string, any) error) error {
	if v == nil {
		return nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return &Invalid{key, fmt.Sprintf("is %s, not a group of keys", kind(v)), "known keys: " + known(readers)}
	}
	return readKeys(key, m, readers)
}

// readKeys reads the keys in their order, so that of several faults always the same one is told.
func readKeys(key string, m map[string]any, readers map[string]func(string, any) error) error {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		read, ok := readers[name]
		if !ok {
			return &Invalid{key, fmt.Sprintf("has an unknown key %+q", name), "known keys: " + known(readers)}
		}
		if err := read(key+"."+name, m[name]); err != nil {
			return err
		}
	}
	return nil
}

func patterns(to *[]Pattern, subject bool) func(string, any) error {
	return func(key string, v any) error {
		const hint = "write a list of https patterns, such as [https://tickets.example/browse/*]"
		if v == nil {
			return nil
		}
		items, ok := v.([]any)
		if !ok {
			return &Invalid{key, fmt.Sprintf("is %s, not a list", kind(v)), hint}
		}
		if len(items) > maxPatterns {
			return &Invalid{key, fmt.Sprintf("holds %d patterns; at most %d are allowed", len(items), maxPatterns), ""}
		}
		for i, item := range items {
			at := fmt.Sprintf("%s[%d]", key, i)
			text, ok := item.(string)
			if !ok {
				return &Invalid{at, fmt.Sprintf("is %s, not a pattern", kind(item)), hint}
			}
			p, err := ParsePattern(text)
			if err != nil {
				return &Invalid{at, err.Error(), hint}
			}
			if p.subject && !subject {
				return &Invalid{at, "{subject} has no place here: a session has no data subject", "use * for one path segment"}
			}
			*to = append(*to, p)
		}
		return nil
	}
}

func boolean(to *bool) func(string, any) error {
	return func(key string, v any) error {
		b, ok := v.(bool)
		if !ok {
			return &Invalid{key, fmt.Sprintf("is %s", kind(v)), "write true or false"}
		}
		*to = b
		return nil
	}
}

func duration(to *time.Duration, least, most time.Duration) func(string, any) error {
	return func(key string, v any) error {
		text, ok := v.(string)
		if !ok {
			return &Invalid{key, fmt.Sprintf("is %s, not a time", kind(v)), "write a number with its unit, such as 30s or 15m"}
		}
		d, err := time.ParseDuration(strings.TrimSpace(text))
		if err != nil {
			return &Invalid{key, fmt.Sprintf("%+q is not a time", text), "write a number with its unit, such as 30s or 15m"}
		}
		if d < least || d > most {
			return &Invalid{key, fmt.Sprintf("%s is out of bounds", d), fmt.Sprintf("from %s to %s", least, most)}
		}
		*to = d
		return nil
	}
}

func number(to *int, least, most int) func(string, any) error {
	return func(key string, v any) error {
		n, ok := whole(v)
		if !ok {
			return &Invalid{key, fmt.Sprintf("is %s", kind(v)), "write a whole number"}
		}
		if n < int64(least) || n > int64(most) {
			return &Invalid{key, fmt.Sprintf("%d is out of bounds", n), fmt.Sprintf("from %d to %d", least, most)}
		}
		*to = int(n)
		return nil
	}
}

// whole is v as a whole number: decoders differ in which type they give.
func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case uint64:
		return int64(min(v, math.MaxInt64)), true
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	}
	return 0, false
}

func kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "empty"
	case string:
		return "a text"
	case bool:
		return fmt.Sprint(v)
	case []any:
		return "a list"
	case map[string]any:
		return "a group of keys"
	}
	if n, ok := whole(v); ok {
		return fmt.Sprintf("the number %d", n)
	}
	return "something else"
}

func known[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}
