package crypto

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// Config is what a Keyring is made of.
type Config struct {
	Keyset *Keyset
	Store  KeyStore
	Now    func() time.Time // optional: time.Now
	Cache  int              // optional: how many subjects' keys are kept in memory for up to 60 s; 20,000 if zero
}

// A Keyring seals and opens. It is safe for use by many goroutines at once. It prints as its name only.
type Keyring struct {
	keyset *Keyset
	store  KeyStore
	now    func() time.Time
	cache  *cache
}

// NewKeyring makes a keyring. It refuses to exist without a keyset or a store.
func NewKeyring(cfg Config) (*Keyring, error) {
	switch {
	case cfg.Keyset == nil:
		return nil, errors.New("a keyring needs a keyset")
	case cfg.Store == nil:
		return nil, errors.New("a keyring needs a key store")
	case cfg.Cache < 0:
		return nil, fmt.Errorf("a cache of %d keys is not possible", cfg.Cache)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Cache == 0 {
		cfg.Cache = 20_000
	}
	return &Keyring{keyset: cfg.Keyset, store: cfg.Store, now: cfg.Now, cache: newCache(cfg.Cache)}, nil
}

// Keyset is the keyset that the keyring was made with.
func (k *Keyring) Keyset() *Keyset { return k.keyset }

// Forget drops every key that is kept in memory. The next use asks the key store.
func (k *Keyring) Forget() { k.cache.forget() }

// Format keeps keys out of every way of printing.
func (k *Keyring) Format(f fmt.State, _ rune) { io.WriteString(f, "keyring") }

// MarshalJSON refuses: a keyring is not written anywhere.
func (k *Keyring) MarshalJSON() ([]byte, error) {
	return nil, errors.New("a keyring is not written anywhere")
}

// Plain is a value to be sealed, and where it will stand.
type Plain struct {
	Column  Column
	Subject Subject // empty: the column has no subject
	Row     Row
	Text    []byte
}

// Opened is what became of one envelope.
type Opened struct {
	Header Header
	Plain  []byte
	Err    error // ErrNotSealed, ErrErased, ErrNoKey or ErrDamaged; then Plain is nil
}

// Seal seals one value. The key of its subject is made, durably, if there is none.
func (k *Keyring) Seal(ctx context.Context, column Column, subject Subject, row Row, plain []byte) ([]byte, error) {
	key := livingKey{k.keyset.columnsID, k.keyset.columns}
	if subject != "" {
		var ok bool
		if key, ok = k.cache.living(subject); !ok {
			sealed, err := k.SealMany(ctx, []Plain{{column, subject, row, plain}})
			if err != nil {
				return nil, err
			}
			return sealed[0], nil
		}
	}
	return key.seal(column, subject, row, plain)
}

// SealMany seals values. The keys of subjects that have none are made in one durable transaction before it returns.
func (k *Keyring) SealMany(ctx context.Context, values []Plain) ([][]byte, error) {
	keys, err := k.livingKeys(ctx, values)
	if err != nil {
		return nil, err
	}
	sealed := make([][]byte, len(values))
	for i, v := range values {
		key := livingKey{k.keyset.columnsID, k.keyset.columns}
		if v.Subject != "" {
			key = keys[v.Subject]
		}
		if sealed[i], err = key.seal(v.Column, v.Subject, v.Row, v.Text); err != nil {
			return nil, err
		}
	}
	return sealed, nil
}

func (key livingKey) seal(column Column, subject Subject, row Row, plain []byte) ([]byte, error) {
	h := Header{KeyID: key.id, Column: column, Subject: subject, Row: row}
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	b, err := seal(key.aead, h, plain)
	if err != nil {
		return nil, fmt.Errorf("seal %s of %s: %w", column, row, err)
	}
	return b, nil
}

// seal writes an envelope. The padded plaintext stands in the spare end of its buffer until the ciphertext overwrites it.
func seal(key tink.AEAD, h Header, plain []byte) ([]byte, error) {
	if len(plain) >= maxCiphertext-256 {
		return nil, fmt.Errorf("%d bytes are too many for one value", len(plain))
	}
	padded := paddedLen(len(plain))
	names := len(h.Column) + len(h.Subject) + len(h.Row)
	b := make([]byte, 0, len(domain)+2+4+6+names+nonceSize+padded+tagSize)
	b = appendHead(append(b, domain...), h)
	end := b[:cap(b)][cap(b)-padded:]
	sealed, err := key.Encrypt(appendPadded(end[:0], plain), b)
	if err != nil {
		return nil, errors.New("the cipher refused")
	}
	clear(end)
	return append(b, sealed...)[len(domain):], nil
}

// Open opens envelopes in either form; the keys that they need and that are not in memory are fetched in one query. The
// results stand in the order of the envelopes, and a bad one among them hurts no other. An error means that the key store could
// not be asked.
func (k *Keyring) Open(ctx context.Context, envelopes ...[]byte) ([]Opened, error) {
	opened := make([]Opened, len(envelopes))
	all := make([]parts, len(envelopes))
	var missing []KeyRef
	seen := map[KeyRef]bool{}
	for i, e := range envelopes {
		raw, _, err := binaryForm(e)
		if err == nil {
			all[i], err = parse(raw)
		}
		if err != nil {
			opened[i].Err = fmt.Errorf("%w: %w", ErrNotSealed, err)
			continue
		}
		opened[i].Header = all[i].header()
		ref := KeyRef{opened[i].Header.Subject, all[i].key}
		if ref.Subject != "" && !seen[ref] && k.cache.key(all[i].subject, ref.ID) == nil {
			seen[ref] = true
			missing = append(missing, ref)
		}
	}
	found, err := k.fetch(ctx, missing)
	if err != nil {
		return nil, err
	}
	for i := range opened {
		if opened[i].Err != nil {
			continue
		}
		ref := KeyRef{opened[i].Header.Subject, all[i].key}
		key, err := k.keyOf(all[i]), error(nil)
		if key == nil {
			key, err = found.use(ref)
		}
		if err == nil {
			opened[i].Plain, err = open(key, all[i])
		}
		opened[i].Err = err
	}
	return opened, nil
}

// keyOf is the key of an envelope, if it is in memory.
func (k *Keyring) keyOf(p parts) tink.AEAD {
	if len(p.subject) > 0 {
		return k.cache.key(p.subject, p.key)
	}
	for _, id := range k.keyset.columnIDs {
		if id == p.key {
			return k.keyset.columns
		}
	}
	return nil
}

// open opens one envelope with its key.
func open(key tink.AEAD, p parts) ([]byte, error) {
	head := make([]byte, 0, len(domain)+len(p.head))
	return openWith(key, append(append(head, domain...), p.head...), p.sealed)
}

// openWith is open with the additional data at hand.
func openWith(key tink.AEAD, associated, sealed []byte) ([]byte, error) {
	padded, err := key.Decrypt(sealed, associated)
	if err != nil {
		return nil, ErrDamaged
	}
	plain, ok := unpad(padded)
	if !ok {
		return nil, ErrDamaged
	}
	return plain, nil
}
