package cmd

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell/broker"
	"github.com/vouchsafe/vouchsafe/shell/console"
	"github.com/vouchsafe/vouchsafe/shell/policy"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// The exit statuses.
const (
	exitCode        = 1 // the typed code failed, or the database rejected its query
	exitUsage       = 2
	exitRefused     = 3
	exitRecord      = 5
	exitDatabase    = 6
	exitFault       = 7
	exitInterrupted = 130
)

// failure is an error that ends the program: what a person reads, and the exit status.
type failure struct {
	code    int
	kind    string
	rule    string
	message string
	hint    string
	json    bool // --json was given: it is data too
	said    bool // it was printed already
}

func (f *failure) Error() string { return f.message }

// asJSON is the one line of a run that ended before its session.
func (f *failure) asJSON() any {
	status := "error"
	if f.code == exitRefused {
		status = "refused"
	}
	return struct {
		Status string     `json:"status"`
		Error  wire.Error `json:"error"`
	}{status, wire.Error{Kind: f.kind, Rule: f.rule, Message: f.message, Hint: f.hint}}
}

func usage(hint, format string, args ...any) *failure {
	return &failure{code: exitUsage, kind: "usage", message: fmt.Sprintf(format, args...), hint: hint}
}

// failureOf gives an error of one of the rooms its exit status and its words.
func failureOf(err error) *failure {
	var (
		known   *failure
		refusal *policy.Refusal
		invalid *policy.Invalid
		told    *wire.Error
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, audit.ErrNotRecorded):
		return &failure{code: exitRecord, kind: wire.ErrAudit, message: "the record is unavailable: " + plain(err), hint: "nothing was run; the record must take entries again first"}
	case errors.As(err, &refusal):
		return &failure{code: exitRefused, kind: wire.ErrRefused, rule: refusal.Rule, message: refusal.Message, hint: refusal.Hint}
	case errors.Is(err, broker.ErrNoDatabase):
		return &failure{code: exitDatabase, kind: wire.ErrDatabase, message: plain(err), hint: "nothing was run; check the database: in the config"}
	case errors.As(err, &invalid):
		return usage(invalid.Hint, "%s: %s", invalid.Key, invalid.Message)
	case errors.As(err, &told):
		return &failure{code: exitOf(told), kind: told.Kind, rule: told.Rule, message: told.Message, hint: told.Hint}
	}
	return &failure{code: exitCode, kind: wire.ErrRuntime, message: plain(err)}
}

// notOpened is a session that did not open: a refusal says that nothing was run, as all that comes before a session does.
func notOpened(err error) *failure {
	f := failureOf(err)
	if f.code == exitRefused && !strings.Contains(f.hint, "nothing was run") {
		if f.hint != "" {
			f.hint += "; "
		}
		f.hint += "nothing was run"
	}
	return f
}

// exitOf is the exit status of a command that failed so.
func exitOf(err *wire.Error) int {
	switch {
	case err == nil:
		return 0
	case err.Kind == wire.ErrAudit:
		return exitRecord
	case err.Kind == wire.ErrRefused:
		return exitRefused
	case err.Kind == wire.ErrDatabase && (err.Code == "UNAVAILABLE" || err.Code == "KEYS"):
		return exitDatabase
	case err.Kind == wire.ErrInterrupted:
		return exitInterrupted
	}
	return exitCode
}

// plain is an error on one line, with nothing that a terminal would act on.
func plain(err error) string {
	text := []rune(console.Visible(err.Error()))
	for i, r := range text {
		if unicode.IsSpace(r) {
			text[i] = ' '
		}
	}
	return string(text)
}
