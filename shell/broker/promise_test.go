package broker

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// both runs a test for a store that loses what it is given, and for one that keeps it and says that it did not.
func both(t *testing.T, test func(t *testing.T, how audittest.How)) {
	t.Run("lost", func(t *testing.T) { test(t, audittest.Lost) })
	t.Run("kept but reported lost", func(t *testing.T) { test(t, audittest.Kept) })
}

// goesOn fails unless the session takes its next command, with the next number, and the record is whole.
func (h *house) goesOn(t *testing.T, s *Session) {
	t.Helper()
	if h.Store.Waiting() != 0 {
		t.Error("the store did not fail")
	}
	before := h.onRecord(t, s)
	r := h.run(t, s, func(f *fake) { f.must(query("select 1")) })
	if r.Status != StatusOK || r.Command != len(before.Commands)+1 {
		t.Errorf("after %d commands, command %d was %s: %v", len(before.Commands), r.Command, r.Status, r.Err)
	}
	if got := h.onRecord(t, s); len(got.Commands) != len(before.Commands)+1 || got.Commands[len(before.Commands)].Status != StatusOK {
		t.Errorf("%d commands on record, before it were %d", len(got.Commands), len(before.Commands))
	}
	if _, err := s.Close(t.Context(), "closed", true); err != nil {
		t.Error(err)
	}
	if got := h.onRecord(t, s); got.ClosedWhy != "closed" {
		t.Errorf("closed as %q", got.ClosedWhy)
	}
}

func wantAudit(t *testing.T, r Result, status string) {
	t.Helper()
	if r.Status != status || r.Err == nil || r.Err.Kind != wire.ErrAudit {
		t.Errorf("%s: %v", r.Status, r.Err)
	}
	if r.Value != nil || r.Output != "" {
		t.Errorf("shown: %v %q", r.Value, r.Output)
	}
}

func TestUnrecordedLineDoesNotRun(t *testing.T) {
	both(t, func(t *testing.T, how audittest.How) {
		h := fakeHouse(t)
		s := h.open(t)
		h.FailOn(audit.KindIntent, 1, how)
		r := s.Run(t.Context(), "typed") // no script: a worker that gets it would wait for one
		wantAudit(t, r, StatusError)
		if !strings.Contains(r.Err.Message, "not run") {
			t.Errorf("told: %s", r.Err.Message)
		}
		got := h.onRecord(t, s)
		if kept := how == audittest.Kept; len(got.Commands) != map[bool]int{true: 1}[kept] || kept && got.Commands[0].Status != StatusUnfinished {
			t.Errorf("on record: %+v", got.Commands)
		}
		h.goesOn(t, s)
	})
}

func TestUnrecordedDisclosureDoesNotOpen(t *testing.T) {
	both(t, func(t *testing.T, how audittest.How) {
		h := fakeHouse(t)
		s := h.open(t, consenting(consentOf42, "people/42/*"))
		h.FailOn(audit.KindDisclosure, 1, how)
		r := h.run(t, s, func(f *fake) {
			f.denied(query("select name from people where id = 42"), wire.ErrAudit, "")
			f.denied(query("select 1"), wire.ErrAudit, "") // nor anything after it
			f.done(wire.Done{Value: &wire.Value{Kind: wire.KindString, Text: "a claim"}})
		})
		wantAudit(t, r, StatusError)
		if len(r.Disclosures) != 0 {
			t.Errorf("told as opened: %v", r.Disclosures)
		}
		if got := h.command(t, s, 1); len(got.Disclosures) != map[audittest.How]int{audittest.Kept: 1}[how] || got.Status != StatusError {
			t.Errorf("on record: %+v", got)
		}
		h.goesOn(t, s)
	})
}

func TestUnrecordedFactIsNotTold(t *testing.T) {
	for name, ask := range map[string]wire.Request{
		"a lookup": {Op: wire.OpLookup, Column: "people.email", Text: "dana.reyes@fjord.example"},
		"a fact":   {Op: wire.OpFact, Fact: crypto.FactDomain, Reference: &wire.Reference{Column: "people.email", Subject: "people/42", Row: "people/42"}},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, how audittest.How) {
				h := fakeHouse(t)
				s := h.open(t)
				h.FailOn(audit.KindFact, 1, how)
				r := h.run(t, s, func(f *fake) {
					response := f.ask(ask)
					if response.Err == nil || response.Keys != nil || response.Answer != nil {
						t.Errorf("told: %+v", response)
					}
				})
				wantAudit(t, r, StatusError)
				h.goesOn(t, s)
			})
		})
	}
}

