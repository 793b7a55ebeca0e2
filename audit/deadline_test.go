package audit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
)

// slow is a store whose next commit waits until it is let go.
type slow struct {
	audit.Store
	gates chan chan struct{} // a commit takes one, if there is one, and waits for it
	taken chan struct{}      // then it says so here
}

func (s *slow) Begin(ctx context.Context) (audit.Tx, error) {
	tx, err := s.Store.Begin(ctx)
	return &slowTx{tx, s}, err
}

type slowTx struct {
	audit.Tx
	store *slow
}

func (tx *slowTx) Commit() error {
	select {
	case gate := <-tx.store.gates:
		tx.store.taken <- struct{}{}
		<-gate
	default:
	}
	return tx.Tx.Commit()
}

func TestACommitThatDoesNotEndInTimeIsUnknownAndWhatWaitsBehindItIsNotRecorded(t *testing.T) {
	gates, taken := make(chan chan struct{}, 1), make(chan struct{})
	h := audittest.New(t, func(c *audit.Config) {
		c.Store = &slow{c.Store, gates, taken}
		c.Deadline = 300 * time.Millisecond
	})
	s, other := h.Session(t, "dana", "OPS-1"), h.Session(t, "eli", "OPS-2")
	gate := make(chan struct{})
	gates <- gate

	hanging := make(chan error)
	s.Commands++
	go func() {
		_, err := s.Append(t, audit.Intent{Source: "hangs"})
		hanging <- err
	}()
	<-taken
	other.Commands++
	_, err := other.Append(t, audit.Intent{Source: "waits"})
	var not *audit.NotRecorded
	if !errors.As(err, &not) || not.Unknown {
		t.Errorf("what waits: %v", err)
	}
	if err := <-hanging; !errors.As(err, &not) || !not.Unknown {
		t.Errorf("what hangs: %v", err)
	}
	close(gate)
	other.Commands--
	other.Run(t, "later")
	if got := sources(t, h, other.ID); len(got) != 1 || got[0] != "later" {
		t.Errorf("on record are %v", got)
	}
	h.CheckLog(t)
}

func TestWhoCancelsBeforeItIsWrittenIsNotRecorded(t *testing.T) {
	h := audittest.New(t)
	s := h.Session(t, "dana", "OPS-1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.Log.Append(ctx, audit.Where{Session: s.ID, Command: 1, Engineer: "dana"}, audit.Intent{Source: "1"})
	var not *audit.NotRecorded
	if err != nil && (!errors.As(err, &not) || not.Unknown) {
		t.Errorf("Append says %v", err)
	}
	if on := len(sources(t, h, s.ID)); (err == nil) != (on == 1) {
		t.Errorf("Append says %v, and %d commands are on record", err, on)
	}
}

func TestASessionWhoseOpeningWasKeptButReportedLostCanBeClosed(t *testing.T) {
	h := audittest.New(t)
	h.FailOn(audit.KindSessionOpened, 1, audittest.Kept)
	w := audit.Where{Session: ulid.Make().String(), Engineer: "dana"}
	if _, err := h.Log.Append(t.Context(), w, audit.SessionOpened{Note: "n"}); !errors.Is(err, audittest.ErrBroken) {
		t.Fatalf("Append says %v", err)
	}
	if _, err := h.Log.Append(t.Context(), w, audit.SessionClosed{Reason: "interrupted"}); err != nil {
		t.Fatal(err)
	}
	got, err := h.Reader().Session(t.Context(), w.Session)
	if err != nil || got.ClosedWhy != "interrupted" || *got.Justification.Note != "n" {
		t.Errorf("%+v, %v", got, err)
	}
	h.CheckLog(t)
}

func TestVerifyFindsNoFaultsWhileTheLogIsWrittenTo(t *testing.T) {
	h := audittest.New(t)
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		w := audit.Where{Session: ulid.Make().String(), Engineer: "dana"}
		if _, err := h.Log.Append(t.Context(), w, audit.SessionOpened{}); err != nil {
			t.Error(err)
		}
		for {
			select {
			case <-stop:
				return
			default:
			}
			w.Command++
			if _, err := h.Log.Append(t.Context(), w, audit.Intent{Source: "1"}, audit.Outcome{Status: "ok"}); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range 20 {
		h.CheckLog(t)
	}
	close(stop)
	<-done
}
