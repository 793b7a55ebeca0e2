package audit_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
)

func TestAQuestionIsReadWithWhatItShowedAndItsAnswer(t *testing.T) {
	h := audittest.New(t)
	s := h.Session(t, "dana", "OPS-1")
	s.Run(t, "1", audit.Question{Text: "commit 2 rows?", Shown: &audit.Text{Kept: "before and after"}}, audit.Answer{Answer: "no"},
		audit.Question{Text: "commit 3 rows?", Shown: &audit.Text{Withheld: 9, Digest: "d1"}})
	s.Run(t, "2")
	h.CheckLog(t)
	got, err := h.Reader().Session(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	q := got.Commands[0].Questions
	if len(q) != 2 || q[0].Text != "commit 2 rows?" || q[0].Shown.Kept != "before and after" || q[0].Answer != "no" || q[0].At.IsZero() ||
		q[1].Text != "commit 3 rows?" || *q[1].Shown != (audit.Text{Withheld: 9, Digest: "d1"}) || q[1].Answer != "" {
		t.Errorf("on record: %+v", q)
	}
	if b, err := json.Marshal(got.Commands[0]); err != nil || !strings.Contains(string(b), `"text":"commit 3 rows?","shown":{"withheld":9},"answer":""`) {
		t.Errorf("as JSON: %s, %v", b, err)
	}
	if b, err := json.Marshal(got.Commands[1]); err != nil || strings.Contains(string(b), "questions") {
		t.Errorf("as JSON: %s, %v", b, err)
	}
}

// A Log that lost an entry of another session reads everything again while a question waits for its answer.
func TestAnAnswerIsTakenAfterTheRecordFailedElsewhere(t *testing.T) {
	for _, how := range []audittest.How{audittest.Lost, audittest.Kept} {
		h := audittest.New(t)
		s, other := h.Session(t, "dana", "OPS-1"), h.Session(t, "eli", "OPS-2")
		s.Begin(t, "1")
		s.Must(t, audit.Question{Text: "commit 2 rows?"})
		h.FailOn(audit.KindModeChange, 1, how)
		if _, err := other.Append(t, audit.ModeChange{Mode: "write"}); err == nil {
			t.Fatal("the store did not fail")
		}
		s.Must(t, audit.Answer{Answer: "yes"}, audit.Outcome{Status: "ok"})
		h.CheckLog(t)
		h.Open(t)
		h.CheckLog(t)
	}
}

func TestASessionThatBeginsToWriteIsReadAndVerifiedAsOne(t *testing.T) {
	h := audittest.New(t)
	s := h.Session(t, "dana", "OPS-1")
	s.Run(t, ".write because", audit.ModeChange{Mode: "write", Why: "because"})
	h.CheckLog(t)
	got, err := h.Reader().Session(t.Context(), s.ID)
	if err != nil || !got.Write {
		t.Errorf("on record it writes: %t, %v", got.Write, err)
	}
	listed, err := h.Reader().Sessions(t.Context(), audit.Filter{})
	if err != nil || len(listed) != 1 || !listed[0].Write {
		t.Errorf("listed: %+v, %v", listed, err)
	}
}
