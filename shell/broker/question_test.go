package broker

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/policy"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// leavings are the ways to leave a question. Each gets the answers before it, and returns the context to run in.
func leavings() map[string]func(*testing.T, *Session, []string) context.Context {
	after := func(s *Session, answers []string, last Ask) {
		first, asked := answering(answers...), 0
		s.Ask = func(ctx context.Context, q wire.Question) (string, bool) {
			if asked++; asked <= len(answers) {
				return first(ctx, q)
			}
			return last(ctx, q)
		}
	}
	return map[string]func(*testing.T, *Session, []string) context.Context{
		"left": func(t *testing.T, s *Session, answers []string) context.Context {
			after(s, answers, func(context.Context, wire.Question) (string, bool) { return "", false })
			return t.Context()
		},
		"left with a text": func(t *testing.T, s *Session, answers []string) context.Context {
			after(s, answers, func(context.Context, wire.Question) (string, bool) { return "people/42/*", false })
			return t.Context()
		},
		"interrupted": func(t *testing.T, s *Session, answers []string) context.Context {
			ctx, interrupt := context.WithCancel(t.Context())
			after(s, answers, func(ctx context.Context, _ wire.Question) (string, bool) {
				interrupt()
				<-ctx.Done()
				return "", false
			})
			return ctx
		},
		"answered as it was interrupted": func(t *testing.T, s *Session, answers []string) context.Context {
			ctx, interrupt := context.WithCancel(t.Context())
			after(s, answers, func(context.Context, wire.Question) (string, bool) {
				interrupt()
				return map[int]string{0: consentOf42, 1: "people/42/*"}[len(answers)], true
			})
			return ctx
		},
		"silence": func(t *testing.T, s *Session, answers []string) context.Context {
			s.patience = time.Millisecond
			after(s, answers, func(ctx context.Context, _ wire.Question) (string, bool) {
				<-ctx.Done()
				return "", false
			})
			return t.Context()
		},
	}
}

func TestLeavingAQuestionOpensNothing(t *testing.T) {
	for name, q := range map[string]struct {
		typed   string
		answers []string // before the question that is left
	}{
		"the link":                        {".decrypt", nil},
		"the link, as console1984 has it": {"decrypt!", nil},
		"the scopes":                      {".decrypt", []string{consentOf42}},
		"the scopes alone":                {".decrypt " + consentOf42, nil},
		"the address":                     {".decrypt", []string{consentOf42, "people/42/*"}},
		"the address, the link was typed": {".decrypt " + consentOf42, []string{"people/42/*"}},
		"why it writes":                   {".write", nil},
	} {
		for how, leave := range leavings() {
			t.Run(name+", "+how, func(t *testing.T) {
				h := fakeHouse(t)
				s := h.open(t)
				ctx := leave(t, s, q.answers)
				r := s.Run(ctx, q.typed)
				if r.Status != StatusError || r.Err.Kind != wire.ErrInterrupted || r.Err.Hint == "" {
					t.Errorf("%s %+v", r.Status, r.Err)
				}
				if state := s.State(); state.Mode != "encrypted" || state.Write || h.living() != 1 || h.starts != 1 {
					t.Errorf("%+v; %d workers live, %d were started", state, h.living(), h.starts)
				}
				h.nothingOpen(t, s)
				if got := h.onRecord(t, s); len(got.Consents) != 0 || got.Mode != "encrypted" || got.Write || got.Commands[0].Status != StatusError {
					t.Errorf("on record: %+v", got)
				}
				s.Ask = nil
				h.ok(t, s, func(f *fake) {})
				if got := h.command(t, s, 2); got.Mode != "encrypted" {
					t.Errorf("on record: %+v", got)
				}
			})
		}
	}
}

func TestAnEmptyAnswerLeavesWhatNeedsOne(t *testing.T) {
	for typed, answers := range map[string][]string{".decrypt": {" "}, "decrypt!": {consentOf42, ""}, ".write": {"\t"}} {
		h := fakeHouse(t)
		s := h.open(t)
		s.Ask = answering(answers...)
		if r := s.Run(t.Context(), typed); r.Status != StatusError || r.Err.Kind != wire.ErrInterrupted {
			t.Errorf("%s: %s %v", typed, r.Status, r.Err)
		}
		h.nothingOpen(t, s)
	}
}

func TestAQuestionWithoutAnybodyToAskSaysWhatToType(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	for typed, hint := range map[string]string{".decrypt": ".decrypt LINK", ".decrypt " + consentOf42: ".decrypt LINK", ".write": ".write WHY"} {
		if r := s.Run(t.Context(), typed); r.Status != StatusError || !strings.Contains(r.Err.Hint, hint) {
			t.Errorf("%s: %s %+v", typed, r.Status, r.Err)
		}
	}
	h.nothingOpen(t, s)
}

func TestQuestionsOpenAPeriod(t *testing.T) {
	for address, evidence := range map[string]string{
		"":                          "claimed",
		" Dana.Reyes@fjord.example": "claimed; address matches: yes",
		"emil@fjord.example":        "claimed; address matches: no",
		"\xff\x00 no address":       "claimed; address matches: no",
	} {
		h := fakeHouse(t)
		s := h.open(t)
		s.Ask = answering(" "+consentOf42+"\n", "people/42/*  messages/980", address)
		h.typedOK(t, s, ".decrypt")
		got := h.onRecord(t, s)
		if s.Mode() != shell.Decrypted || len(got.Consents) != 1 || got.Consents[0].Evidence != evidence || len(got.Consents[0].Scopes) != 2 {
			t.Errorf("%q: the session is %s; on record %+v", address, s.Mode(), got.Consents)
		}
		if address != "" && strings.Contains(fmt.Sprintf("%+v", got), "fjord") {
			t.Errorf("the address is on record: %+v", got)
		}
	}
}