func TestARowChangesIfAndOnlyIfItsEntryExists(t *testing.T) {
	writes := map[string]func(*fake) wire.Response{
		"a statement": func(f *fake) wire.Response { return f.ask(execute("update accounts set plan = 'free' where id < 4")) },
		"returning": func(f *fake) wire.Response {
			return f.ask(query("update accounts set plan = 'free' where id < 4 returning id"))
		},
		"a transaction": func(f *fake) wire.Response {
			f.must(begin)
			f.must(execute("update accounts set plan = 'free' where id < 3"))
			f.must(execute("update accounts set plan = 'free' where id = 3"))
			return f.ask(commit)
		},
		"a repository": func(f *fake) wire.Response {
			return f.ask(wire.Request{Op: wire.OpSave, Write: &wire.Write{Table: "accounts", Key: []any{int64(1)}, Columns: []wire.Assignment{{Column: "plan", Value: wire.Scalar{V: "free"}}}}})
		},
	}
	for name, write := range writes {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, how audittest.How) {
				h := fakeHouse(t)
				s := h.open(t, writing)
				h.FailOn(audit.KindStatement, 1, how)
				var answer wire.Response
				r := h.run(t, s, func(f *fake) { answer = write(f) })
				changed := h.onPlan(t, "free")
				if kept := how == audittest.Kept; (changed > 0) != kept || (answer.Err == nil) != kept || (r.Status == StatusOK) != kept {
					t.Errorf("%d rows changed, the worker was told %v, the person %s %v", changed, answer.Err, r.Status, r.Err)
				}
				if r.Err != nil && !strings.Contains(r.Err.Message, "rolled back") {
					t.Errorf("told: %s", r.Err.Message)
				}
				h.checkTouched(t, s, changed)
				h.goesOn(t, s)
			})
		})
	}
}

func TestAFailureAfterACommitSaysWhatStands(t *testing.T) {
	both(t, func(t *testing.T, how audittest.How) {
		h := fakeHouse(t)
		s := h.open(t, writing)
		h.FailOn(audit.KindStatement, 2, how)
		r := h.run(t, s, func(f *fake) {
			f.must(execute("update accounts set plan = 'free' where id < 4"))
			f.ask(execute("update accounts set plan = 'family' where id = 4"))
		})
		if how == audittest.Lost {
			wantAudit(t, r, StatusError)
			if !strings.Contains(r.Err.Message, "3 rows were written and stand") {
				t.Errorf("told: %s", r.Err.Message)
			}
		}
		h.checkTouched(t, s, 6-h.onPlan(t, "pro"))
		h.goesOn(t, s)
	})
}

// Between commit and outcome, and at the outcome: the write stands, and nobody is told that nothing ran.
func TestUnrecordedOutcomeIsWithheld(t *testing.T) {
	both(t, func(t *testing.T, how audittest.How) {
		h := fakeHouse(t)
		s := h.open(t, writing)
		h.FailOn(audit.KindOutcome, 1, how)
		r := h.run(t, s, func(f *fake) {
			f.must(execute("update accounts set plan = 'free' where id < 4"))
			f.must(query("select name from accounts"))
			fmt.Fprint(f.stdout, "printed")
			f.done(wire.Done{Value: &wire.Value{Kind: wire.KindString, Text: "a value"}})
		})
		wantAudit(t, r, StatusUnfinished)
		if n := h.onPlan(t, "free"); n != 3 || !strings.Contains(r.Err.Message, "withheld") || !strings.Contains(r.Err.Message, "3 rows were written and stand") {
			t.Errorf("%d rows changed; told: %s", n, r.Err.Message)
		}
		got := h.onRecord(t, s)
		written := int64(0)
		for _, st := range got.Commands[0].Statements {
			if st.Write {
				written += st.Rows
			}
		}
		if written != 3 || got.Commands[0].Status != map[audittest.How]string{audittest.Lost: StatusUnfinished, audittest.Kept: StatusOK}[how] {
			t.Errorf("on record: %s, %d rows", got.Commands[0].Status, written)
		}
		h.goesOn(t, s)
	})
}

