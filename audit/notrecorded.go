package audit

import "errors"

// ErrNotRecorded is what every [NotRecorded] is.
var ErrNotRecorded = errors.New("not recorded")

// ErrConsentTaken refuses a consent whose link was first used for another subject or by another engineer. It is a
// definite refusal by a rule, not a failure of the record: it is no [NotRecorded].
var ErrConsentTaken = errors.New("the consent link belongs to another subject or engineer")

// ErrClosed is the cause when the Log is closed.
var ErrClosed = errors.New("the log is closed")

// NotRecorded says that events are not on record. What they announce must not happen.
type NotRecorded struct {
	Unknown bool // they may be on record all the same: the store did not say
	Cause   error

	request *request // what may be on record
	receipt Receipt  // where it would stand
}

func (e *NotRecorded) Error() string {
	if e.Unknown {
		return "not known to be recorded: " + e.Cause.Error()
	}
	return "not recorded: " + e.Cause.Error()
}

func (e *NotRecorded) Is(target error) bool { return target == ErrNotRecorded }
func (e *NotRecorded) Unwrap() error        { return e.Cause }
