// Package errors is the generic part of the console's own.
package errors

import "errors"

func AsType[E error](err error) (E, bool) {
	var found E
	ok := errors.As(err, &found)
	return found, ok
}
