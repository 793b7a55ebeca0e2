package broker

import (
	"context"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/policy"
	"github.com/vouchsafe/vouchsafe/shell/wire"

	"fmt"
	"runtime"
	"time"
)

// answering answers questions in turn. A further one is left.
func answering(answers ...string) Ask {
	return func(_ context.Context, q wire.Question) (string, bool) {
		if len(answers) == 0 {
			return "", false
		}
		answer := answers[0]
		answers = answers[1:]
		return answer, true
	}
}

// nothingOpen fails if on the record a consent is open, or a command is decrypted, while the session is not.
func (h *house) nothingOpen(t *testing.T, s *Session) {
	t.Helper()
	if s.Mode() != shell.Encrypted || s.State().Left != 0 {
		t.Errorf("the session is %s", s.Mode())
	}
	got := h.onRecord(t, s)
	for _, c := range got.Consents {
		if c.EndedAt == nil {
			t.Errorf("on record a consent is open: %+v", c)
		}
	}
}

func TestAPeriodThatCannotBeRecordedDoesNotOpen(t *testing.T) {
	for name, kind := range map[string]audit.Kind{
		"consent granted": audit.KindConsent, "fact": audit.KindFact, "mode change": audit.KindModeChange, "outcome": audit.KindOutcome,
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, how audittest.How) {
				h := fakeHouse(t)
				s := h.open(t)
				s.Ask = answering(consentOf42, "people/42/*", "dana.reyes@fjord.example")
				h.ok(t, s, func(*fake) {})
				h.FailOn(kind, 1, how)
				r := s.Run(t.Context(), ".decrypt")
				wantAudit(t, r, map[bool]string{true: StatusUnfinished, false: StatusError}[kind == audit.KindOutcome])
				if s.Mode() != shell.Encrypted || s.waiting != nil {
					t.Errorf("the session is %s", s.Mode())
				}
				if h.living() > 1 {
					t.Errorf("%d workers live", h.living())
				}
				h.ok(t, s, func(f *fake) {
					if got := plainOf(f.rows(query("select name from people where id = 42"))[0][0]); !strings.HasPrefix(got, "sealed") {
						t.Errorf("opened: %s", got)
					}
				})
				h.nothingOpen(t, s)
				if got := h.command(t, s, r.Command+1); got.Mode != "encrypted" {
					t.Errorf("on record: %+v", got)
				}
				h.goesOn(t, s)
			})
		})
	}
}

// A consent link that another engineer used first is found by the record itself, should it have been used meanwhile.
func TestAConsentThatIsTakenOpensNothing(t *testing.T) {
	h := fakeHouse(t)
	other := h.open(t, func(o *Opening) { o.Engineer = "another" })
	h.typedOK(t, other, decrypt42)
	s := h.open(t)
	living := h.living()
	if r := s.Run(t.Context(), decrypt42); r.Status != StatusRefused || r.Err.Rule != ruleConsent {
		t.Errorf("%s %v", r.Status, r.Err)
	}
	if h.living() != living {
		t.Errorf("%d workers more", h.living()-living)
	}
	h.nothingOpen(t, s)
	if got := h.onRecord(t, s); len(got.Refusals) != 1 || len(got.Consents) != 0 {
		t.Errorf("on record: %+v %+v", got.Refusals, got.Consents)
	}
	h.goesOn(t, s)
}

func TestAPeriodEndsThoughItsEndCannotBeRecorded(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *house, *Session){
		"asked": func(t *testing.T, h *house, s *Session) {
			wantAudit(t, s.Run(t.Context(), ".encrypt"), StatusUnfinished)
		},
		"idle": func(t *testing.T, h *house, s *Session) {
			h.clock.pass(h.broker.Policy.Limits.Idle)
			s.Overdue(t.Context())
		},
		"expired": func(t *testing.T, h *house, s *Session) {
			s.period.used = s.period.expires
			h.clock.pass(h.broker.Policy.Limits.Decrypted)
			s.Overdue(t.Context())
		},
		"a command came too late": func(t *testing.T, h *house, s *Session) {
			h.clock.pass(h.broker.Policy.Limits.Idle)
			commands := s.Commands()
			if r := s.Run(t.Context(), "typed"); r.Status == StatusOK || s.Commands() != commands { // it tries to record the end twice
				t.Errorf("%s %v", r.Status, r.Err)
			}
		},
		"in a command": func(t *testing.T, h *house, s *Session) {
			s.period.expires = h.clock.Now().Add(30 * time.Millisecond)
			r := h.run(t, s, func(f *fake) {
				fmt.Fprint(f.stdout, "Dana Reyes")
				<-f.killed
				runtime.Goexit()
			})
			wantAudit(t, r, StatusUnfinished)
		},
	} {
		for _, kind := range []audit.Kind{audit.KindConsent, audit.KindModeChange} {
			t.Run(fmt.Sprintf("%s, %s", name, kind), func(t *testing.T) {
				both(t, func(t *testing.T, how audittest.How) {
					h := fakeHouse(t, limits(func(l *policy.Limits) { l.Decrypted *= 2 }))
					s := h.open(t)
					var before, within *fake
					h.ok(t, s, func(f *fake) { before = f })
					h.decrypted(t, s)
					h.ok(t, s, func(f *fake) { within = f })
					h.FailOn(kind, 1, how)
					if how == audittest.Lost {
						h.FailOn(kind, 2, how) // it is tried once more with the next command
					}
					end(t, h, s)
					if !within.dead() || before.dead() || s.Mode() != shell.Encrypted || h.living() != 1 {
						t.Errorf("the period's worker is dead: %v, the other: %v; the session is %s", within.dead(), before.dead(), s.Mode())
					}
					if h.Store.Waiting() > 0 {
						commands := len(h.onRecord(t, s).Commands)
						wantAudit(t, s.Run(t.Context(), "typed"), StatusError)
						if got := len(h.onRecord(t, s).Commands); got != commands {
							t.Errorf("%d commands ran before the end was on record", got-commands)
						}
					}
					h.ok(t, s, func(f *fake) {
						if f != before {
							t.Error("the encrypted worker is not back")
						}
						h.nothingOpen(t, s) // already when the next command runs
					})
					h.goesOn(t, s)
				})
			})
		}
	}
}

