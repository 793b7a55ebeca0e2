package audit_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/oklog/ulid/v2"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
)

// sources are the commands on record of a session.
func sources(t *testing.T, h *audittest.Harness, session string) []string {
	t.Helper()
	s, err := h.Reader().Session(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, c := range s.Commands {
		list = append(list, *c.Source)
	}
	return list
}

func TestALostBatchIsReportedAndNotOnRecord(t *testing.T) {
	h := audittest.New(t)
	s := h.Session(t, "dana", "OPS-1")
	s.Run(t, "1")
	h.FailOn(audit.KindIntent, 1, audittest.Lost)
	s.Commands++
	_, err := s.Append(t, audit.Intent{Source: "lost"})
	var not *audit.NotRecorded
	if !errors.As(err, &not) || !errors.Is(err, audit.ErrNotRecorded) || !errors.Is(err, audittest.ErrBroken) || !not.Unknown {
		t.Fatalf("Append says %v", err)
	}
	s.Commands--
	s.Run(t, "2") // the same number, in a new chain
	if got := fmt.Sprint(sources(t, h, s.ID)); got != "[1 2]" {
		t.Errorf("on record are %s", got)
	}
	if r := h.Verify(t); r.Chains != 2 {
		t.Errorf("the failed chain was not abandoned: %+v", r)
	}
	h.CheckLog(t)
}

func TestABatchThatWasKeptButReportedLostStaysOnRecordAndTheSessionGoesOn(t *testing.T) {
	h := audittest.New(t)
	s := h.Session(t, "dana", "OPS-1")
	s.Run(t, "1")
	h.FailOn(audit.KindIntent, 1, audittest.Kept)
	s.Commands++
	if _, err := s.Append(t, audit.Intent{Source: "kept"}); !errors.Is(err, audit.ErrNotRecorded) {
		t.Fatalf("Append says %v", err)
	}
	s.Run(t, "2")
	if got := fmt.Sprint(sources(t, h, s.ID)); got != "[1 kept 2]" {
		t.Errorf("on record are %s", got)
	}
	got, err := h.Reader().Session(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Commands[1].Status != "unfinished" || got.Commands[2].Status != "ok" {
		t.Errorf("the statuses are %s and %s", got.Commands[1].Status, got.Commands[2].Status)
	}
	h.CheckLog(t)
}

// Every kind, in both ways: whatever was reported, the record stays whole, and the next Append works.
func TestTheRecordStaysWholeWhereverTheStoreFails(t *testing.T) {
	for _, how := range []audittest.How{audittest.Lost, audittest.Kept} {
		for _, kind := range []audit.Kind{audit.KindIntent, audit.KindStatement, audit.KindDisclosure, audit.KindFact,
			audit.KindQuestion, audit.KindAnswer, audit.KindOutcome, audit.KindConsent, audit.KindModeChange, audit.KindRefused, audit.KindSessionClosed} {
			t.Run(fmt.Sprintf("%s %d", kind, how), func(t *testing.T) {
				h := audittest.New(t)
				s := h.Session(t, "dana", "OPS-1")
				h.FailOn(kind, 1, how)
				n, failed := 0, 0
				do := func(command int, e audit.Event) {
					_, err := h.Log.Append(t.Context(), audit.Where{Session: s.ID, Command: command, Engineer: "dana", Mode: "encrypted"}, e)
					n++
					if errors.Is(err, audittest.ErrBroken) {
						failed++
					}
				}
				do(1, audit.Intent{Source: "1"})
				do(1, audit.Statement{SQL: "select 1"})
				do(0, audit.Consent{Step: "granted", URL: "https://c.example/1", Subject: "people/1"})
				do(0, audit.ModeChange{Mode: "decrypted"})
				do(1, audit.Disclosure{Values: []audit.Value{{Column: "people.email", Count: 1}}})
				do(1, audit.Fact{Fact: "len", Count: 1})
				do(1, audit.Refused{Rule: "scope"})
				do(1, audit.Question{Text: "commit 2 rows?", Shown: &audit.Text{Kept: "rows"}})
				do(1, audit.Answer{Answer: "yes"})
				do(1, audit.Outcome{Status: "ok"})
				do(0, audit.SessionClosed{Reason: "closed"})
				if failed != 1 || h.Store.Waiting() != 0 {
					t.Fatalf("%d of %d failed", failed, n)
				}
				h.Session(t, "eli", "OPS-2").Run(t, "1")
				h.CheckLog(t)
				h.Open(t)
				h.CheckLog(t)
			})
		}
	}
}

func TestALostSessionOpeningLeavesNothing(t *testing.T) {
	h := audittest.New(t)
	h.FailOn(audit.KindSessionOpened, 1, audittest.Lost)
	id := ulid.Make().String()
	_, err := h.Log.Append(t.Context(), audit.Where{Session: id, Engineer: "dana"}, audit.SessionOpened{})
	if !errors.Is(err, audit.ErrNotRecorded) {
		t.Fatalf("Append says %v", err)
	}
	if _, err := h.Reader().Session(t.Context(), id); !errors.Is(err, audit.ErrNoSession) {
		t.Errorf("the reader says %v", err)
	}
	h.CheckLog(t)
}

func TestEventsThatCannotBeAreRefusedAndNothingElseSuffers(t *testing.T) {
	h := audittest.New(t)
	s := h.Session(t, "dana", "OPS-1")
	s.Run(t, "1")
	at := func(command int) audit.Where {
		return audit.Where{Session: s.ID, Command: command, Engineer: "dana", Mode: "encrypted"}
	}
	for _, c := range []struct {
		name  string
		where audit.Where
		event audit.Event
		want  string
	}{
		{"a command's number that leaves a gap", at(3), audit.Intent{}, "cannot follow"},
		{"a command's number twice", at(1), audit.Intent{}, "cannot follow"},
		{"a second outcome", at(1), audit.Outcome{Status: "ok"}, "has an outcome already"},
		{"an outcome of no command", at(2), audit.Outcome{Status: "ok"}, "there is no command 2 yet"},
		{"a question outside commands", at(0), audit.Question{}, "is not the one that runs"},
		{"a question of a command that has ended", at(1), audit.Question{}, "has an outcome already"},
		{"an answer to a command that has ended", at(1), audit.Answer{}, "has an outcome already"},
		{"a statement outside commands", at(0), audit.Statement{}, "belongs to a command"},
		{"a session opened twice", at(0), audit.SessionOpened{}, "open already"},
		{"a session that was never opened", audit.Where{Session: ulid.Make().String(), Engineer: "dana"}, audit.ModeChange{}, "never opened"},
		{"somebody else's session", audit.Where{Session: s.ID, Engineer: "eve"}, audit.ModeChange{}, "dana's, not eve's"},
		{"an id that is not one", audit.Where{Session: "s1"}, audit.ModeChange{}, "not the id of a session"},
		{"a command without a session", audit.Where{Command: 1}, audit.View{}, "belongs to a session"},
		{"an intent without a session", audit.Where{}, audit.Intent{}, "belongs to a session"},
		{"a server's start", audit.Where{}, audit.ServerStarted{}, "only the Log"},
		{"a view in a session", at(0), audit.View{}, "does not belong to a session"},
		{"an unknown step of a consent", at(0), audit.Consent{Step: "borrowed"}, "no step"},
		{"the end of a consent that was not granted", at(0), audit.Consent{Step: "ended", URL: "u"}, "was not granted"},
		{"text that is not UTF-8", at(2), audit.Intent{Source: "a\xff"}, "not valid UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := h.Log.Append(t.Context(), c.where, c.event)
			var not *audit.NotRecorded
			if !errors.As(err, &not) || not.Unknown || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Append says %v", err)
			}
		})
	}
	s.Run(t, "a literal \\ufffd, \\\\ufffd and � are text")
	s.Close(t)
	if _, err := s.Append(t, audit.ModeChange{Mode: "decrypted"}); err == nil {
		t.Error("something follows the end of a session")
	}
	if r := h.Verify(t); r.Chains != 1 {
		t.Errorf("a refusal cost a chain: %+v", r)
	}
	h.CheckLog(t)
}

