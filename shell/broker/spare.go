package broker

import (
	"context"
	"sync"
)

// spare is a confined worker that has said that it is ready and knows of no session, so that one that opens does not wait.
type spare struct {
	mu       sync.Mutex
	peer     *peer
	closed   bool
	starting bool
	starts   sync.WaitGroup
}

// take hands the spare worker out; nil where there is none.
func (s *spare) take() *peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.peer
	s.peer = nil
	return p
}

// StandBy starts a spare worker beside what goes on, unless there is one. Where it cannot be started, the session that
// needs one says why.
func (b *Broker) StandBy(ctx context.Context) {
	s := &b.spare
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.starting || s.peer != nil {
		return
	}
	s.starting = true
	ctx = context.WithoutCancel(ctx)
	s.starts.Go(func() {
		p, err := b.startSpare(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.starting = false
		switch {
		case err != nil:
		case s.closed:
			p.kill()
		default:
			s.peer = p
		}
	})
}

func (b *Broker) startSpare(ctx context.Context) (*peer, error) {
	target, err := b.connectTarget(ctx)
	if err != nil {
		return nil, err
	}
	process, err := b.Start(ctx, "work")
	if err != nil {
		return nil, err
	}
	return startPeer(process, hello(target), b.Policy.Limits.Output)
}

// Ready says whether a spare worker stands by.
func (b *Broker) Ready() bool {
	b.spare.mu.Lock()
	defer b.spare.mu.Unlock()
	return b.spare.peer != nil
}

// Close ends the spare worker. Sessions are closed by who opened them.
func (b *Broker) Close() {
	b.spare.mu.Lock()
	b.spare.closed = true
	b.spare.mu.Unlock()
	b.spare.starts.Wait()
	if p := b.spare.take(); p != nil {
		p.kill()
	}
}
