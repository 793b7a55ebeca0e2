package broker

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// plainOf is what a cell opened to; "sealed" for a reference.
func plainOf(cell any) string {
	switch v := cell.(type) {
	case *wire.Opened:
		return string(v.Plain)
	case *wire.Reference:
		return "sealed " + v.Column + " " + v.Row
	}
	return fmt.Sprint(cell)
}

// flagsOf are the flags of a command, as rule and place.
func flagsOf(c audit.Command) []string {
	var all []string
	for _, f := range c.Flags {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s %d", f.Rule, f.Column, f.Row, f.Count)))
	}
	return all
}

func TestAnEncryptedSessionSeesNoPlaintext(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	h.ok(t, s, func(f *fake) {
		for _, statement := range []string{
			"select * from people", "select name as id, email as role from people", "select email || '' from people", "select max(email) from people",
			"select coalesce(phone, name) from people", "with x as (select body b from messages) select b from x union select subject from messages",
			"select p.email, m.body from people p join messages m on m.person_id = p.id", "select case when 1 then email end from people",
		} {
			sealed := 0
			for _, row := range f.rows(query(statement)) {
				for _, cell := range row {
					switch cell.(type) {
					case *wire.Reference:
						sealed++
					case *wire.Opened:
						t.Errorf("%s opened %s", statement, plainOf(cell))
					case []byte:
						t.Errorf("%s gave the envelope itself", statement)
					}
				}
			}
			if sealed == 0 {
				t.Errorf("%s gave nothing sealed", statement)
			}
		}
	})
	if c := h.command(t, s, 1); len(c.Disclosures) != 0 || len(c.Flags) != 0 {
		t.Errorf("on record: %+v", c)
	}
}

func TestAConsentOpensExactlyItsScopes(t *testing.T) {
	const all = "select name, email, phone, null, null, null from people union all select address, null, null, null, null, null from aliases union all select null, null, null, sender, subject, body from messages"
	people := []string{"+47 5550 0042", "Dana Reyes", "dana.reyes@fjord.example"}
	message := []string{"The invoice again", "Where is it? Dana", "sender@vendor.example"}
	for scope, want := range map[string][]string{
		"people/42":             {"+47 5550 0042", "Dana Reyes", "dana.reyes@fjord.example"},
		"people/42:email":       {"dana.reyes@fjord.example"},
		"people/42/*":           append(append([]string{"dana@alias.example"}, people...), message...),
		"messages/980":          message,
		"messages/980:subject":  {"The invoice again"},
		"aliases/7:address":     {"dana@alias.example"},
		"people/42:email=write": nil,
	} {
		t.Run(scope, func(t *testing.T) {
			h := fakeHouse(t)
			s := h.open(t, consenting(consentOf42, scope))
			var opened []string
			r := h.ok(t, s, func(f *fake) {
				for _, row := range f.rows(query(all)) {
					for _, cell := range row {
						if o, ok := cell.(*wire.Opened); ok {
							opened = append(opened, string(o.Plain))
						}
					}
				}
			})
			slices.Sort(opened)
			slices.Sort(want)
			if !slices.Equal(opened, want) || len(r.Disclosures) != len(want) {
				t.Errorf("opened %q, want %q; told: %v", opened, want, r.Disclosures)
			}
			c := h.command(t, s, 1)
			if len(c.Disclosures) != len(want) || len(c.Flags) != 12-len(want) {
				t.Errorf("on record: %v, flags %q", c.Disclosures, flagsOf(c))
			}
			for _, f := range c.Flags {
				if f.Rule != ruleOutside {
					t.Errorf("flag %+v", f)
				}
			}
		})
	}
}

