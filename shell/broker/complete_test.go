package broker

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

var people = wire.Complete{ID: 3, Source: "Peo", Cursor: 3}

func TestAnHonestWorkerCompletes(t *testing.T) {
	h := fakeHouse(t)
	h.complete = func(f *fake, q wire.Complete) {
		f.completed(wire.Completed{ID: q.ID, From: 0, Candidates: []wire.Candidate{{Text: "People", Detail: "repository of people"}, {Text: ".decrypt"}, {Text: "decrypt!"}, {Text: "people/42:email"}, {Text: "Straße_2"}}, Signature: "func(x int)"})
	}
	s := h.open(t)
	got := s.Complete(people)
	if got.ID != 3 || got.From != 0 || len(got.Candidates) != 5 || got.Candidates[0] != (wire.Candidate{Text: "People", Detail: "repository of people"}) || got.Signature != "func(x int)" {
		t.Errorf("%+v", got)
	}
	h.ok(t, s, func(f *fake) { f.must(query("select 1")) })
	if got := h.onRecord(t, s); len(got.Commands) != 1 {
		t.Errorf("on record: %+v", got.Commands)
	}
}

func TestCompletionNeedsNoRecord(t *testing.T) {
	for _, kind := range []audit.Kind{audit.KindIntent, audit.KindOutcome, audit.KindWorkerReplaced} {
		h := fakeHouse(t)
		s := h.open(t)
		h.FailOn(kind, 1, audittest.Lost)
		if got := s.Complete(people); got.ID != 3 {
			t.Errorf("%+v", got)
		}
		if h.Store.Waiting() != 1 {
			t.Error("completion wrote to the record")
		}
	}
}

func TestWhatNoHonestWorkerSaysIsLeftOut(t *testing.T) {
	long := strings.Repeat("x", 5<<20)
	for name, answer := range map[string]wire.Completed{
		"escape sequences":  {Candidates: []wire.Candidate{{Text: "a\x1b[2J"}, {Text: "a\u202eb"}, {Text: "a\x00"}, {Text: "a\xff"}, {Text: ""}, {Text: "a b"}, {Text: "a\n"}, {Text: "a;b"}}},
		"long":              {Candidates: []wire.Candidate{{Text: long}}},
		"a detail":          {Candidates: []wire.Candidate{{Text: "a", Detail: "\x1b]0;title\a" + strings.Repeat("é\x1b", 1<<20)}}},
		"a signature":       {Signature: "\x1b[31m" + long},
		"before the text":   {From: -1, Candidates: []wire.Candidate{{Text: "a"}}},
		"behind the cursor": {From: 4, Candidates: []wire.Candidate{{Text: "a"}}},
		"many":              {Candidates: slices.Repeat([]wire.Candidate{{Text: "a"}}, 100_000)},
	} {
		t.Run(name, func(t *testing.T) {
			h := fakeHouse(t)
			h.complete = func(f *fake, q wire.Complete) { a := answer; a.ID = q.ID; f.completed(a) }
			s := h.open(t)
			got := s.Complete(people)
			if got.ID != 3 || got.From < 0 || got.From > 3 || len(got.Candidates) > maxCandidates || len(got.Signature) > maxSignature {
				t.Errorf("from %d, %d candidates, a signature of %d bytes", got.From, len(got.Candidates), len(got.Signature))
			}
			for _, c := range got.Candidates {
				if c.Text != "a" || len(c.Detail) > maxDetail {
					t.Errorf("%q %q", c.Text, c.Detail)
				}
			}
			if text := fmt.Sprint(got); strings.ContainsAny(text, "\x1b\a\x00") {
				t.Errorf("%q", text)
			}
		})
	}
}

