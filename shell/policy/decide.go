package policy

import (
	"fmt"

	"github.com/vouchsafe/vouchsafe/shell"
)

// The rules that refuse.
const (
	RuleJustification = "justification"
	RuleConsent       = "consent"
	RuleScope         = "scope"
	RuleWrite         = "write"
)

// maxScopes is how many scopes one consent may have.
const maxScopes = 100

// A Refusal is a denial by the policy: what was wrong, and what would be accepted. It holds nothing of a link or a note that
// was refused, and of a scope only ASCII.
type Refusal struct {
	Rule    string // one of the Rule constants
	Message string
	Hint    string
}

func (r *Refusal) Error() string {
	if r.Hint == "" {
		return r.Message
	}
	return r.Message + " (" + r.Hint + ")"
}

// Justification says with nil that the link may justify a session. Else the error is a *Refusal. The note may be empty.
func (p Policy) Justification(link, note string) error {
	return accept(RuleJustification, p.Links.Justification, link, note, "")
}

// Consent says with nil that the link may prove the consent of the data subject, such as people/42. Else the error is a
// *Refusal. Where the subject is "" or is not canonical, no pattern with {subject} accepts the link. The note may be empty.
//
// That a link belongs to the subject and the engineer who first used it is for the record to say, not for a policy.
func (p Policy) Consent(link, note, subject string) error {
	if s, err := shell.ParseScope(subject); err != nil || s.Column != "" || s.Subject {
		subject = ""
	}
	return accept(RuleConsent, p.Links.Consent, link, note, subject)
}

// MayConsent says with nil that the link could prove somebody's consent, as far as that can be said before it is known whose.
// Else the error is a *Refusal.
func (p Policy) MayConsent(link string) error {
	l, why := readLink(link)
	for _, pattern := range p.Links.Consent {
		example, _ := readLink(pattern.example(""))
		if why == "" && (pattern.fits(l, "") || pattern.subject && example.host == l.host) {
			return nil
		}
	}
	return accept(RuleConsent, p.Links.Consent, link, "", "")
}

// Scopes reads the scopes that go with a consent. No link and no scopes are no consent, and no error. A link without a scope, a
// scope without a link and a text that is not a scope are refused with a *Refusal.
func (p Policy) Scopes(link string, texts []string) (shell.Scopes, error) {
	switch {
	case link == "" && len(texts) == 0:
		return nil, nil
	case link == "":
		return nil, &Refusal{RuleConsent, "there is a scope and no consent link", hint(RuleConsent, p.Links.Consent, "")}
	case len(texts) == 0:
		return nil, &Refusal{RuleScope, "there is a consent link and no scope: nothing says whose record it opens", "name it, such as people/42, or messages/981:subject"}
	case len(texts) > maxScopes:
		return nil, &Refusal{RuleScope, fmt.Sprintf("there are %d scopes; at most %d go with one consent", len(texts), maxScopes), "use a data subject's scope, such as people/42/*"}
	}
	scopes := make(shell.Scopes, 0, len(texts))
	for _, text := range texts {
		s, err := shell.ParseScope(text)
		if bad, ok := err.(*shell.ScopeError); ok {
			return nil, &Refusal{RuleScope, bad.Message, bad.Hint}
		}
		scopes = append(scopes, s)
	}
	return scopes, nil
}

// Writing says with nil that a session may ask to write. Else the error is a *Refusal.
func (p Policy) Writing() error {
	if p.Write {
		return nil
	}
	return &Refusal{RuleWrite, "the policy lets no session write", "ask whoever keeps the configuration for policy.write: true"}
}

func accept(rule string, patterns []Pattern, text, note, subject string) error {
	refuse := func(message string) error {
		return &Refusal{rule, message, hint(rule, patterns, subject)}
	}
	if len(patterns) == 0 {
		return refuse(fmt.Sprintf("the policy accepts no %s link at all", rule))
	}
	if text == "" {
		return refuse(fmt.Sprintf("there is no %s link", rule))
	}
	l, why := readLink(text)
	if why != "" {
		return refuse(fmt.Sprintf("the %s link %s", rule, why))
	}
	if why := wrongNote(note); why != "" {
		return &Refusal{rule, fmt.Sprintf("the note of the %s %s", rule, why), "shorten or correct the note"}
	}
	for _, p := range patterns {
		if p.fits(l, subject) {
			return nil
		}
	}
	return refuse(fmt.Sprintf("the %s link %s", rule, misfit(patterns, l, subject)))
}

// misfit says why a sound link fits none of the patterns.
func misfit(patterns []Pattern, l link, subject string) string {
	host, tail := false, false
	path, _ := cutTail(l.text)
	for _, p := range patterns {
		example, _ := readLink(p.example(subject))
		host = host || example.host == l.host
		tail = tail || p.fits(link{text: path}, subject)
	}
	switch {
	case !host:
		return "is on a host that the policy does not name"
	case tail:
		return "has a query or a fragment that the policy does not name"
	case subject != "":
		return "fits none of the policy's patterns for " + subject
	}
	return "fits none of the policy's patterns"
}

func wrongNote(note string) string {
	if len(note) > maxNote {
		return fmt.Sprintf("is %d bytes long; at most %d are allowed", len(note), maxNote)
	}
	return hidden(note, "\n\t")
}

// hint gives one link that would be accepted.
func hint(rule string, patterns []Pattern, subject string) string {
	for _, p := range patterns {
		if !p.subject || subject != "" {
			return "accepted: " + p.example(subject)
		}
	}
	if len(patterns) > 0 {
		return "accepted for people/42: " + patterns[0].example("")
	}
	return "ask whoever keeps the configuration for a pattern under policy.links." + rule
}
