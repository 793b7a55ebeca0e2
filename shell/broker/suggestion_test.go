package broker

import (
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func showsSealed(column string) wire.Done {
	return wire.Done{Value: &wire.Value{Kind: wire.KindSealed, Sealed: &wire.Reference{Column: column, Row: "people/42", Subject: "people/42"}}}
}

func TestALookAtASealedValueSuggestsItsFacts(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	r := h.typedBy(t, s, "p.Email", func(f *fake) { f.done(showsSealed("people.email")) })
	if len(r.Suggestions) != 1 || !strings.Contains(r.Suggestions[0], "p.Email.Domain()") || !strings.Contains(r.Suggestions[0], ".facts people") {
		t.Errorf("suggested: %q", r.Suggestions)
	}
	for _, source := range []string{"p.Email", "q.Email", "People.Find(43).Email"} { // said once
		if r := h.typedBy(t, s, source, func(f *fake) { f.done(showsSealed("people.email")) }); len(r.Suggestions) != 0 {
			t.Errorf("%s: suggested once more: %q", source, r.Suggestions)
		}
	}
	if r := h.typedBy(t, s, "p.Name", func(f *fake) { f.done(showsSealed("people.name")) }); len(r.Suggestions) != 1 {
		t.Errorf("another column: %q", r.Suggestions)
	}
	other := h.open(t)
	if r := h.typedBy(t, other, "p.Email", func(f *fake) { f.done(showsSealed("people.email")) }); len(r.Suggestions) != 1 {
		t.Errorf("another session: %q", r.Suggestions)
	}
}

func TestAComparisonOfASealedColumnSuggestsItsIndex(t *testing.T) {
	for _, sql := range []string{
		"select * from people where email = ?", "SELECT * FROM `people` WHERE `people`.`email` = ?", `select * from "people" where "email" in (?)`,
		"select id from people where state = 'active' and email like ?", "select id from people where email <> ?",
	} {
		h := fakeHouse(t)
		s := h.open(t)
		script := func(f *fake) { f.must(query(sql, "dana.reyes@fjord.example")) }
		if r := h.run(t, s, script); len(r.Suggestions) != 1 || !strings.Contains(r.Suggestions[0], `People.By(crypto.Eq("people.email", "…"))`) {
			t.Errorf("%s: suggested %q", sql, r.Suggestions)
		}
		if r := h.run(t, s, script); len(r.Suggestions) != 0 {
			t.Errorf("%s: suggested once more: %q", sql, r.Suggestions)
		}
	}
}

func TestWhatComparesNothingSealedSuggestsNothing(t *testing.T) {
	for _, sql := range []string{
		"select email from people", "select * from people where id = 42", "select * from people where email is not null",
		"select * from accounts where name = 'email = 1'", "select * from accounts where name = ? -- people.email = 1", "select 1",
	} {
		h := fakeHouse(t)
		s := h.open(t)
		if r := h.run(t, s, func(f *fake) { f.ask(query(sql, "x")) }); len(r.Suggestions) != 0 {
			t.Errorf("%s: suggested %q", sql, r.Suggestions)
		}
	}
}

func TestADecryptedPeriodSuggestsNothing(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	h.decrypted(t, s)
	r := h.typedBy(t, s, "p.Email", func(f *fake) {
		f.must(query("select id from people where email = ?", "x"))
		f.done(showsSealed("messages.body"))
	})
	if len(r.Suggestions) != 0 {
		t.Errorf("suggested: %q", r.Suggestions)
	}
}

// What is suggested is made of the schema and of what was typed; never of what a worker claims, or of what stands in a row.
func TestASuggestionHoldsNoData(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	for _, source := range []string{"p.Email", "x", "f(\"\x1b[2J\")", "_", "p.Email + \x1b"} {
		for _, column := range []string{"people.email", "people.dana", "nothing.email", "\x1b[2J", "people.email\x00", ""} {
			r := h.typedBy(t, s, source, func(f *fake) {
				f.must(query("select name as 'dana', email from people where email = 'dana.reyes@fjord.example' or email = \"zzz\""))
				done := showsSealed(column)
				done.Value.Sealed.Row, done.Value.Text = "dana", "dana"
				f.done(done)
			})
			for _, text := range r.Suggestions {
				if strings.Contains(text, "dana") || strings.Contains(text, "fjord") || strings.ContainsAny(text, "\x1b\x00") {
					t.Errorf("%s, %s: suggested %q", source, column, text)
				}
			}
		}
	}
}