func TestAValueOpensOnlyWhereItStands(t *testing.T) {
	const reseal = "update people set email = ? where id = 42"
	for name, c := range map[string]struct {
		prepare func(t *testing.T, h *house) []byte // what the attacker kept
		query   string
		flag    string
	}{
		"an envelope kept from earlier": {
			prepare: func(t *testing.T, h *house) []byte {
				kept := h.envelope(t, "people", "email", 42)
				fresh, err := h.keyring.Seal(t.Context(), "people.email", "people/42", "people/42", []byte("new@fjord.example"))
				if err != nil {
					t.Fatal(err)
				}
				h.change(t, reseal, fresh)
				return kept
			},
			query: "select ?", flag: "misplaced people.email people/42 1",
		},
		"one whose row is empty now": {
			prepare: func(t *testing.T, h *house) []byte {
				kept := h.envelope(t, "people", "email", 42)
				h.change(t, "update people set email = null where id = 42")
				return kept
			},
			query: "select ? || ''", flag: "misplaced people.email people/42 1",
		},
		"one whose row is gone": {
			prepare: func(t *testing.T, h *house) []byte {
				kept := h.envelope(t, "people", "email", 42)
				h.change(t, "delete from people where id = 42")
				return kept
			},
			query: "select ?", flag: "misplaced people.email people/42 1",
		},
		"one that was moved to another row": {
			prepare: func(t *testing.T, h *house) []byte {
				h.change(t, "update people set email = (select email from people where id = 42) where id = 43")
				h.change(t, "update people set email = null where id = 42")
				return nil
			},
			query: "select email from people where id = 43 or ? is 0", flag: "misplaced people.email people/42 1",
		},
		"one in another column": {
			prepare: func(t *testing.T, h *house) []byte {
				h.change(t, "update people set phone = email, email = null where id = 42")
				return nil
			},
			query: "select phone from people where id = 42 or ? is 0", flag: "misplaced people.email people/42 1",
		},
		"one with a header of a place that is none": {
			prepare: func(t *testing.T, h *house) []byte {
				kept, err := h.keyring.Seal(t.Context(), "people.role", "people/42", "people/42", []byte("a secret"))
				if err != nil {
					t.Fatal(err)
				}
				return kept
			},
			query: "select ?", flag: "misplaced   1", // its words are the engineer's own
		},
		"one that was altered": {
			prepare: func(t *testing.T, h *house) []byte {
				b := h.envelope(t, "people", "email", 42)
				b[len(b)-1] ^= 1
				h.change(t, reseal, b)
				return b
			},
			query: "select ?", flag: "unopened people.email people/42 1",
		},
		"one that was erased": {
			prepare: func(t *testing.T, h *house) []byte {
				if err := h.keys.Erase("people/42"); err != nil {
					t.Fatal(err)
				}
				h.keyring.Forget()
				return h.envelope(t, "people", "email", 42)
			},
			query: "select ?", flag: "unopened people.email people/42 1",
		},
		"one of another subject": {
			prepare: func(t *testing.T, h *house) []byte { return h.envelope(t, "people", "email", 43) },
			query:   "select ?", flag: "outside-consent people.email people/43 1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := fakeHouse(t)
			s := h.open(t, consenting(consentOf42, "people/42/*"))
			kept := c.prepare(t, h)
			h.ok(t, s, func(f *fake) {
				got := f.rows(query(c.query, kept))
				if len(got) != 1 || !strings.HasPrefix(plainOf(got[0][0]), "sealed ") {
					t.Errorf("opened: %v", got)
				}
			})
			on := h.command(t, s, 1)
			if len(on.Disclosures) != 0 || !slices.Equal(flagsOf(on), []string{c.flag}) {
				t.Errorf("on record: %v, %q", on.Disclosures, flagsOf(on))
			}
		})
	}
}

func TestEachOpenedValueIsCounted(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, consenting(consentOf42, "people/42"))
	r := h.ok(t, s, func(f *fake) {
		f.rows(query("select email, email, name from people where id = 42 union all select email, phone, name from people where id = 42"))
		f.rows(query("select email from people"))
	})
	want := map[string]int{"people.email": 4, "people.name": 2, "people.phone": 1}
	got := map[string]int{}
	for _, v := range r.Disclosures {
		got[v.Column] += v.Count
	}
	on := h.command(t, s, 1)
	recorded := map[string]int{}
	for _, v := range on.Disclosures {
		recorded[v.Column] += v.Count
	}
	if !maps.Equal(got, want) || !maps.Equal(recorded, want) {
		t.Errorf("told %v, on record %v, want %v", got, recorded, want)
	}
	if !slices.Equal(flagsOf(on), []string{"outside-consent people.email people/43 1"}) {
		t.Errorf("flags: %q", flagsOf(on))
	}
}

