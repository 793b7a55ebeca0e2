package broker

import (
	"context"
	"testing"

	"github.com/vouchsafe/vouchsafe/shell/policy"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func TestWhatIsTypedIsShownBeforeItStands(t *testing.T) {
	h := realHouse(t, limits(func(l *policy.Limits) { l.Confirm = 1 }))
	s := h.open(t, writing)
	p := askable(s, "y")
	for _, c := range []struct {
		source string
		want   []string
	}{
		{`db.Exec("update accounts set plan = 'free' where id = 1")`, []string{"row when plan", "accounts/1 before pro", "accounts/1 after free", "2 rows"}},
		{`db.Transaction(func(tx *gorm.DB) error {
			if err := tx.Exec("update accounts set plan = 'x' where id = 2").Error; err != nil { return err }
			tx.Transaction(func(inner *gorm.DB) error {
				inner.Exec("update accounts set plan = 'y' where id < 4")
				return ErrNoRow
			})
			return tx.Exec("delete from accounts where id = 6").Error
		})`, []string{"row when plan name state region seats sso_domain billing_person_id created_at", `accounts/2 before pro Account 2 active eu 1 nil nil nil`,
			`accounts/2 after x Account 2 active eu 1 nil nil nil`, `accounts/6 gone pro Account 6 active eu 5 nil nil nil`, "3 rows"}},
		{`q := People.Find(42); q.Role = "admin"; People.Save(&q)`, []string{"row when role", "people/42 before owner", "people/42 after admin", "2 rows"}},
		{`Invoices.Create(&Invoice{ID: 77, Number: "N-1"})`, nil},
		{`db.Delete(&Invoice{}, "number = ?", "N-1")`, nil},
	} {
		asked := len(p.asked)
		h.typedOK(t, s, c.source)
		if len(p.asked) != asked+1 {
			t.Fatalf("%s: asked %d times", c.source, len(p.asked)-asked)
		}
		if c.want != nil {
			lines(t, p.shown(t, asked), c.want...)
		} else if d := p.asked[asked].Detail; len(d.Items) != 1 || d.Items[0].Items[0].Text != "invoices/77" {
			t.Errorf("%s: shown %+v", c.source, d)
		}
	}
	p.answer = func(context.Context, wire.Question) (string, bool) { return "", false }
	asked := len(p.asked)
	r := s.Run(t.Context(), `for range 3 { db.Exec("update accounts set plan = 'z'") }; panic("after all")`)
	if r.Status != StatusError || r.Err.Message != "not committed: you did not say yes; 5 rows were rolled back" || len(p.asked) != asked+1 {
		t.Errorf("%s %v, asked %d times", r.Status, r.Err, len(p.asked)-asked)
	}
	if n := h.onPlan(t, "z"); n != 0 {
		t.Errorf("%d rows stand", n)
	}
	if got := h.command(t, s, r.Command); len(got.Questions) != 1 || got.Questions[0].Answer != "left" || got.Committed != 0 {
		t.Errorf("on record: %+v", got)
	}
}
