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

// fetched is what the key store said of some keys.
type fetched map[KeyRef]struct {
	aead tink.AEAD
	err  error
}

// use gives a key that was fetched, or says why there is none.
func (f fetched) use(ref KeyRef) (tink.AEAD, error) {
	got, ok := f[ref]
	if !ok {
		return nil, ErrNoKey
	}
	return got.aead, got.err
}

// fetch asks the key store for keys by name, in one query, and keeps those that live.
func (k *Keyring) fetch(ctx context.Context, refs []KeyRef) (fetched, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	stored, err := k.store.Keys(ctx, refs)
	if err != nil {
		return nil, err
	}
	found := make(fetched, len(stored))
	for _, s := range stored {
		got := found[s.KeyRef]
		if s.Wrapped == nil {
			got.err = ErrErased
		} else if got.aead, err = k.unwrap(ctx, s); errors.Is(err, ErrDamaged) || errors.Is(err, ErrNoKey) {
			got.err = err
		} else if err != nil {
			return nil, err
		}
		found[s.KeyRef] = got
	}
	k.cache.put(func(g *generation) {
		for ref, got := range found {
			if got.err == nil {
				g.keys[ref] = got.aead
			}
		}
	})
	return found, nil
}

// livingKeys are the keys to seal with, of every subject among values. Missing ones are made in one transaction.
func (k *Keyring) livingKeys(ctx context.Context, values []Plain) (map[Subject]livingKey, error) {
	keys := map[Subject]livingKey{}
	var unknown []Subject
	for _, v := range values {
		if _, seen := keys[v.Subject]; seen || v.Subject == "" {
			continue
		}
		if !v.Subject.valid() {
			return nil, fmt.Errorf("seal: %q cannot name a data subject: it is table/id", string(v.Subject))
		}
		key, ok := k.cache.living(v.Subject)
		if !ok {
			unknown = append(unknown, v.Subject)
		}
		keys[v.Subject] = key
	}
	if len(unknown) == 0 {
		return keys, nil
	}
	stored, err := k.store.Current(ctx, unknown)
	if err != nil {
		return nil, err
	}
	if err := k.adopt(ctx, keys, stored); err != nil {
		return nil, err
	}
	for range 3 { // a fresh key id that its subject already had is possible, though hardly twice
		var without []Subject
		for _, s := range unknown {
			if keys[s].aead == nil {
				without = append(without, s)
			}
		}
		if len(without) == 0 {
			return keys, nil
		}
		if stored, err = k.make(ctx, without); err != nil {
			return nil, err
		}
		if err := k.adopt(ctx, keys, stored); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("the key store does not keep the keys it is given")
}

// adopt unwraps keys that stand in the store, puts them among keys and into the cache.
func (k *Keyring) adopt(ctx context.Context, keys map[Subject]livingKey, stored []SubjectKey) error {
	for _, s := range stored {
		aead, err := k.unwrap(ctx, s)
		if err != nil {
			return fmt.Errorf("the key of %s: %w", s.Subject, err)
		}
		keys[s.Subject] = livingKey{s.ID, aead}
	}
	k.cache.put(func(g *generation) {
		for _, s := range stored {
			g.current[s.Subject] = keys[s.Subject]
			g.keys[s.KeyRef] = keys[s.Subject].aead
		}
	})
	return nil
}

// make makes a key for each subject. Those that another process made first stand instead.
func (k *Keyring) make(ctx context.Context, subjects []Subject) ([]SubjectKey, error) {
	kek, epoch, err := k.subjectsKEK(ctx)
	if err != nil {
		return nil, err
	}
	created := k.now()
	keys := make([]SubjectKey, len(subjects))
	var secret [32]byte
	defer clear(secret[:])
	for i, s := range subjects {
		key := SubjectKey{KeyRef: KeyRef{Subject: s}, Epoch: epoch, Created: created}
		rand.Read(secret[:])
		rand.Read(key.ID[:])
		if key.Wrapped, err = kek.Encrypt(secret[:], dekAssociated(key)); err != nil {
			return nil, errors.New("wrap a subject's key: the cipher refused")
		}
		keys[i] = key
	}
	return k.store.AddKeys(ctx, keys)
}

func (k *Keyring) unwrap(ctx context.Context, s SubjectKey) (tink.AEAD, error) {
	kek, err := k.openKEK(ctx, purposeSubjects, s.Epoch)
	if err != nil {
		return nil, err
	}
	secret, err := kek.Decrypt(s.Wrapped, dekAssociated(s))
	if err != nil || len(secret) != 32 {
		return nil, ErrDamaged
	}
	defer clear(secret)
	return subtle.NewAESGCM(secret)
}

// dekAssociated binds a wrapped key to its subject, its id and its epoch.
func dekAssociated(s SubjectKey) []byte {
	b := []byte("vouchsafe dek v1")
	b = binary.AppendUvarint(b, uint64(len(s.Subject)))
	b = append(b, s.Subject...)
	b = append(b, s.ID[:]...)
	return binary.BigEndian.AppendUint32(b, s.Epoch)
}