func TestARefusedConsentOpensNothing(t *testing.T) {
	for name, c := range map[string]struct{ link, scope, rule string }{
		"no link":                {"nothing", "people/42/*", ruleConsent},
		"another pattern":        {"https://elsewhere.example/people/42/7", "people/42/*", ruleConsent},
		"another's link":         {consentOf43, "people/42/*", ruleConsent},
		"no scope":               {consentOf42, "everything", ruleScope},
		"a table":                {consentOf42, "people/*", ruleScope},
		"another spelling":       {consentOf42, "people/042", ruleScope},
		"no record":              {consentOf42, "people/4242/*", ruleConsent},
		"another's record":       {consentOf42, "messages/981", ruleConsent},
		"two subjects":           {consentOf42, "people/42/* people/43/*", ruleConsent},
		"no sealed column":       {consentOf42, "people/42:role", ruleScope},
		"control characters":     {"https://consents.example/people/42/\x1b]0;x\a", "people/42/*", ruleConsent},
		"not UTF-8":              {"https://consents.example/people/42/\xff", "people/42/*", ruleConsent},
		"a scope that is no row": {consentOf42, "people/42/*;drop", ruleScope},
		"long":                   {consentOf42 + strings.Repeat("x", 1<<20), "people/42/*", ruleConsent},
	} {
		for _, asked := range []bool{false, true} {
			if !asked && len(c.link) > 1<<18 {
				continue // a command is not so long
			}
			t.Run(fmt.Sprintf("%s, asked %v", name, asked), func(t *testing.T) {
				h := fakeHouse(t)
				s := h.open(t)
				typed := ".decrypt " + c.link + " " + c.scope
				if asked {
					typed, s.Ask = ".decrypt", answering(c.link, c.scope, "")
				}
				r := s.Run(t.Context(), typed)
				if r.Status != StatusRefused || r.Err.Rule != c.rule || r.Err.Hint == "" && c.rule != ruleScope {
					t.Errorf("%s %+v", r.Status, r.Err)
				}
				if h.living() != 1 || h.starts != 1 || s.waiting != nil {
					t.Errorf("%d workers live, %d were started", h.living(), h.starts)
				}
				h.nothingOpen(t, s)
				got := h.onRecord(t, s)
				if len(got.Refusals) != 1 || got.Refusals[0].Rule != c.rule || len(got.Consents) != 0 || got.Commands[0].Status != StatusRefused {
					t.Errorf("on record: %+v %+v", got.Refusals, got.Consents)
				}
				if begin := visible(c.link[:min(len(c.link), 30)]); !strings.Contains(fmt.Sprint(got.Refusals), begin) {
					t.Errorf("what was tried is not on record: %+v", got.Refusals)
				}
				h.ok(t, s, func(*fake) {})
			})
		}
	}
}

func TestTheClockOfACommandStandsStillDuringAQuestion(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Command = 50 * time.Millisecond }))
	s := h.open(t)
	s.Ask = func(ctx context.Context, _ wire.Question) (string, bool) {
		late := time.NewTimer(3 * h.broker.Policy.Limits.Command)
		defer late.Stop()
		select {
		case <-ctx.Done():
			t.Errorf("the question ended: %v", context.Cause(ctx))
		case <-late.C:
		}
		return "a ticket asks for it", true
	}
	h.typedOK(t, s, ".write")
}

func TestTheClockOfAPeriodGoesOnDuringAQuestion(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Idle = l.Decrypted }))
	s := h.open(t)
	var before *fake
	h.ok(t, s, func(f *fake) { before = f })
	h.decrypted(t, s)
	within := h.last()
	h.clock.pass(h.broker.Policy.Limits.Decrypted - 20*time.Millisecond)
	s.Ask = func(ctx context.Context, _ wire.Question) (string, bool) {
		<-ctx.Done()
		return "a ticket asks for it", true // it races with the end, and comes too late
	}
	r := s.Run(t.Context(), ".write")
	if r.Status != StatusError || r.Err.Kind != wire.ErrKilled || s.State().Write || !within.dead() || before.dead() {
		t.Errorf("%s %v; %+v", r.Status, r.Err, s.State())
	}
	h.nothingOpen(t, s)
	if got := h.onRecord(t, s); got.Write || got.Consents[0].EndedWhy != reasonExpired {
		t.Errorf("on record: %+v", got)
	}
	h.ok(t, s, func(f *fake) {
		if f != before {
			t.Error("the encrypted worker is not back")
		}
	})
}

func TestAQuestionWaitsTwoMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Session{patience: questionWait, Ask: func(ctx context.Context, _ wire.Question) (string, bool) {
			<-ctx.Done()
			return "", false
		}}
		ctx, watch, stop := limited(t.Context(), time.Second, 0)
		defer stop()
		c := &command{session: s, stopwatch: watch}
		began := time.Now()
		if _, err := c.ask(ctx, wire.Question{}); err != errLeft || time.Since(began) != 2*time.Minute {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		if ctx.Err() != nil {
			t.Errorf("the command's time did not stand still: %v", context.Cause(ctx))
		}
	})
}
