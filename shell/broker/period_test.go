package broker

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/policy"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

const decrypt42 = ".decrypt " + consentOf42 + " people/42/*"

// decrypted opens a decrypted period for all of people/42.
func (h *house) decrypted(t *testing.T, s *Session) {
	t.Helper()
	h.typedOK(t, s, decrypt42)
	if s.Mode() != shell.Decrypted {
		t.Fatalf("the session is %s", s.Mode())
	}
}

// typed runs one command as it was typed, whose worker does what script says.
func (h *house) typedBy(t *testing.T, s *Session, source string, script func(*fake)) Result {
	t.Helper()
	h.scripts <- script
	return s.Run(t.Context(), source)
}

// ways are how a decrypted period ends between commands: each returns why the record has to say that it did.
func ways() map[string]func(*testing.T, *house, *Session) string {
	return map[string]func(*testing.T, *house, *Session) string{
		"asked": func(t *testing.T, h *house, s *Session) string {
			h.typedOK(t, s, ".encrypt")
			return reasonAsked
		},
		"asked as console1984 has it": func(t *testing.T, h *house, s *Session) string {
			h.typedOK(t, s, "encrypt!")
			return reasonAsked
		},
		"idle": func(t *testing.T, h *house, s *Session) string {
			h.clock.pass(h.broker.Policy.Limits.Idle)
			if why := s.Overdue(t.Context()); why != reasonIdle {
				t.Errorf("it ended for %q", why)
			}
			return reasonIdle
		},
		"expired": func(t *testing.T, h *house, s *Session) string {
			s.period.used = s.period.expires // something was typed to the last
			h.clock.pass(h.broker.Policy.Limits.Decrypted)
			if why := s.Overdue(t.Context()); why != reasonExpired {
				t.Errorf("it ended for %q", why)
			}
			return reasonExpired
		},
		"a command came too late": func(t *testing.T, h *house, s *Session) string {
			h.clock.pass(h.broker.Policy.Limits.Idle)
			starts := h.starts
			if r := s.Run(t.Context(), "typed for another mode"); r.Status != StatusRefused || r.Err.Rule != ruleConsent {
				t.Errorf("%s %v", r.Status, r.Err)
			}
			if h.starts != starts {
				t.Error("a worker was started for it")
			}
			return reasonIdle
		},
	}
}

func TestTheEncryptedWorkerWaitsForTheEndOfAPeriod(t *testing.T) {
	for name, end := range ways() {
		t.Run(name, func(t *testing.T) {
			h := fakeHouse(t)
			s := h.open(t)
			var before, within, after *fake
			h.ok(t, s, func(f *fake) { before = f })
			h.decrypted(t, s)
			h.ok(t, s, func(f *fake) {
				within = f
				if cells := f.rows(query("select name from people where id = 42")); plainOf(cells[0][0]) != "Dana Reyes" {
					t.Errorf("opened: %v", cells)
				}
			})
			if within == before || h.living() != 2 {
				t.Errorf("%d workers live", h.living())
			}
			why := end(t, h, s)
			if !within.dead() || before.dead() || s.Mode() != shell.Encrypted {
				t.Errorf("the period's worker is dead: %v, the other: %v; the session is %s", within.dead(), before.dead(), s.Mode())
			}
			r := h.ok(t, s, func(f *fake) {
				after = f
				if cells := f.rows(query("select name from people where id = 42")); plainOf(cells[0][0]) != "sealed people.name people/42" {
					t.Errorf("opened after the end: %v", cells)
				}
			})
			if after != before || h.starts != 2 || len(r.Notes) != 0 {
				t.Errorf("the encrypted worker is not back; %d were started, told %q", h.starts, r.Notes)
			}
			got := h.onRecord(t, s)
			if len(got.Consents) != 1 || got.Consents[0].EndedAt == nil || got.Consents[0].EndedWhy != why {
				t.Errorf("on record: %+v", got.Consents)
			}
			if last := got.Commands[len(got.Commands)-1]; last.Mode != "encrypted" || len(last.Disclosures) != 0 {
				t.Errorf("on record: %+v", last)
			}
		})
	}
}

func TestWhatWasTypedInAPeriodIsForgottenWithIt(t *testing.T) {
	for name, end := range ways() {
		t.Run(name, func(t *testing.T) {
			h := fakeHouse(t)
			s := h.open(t)
			s.Ask = answering()
			h.typedBy(t, s, "before", func(*fake) {})
			h.decrypted(t, s)
			inside := h.typedBy(t, s, `People.Where("name = 'Dana Reyes'")`, func(*fake) {})
			if text := h.shown(t, s, ".history"); !strings.Contains(text, "Dana Reyes") || !strings.Contains(text, "before") {
				t.Errorf("history in the period: %s", text)
			}
			if r := h.typedOK(t, s, ".edit"); r.Edit == nil || !strings.Contains(*r.Edit, "Dana Reyes") {
				t.Errorf("to edit in the period: %v", r.Edit)
			}
			end(t, h, s)
			if text := h.shown(t, s, ".history"); strings.Contains(text, "Dana") || !strings.Contains(text, "before") {
				t.Errorf("history after the period: %s", text)
			}
			if r := s.Run(t.Context(), fmt.Sprintf(".edit %d", inside.Command)); r.Status != StatusError || r.Edit != nil || r.Err.Hint == "" {
				t.Errorf("to edit after the period: %v", r.Edit)
			}
			if r := h.typedOK(t, s, ".edit"); r.Edit == nil || *r.Edit != "before" {
				t.Errorf("to edit after the period: %v", r.Edit)
			}
			if text := h.shown(t, s, ".time"); strings.Contains(text, "Dana") || !strings.Contains(text, "before") {
				t.Errorf("time after the period: %s", text)
			}
		})
	}
}

