package broker

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// within waits until something is so.
func within(t *testing.T, what string, so func() bool) {
	t.Helper()
	for late := time.Now().Add(patience); !so(); runtime.Gosched() {
		if time.Now().After(late) {
			t.Fatalf("it did not come about: %s", what)
		}
	}
}

// standBy has a spare worker stand by.
func (h *house) standBy(t *testing.T) {
	t.Helper()
	h.broker.StandBy(t.Context())
	within(t, "a spare worker stands by", h.broker.Ready)
	t.Cleanup(h.broker.Close)
}

func TestASessionTakesTheSpareWorkerAndAnotherComes(t *testing.T) {
	h := fakeHouse(t)
	h.standBy(t)
	spare := h.last()
	s := h.open(t)
	h.ok(t, s, func(f *fake) {
		if f != spare {
			t.Error("the spare worker was not taken")
		}
	})
	within(t, "another stands by", h.broker.Ready)
	if h.living() != 2 || h.last() == spare {
		t.Errorf("%d workers live", h.living())
	}
	for range 3 { // there is one at a time
		h.broker.StandBy(t.Context())
	}
	if h.living() != 2 {
		t.Errorf("%d workers live", h.living())
	}
}

func TestADecryptedPeriodTakesTheSpareWorkerToo(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	h.standBy(t)
	spare := h.last()
	h.decrypted(t, s)
	h.ok(t, s, func(f *fake) {
		if f != spare {
			t.Error("the spare worker was not taken")
		}
	})
	within(t, "another stands by", h.broker.Ready)
	h.typedOK(t, s, ".encrypt")
	if !spare.dead() || h.last() == spare {
		t.Error("what was opened lives on")
	}
}

func TestASpareWorkerThatIsNotInOrderIsNotTaken(t *testing.T) {
	for name, attack := range map[string]func(*fake){
		"it died":            func(f *fake) { f.rawControl.Close(); f.raw.Close() },
		"it asks the gate":   func(f *fake) { f.statements.Send(wire.Request{ID: 1, Op: wire.OpQuery, SQL: "select 1"}) },
		"it answers":         func(f *fake) { f.completed(wire.Completed{ID: 1}) },
		"it speaks nonsense": func(f *fake) { f.raw.Write([]byte("\xff\xff\xff\xff")) },
	} {
		t.Run(name, func(t *testing.T) {
			h := fakeHouse(t)
			h.standBy(t)
			spare := h.last()
			attack(spare)
			p := h.broker.spare.peer
			within(t, "it is heard", func() bool { // by the reader that hands it on
				reason, spoke := p.spoke()
				if spoke {
					h.broker.spare.peer = &peer{
						process: p.process, control: p.control, statements: p.statements, output: p.output, noise: p.noise, gone: p.gone,
						answers: make(chan received[wire.Control], 1), requests: p.requests,
					}
					h.broker.spare.peer.answers <- received[wire.Control]{err: errors.New(reason)}
				}
				return spoke
			})
			s := h.open(t)
			if !spare.dead() {
				t.Error("it lives on")
			}
			r := h.ok(t, s, func(f *fake) {
				if f == spare {
					t.Error("it was taken")
				}
			})
			if len(r.Notes) != 0 {
				t.Errorf("told: %q", r.Notes)
			}
		})
	}
}

func TestASpareWorkerServesOneSession(t *testing.T) {
	h := fakeHouse(t)
	for range 5 {
		h.standBy(t)
		var opening sync.WaitGroup
		sessions := make([]*Session, 4)
		for i := range sessions {
			opening.Go(func() {
				var err error
				sessions[i], err = h.broker.Open(context.Background(), Opening{Engineer: "engineer", Justification: justification})
				if err != nil {
					t.Error(err)
				}
			})
		}
		opening.Wait()
		seen := map[*Process]bool{}
		for _, s := range sessions {
			if seen[s.peer.process] {
				t.Error("one worker serves two sessions")
			}
			seen[s.peer.process] = true
			h.ok(t, s, func(*fake) {})
			if _, err := s.Close(t.Context(), "closed", true); err != nil {
				t.Error(err)
			}
		}
	}
	h.broker.Close()
	if n := h.living(); n != 0 {
		t.Errorf("%d workers live", n)
	}
}

func TestNoSpareWorkerOutlivesTheBroker(t *testing.T) {
	started, goOn := make(chan struct{}), make(chan struct{})
	h := fakeHouse(t)
	inner := h.broker.Start
	h.broker.Start = func(ctx context.Context, role string) (*Process, error) {
		close(started)
		<-goOn
		return inner(ctx, role)
	}
	h.broker.StandBy(t.Context())
	<-started
	var closing sync.WaitGroup
	closing.Go(h.broker.Close) // while it starts
	within(t, "the broker is closed", func() bool {
		h.broker.spare.mu.Lock()
		defer h.broker.spare.mu.Unlock()
		return h.broker.spare.closed
	})
	close(goOn)
	closing.Wait()
	h.broker.StandBy(t.Context())
	if n := h.living(); n != 0 || h.broker.Ready() {
		t.Errorf("%d workers live", n)
	}
}

func TestASpareWorkerThatDoesNotStartIsTheNextSessionsWordAndNothingElse(t *testing.T) {
	broken := true
	h := fakeHouse(t)
	inner := h.broker.Start
	h.broker.Start = func(ctx context.Context, role string) (*Process, error) {
		if broken {
			return nil, errors.New("no room for it")
		}
		return inner(ctx, role)
	}
	h.broker.StandBy(t.Context())
	h.broker.spare.starts.Wait()
	if _, err := h.tryOpen(t); err == nil {
		t.Error("a session opened without a worker")
	}
	broken = false
	h.standBy(t)
	h.open(t)
}

func TestTheRealSpareWorkerIsConfinedToOneSession(t *testing.T) {
	h := realHouse(t)
	h.standBy(t)
	s := h.open(t)
	h.typedOK(t, s, "secret := 42")
	within(t, "another stands by", h.broker.Ready)
	other := h.open(t)
	if r := other.Run(t.Context(), "secret"); r.Status == StatusOK {
		t.Errorf("another session sees %v", r.Value)
	}
	if _, err := s.Close(t.Context(), "closed", true); err != nil {
		t.Error(err)
	}
	if _, err := other.Close(t.Context(), "closed", true); err != nil {
		t.Error(err)
	}
	h.broker.Close()
	if left := children(t); len(left) != 0 {
		t.Errorf("processes are left: %v", left)
	}
}
