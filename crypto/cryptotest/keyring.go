package cryptotest

import (
	"testing"

	"github.com/vouchsafe/vouchsafe/crypto"
)

// Keyring is a keyring of a fresh development keyset and a store in memory.
func Keyring(t testing.TB) *crypto.Keyring {
	t.Helper()
	return KeyringOn(t, NewStore())
}

// KeyringOn is a keyring of a fresh development keyset on a store.
func KeyringOn(t testing.TB, store crypto.KeyStore) *crypto.Keyring {
	t.Helper()
	keyset, err := crypto.NewDevelopmentKeyset()
	if err != nil {
		t.Fatal(err)
	}
	keyring, err := crypto.NewKeyring(crypto.Config{Keyset: keyset, Store: store})
	if err != nil {
		t.Fatal(err)
	}
	return keyring
}
