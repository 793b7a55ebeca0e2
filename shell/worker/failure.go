package worker

import "github.com/vouchsafe/vouchsafe/shell/wire"

// errorOf is an error as a person reads it: a failure of the gate keeps its kind, rule and hint.
func errorOf(err error) *wire.Error { return fromPanic(err) }
