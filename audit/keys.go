package audit

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// Sealer wraps data keys under a key that is kept elsewhere. What was wrapped with other associated data, or changed, it
// must refuse to unwrap.
type Sealer interface {
	WrapDataKey(ctx context.Context, key, associated []byte) (wrapped []byte, err error)
	UnwrapDataKey(ctx context.Context, wrapped, associated []byte) ([]byte, error)
}

// class is which part of an event a payload is.
type class string

const (
	classContent class = "content" // what was typed, sent and printed
	classLedger  class = "ledger"  // who, when, whose data, how much
)

// A DataKey is a row of data_keys: a key that opens the payloads of one class in one scope.
type DataKey struct {
	Number  int64 // random, positive
	Scope   string
	Class   class
	Wrapped []byte
}

func (k *DataKey) associated() []byte {
	b := []byte("vouchsafe audit data key\x01")
	b = binary.BigEndian.AppendUint64(b, uint64(k.Number))
	b = appendText(b, k.Scope)
	return appendText(b, string(k.Class))
}

// dataKey is a data key that can be used.
type dataKey struct {
	number int64
	aead   *subtle.AESGCM
}

// keyPair is the two keys of a session, or of a writer for what belongs to no session.
type keyPair struct {
	content, ledger dataKey
	rows            []DataKey // to be stored with the first entry that uses them; empty once they are
}

// newKeyPair makes the keys of scope.
func newKeyPair(ctx context.Context, sealer Sealer, scope string) (*keyPair, error) {
	pair := &keyPair{}
	for _, part := range []struct {
		class class
		key   *dataKey
	}{{classContent, &pair.content}, {classLedger, &pair.ledger}} {
		secret := make([]byte, 32+8)
		if _, err := rand.Read(secret); err != nil {
			return nil, fmt.Errorf("make a data key: %w", err)
		}
		row := DataKey{
			Number: int64(binary.BigEndian.Uint64(secret[32:])>>2) | 1,
			Scope:  scope,
			Class:  part.class,
		}
		wrapped, err := sealer.WrapDataKey(ctx, secret[:32], row.associated())
		if err != nil {
			return nil, fmt.Errorf("wrap a data key: %w", err)
		}
		row.Wrapped = wrapped
		if part.key.aead, err = subtle.NewAESGCM(secret[:32]); err != nil {
			return nil, fmt.Errorf("make a data key: %w", err)
		}
		part.key.number = row.Number
		clear(secret)
		pair.rows = append(pair.rows, row)
	}
	return pair, nil
}

// unwrap makes a stored data key usable.
func unwrap(ctx context.Context, sealer Sealer, row *DataKey) (dataKey, error) {
	secret, err := sealer.UnwrapDataKey(ctx, row.Wrapped, row.associated())
	if err != nil {
		return dataKey{}, fmt.Errorf("unwrap data key %d of %s: %w", row.Number, row.Scope, err)
	}
	defer clear(secret)
	aead, err := subtle.NewAESGCM(secret)
	if err != nil {
		return dataKey{}, fmt.Errorf("data key %d of %s: %w", row.Number, row.Scope, err)
	}
	return dataKey{number: row.Number, aead: aead}, nil
}