func TestAppendIsAllOrNothing(t *testing.T) {
	h := audittest.New(t)
	s := h.Session(t, "dana", "OPS-1")
	s.Commands++
	if _, err := s.Append(t, audit.Intent{Source: "1"}, audit.Outcome{Status: "ok"}, audit.Outcome{Status: "ok"}); err == nil {
		t.Fatal("a command has two outcomes")
	}
	if got := sources(t, h, s.ID); len(got) != 0 {
		t.Errorf("on record are %v", got)
	}
	s.Must(t, audit.Intent{Source: "1"}, audit.Outcome{Status: "ok"})
	h.CheckLog(t)
}

func TestAConsentLinkBelongsToWhoUsedItFirst(t *testing.T) {
	h := audittest.New(t)
	const url = "https://consent.example/1"
	grant := func(s *audittest.Session, subject string) error {
		_, err := s.Append(t, audit.Consent{Step: "granted", URL: url, Subject: subject})
		return err
	}
	s, other := h.Session(t, "dana", "OPS-1"), h.Session(t, "eli", "OPS-2")
	if err := grant(s, "people/42"); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{grant(s, "people/43"), grant(other, "people/42")} {
		if !errors.Is(err, audit.ErrConsentTaken) || errors.Is(err, audit.ErrNotRecorded) {
			t.Errorf("Append says %v", err)
		}
	}
	if err := grant(h.Session(t, "dana", "OPS-3"), "people/42"); err != nil {
		t.Errorf("its owner cannot use it again: %v", err)
	}
	subject, engineer, known, err := h.Log.ConsentBelongsTo(t.Context(), url)
	if err != nil || !known || subject != "people/42" || engineer != "dana" {
		t.Errorf("it belongs to %s, %s (%v, %v)", subject, engineer, known, err)
	}
	if _, _, known, err := h.Log.ConsentBelongsTo(t.Context(), "https://consent.example/2"); known || err != nil {
		t.Errorf("a link nobody used is known (%v)", err)
	}
	h.CheckLog(t)
}