func TestAnUnrecordedDenialIsADenial(t *testing.T) {
	both(t, func(t *testing.T, how audittest.How) {
		h := fakeHouse(t)
		s := h.open(t)
		h.FailOn(audit.KindRefused, 1, how)
		r := h.run(t, s, func(f *fake) {
			f.denied(execute("update accounts set plan = 'free'"), wire.ErrAudit, "")
			f.denied(query("select 1"), wire.ErrAudit, "")
		})
		wantAudit(t, r, StatusError)
		if n := h.onPlan(t, "free"); n != 0 {
			t.Errorf("%d rows changed", n)
		}
		h.goesOn(t, s)
	})
}

func TestASessionThatIsNotOnRecordDoesNotOpen(t *testing.T) {
	both(t, func(t *testing.T, how audittest.How) {
		h := fakeHouse(t)
		h.FailOn(audit.KindSessionOpened, 1, how)
		s, err := h.tryOpen(t)
		if s != nil || !errors.Is(err, audit.ErrNotRecorded) {
			t.Errorf("opened: %v", err)
		}
		h.CheckLog(t)
		s = h.open(t)
		h.FailOn(audit.KindIntent, 1, audittest.Lost)
		s.Run(t.Context(), "typed")
		h.goesOn(t, s)
	})
}

func TestARefusalBeforeASessionThatIsNotOnRecordIsTheRecordsFailure(t *testing.T) {
	both(t, func(t *testing.T, how audittest.How) {
		h := fakeHouse(t)
		h.FailOn(audit.KindRefused, 1, how)
		_, err := h.tryOpen(t, func(o *Opening) { o.Justification = "https://elsewhere.example/1" })
		if !errors.Is(err, audit.ErrNotRecorded) {
			t.Errorf("told: %v", err)
		}
		h.CheckLog(t)
	})
}

// In a sandbox and under an expectation nothing has committed before the end, and no message says so.
func TestAWithheldSandboxPromisesNothing(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, sandboxed)
	h.FailOn(audit.KindOutcome, 1, audittest.Lost)
	r := h.run(t, s, func(f *fake) { f.must(execute("update accounts set plan = 'free'")) })
	if r.Err == nil || strings.Contains(r.Err.Message, "and stand") {
		t.Errorf("told: %v", r.Err)
	}
	if _, err := s.Close(t.Context(), "closed", true); err != nil {
		t.Error(err)
	}
	if n := h.onPlan(t, "free"); n != 0 {
		t.Errorf("%d rows stand", n)
	}
	h.CheckLog(t)
}

// A worker that is killed for a command whose outcome was lost is replaced, and the record says why before the next command.
func TestAReplacementIsSaidEvenIfItsOutcomeWasLost(t *testing.T) {
	both(t, func(t *testing.T, how audittest.How) {
		h := fakeHouse(t)
		s := h.open(t)
		h.FailOn(audit.KindOutcome, 1, how)
		r := h.run(t, s, func(f *fake) { f.send(wire.Request{ID: 99}) })
		wantAudit(t, r, StatusUnfinished)
		h.goesOn(t, s)
		if got := h.replacements(t, s); len(got) != 1 || got[0] != reasonProtocol {
			t.Errorf("on record: %v", got)
		}
	})
}

func TestALostReplacementIsSaidBeforeTheNextCommand(t *testing.T) {
	both(t, func(t *testing.T, how audittest.How) {
		h := fakeHouse(t)
		s := h.open(t)
		h.ok(t, s, func(f *fake) {})
		s.loseWorker(reasonCrashed, "")
		h.FailOn(audit.KindWorkerReplaced, 1, how)
		if r := s.Run(t.Context(), "typed"); r.Status != StatusError || r.Err.Kind != wire.ErrAudit {
			t.Errorf("%s %v", r.Status, r.Err)
		}
		h.goesOn(t, s)
		if got := h.replacements(t, s); len(got) != 1 || got[0] != reasonCrashed {
			t.Errorf("on record: %v", got)
		}
	})
}
