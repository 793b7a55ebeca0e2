package broker

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vouchsafe/vouchsafe/cmd/demo"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/policy"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func (h *house) typedOK(t *testing.T, s *Session, source string) Result {
	t.Helper()
	r := s.Run(t.Context(), source)
	if r.Status != StatusOK {
		t.Fatalf("%s: %s: %+v", source, r.Status, r.Err)
	}
	return r
}

func (h *house) shown(t *testing.T, s *Session, source string) string {
	t.Helper()
	r := h.typedOK(t, s, source)
	if r.Value == nil {
		return ""
	}
	text, _ := h.broker.Render(r.Value)
	return text
}

func TestTheWorkersBinaryDescribesItsModels(t *testing.T) {
	got, err := Describe(t.Context(), startReal(t))
	if err != nil {
		t.Fatal(err)
	}
	want, err := shell.Describe(demo.App)
	if err != nil {
		t.Fatal(err)
	}
	if want.Topics, err = demo.App.Topics(); err != nil {
		t.Fatal(err)
	}
	a, _ := got.Digest()
	b, _ := want.Digest()
	if a != b {
		t.Errorf("described: %+v", got)
	}
	if _, err := Describe(t.Context(), func(ctx context.Context, _ string) (*Process, error) { return startReal(t)(ctx, "nothing") }); err == nil {
		t.Error("a launcher took another role")
	}
}

func TestASessionOnTheRealWorker(t *testing.T) {
	h := realHouse(t)
	s := h.open(t, writing)
	for _, c := range []struct{ source, want string }{
		{"1 + 1", "2"},
		{"p := People.Find(42)", ""},
		{"p.Role", "owner"},
		{"p.Email", "‹sealed people.email people/42›"},
		{"p.Email.Domain()", "fjord.example"},
		{"People.By(crypto.Eq(\"people.email\", \"dana.reyes@fjord.example\")).Count()", "1"},
		{"p.Role = \"admin\"; People.Save(&p)", "1 row affected"},
		{"People.Find(42).Role", "admin"},
	} {
		if got := h.shown(t, s, c.source); got != c.want && !(strings.HasSuffix(c.want, "affected") && strings.Contains(got, "1")) {
			t.Errorf("%s: %q, want %q", c.source, got, c.want)
		}
	}
	h.typedOK(t, s, `db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec("update accounts set plan = 'free' where id = 1").Error; err != nil { return err }
		tx.Transaction(func(inner *gorm.DB) error {
			inner.Exec("update accounts set plan = 'free' where id = 2")
			return ErrNoRow
		})
		return nil
	})`)
	if n := h.onPlan(t, "free"); n != 1 {
		t.Errorf("%d rows changed", n)
	}
	h.checkTouched(t, s, 2)
	if _, err := s.Close(t.Context(), "closed", true); err != nil {
		t.Error(err)
	}
	if h.starts != 1 {
		t.Errorf("%d workers were started", h.starts)
	}
}

func TestADecryptedSessionOnTheRealWorker(t *testing.T) {
	h := realHouse(t)
	s := h.open(t, consenting(consentOf42, "people/42"))
	if got := h.shown(t, s, "People.Find(42).Email"); got != "dana.reyes@fjord.example" {
		t.Errorf("%q", got)
	}
	if got := h.shown(t, s, "People.Find(43).Email"); got != "‹sealed people.email people/43›" {
		t.Errorf("%q", got)
	}
	got := h.onRecord(t, s)
	if len(got.Commands[0].Disclosures) == 0 || len(got.Commands[1].Disclosures) != 0 || len(got.Commands[1].Flags) == 0 {
		t.Errorf("on record: %+v", got.Commands)
	}
	if v := got.Commands[0].Value; v == nil || v.Withheld == 0 || v.Kept != "" {
		t.Errorf("on record: %+v", v)
	}
}

// A worker that crashes, hangs or leaves something running is replaced; your variables are lost; the session goes on.
func TestARealWorkerIsReplaced(t *testing.T) {
	for name, c := range map[string]struct{ source, kind, reason string }{
		"interpreted code that hangs": {"for {}", wire.ErrTimeout, ""}, // it stops by itself
		"a stack without end":         {"func f(n int) int { return f(n + 1) + 1 }; f(0)", wire.ErrRuntime, ""},
		"memory without end":          {"b := []byte{}; for { b = append(b, make([]byte, 64<<20)...) }", "", ""},
		"compiled code that hangs":    {"time.Sleep(time.Hour)", "", reasonLeftovers},
	} {
		t.Run(name, func(t *testing.T) {
			h := realHouse(t, limits(func(l *policy.Limits) {
				if c.kind != wire.ErrRuntime { // that takes its own time
					l.Command, l.Statement = time.Second, time.Second
				}
			}))
			s := h.open(t)
			h.typedOK(t, s, "kept := 7")
			r := s.Run(t.Context(), c.source)
			if r.Status != StatusError || c.kind != "" && r.Err.Kind != c.kind {
				t.Errorf("%s: %+v", r.Status, r.Err)
			}
			after := s.Run(t.Context(), "kept") // where memory was short, the worker may die only now
			got := h.replacements(t, s)
			if c.reason != "" && !slices.Equal(got, []string{c.reason}) {
				t.Errorf("on record: %v", got)
			}
			if lost := len(got) > 0; (after.Status != StatusOK) != lost {
				t.Errorf("replaced: %v; your variables: %s %v", got, after.Status, after.Err)
			}
			if h.starts != 1+len(got) {
				t.Errorf("%d workers were started, %v on record", h.starts, got)
			}
			if got := h.shown(t, s, "People.Count()"); got != "2" {
				t.Errorf("after it: %q", got)
			}
		})
	}
}
