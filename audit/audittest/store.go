package audittest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/vouchsafe/vouchsafe/audit"
)

// How a store breaks.
type How int

const (
	Lost How = iota // the batch is not on record
	Kept            // the batch is on record, and the store says that it failed
)

// ErrBroken is what a broken store answers.
var ErrBroken = errors.New("the store was broken on purpose")

// Store is a store that breaks when it is told to.
type Store struct {
	audit.Store

	mu    sync.Mutex
	plans []*plan
}

type plan struct {
	kind audit.Kind
	left int // entries of kind until it breaks
	how  How
}

// FailOn breaks the store once, at the nth entry of kind from now on, counted from 1.
func (s *Store) FailOn(kind audit.Kind, nth int, how How) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plans = append(s.plans, &plan{kind, nth, how})
}

// Waiting is how many failures have not come about yet.
func (s *Store) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.plans)
}

func (s *Store) Begin(ctx context.Context) (audit.Tx, error) {
	tx, err := s.Store.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return &brittle{Tx: tx, store: s}, nil
}

// due counts the batch's entries and takes out the failure that has come to its turn.
func (s *Store) due(b *audit.Batch) *plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	var due *plan
	for i := range b.Entries {
		var later []*plan
		for _, p := range s.plans {
			if p.kind == b.Entries[i].Kind {
				p.left--
			}
			if p.left > 0 {
				later = append(later, p)
			} else if due == nil {
				due = p
			}
		}
		s.plans = later
	}
	return due
}

type brittle struct {
	audit.Tx
	store *Store
	due   *plan
}

func (tx *brittle) Insert(b *audit.Batch) error {
	tx.due = tx.store.due(b)
	return tx.Tx.Insert(b)
}

// Commit breaks at the one place where a store can break and leave it open what happened.
func (tx *brittle) Commit() error {
	switch {
	case tx.due == nil:
		return tx.Tx.Commit()
	case tx.due.how == Lost:
		tx.Tx.Rollback()
	default:
		if err := tx.Tx.Commit(); err != nil {
			return err
		}
	}
	return fmt.Errorf("commit a %s: %w", tx.due.kind, ErrBroken)
}