func TestWithoutTheKeyStoreNothingOpens(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, consenting(consentOf42, "people/42"))
	h.keyring.Forget()
	h.keys.Fail(errors.New("away"))
	h.run(t, s, func(f *fake) {
		if e := f.denied(query("select name from people where id = 42"), wire.ErrDatabase, ""); e.Code != "KEYS" {
			t.Errorf("told: %+v", e)
		}
	})
	if c := h.command(t, s, 1); len(c.Disclosures) != 0 {
		t.Errorf("on record: %v", c.Disclosures)
	}
}

func TestADecryptedPeriodKeepsNoTextOnRecord(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, consenting(consentOf42, "people/42"))
	h.run(t, s, func(f *fake) {
		f.must(query("select 1 where ? = ? or ? = 1", "Dana Reyes", []byte("Dana Reyes"), int64(7)))
		fmt.Fprint(f.stdout, "Dana Reyes")
		f.done(wire.Done{Err: &wire.Error{Kind: wire.ErrRuntime, Message: "no Dana Reyes"}})
	})
	c := h.command(t, s, 1)
	if text := fmt.Sprintf("%s %+v %+v", c.Statements[0].Args, c.Output, c.Error.Message); strings.Contains(text, "Dana") || strings.Contains(text, "RGFuYSBSZXllcw") {
		t.Errorf("on record: %s", text)
	}
	if got := fmt.Sprintf("%s", c.Statements[0].Args); got != `[{"withheld":10} {"withheld":10} 7]` {
		t.Errorf("arguments: %s", got)
	}
	if c.Output.Withheld != 10 || c.Error.Message.Withheld != 13 {
		t.Errorf("output %+v, error %+v", c.Output, c.Error.Message)
	}
}

func reference(column, row string, subject string) *wire.Reference {
	return &wire.Reference{Column: column, Subject: subject, Row: row}
}

func TestFactsAreToldWhereTheTagAllows(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	email, name := reference("people.email", "people/42", "people/42"), reference("people.name", "people/42", "people/42")
	phone, body := reference("people.phone", "people/42", "people/42"), reference("messages.body", "messages/980", "people/42")
	r := h.run(t, s, func(f *fake) {
		for _, c := range []struct {
			fact, text string
			of, other  *wire.Reference
			want       any // nil: refused
		}{
			{crypto.FactPresent, "", email, nil, true},
			{crypto.FactLen, "", name, nil, int64(10)},
			{crypto.FactDomain, "", email, nil, "fjord.example"},
			{crypto.FactDomainIs, "fjord.example", email, nil, true},
			{crypto.FactIs, "dana.reyes@fjord.example", email, nil, true},
			{crypto.FactIs, "other@fjord.example", email, nil, false},
			{crypto.FactSame, "", email, reference("people.email", "people/43", "people/43"), false},
			{crypto.FactSame, "", reference("people.email", "people/43", "people/43"), reference("messages.sender", "messages/981", "people/43"), true},
			{crypto.FactPrefix, "3", phone, nil, "+47"},
			{crypto.FactPrefix, "5", phone, nil, nil},
			{crypto.FactPrefix, "x", phone, nil, nil},
			{crypto.FactPrefix, "2", email, nil, nil},
			{crypto.FactDomain, "", name, nil, nil},
			{crypto.FactIs, "Dana Reyes", name, nil, nil},
			{crypto.FactTraits, "", name, nil, nil},
			{crypto.FactSame, "", body, name, nil},
			{crypto.FactSame, "", name, body, nil}, // it would tell of the body what its tag does not allow
			{"open", "", email, nil, nil},
			{"", "", email, nil, nil},
		} {
			ask := wire.Request{Op: wire.OpFact, Fact: c.fact, Text: c.text, Reference: c.of, Other: c.other}
			if c.want == nil {
				f.denied(ask, wire.ErrRefused, ruleFact)
			} else if got := f.must(ask); got.Answer != c.want {
				t.Errorf("%s %q of %s: %v, want %v", c.fact, c.text, c.of.Column, got.Answer, c.want)
			}
		}
	})
	if r.Status != StatusRefused || r.Facts != 9 {
		t.Errorf("%s, %d facts", r.Status, r.Facts)
	}
	c := h.command(t, s, 1)
	if len(c.Facts) != 9 {
		t.Errorf("%d facts on record", len(c.Facts))
	}
	for _, f := range c.Facts {
		if strings.Contains(f.Argument, "@") || f.Row == "" {
			t.Errorf("on record: %+v", f)
		}
	}
	if got := h.onRecord(t, s); len(got.Refusals) != 10 {
		t.Errorf("%d refusals on record", len(got.Refusals))
	}
}

