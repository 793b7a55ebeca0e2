package audittest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// Sealer wraps data keys under a key in memory.
type Sealer struct{ aead *subtle.AESGCM }

// NewSealer makes one with a key of its own.
func NewSealer(t testing.TB) *Sealer {
	t.Helper()
	key := make([]byte, 32)
	rand.Read(key)
	return SealerOf(t, key)
}

// SealerOf makes one with the given key of 32 bytes, for what several processes share.
func SealerOf(t testing.TB, key []byte) *Sealer {
	t.Helper()
	aead, err := subtle.NewAESGCM(key)
	if err != nil {
		t.Fatal(err)
	}
	return &Sealer{aead}
}

func (s *Sealer) WrapDataKey(_ context.Context, key, associated []byte) ([]byte, error) {
	return s.aead.Encrypt(key, associated)
}

func (s *Sealer) UnwrapDataKey(_ context.Context, wrapped, associated []byte) ([]byte, error) {
	return s.aead.Decrypt(wrapped, associated)
}

// Signer is a signing key in memory.
type Signer struct{ key ed25519.PrivateKey }

// NewSigner makes one.
func NewSigner(t testing.TB) *Signer {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	rand.Read(seed)
	return SignerOf(seed)
}

// SignerOf makes one of a seed of 32 bytes, for what several processes share.
func SignerOf(seed []byte) *Signer { return &Signer{ed25519.NewKeyFromSeed(seed)} }

func (s *Signer) Public() ed25519.PublicKey           { return s.key.Public().(ed25519.PublicKey) }
func (s *Signer) Sign(message []byte) ([]byte, error) { return ed25519.Sign(s.key, message), nil }
