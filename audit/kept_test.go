package audit_test

import (
	"errors"
	"testing"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
)

func TestWhatBecameOfAnUnknownBatchCanBeFoundOut(t *testing.T) {
	for how, want := range map[audittest.How]bool{audittest.Lost: false, audittest.Kept: true} {
		h := audittest.New(t)
		s := h.Session(t, "dana", "OPS-1")
		h.FailOn(audit.KindIntent, 1, how)
		s.Commands++
		_, err := s.Append(t, audit.Intent{Source: "1"})
		var not *audit.NotRecorded
		if !errors.As(err, &not) || !not.Unknown {
			t.Fatalf("Append says %v", err)
		}
		kept, err := h.Log.Kept(t.Context(), not)
		if err != nil || kept != want {
			t.Errorf("%d: kept is %v (%v)", how, kept, err)
		}
		if on := len(sources(t, h, s.ID)) == 1; on != want {
			t.Errorf("%d: on record is %v", how, on)
		}
		h.CheckLog(t)
	}
}

func TestWhatWasRefusedForSureWasNotKept(t *testing.T) {
	h := audittest.New(t)
	s := h.Session(t, "dana", "OPS-1")
	_, err := s.Append(t, audit.Outcome{Status: "ok"})
	var not *audit.NotRecorded
	if !errors.As(err, &not) {
		t.Fatalf("Append says %v", err)
	}
	if kept, err := h.Log.Kept(t.Context(), not); kept || err != nil {
		t.Errorf("kept is %v (%v)", kept, err)
	}
}