func TestOfManyWhoUseAConsentLinkAtOnceOneGetsIt(t *testing.T) {
	h := audittest.New(t)
	var sessions []*audittest.Session
	for i := range 16 {
		sessions = append(sessions, h.Session(t, fmt.Sprintf("engineer%d", i), "OPS-1"))
	}
	var wg sync.WaitGroup
	errs := make([]error, len(sessions))
	for i, s := range sessions {
		wg.Go(func() {
			_, errs[i] = s.Append(t, audit.Consent{Step: "granted", URL: "https://c.example/1", Subject: "people/1"})
		})
	}
	wg.Wait()
	got := 0
	for _, err := range errs {
		if err == nil {
			got++
		} else if !errors.Is(err, audit.ErrConsentTaken) {
			t.Error(err)
		}
	}
	if got != 1 {
		t.Errorf("%d got it", got)
	}
	h.CheckLog(t)
}

func TestManySessionsAtOnceShareCommits(t *testing.T) {
	h := audittest.New(t)
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			id := ulid.Make().String()
			w := audit.Where{Session: id, Engineer: fmt.Sprint("e", i), Mode: "encrypted"}
			events := []audit.Event{audit.SessionOpened{Justification: "https://t.example/1"}}
			for n := range 10 {
				if _, err := h.Log.Append(t.Context(), w, events...); err != nil {
					t.Error(err)
					return
				}
				w.Command = n + 1
				events = []audit.Event{audit.Intent{Source: "x"}, audit.Outcome{Status: "ok"}}
			}
		})
	}
	wg.Wait()
	h.CheckLog(t)
	if r := h.Verify(t); r.Entries != 1+32*(1+9*2) || r.Batches >= 320 {
		t.Errorf("%+v", r)
	}
}

func TestNothingIsRecordedAfterClose(t *testing.T) {
	h := audittest.New(t)
	h.Log.Close(t.Context())
	_, err := h.Log.Append(t.Context(), audit.Where{}, audit.View{})
	if !errors.Is(err, audit.ErrClosed) || !errors.Is(err, audit.ErrNotRecorded) {
		t.Errorf("Append says %v", err)
	}
}

func TestAWithheldTextIsNotOnRecord(t *testing.T) {
	h := audittest.New(t)
	s := h.Session(t, "dana", "OPS-1")
	s.Begin(t, "p.Email")
	s.Must(t, audit.Outcome{Status: "error", ErrorKind: "runtime", Error: &audit.Text{Withheld: 12, Digest: "aa"}, Output: &audit.Text{Withheld: 3}})
	got, err := h.Reader().Session(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	c := got.Commands[0]
	if b, _ := c.Output.MarshalJSON(); string(b) != `{"withheld":3}` {
		t.Errorf("output is %s", b)
	}
	if b, _ := c.Error.Message.MarshalJSON(); string(b) != `{"withheld":12}` || c.Error.Kind != "runtime" {
		t.Errorf("error is %s", b)
	}
}
