package worker

import (
	"fmt"
	"strings"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// errorOf is an error as a person reads it: a failure of the gate keeps its kind, rule and hint.
func errorOf(err error) *wire.Error { return fromPanic(err) }

// openHint says how a sealed value would open.
func openHint(r crypto.Reference) string {
	_, column, _ := strings.Cut(r.Column, ".")
	return fmt.Sprintf("a fact may do; else ask whose it is for consent: .decrypt LINK %[1]s:%[2]s, exec --consent LINK --for %[1]s:%[2]s", r.Row, column)
}