func TestEachPeriodHasANumberForWhoKeepsItsHistory(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	if got := s.State(); got.Period != 0 || got.Mode != "encrypted" || got.Left != 0 || got.Subject != "" {
		t.Errorf("at first: %+v", got)
	}
	for n := 1; n <= 2; n++ {
		h.decrypted(t, s)
		if got := s.State(); got.Period != n || got.Mode != "decrypted" || got.Left != h.broker.Policy.Limits.Decrypted || got.Subject != "people/42" {
			t.Errorf("in period %d: %+v", n, got)
		}
		h.typedOK(t, s, ".encrypt")
		if got := s.State(); got.Period != 0 || got.Mode != "encrypted" || got.Left != 0 {
			t.Errorf("after period %d: %+v", n, got)
		}
	}
}

// The end comes while a command runs: nothing of it is shown, and what was typed before the period is back.
func TestAPeriodThatEndsInACommandGoesOnEncrypted(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Idle = l.Decrypted }))
	s := h.open(t)
	var before, within *fake
	h.ok(t, s, func(f *fake) { before = f })
	h.typedOK(t, s, ".write a ticket asks for it")
	h.decrypted(t, s)
	h.clock.pass(h.broker.Policy.Limits.Decrypted - 300*time.Millisecond)
	r := h.run(t, s, func(f *fake) {
		within = f
		f.must(query("select name from people where id = 42"))
		f.must(begin)
		f.must(save("people", 42, seal("email", "new@fjord.example")))
		fmt.Fprint(f.stdout, "Dana Reyes")
		<-f.killed // it is not asked to stop
		runtime.Goexit()
	})
	if r.Status == StatusOK || r.Err.Kind != wire.ErrKilled || r.Output != "" || r.Value != nil || s.Mode() != shell.Encrypted || !within.dead() {
		t.Errorf("%s %v: shown %q; the session is %s", r.Status, r.Err, r.Output, s.Mode())
	}
	h.ok(t, s, func(f *fake) {
		if f != before {
			t.Error("the encrypted worker is not back")
		}
	})
	got := h.onRecord(t, s)
	if c := got.Consents; len(c) != 1 || c[0].EndedAt == nil || c[0].EndedWhy != reasonExpired {
		t.Errorf("on record: %+v", c)
	}
	if c := got.Commands[r.Command-1]; c.Mode != "decrypted" || c.Status != StatusError || c.Committed != 0 {
		t.Errorf("on record: %+v", c)
	}
}

// children are the processes that this one started and that are not dead.
func children(t *testing.T) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		fields := strings.Fields(rest)
		if len(fields) < 2 || fields[0] == "Z" || fields[1] != strconv.Itoa(os.Getpid()) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, pid)
	}
	return found
}

func TestAPeriodOnTheRealWorker(t *testing.T) {
	for name, end := range ways() {
		t.Run(name, func(t *testing.T) {
			h := realHouse(t)
			others := children(t)
			s := h.open(t)
			h.typedOK(t, s, "p := People.Find(42)")
			first := children(t)
			h.typedOK(t, s, "decrypted := 1")
			h.decrypted(t, s)
			if n := len(children(t)); n != len(others)+2 {
				t.Errorf("%d processes more than before", n-len(others))
			}
			if r := s.Run(t.Context(), "p.Role"); r.Status != StatusError {
				t.Errorf("a variable of before is there: %v", r.Value)
			}
			h.typedOK(t, s, "name, _ := People.Find(42).Name.Open()")
			if got := h.shown(t, s, "name"); got != "Dana Reyes" {
				t.Errorf("opened: %q", got)
			}
			if got := h.shown(t, s, "People.Find(43).Name"); strings.Contains(got, "Emil") {
				t.Errorf("opened outside the consent: %q", got)
			}
			end(t, h, s)
			if now := children(t); !slices.Equal(now, first) {
				t.Errorf("processes of before: %v, now: %v", first, now)
			}
			if got := h.shown(t, s, "p.Role"); got != "owner" {
				t.Errorf("a variable of before: %q", got)
			}
			for _, source := range []string{"name", "_"} {
				if r := s.Run(t.Context(), source); r.Status == StatusOK && r.Value != nil {
					if text, _ := h.broker.Render(r.Value); strings.Contains(text, "Dana") {
						t.Errorf("%s is %q after the end", source, text)
					}
				}
			}
			if got := h.shown(t, s, "People.Find(42).Name"); !strings.Contains(got, "sealed") {
				t.Errorf("opened after the end: %q", got)
			}
			h.CheckLog(t)
		})
	}
}
