package console

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// What happens while something else has the terminal, or while nobody reads.

// lend gives the terminal away until back is called. Notices wait that long: on another screen they would be lost.
func (s *session) lend() (back func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lent = true
	return sync.OnceFunc(func() {
		s.mu.Lock()
		held := s.held
		s.lent, s.held = false, nil
		s.mu.Unlock()
		for _, text := range held {
			s.write(text)
		}
	})
}

// keep keeps a notice while the terminal is lent, and reports whether it is.
func (s *session) keep(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lent {
		s.held = append(s.held, text)
	}
	return s.lent
}

// dropped remembers that what is typed now was meant for a period that is over.
func (s *session) dropped() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tail = true
}

// swallow drops the tail of what was meant for a period that is over.
func (s *session) swallow(ctx context.Context) {
	s.mu.Lock()
	tail := s.tail
	s.tail = false
	s.mu.Unlock()
	if tail {
		s.editor.Swallow(ctx)
	}
}

// say writes a note of the console's own.
func (s *session) say(text string) { s.write(s.screen().Notice(wire.Notice{Text: text})) }

// activeEvery is how often the server is told that somebody types in a decrypted period.
const activeEvery = 10 * time.Second

// typed tells the server that a decrypted period is in use: it would end one in which nothing is sent.
func (s *session) typed() {
	if s.isToBeTold() { // whoever types does not wait for it
		go s.client.send(context.Background(), wire.FromConsole{Active: true})
	}
}

// isToBeTold reports whether it is time to tell it, and counts on that it is told.
func (s *session) isToBeTold() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	due := s.state.Period != 0 && !s.isGone && now.Sub(s.told) >= activeEvery
	if due {
		s.told = now
	}
	return due
}

// using says again and again that a period is in use, while a program of the person's runs whose keys are not seen here.
func (s *session) using(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		clock := time.NewTicker(activeEvery)
		defer clock.Stop()
		for ctx.Err() == nil {
			s.typed()
			select {
			case <-clock.C:
			case <-ctx.Done():
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}

// nothingRun is how an error says that it came to nothing, so that no hint need say it again.
const nothingRun = "nothing is run"

// notEdited says why what .edit opened is not run.
func notEdited(err error) *wire.Error {
	e := &wire.Error{Kind: wire.ErrRuntime, Message: err.Error()}
	if !strings.Contains(e.Message, nothingRun) {
		e.Hint = nothingRun
	}
	return e
}
