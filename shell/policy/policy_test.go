package policy

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/knadh/koanf/parsers/yaml"

	"github.com/vouchsafe/vouchsafe/shell"
)

// parse reads YAML as a server reads its configuration.
func parse(t *testing.T, text string) (Policy, error) {
	t.Helper()
	m, err := yaml.Parser().Unmarshal([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := m["policy"].(map[string]any)
	return Parse(raw)
}

func TestPolicyIsReadFromYAML(t *testing.T) {
	p, err := parse(t, `
policy:
  links:
    justification:
      - https://tickets.example/browse/*
      - https://chat.example/*/*
    consent: [ "https://consents.example/{subject}/*" ]
  write: true
  limits: {command: 1m, statement: 5s, rows: 1000, bytes: 1048576, value: 65536, page: 100, touched: 50, confirm: 7, source: 4096, output: 2048, decrypted: 10m, idle: 90s}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := Limits{Command: time.Minute, Statement: 5 * time.Second, Rows: 1000, Bytes: 1 << 20, Value: 64 << 10, Page: 100, Touched: 50, Confirm: 7, Source: 4096, Output: 2048, Decrypted: 10 * time.Minute, Idle: 90 * time.Second}
	if diff := cmp.Diff(want, p.Limits); diff != "" {
		t.Error(diff)
	}
	if err := p.Writing(); err != nil {
		t.Error(err)
	}
	if err := p.Justification("https://chat.example/a/b", ""); err != nil {
		t.Error(err)
	}
	if err := p.Consent("https://consents.example/people/42/1", "", "people/42"); err != nil {
		t.Error(err)
	}
}

func TestNoPolicyDeniesEverything(t *testing.T) {
	for name, text := range map[string]string{"absent": "mode: embedded", "empty": "policy:", "keys without values": "policy: {links: , limits: }", "lists without items": "policy: {links: {justification: [], consent: }}"} {
		p, err := parse(t, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		refused(t, p.Justification("https://tickets.example/browse/1", ""), RuleJustification, "no justification link at all", name)
		refused(t, p.Consent("https://tickets.example/browse/1", "", "people/42"), RuleConsent, "no consent link at all", name)
		refused(t, p.Writing(), RuleWrite, "no session write", name)
		if diff := cmp.Diff(DefaultLimits(), p.Limits); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	var zero Policy
	if zero.Justification("https://tickets.example/browse/1", "") == nil || zero.Writing() == nil {
		t.Error("the zero policy allows something")
	}
	if (Pattern{}).fits(link{text: ""}, "") || (Pattern{}).fits(link{text: "https://a.example/"}, "people/42") {
		t.Error("the zero pattern fits something")
	}
}

func TestDefaultLimitsAreWithinTheirOwnBounds(t *testing.T) {
	d := DefaultLimits()
	raw := map[string]any{"limits": map[string]any{
		"command": d.Command.String(), "statement": d.Statement.String(), "rows": d.Rows, "bytes": d.Bytes, "value": d.Value, "page": d.Page, "touched": d.Touched, "confirm": d.Confirm,
		"source": d.Source, "output": d.Output, "decrypted": d.Decrypted.String(), "idle": d.Idle.String(),
	}}
	p, err := Parse(raw)
	if err != nil || p.Limits != d {
		t.Errorf("%+v, %v", p.Limits, err)
	}
}

func TestDefaultsGiveWayToLowerLimits(t *testing.T) {
	p, err := parse(t, "policy: {limits: {command: 2s, rows: 20, decrypted: 1m}}")
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultLimits()
	want.Command, want.Statement, want.Rows, want.Page, want.Decrypted, want.Idle = 2*time.Second, 2*time.Second, 20, 20, time.Minute, time.Minute
	if diff := cmp.Diff(want, p.Limits); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNotUnderstoodIsNoPolicy(t *testing.T) {
	for text, want := range map[string]string{
		"policy: {link: {}}":                                                          "policy: has an unknown key \"link\" (known keys: limits, links, write)",
		"policy: {links: {justifications: []}}":                                       "policy.links: has an unknown key \"justifications\"",
		"policy: {\"\\u202elinks\": {}}":                                              `unknown key "\u202elinks"`,
		"policy: {limits: {row: 5}}":                                                  "policy.limits: has an unknown key \"row\"",
		"policy: {links: [https://tickets.example/*]}":                                "policy.links: is a list, not a group of keys",
		"policy: {links: {consent: https://a.example/*}}":                             "policy.links.consent: is a text, not a list",
		"policy: {links: {consent: [3]}}":                                             "policy.links.consent[0]: is the number 3, not a pattern",
		"policy: {links: {consent: [~, https://a.example/*]}}":                        "policy.links.consent[0]: is empty, not a pattern",
		"policy: {links: {justification: [https://a.example/*, http://a.example/*]}}": "policy.links.justification[1]: the pattern is http, not https",
		"policy: {links: {justification: [\"https://a.example/{subject}\"]}}":         "policy.links.justification[0]: {subject} has no place here",
		"policy: {write: yes please}":                                                 "policy.write: is a text (write true or false)",
		"policy: {write: 1}":                                                          "policy.write: is the number 1",
		"policy: {write: }":                                                           "policy.write: is empty",
		"policy: {limits: {rows: 0}}":                                                 "policy.limits.rows: 0 is out of bounds (from 1 to",
		"policy: {limits: {rows: -1}}":                                                "policy.limits.rows: -1 is out of bounds",
		"policy: {limits: {rows: 1.5}}":                                               "policy.limits.rows: is something else (write a whole number)",
		"policy: {limits: {rows: 99999999999999999999}}":                              "policy.limits.rows",
		"policy: {limits: {rows: \"10\"}}":                                            "policy.limits.rows: is a text",
		"policy: {limits: {rows: .nan}}":                                              "policy.limits.rows",
		"policy: {limits: {bytes: 1}}":                                                "policy.limits.bytes: 1 is out of bounds",
		"policy: {limits: {command: 30}}":                                             "policy.limits.command: is the number 30, not a time",
		"policy: {limits: {command: soon}}":                                           "policy.limits.command: \"soon\" is not a time",
		"policy: {limits: {command: -30s}}":                                           "policy.limits.command: -30s is out of bounds",
		"policy: {limits: {command: 1000000h}}":                                       "policy.limits.command",
		"policy: {limits: {command: 5s, statement: 6s}}":                              "policy.limits.statement: 6s is longer than a command may take",
		"policy: {limits: {decrypted: 1m, idle: 5m}}":                                 "policy.limits.idle: 5m0s is longer than a decrypted period",
		"policy: {limits: {rows: 10, page: 11}}":                                      "policy.limits.page: 11 is more than all rows of a result, 10",
	} {
		p, err := parse(t, text)
		var invalid *Invalid
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s", text, err, want)
		}
		if diff := cmp.Diff(Policy{}, p, cmp.AllowUnexported(Pattern{})); diff != "" {
			t.Errorf("%s: is invalid, and gives a policy: %s", text, diff)
		}
	}
}

func TestOneFaultOfSeveralIsAlwaysTheSame(t *testing.T) {
	raw := map[string]any{"a": 1, "b": 1, "c": 1, "links": 3, "limits": 3, "write": 3}
	_, first := Parse(raw)
	for range 20 {
		if _, err := Parse(raw); err.Error() != first.Error() {
			t.Fatalf("%v, then %v", first, err)
		}
	}
}

func TestDigestChangesWithEveryDecision(t *testing.T) {
	base := "policy: {links: {justification: [https://a.example/*], consent: [https://a.example/*]}, limits: {rows: 5}}"
	p, err := parse(t, base)
	if err != nil {
		t.Fatal(err)
	}
	same, err := parse(t, "policy:\n  limits:\n    rows: 5\n    command: 30s\n  write: false\n  links:\n    consent:\n    - https://a.example/*\n    justification:\n    - https://a.example/*\n")
	if err != nil {
		t.Fatal(err)
	}
	if p.Digest() != same.Digest() || len(p.Digest()) != 64 {
		t.Errorf("one policy spelled twice has two digests: %s, %s", p.Digest(), same.Digest())
	}
	seen := map[string]string{p.Digest(): base}
	for _, text := range []string{
		strings.Replace(base, "rows: 5", "rows: 6", 1), strings.Replace(base, "rows: 5", "rows: 5, idle: 1m", 1), strings.Replace(base, "policy: {", "policy: {write: true, ", 1),
		strings.Replace(base, "justification: [https://a", "justification: [https://b", 1), strings.Replace(base, "consent: [https://a", "consent: [https://b", 1),
		strings.Replace(base, "a.example/*]", "a.example/*, https://a.example/x]", 1), "policy:",
	} {
		q, err := parse(t, text)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[q.Digest()]; ok {
			t.Errorf("%s and %s have one digest", text, other)
		}
		seen[q.Digest()] = text
	}
}

func TestNotesAreBounded(t *testing.T) {
	p := tickets(t)
	for note, why := range map[string]string{
		strings.Repeat("a", 2049): "the note of the justification is 2049 bytes long",
		"a\x1b[2J":                "control characters",
		"a\x00":                   "control characters",
		"a\r\n":                   "control characters",
		"a\u202eb":                "direction of text",
		"a\xff":                   "not valid UTF-8",
	} {
		refused(t, p.Justification("https://tickets.example/browse/1", note), RuleJustification, why, note)
		refused(t, p.Consent("https://tickets.example/browse/1", note, "people/42"), RuleConsent, strings.Replace(why, "justification", "consent", 1), note)
	}
	if err := p.Justification("https://tickets.example/browse/1", strings.Repeat("é", 1024)); err != nil {
		t.Error(err)
	}
}

func TestConsentAndScopeGoTogether(t *testing.T) {
	p := tickets(t)
	const link = "https://tickets.example/browse/1"
	scopes, err := p.Scopes(link, []string{"people/42/*", "messages/981:subject"})
	if diff := cmp.Diff(shell.Scopes{{Table: "people", ID: "42", Subject: true}, {Table: "messages", ID: "981", Column: "subject"}}, scopes); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if scopes, err := p.Scopes("", nil); scopes != nil || err != nil {
		t.Error("no consent:", scopes, err)
	}
	for _, c := range []struct {
		link  string
		texts []string
		rule  string
		why   string
	}{
		{link, nil, RuleScope, "no scope"},
		{"", []string{"people/42"}, RuleConsent, "no consent link"},
		{link, []string{"people/42", "*"}, RuleScope, "everything"},
		{link, []string{"people/*"}, RuleScope, "whole table"},
		{link, []string{"people/042"}, RuleScope, "not written as it is stored"},
		{link, []string{""}, RuleScope, "empty"},
		{link, make([]string, 101), RuleScope, "101 scopes"},
	} {
		scopes, err := p.Scopes(c.link, c.texts)
		refused(t, err, c.rule, c.why, strings.Join(c.texts, " "))
		if scopes != nil {
			t.Errorf("%v is refused, and gives %v", c.texts, scopes)
		}
	}
}