func TestWritingThatCannotBeRecordedIsNotAllowed(t *testing.T) {
	for _, sandbox := range []bool{false, true} {
		t.Run(fmt.Sprintf("sandbox %v", sandbox), func(t *testing.T) {
			both(t, func(t *testing.T, how audittest.How) {
				h := fakeHouse(t)
				s := h.open(t, func(o *Opening) { o.Sandbox = sandbox })
				h.FailOn(audit.KindModeChange, 1, how)
				wantAudit(t, s.Run(t.Context(), ".write a ticket asks for it"), StatusError)
				if s.State().Write || s.whole != nil {
					t.Error("the session may write")
				}
				h.run(t, s, func(f *fake) { f.denied(execute("update accounts set plan = 'free'"), wire.ErrRefused, ruleWrite) })
				h.typedOK(t, s, ".write a ticket asks for it")
				h.ok(t, s, func(f *fake) { f.must(execute("update accounts set plan = 'free' where id = 1")) })
				h.goesOn(t, s)
				if n := h.onPlan(t, "free"); n != map[bool]int64{true: 0, false: 1}[sandbox] {
					t.Errorf("%d rows changed", n)
				}
			})
		})
	}
}

func TestAnInterruptWhileAPeriodsWorkerStartsOpensNothing(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	ctx, interrupt := context.WithCancel(t.Context())
	inner := h.broker.Start
	h.broker.Start = func(ctx context.Context, role string) (*Process, error) {
		interrupt()
		return inner(ctx, role)
	}
	if r := s.Run(ctx, decrypt42); r.Status != StatusError || r.Err.Kind != wire.ErrInterrupted {
		t.Errorf("%s %v", r.Status, r.Err)
	}
	if h.living() != 1 {
		t.Errorf("%d workers live", h.living())
	}
	h.nothingOpen(t, s)
	if got := h.onRecord(t, s); len(got.Consents) != 0 {
		t.Errorf("on record: %+v", got.Consents)
	}
	h.ok(t, s, func(*fake) {})
}

// What is not on record is not kept either: its worker goes, and the period with it only if that was to end.
func TestAnUnrecordedOutcomeInAPeriodTakesItsWorkerAlong(t *testing.T) {
	both(t, func(t *testing.T, how audittest.How) {
		h := fakeHouse(t)
		s := h.open(t)
		var before, within *fake
		h.ok(t, s, func(f *fake) { before = f })
		h.decrypted(t, s)
		h.FailOn(audit.KindOutcome, 1, how)
		wantAudit(t, h.run(t, s, func(f *fake) {
			within = f
			f.must(query("select name from people where id = 42"))
		}), StatusUnfinished)
		if !within.dead() || before.dead() || s.Mode() != shell.Decrypted {
			t.Errorf("the period's worker is dead: %v, the other: %v; the session is %s", within.dead(), before.dead(), s.Mode())
		}
		h.ok(t, s, func(f *fake) {
			if f == within || f == before {
				t.Error("the next command has a worker of before")
			}
		})
		h.typedOK(t, s, ".encrypt")
		h.ok(t, s, func(f *fake) {
			if f != before {
				t.Error("the encrypted worker is not back")
			}
		})
		h.nothingOpen(t, s)
		h.goesOn(t, s)
	})
}

// The end comes while the person is asked about a write: it is rolled back.
func TestAPeriodThatEndsInTheQuestionOfAWriteWritesNothing(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Idle = l.Decrypted }))
	s := h.open(t)
	h.typedOK(t, s, ".write a ticket asks for it")
	h.typedOK(t, s, ".decrypt "+consentOf42+" people/42:email=write people/42:name=write aliases/7:address=write")
	was := h.envelope(t, "people", "email", 42)
	h.clock.pass(h.broker.Policy.Limits.Decrypted - 300*time.Millisecond)
	asked := false
	s.Ask = func(ctx context.Context, q wire.Question) (string, bool) {
		asked = true
		<-ctx.Done()
		return "yes", true
	}
	r := h.run(t, s, func(f *fake) {
		f.must(begin)
		f.must(save("people", 42, seal("email", "new@fjord.example")))
		f.must(save("aliases", 7, seal("address", "new@alias.example")))
		f.ask(commit)
	})
	if !asked || r.Status != StatusError || s.Mode() != shell.Encrypted {
		t.Errorf("asked: %v; %s %v; the session is %s", asked, r.Status, r.Err, s.Mode())
	}
	if now := h.envelope(t, "people", "email", 42); string(now) != string(was) {
		t.Error("the row changed")
	}
	h.nothingOpen(t, s)
	if got := h.command(t, s, r.Command); got.Committed != 0 {
		t.Errorf("on record: %+v", got)
	}
}