// A worker that does anything else but answer is killed, the record says why before the next command, and the person is told.
func TestAWorkerThatAbusesACompletionIsReplaced(t *testing.T) {
	for name, c := range map[string]struct {
		attack func(*fake, wire.Complete)
		reason string
	}{
		"another's id": {func(f *fake, q wire.Complete) { f.completed(wire.Completed{ID: q.ID + 1}) }, reasonProtocol},
		"a done":       {func(f *fake, q wire.Complete) { f.done(wire.Done{}) }, reasonProtocol},
		"it asks the gate": {func(f *fake, q wire.Complete) {
			f.statements.Send(query("update accounts set plan = 'free'"))
			f.completed(wire.Completed{ID: q.ID + 1})
		}, reasonProtocol},
		"it asks the gate and waits": {func(f *fake, q wire.Complete) { f.ask(query("select name from people")) }, reasonProtocol},
		"nonsense":                   {func(f *fake, q wire.Complete) { f.rawControl.Write([]byte("\xff\xff\xff\xff")) }, reasonProtocol},
		"it dies": {func(f *fake, q wire.Complete) {
			f.rawControl.Close()
			f.raw.Close()
			runtime.Goexit()
		}, reasonCrashed},
		"it never answers": {func(*fake, wire.Complete) {}, reasonTimeout},
		"it answers only once": {func(f *fake, q wire.Complete) {
			f.completed(wire.Completed{ID: q.ID})
			f.completed(wire.Completed{ID: q.ID})
		}, reasonProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			h := fakeHouse(t)
			s := h.open(t, writing)
			h.ok(t, s, func(*fake) {})
			h.complete = c.attack
			first := h.last()
			s.Complete(people)
			if name == "it answers only once" { // the second is seen later
				within(t, "it is killed", func() bool { s.Complete(people); return first.dead() })
			}
			h.complete = nil
			if !first.dead() {
				t.Error("it lives on")
			}
			r := h.ok(t, s, func(f *fake) {
				if f == first {
					t.Error("it was not replaced")
				}
			})
			if !strings.Contains(strings.Join(r.Notes, ";"), "variables are lost") {
				t.Errorf("told: %q", r.Notes)
			}
			if r := h.ok(t, s, func(*fake) {}); len(r.Notes) != 0 {
				t.Errorf("told once more: %q", r.Notes)
			}
			h.CheckLog(t)
			if n := h.onPlan(t, "free"); n != 0 {
				t.Errorf("%d rows changed", n)
			}
			if got := h.replacements(t, s); !slices.Equal(got, []string{c.reason}) {
				t.Errorf("on record: %v", got)
			}
		})
	}
}

func TestACompletionIsNotAskedForWhatCannotBe(t *testing.T) {
	h := fakeHouse(t)
	h.complete = func(f *fake, q wire.Complete) { t.Errorf("asked: %d of %d bytes", q.Cursor, len(q.Source)) }
	s := h.open(t)
	for _, q := range []wire.Complete{
		{ID: 1, Source: "Peo", Cursor: 4}, {ID: 1, Source: "Peo", Cursor: -1}, {ID: 1, Cursor: 1},
		{ID: 1, Source: strings.Repeat("x", h.broker.Policy.Limits.Source+1)},
	} {
		if got := s.Complete(q); got.ID != 1 || len(got.Candidates) != 0 {
			t.Errorf("%+v", got)
		}
	}
	if _, err := s.Close(t.Context(), "closed", true); err != nil {
		t.Error(err)
	}
	if got := s.Complete(people); got.ID != 3 || len(got.Candidates) != 0 {
		t.Errorf("after the end: %+v", got)
	}
}

func TestACompletionInAPeriodThatIsOverIsNotAskedFor(t *testing.T) {
	h := fakeHouse(t)
	h.complete = func(*fake, wire.Complete) { t.Error("asked") }
	s := h.open(t)
	h.decrypted(t, s)
	h.clock.pass(h.broker.Policy.Limits.Idle)
	if got := s.Complete(people); got.ID != 3 || len(got.Candidates) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestACompletionDoesNotOutliveItsPeriod(t *testing.T) {
	h := fakeHouse(t)
	h.complete = func(*fake, wire.Complete) {}
	s := h.open(t)
	h.decrypted(t, s)
	h.clock.pass(h.broker.Policy.Limits.Idle - time.Millisecond)
	began := time.Now()
	s.Complete(people)
	if took := time.Since(began); took >= completeWait {
		t.Errorf("it took %s", took)
	}
	if !h.last().dead() {
		t.Error("the worker lives on")
	}
}

// Completion looks at the types of things, and evaluates nothing.
func TestCompletionOnTheRealWorkerEvaluatesNothing(t *testing.T) {
	h := realHouse(t)
	s := h.open(t, writing)
	h.typedOK(t, s, "p := People.Find(42)")
	statements := h.command(t, s, 1).Statements
	for _, source := range []string{"Peo", "p.", "p.Email.", ".de", `db.Exec("update accounts set plan = 'free'").`, "People.Find(42).", "func() { for {} }()."} {
		s.Complete(wire.Complete{ID: 1, Source: source, Cursor: len(source)})
	}
	if got := s.Complete(wire.Complete{ID: 2, Source: "p.Em", Cursor: 4}); !slices.ContainsFunc(got.Candidates, func(c wire.Candidate) bool { return c.Text == "Email" }) || got.From != 2 {
		t.Errorf("%+v", got)
	}
	if got := h.shown(t, s, "p.Role"); got != "owner" {
		t.Errorf("the variables: %q", got)
	}
	if n := h.onPlan(t, "free"); n != 0 {
		t.Errorf("%d rows changed", n)
	}
	if got := h.onRecord(t, s); len(got.Commands) != 2 || len(got.Commands[0].Statements) != len(statements) || h.starts != 1 {
		t.Errorf("%d commands, %d workers were started", len(got.Commands), h.starts)
	}
}