func TestAFactIsToldOnlyOfWhatStands(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	ask := func(r *wire.Reference) wire.Request {
		return wire.Request{Op: wire.OpFact, Fact: crypto.FactPresent, Reference: r}
	}
	var read *wire.Reference
	h.ok(t, s, func(f *fake) {
		read = f.rows(query("select email from people where id = 42"))[0][0].(*wire.Reference)
		f.must(ask(read))
	})
	fresh, err := h.keyring.Seal(t.Context(), "people.email", "people/42", "people/42", []byte("new@fjord.example"))
	if err != nil {
		t.Fatal(err)
	}
	h.change(t, "update people set email = ? where id = 42", fresh)
	h.change(t, "update people set phone = (select name from people where id = 42) where id = 43")
	h.ok(t, s, func(f *fake) {
		for _, r := range []*wire.Reference{
			read, // another value stands there now
			reference("people.email", "people/42", "people/43"),  // whose it is not
			reference("people.phone", "people/43", "people/43"),  // another's envelope stands there
			reference("people.email", "people/999", "people/42"), // no such row
			reference("people.email", "people/042", "people/42"),
			reference("people.email", "messages/980", "people/42"),
			reference("people.role", "people/42", "people/42"), // not sealed
			reference("people.email_index", "people/42", "people/42"),
			reference("nothing.email", "nothing/42", "people/42"),
			reference("", "", ""),
		} {
			f.denied(ask(r), wire.ErrDatabase, "")
		}
	})
	if c := h.command(t, s, 2); len(c.Facts) != 0 {
		t.Errorf("told: %+v", c.Facts)
	}
}

func TestALookupTellsKeysAndIsOnRecord(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	h.ok(t, s, func(f *fake) {
		lookup := func(column, text string) wire.Request {
			return wire.Request{Op: wire.OpLookup, Column: column, Text: text}
		}
		for text, want := range map[string]string{"dana.reyes@fjord.example": "[[42]]", " Dana.Reyes@FJORD.example ": "[[42]]", "nobody@fjord.example": "[]"} {
			if got := fmt.Sprint(f.must(lookup("people.email", text)).Keys); got != want {
				t.Errorf("%q: %s", text, got)
			}
		}
		for _, column := range []string{"people.name", "people.role", "people.email_index", "people", "", "nothing.email", "messages.body"} {
			f.denied(lookup(column, "x"), wire.ErrDatabase, "")
		}
	})
	c := h.command(t, s, 1)
	if len(c.Facts) != 3 {
		t.Fatalf("on record: %+v", c.Facts)
	}
	for _, f := range c.Facts {
		if f.Fact != "eq" || strings.Contains(strings.ToLower(f.Argument), "dana") || f.Answer != "0" && f.Answer != "1" {
			t.Errorf("on record: %+v", f)
		}
	}
}
