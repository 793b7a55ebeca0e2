package crypto

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// subjectsKEK is the key of the current epoch; the first is made when it is first asked for.
func (k *Keyring) subjectsKEK(ctx context.Context) (tink.AEAD, uint32, error) {
	stored, ok, err := k.store.LatestKEK(ctx, purposeSubjects)
	if err != nil {
		return nil, 0, err
	}
	epoch := uint32(1)
	if ok {
		epoch = stored.Epoch
	}
	kek, err := k.currentKEK(ctx, purposeSubjects, epoch)
	return kek, epoch, err
}

// Check finds out whether the keyset's root opens the key store. A store without a key belongs to the keyset that makes its
// first.
func (k *Keyring) Check(ctx context.Context) error {
	stored, ok, err := k.store.LatestKEK(ctx, purposeSubjects)
	if err != nil || !ok {
		return err
	}
	_, err = k.unwrapKEK(stored)
	return err
}

// currentKEK is the key of a purpose and epoch, which is made if it is missing.
func (k *Keyring) currentKEK(ctx context.Context, purpose string, epoch uint32) (tink.AEAD, error) {
	kek, err := k.openKEK(ctx, purpose, epoch)
	if !errors.Is(err, ErrNoKey) {
		return kek, err
	}
	secret := make([]byte, 32)
	defer clear(secret)
	rand.Read(secret)
	wrapped, err := k.keyset.root.Encrypt(secret, kekAssociated(purpose, epoch))
	if err != nil {
		return nil, fmt.Errorf("wrap a key with the root key: %w", err)
	}
	stands, err := k.store.AddKEK(ctx, KEK{Purpose: purpose, Epoch: epoch, Wrapped: wrapped, Created: k.now()})
	if err != nil {
		return nil, err
	}
	return k.unwrapKEK(stands) // perhaps another process's
}

// openKEK is the key of a purpose and epoch, or ErrNoKey.
func (k *Keyring) openKEK(ctx context.Context, purpose string, epoch uint32) (tink.AEAD, error) {
	if kek := k.cache.kek(kekName{purpose, epoch}); kek != nil {
		return kek, nil
	}
	stored, ok, err := k.store.KEK(ctx, purpose, epoch)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrNoKey
	}
	return k.unwrapKEK(stored)
}

func (k *Keyring) unwrapKEK(stored KEK) (tink.AEAD, error) {
	secret, err := k.keyset.root.Decrypt(stored.Wrapped, kekAssociated(stored.Purpose, stored.Epoch))
	if err != nil || len(secret) != 32 {
		return nil, fmt.Errorf("the root key does not open the key store (hint: keyset and key store belong together): %w", ErrDamaged)
	}
	defer clear(secret)
	kek, err := subtle.NewAESGCM(secret)
	if err != nil {
		return nil, err
	}
	k.cache.put(func(g *generation) { g.keks[kekName{stored.Purpose, stored.Epoch}] = kek })
	return kek, nil
}

// kekAssociated binds a wrapped KEK to its purpose and epoch.
func kekAssociated(purpose string, epoch uint32) []byte {
	b := []byte("vouchsafe kek v1")
	b = binary.AppendUvarint(b, uint64(len(purpose)))
	b = append(b, purpose...)
	return binary.BigEndian.AppendUint32(b, epoch)
}

// A wrapped data key of the record: version byte, epoch as four bytes, then what Tink wrote.
const recordKeyVersion = 1

// WrapDataKey wraps a data key of the record under this month's key, which is made if it is missing. The same associated data
// must be given to unwrap it.
func (k *Keyring) WrapDataKey(ctx context.Context, key, associated []byte) ([]byte, error) {
	now := k.now().UTC()
	epoch := uint32(now.Year())*100 + uint32(now.Month())
	kek, err := k.currentKEK(ctx, purposeRecord, epoch)
	if err != nil {
		return nil, fmt.Errorf("wrap a key of the record: %w", err)
	}
	head := binary.BigEndian.AppendUint32([]byte{recordKeyVersion}, epoch)
	sealed, err := kek.Encrypt(key, recordAssociated(head, associated))
	if err != nil {
		return nil, errors.New("wrap a key of the record: the cipher refused")
	}
	return append(head, sealed...), nil
}

// UnwrapDataKey opens what WrapDataKey wrote: ErrNoKey if that month's key is gone, ErrDamaged if it does not fit.
func (k *Keyring) UnwrapDataKey(ctx context.Context, wrapped, associated []byte) ([]byte, error) {
	if len(wrapped) < 5 || wrapped[0] != recordKeyVersion {
		return nil, fmt.Errorf("unwrap a key of the record: %w", ErrDamaged)
	}
	head := wrapped[:5]
	kek, err := k.openKEK(ctx, purposeRecord, binary.BigEndian.Uint32(head[1:]))
	if err != nil {
		return nil, fmt.Errorf("unwrap a key of the record: %w", err)
	}
	key, err := kek.Decrypt(wrapped[5:], recordAssociated(head, associated))
	if err != nil {
		return nil, fmt.Errorf("unwrap a key of the record: %w", ErrDamaged)
	}
	return key, nil
}

func recordAssociated(head, associated []byte) []byte {
	b := append([]byte("vouchsafe record key v1"), head...)
	return append(b, associated...)
}
