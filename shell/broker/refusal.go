package broker

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"unicode/utf8"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell/policy"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// Refusal is a denial: what was refused, and what would be accepted.
type Refusal = policy.Refusal

// The rules that refuse in the broker, beside those of the policy.
const (
	ruleWrite   = policy.RuleWrite
	ruleScope   = policy.RuleScope
	ruleConsent = policy.RuleConsent
	ruleSealed  = "sealed"  // a sealed value that may not be written here
	ruleCarry   = "carry"   // a write that could carry plaintext out of a decrypted period
	ruleSQL     = "sql"     // a statement that is not allowed here
	ruleTouched = "touched" // more rows than one command may write
	ruleExpect  = "expect"  // not the number of rows that was expected
	ruleSession = "session" // the session has ended
	ruleSource  = "source"  // a command that is too long
	ruleFact    = "fact"    // a question that the column's tag does not allow
)

const (
	carryMessage = "in a decrypted period only sealed columns inside the consent are written: anything else could carry plaintext out"
	carryHint    = "make this change in an encrypted session"
)

// maxAttempt is how much of a refused text is kept, in bytes.
const maxAttempt = 2048

// attempt is hostile text as the record keeps it.
func attempt(text string) audit.Attempt {
	sum := sha256.Sum256([]byte(text))
	kept := visible(text[:min(len(text), maxAttempt)])
	return audit.Attempt{Text: kept, Bytes: len(text), SHA256: hex.EncodeToString(sum[:])}
}

// refusalError is a refusal as the worker's code, and then a person, gets it.
func refusalError(r *Refusal) *wire.Error {
	return &wire.Error{Kind: wire.ErrRefused, Rule: r.Rule, Message: r.Message, Hint: r.Hint}
}

// maxName bounds a rule, a code or a hint that a worker claims, in bytes.
const maxName = 512

// claimed is a failure as a worker tells it: within bounds, and of a kind that is a worker's to tell.
func claimed(e *wire.Error, max int) *wire.Error {
	if e == nil {
		return nil
	}
	told := *e
	switch told.Kind {
	case wire.ErrSyntax, wire.ErrRuntime, wire.ErrRefused, wire.ErrTimeout, wire.ErrInterrupted, wire.ErrDatabase:
	default:
		told.Kind = wire.ErrRuntime
	}
	told.Message, told.Hint = cutText(recorded(told.Message), max), cutText(recorded(told.Hint), maxName)
	told.Code = cutText(recorded(told.Code), maxName)
	if told.Rule != "" && !workerRules[told.Rule] {
		told.Rule = "worker"
	}
	return &told
}

// workerRules are the rules by which a worker refuses.
var workerRules = set("import statement protected redefinition sealed command")

// cutText is the beginning of a text, whole runes of it.
func cutText(text string, max int) string {
	if len(text) <= max {
		return text
	}
	for max > 0 && !utf8.RuneStart(text[max]) {
		max--
	}
	return text[:max]
}

func refuse(rule, hint, format string, args ...any) *Refusal {
	return &Refusal{Rule: rule, Message: fmt.Sprintf(format, args...), Hint: hint}
}
