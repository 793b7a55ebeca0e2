package cryptotest

import (
	"context"
	"errors"
	"sync"

	"github.com/vouchsafe/vouchsafe/crypto"
)

// Store is a key store in memory. It keeps the contract of crypto.KeyStore, and can be told to fail.
type Store struct {
	mu      sync.Mutex
	keks    map[kek]crypto.KEK
	keys    map[crypto.KeyRef]crypto.SubjectKey
	living  map[crypto.Subject]crypto.KeyID
	queries int
	fail    error
}

type kek struct {
	purpose string
	epoch   uint32
}

// NewStore makes an empty store.
func NewStore() *Store {
	return &Store{keks: map[kek]crypto.KEK{}, keys: map[crypto.KeyRef]crypto.SubjectKey{}, living: map[crypto.Subject]crypto.KeyID{}}
}

// Fail makes every later call return err; nil ends it.
func (s *Store) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// Queries counts the calls so far.
func (s *Store) Queries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queries
}

// Erase destroys a subject's key and leaves its tombstone. A keyring may go on using the key for 60 s, or until Forget.
func (s *Store) Erase(subject crypto.Subject) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.living[subject]
	if !ok {
		return errors.New("the subject has no key")
	}
	key := s.keys[crypto.KeyRef{Subject: subject, ID: id}]
	key.Wrapped = nil
	s.keys[key.KeyRef] = key
	delete(s.living, subject)
	return nil
}

func (s *Store) call() error {
	s.queries++
	return s.fail
}

// KEK implements crypto.KeyStore.
func (s *Store) KEK(_ context.Context, purpose string, epoch uint32) (crypto.KEK, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.call(); err != nil {
		return crypto.KEK{}, false, err
	}
	k, ok := s.keks[kek{purpose, epoch}]
	return k, ok, nil
}

// LatestKEK implements crypto.KeyStore.
func (s *Store) LatestKEK(_ context.Context, purpose string) (latest crypto.KEK, found bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.call(); err != nil {
		return crypto.KEK{}, false, err
	}
	for name, k := range s.keks {
		if name.purpose == purpose && (!found || k.Epoch > latest.Epoch) {
			latest, found = k, true
		}
	}
	return latest, found, nil
}

// AddKEK implements crypto.KeyStore.
func (s *Store) AddKEK(_ context.Context, k crypto.KEK) (crypto.KEK, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.call(); err != nil {
		return crypto.KEK{}, err
	}
	name := kek{k.Purpose, k.Epoch}
	if _, ok := s.keks[name]; !ok {
		s.keks[name] = k
	}
	return s.keks[name], nil
}

// Keys implements crypto.KeyStore.
func (s *Store) Keys(_ context.Context, refs []crypto.KeyRef) ([]crypto.SubjectKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.call(); err != nil {
		return nil, err
	}
	var found []crypto.SubjectKey
	for _, ref := range refs {
		if k, ok := s.keys[ref]; ok {
			found = append(found, k)
		}
	}
	return found, nil
}

// Current implements crypto.KeyStore.
func (s *Store) Current(_ context.Context, subjects []crypto.Subject) ([]crypto.SubjectKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.call(); err != nil {
		return nil, err
	}
	return s.current(subjects), nil
}

func (s *Store) current(subjects []crypto.Subject) []crypto.SubjectKey {
	var found []crypto.SubjectKey
	for _, subject := range subjects {
		if id, ok := s.living[subject]; ok {
			found = append(found, s.keys[crypto.KeyRef{Subject: subject, ID: id}])
		}
	}
	return found
}

// AddKeys implements crypto.KeyStore.
func (s *Store) AddKeys(_ context.Context, keys []crypto.SubjectKey) ([]crypto.SubjectKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.call(); err != nil {
		return nil, err
	}
	subjects := make([]crypto.Subject, len(keys))
	for i, k := range keys {
		subjects[i] = k.Subject
		_, lives := s.living[k.Subject]
		if _, taken := s.keys[k.KeyRef]; !lives && !taken {
			s.keys[k.KeyRef] = k
			s.living[k.Subject] = k.ID
		}
	}
	return s.current(subjects), nil
}
