package audit_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
)

func TestSessionsOfADeadWriterAreClosedAsLost(t *testing.T) {
	h := audittest.New(t)
	s := h.Session(t, "dana", "OPS-1")
	s.Begin(t, "1")
	h.Log.Close(t.Context())
	h.Open(t)
	got, err := h.Reader().Session(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.ClosedWhy != "lost" || got.ClosedAt == nil || got.Commands[0].Status != "unfinished" {
		t.Errorf("%+v", got)
	}
	h.CheckLog(t)
}

func TestSessionsOfALivingWriterAreLeftAlone(t *testing.T) {
	h := audittest.New(t)
	s := h.Session(t, "dana", "OPS-1")
	s.Run(t, "1")
	first := h.Log
	h.FailOn(audit.KindIntent, 1, audittest.Lost) // its chain is abandoned; it lives on
	s.Commands++
	s.Append(t, audit.Intent{Source: "2"})
	s.Commands--

	h.Open(t) // a second Log on the same file
	got, err := h.Reader().Session(t.Context(), s.ID)
	if err != nil || got.ClosedAt != nil {
		t.Fatalf("the session was closed: %+v, %v", got, err)
	}
	h.Log = first
	s.Run(t, "2")
	h.CheckLog(t)
}

func TestTwoLogsWriteToOneFileAtOnce(t *testing.T) {
	h := audittest.New(t)
	second, err := audit.OpenSQLite(t.Context(), h.Path(), false, audittest.Migrations(t))
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	cfg := h.Config
	cfg.Store = second
	log, err := audit.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close(context.Background())
	var wg sync.WaitGroup
	for _, l := range []*audit.Log{h.Log, log} {
		wg.Go(func() {
			w := audit.Where{Session: ulid.Make().String(), Engineer: "dana"}
			if _, err := l.Append(t.Context(), w, audit.SessionOpened{}); err != nil {
				t.Error(err)
			}
			for range 40 {
				w.Command++
				if _, err := l.Append(t.Context(), w, audit.Intent{Source: "1"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	h.CheckLog(t)
}

func TestAWritersIdIsGreaterThanAllBeforeEvenIfTheClockGoesBack(t *testing.T) {
	clock := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	h := audittest.New(t, func(c *audit.Config) { c.Now = func() time.Time { return clock } })
	r, err := h.Log.Append(t.Context(), audit.Where{}, audit.View{Viewer: "a"})
	if err != nil {
		t.Fatal(err)
	}
	h.Log.Close(t.Context())
	clock = clock.Add(-24 * time.Hour)
	h.Open(t)
	again, err := h.Log.Append(t.Context(), audit.Where{}, audit.View{Viewer: "a"})
	if err != nil {
		t.Fatal(err)
	}
	if again.Writer.String() <= r.Writer.String() {
		t.Errorf("%s follows %s", again.Writer, r.Writer)
	}
	h.CheckLog(t)
}
