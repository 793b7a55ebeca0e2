package crypto

import (
	"errors"
	"fmt"
)

// What callers decide on.
var (
	// ErrSealed says that a value stays sealed here: there is no key, or no consent covers it.
	ErrSealed = errors.New("the value is sealed")
	// ErrErased says that the subject's key was destroyed: nothing opens this value any more.
	ErrErased = errors.New("the subject was erased")
	// ErrNoKey says that the key store does not have the key that an envelope names.
	ErrNoKey = errors.New("the key is not in the key store")
	// ErrDamaged says that an envelope was altered, or was sealed by another keyset.
	ErrDamaged = errors.New("the envelope was altered, or belongs to another keyset")
	// ErrNotSealed says that bytes in a sealed column are no envelope.
	ErrNotSealed = errors.New("not sealed")
	// ErrMisplaced says that an envelope stands in another column or row than it was sealed for.
	ErrMisplaced = errors.New("the envelope stands in the wrong place")
	// ErrNotAttached says that a value was read past the plugin, so nothing told it where its key is.
	ErrNotAttached = errors.New("no keyring is attached")
)

// A SealedError says whose value stays sealed, and what to do about it.
type SealedError struct {
	Reference Reference
	Hint      string
}

func (e *SealedError) Error() string {
	s := fmt.Sprintf("%s of %s is sealed", e.Reference.Column, e.Reference.Row)
	if e.Hint != "" {
		s += " (hint: " + e.Hint + ")"
	}
	return s
}

// Is makes errors.Is(err, ErrSealed) true.
func (e *SealedError) Is(target error) bool { return target == ErrSealed }

// A WriteError says why a write to a table with sealed columns was refused. Nothing was written.
type WriteError struct {
	Column string // people.email
	Reason string
	Hint   string
}

func (e *WriteError) Error() string {
	s := e.Column + ": " + e.Reason
	if e.Hint != "" {
		s += " (hint: " + e.Hint + ")"
	}
	return s
}
