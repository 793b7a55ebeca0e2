package broker

import (
	"context"
	"sync"
)

// spare is a confined worker that waits for its first word, so that a session that opens does not.
type spare struct {
	mu      sync.Mutex
	process *Process
	closed  bool
	pending sync.WaitGroup // starts under way
	under   bool           // one is
}

// take hands the spare worker out; nil where there is none.
func (s *spare) take() *Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.process
	s.process = nil
	return p
}

// StandBy starts a spare worker beside what goes on, unless there is one. Where it cannot be started, the session that
// needs one says why.
func (b *Broker) StandBy(ctx context.Context) {
	s := &b.spare
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.under || s.process != nil {
		return
	}
	s.under = true
	ctx = context.WithoutCancel(ctx)
	s.pending.Go(func() {
		process, err := b.Start(ctx, "work")
		s.mu.Lock()
		defer s.mu.Unlock()
		s.under = false
		switch {
		case err != nil:
		case s.closed:
			process.Kill()
		default:
			s.process = process
		}
	})
}

// Close ends the spare worker. Sessions are closed by who opened them.
func (b *Broker) Close() {
	b.spare.mu.Lock()
	b.spare.closed = true
	b.spare.mu.Unlock()
	b.spare.pending.Wait()
	if process := b.spare.take(); process != nil {
		process.Kill()
	}
}
