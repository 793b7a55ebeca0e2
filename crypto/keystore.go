package crypto

import (
	"context"
	"time"
)

// What a KEK wraps.
const (
	purposeSubjects = "subjects" // keys of data subjects; its epochs count up from 1
	purposeRecord   = "record"   // data keys of the record; its epochs are months: 202611
)

// A KEK is a key-encryption key as it is stored: wrapped by the root key.
type KEK struct {
	Purpose string
	Epoch   uint32
	Wrapped []byte
	Created time.Time
}

// A KeyRef names one key of a subject.
type KeyRef struct {
	Subject Subject
	ID      KeyID
}

// A SubjectKey is the key of a data subject as it is stored: wrapped by the KEK of its epoch, or destroyed.
type SubjectKey struct {
	KeyRef
	Epoch   uint32
	Wrapped []byte // nil: the subject was erased, and this is its tombstone
	Created time.Time
}

// A KeyStore keeps wrapped keys. It sees no key in the clear. Two processes may use one store at once: what one of them added
// first stands for both.
type KeyStore interface {
	// KEK is the key of a purpose and epoch; false where there is none.
	KEK(ctx context.Context, purpose string, epoch uint32) (KEK, bool, error)
	// LatestKEK is the key of the highest epoch of a purpose; false where there is none.
	LatestKEK(ctx context.Context, purpose string) (KEK, bool, error)
	// AddKEK adds a key, durably, unless its purpose and epoch have one, and returns the one that stands.
	AddKEK(ctx context.Context, kek KEK) (KEK, error)
	// Keys looks up keys by their names, all in one query. What is not there is left out.
	Keys(ctx context.Context, refs []KeyRef) ([]SubjectKey, error)
	// Current looks up the one living key of each subject, all in one query. Who has none is left out.
	Current(ctx context.Context, subjects []Subject) ([]SubjectKey, error)
	// AddKeys adds keys in one durable transaction, except of subjects that have a living key, and returns the living keys
	// of all the subjects that were given.
	AddKeys(ctx context.Context, keys []SubjectKey) ([]SubjectKey, error)
}
