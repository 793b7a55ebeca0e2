package broker

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func save(table string, key int, columns ...wire.Assignment) wire.Request {
	return wire.Request{Op: wire.OpSave, Write: &wire.Write{Table: table, Key: []any{int64(key)}, Columns: columns}}
}

func create(table string, columns ...wire.Assignment) wire.Request {
	return wire.Request{Op: wire.OpCreate, Write: &wire.Write{Table: table, Columns: columns}}
}

func put(column string, value any) wire.Assignment {
	return wire.Assignment{Column: column, Value: wire.Scalar{V: value}}
}

func seal(column, text string) wire.Assignment { return wire.Assignment{Column: column, Seal: &text} }

// asRead is a sealed column as a worker read it.
func (h *house) asRead(t *testing.T, column, row, subject string, envelope []byte) wire.Assignment {
	t.Helper()
	sum := sha256.Sum256(envelope)
	_, name, _ := strings.Cut(column, ".")
	return wire.Assignment{Column: name, Reference: &wire.Reference{Column: column, Row: row, Subject: subject, Digest: sum[:16]}}
}

func TestASavedRowKeepsItsSealedValuesByteForByte(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing)
	email, name := h.envelope(t, "people", "email", 42), h.envelope(t, "people", "name", 42)
	h.ok(t, s, func(f *fake) {
		got := f.must(save("people", 42, put("id", int64(42)), put("role", "admin"), put("email_index", nil),
			h.asRead(t, "people.email", "people/42", "people/42", email), h.asRead(t, "people.name", "people/42", "people/42", name)))
		if got.Affected != 1 {
			t.Errorf("%d rows", got.Affected)
		}
		if got := f.must(save("people", 42, put("role", "admin"))); got.Affected != 1 { // found, and as it was wanted
			t.Errorf("%d rows", got.Affected)
		}
		if got := f.must(save("people", 999, put("role", "admin"))); got.Affected != 0 {
			t.Errorf("%d rows", got.Affected)
		}
	})
	if !bytes.Equal(email, h.envelope(t, "people", "email", 42)) || !bytes.Equal(name, h.envelope(t, "people", "name", 42)) {
		t.Error("a sealed value changed")
	}
	if n := h.count(t, "select count(*) from people where role = 'admin' and email_index is not null"); n != 1 {
		t.Errorf("%d rows changed", n)
	}
	h.checkTouched(t, s, 1)
	c := h.command(t, s, 1)
	if len(c.Statements) != 1 || strings.Contains(*c.Statements[0].SQL, "email") {
		t.Errorf("on record: %+v", c.Statements)
	}
}

// Attacks on the columns that hold sealed values, and on what ties these to their row.
func TestWhatMayNotBeWrittenIsRefused(t *testing.T) {
	h := fakeHouse(t)
	email42, email43 := h.envelope(t, "people", "email", 42), h.envelope(t, "people", "email", 43)
	covered := consenting(consentOf42, "people/42", "people/42:email=write", "messages/980")
	for _, c := range []struct {
		name    string
		open    []func(*Opening)
		request wire.Request
		rule    string
	}{
		{"a save in a read session", nil, save("accounts", 1, put("plan", "free")), ruleWrite},
		{"a create in a read session", nil, create("accounts", put("plan", "free")), ruleWrite},
		{"a new value in an encrypted session", []func(*Opening){writing}, save("people", 42, seal("email", "x@y.example")), ruleSealed},
		{"NULL in an encrypted session", []func(*Opening){writing}, save("people", 42, put("email", nil)), ruleSealed},
		{"an envelope as a value", []func(*Opening){writing}, save("people", 42, put("email", email43)), ruleSealed},
		{"another row's value", []func(*Opening){writing}, save("people", 42, wire.Assignment{Column: "email", Reference: h.asRead(t, "people.email", "people/43", "people/43", email43).Reference}), ruleSealed},
		{"another column's value", []func(*Opening){writing}, save("people", 42, wire.Assignment{Column: "name", Reference: h.asRead(t, "people.email", "people/42", "people/42", email42).Reference}), ruleSealed},
		{"a value that stands there no more", []func(*Opening){writing}, save("people", 42, h.asRead(t, "people.email", "people/42", "people/42", email43)), ruleSealed},
		{"another subject", []func(*Opening){writing}, save("messages", 980, put("person_id", int64(43))), ruleSealed},
		{"another key", []func(*Opening){writing}, save("people", 42, put("id", int64(44))), ruleSealed},
		{"a new row with a sealed value", []func(*Opening){writing}, create("people", seal("email", "x@y.example")), ruleSealed},
		{"a new row with another's value", []func(*Opening){writing}, create("people", h.asRead(t, "people.email", "people/42", "people/42", email42)), ruleSealed},
		{"outside the consent", []func(*Opening){writing, covered}, save("people", 43, seal("email", "x@y.example")), ruleSealed},
		{"plaintext into a plain column", []func(*Opening){writing, covered}, save("people", 42, put("role", "Dana Reyes")), ruleCarry},
		{"plaintext beside a covered value", []func(*Opening){writing, covered}, save("people", 42, seal("email", "x@y.example"), put("role", "Dana Reyes")), ruleCarry},
		{"plaintext into another table", []func(*Opening){writing, covered}, save("accounts", 1, put("name", "Dana Reyes")), ruleCarry},
		{"plaintext in a new row", []func(*Opening){writing, covered}, create("accounts", put("name", "Dana Reyes")), ruleCarry},
		{"plaintext by a statement", []func(*Opening){writing, covered}, execute("update accounts set name = 'Dana Reyes'"), ruleCarry},
		{"a write without leave to write", []func(*Opening){covered}, save("people", 42, seal("email", "x@y.example")), ruleWrite},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := h.open(t, c.open...)
			r := h.run(t, s, func(f *fake) { f.denied(c.request, wire.ErrRefused, c.rule) })
			if r.Status != StatusRefused || r.Err.Rule != c.rule {
				t.Errorf("%s: %v", r.Status, r.Err)
			}
			got := h.onRecord(t, s)
			if len(got.Refusals) != 1 || got.Refusals[0].Rule != c.rule || got.Refusals[0].Command != 1 || got.Commands[0].Status != StatusRefused {
				t.Errorf("on record: %+v, %s", got.Refusals, got.Commands[0].Status)
			}
		})
	}
	if !bytes.Equal(email42, h.envelope(t, "people", "email", 42)) || !bytes.Equal(email43, h.envelope(t, "people", "email", 43)) {
		t.Error("a sealed value changed")
	}
	if n := h.count(t, "select count(*) from people") + h.count(t, "select count(*) from accounts where name like 'Account%' and plan = 'pro'"); n != 2+6 {
		t.Errorf("rows changed: %d", n)
	}
}

func TestAWriteThatNamesNothingIsAnError(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing)
	h.run(t, s, func(f *fake) {
		for _, r := range []wire.Request{
			save("nothing", 1, put("a", "b")), save("accounts", 1, put("nothing", "b")), create("accounts", put("nothing", 1)), save("sqlite_schema", 1, put("sql", "")),
			{Op: wire.OpSave, Write: &wire.Write{Table: "accounts", Columns: []wire.Assignment{put("plan", "free")}}},
			{Op: wire.OpSave, Write: &wire.Write{Table: "accounts", Key: []any{int64(1), int64(2)}, Columns: []wire.Assignment{put("plan", "free")}}},
			create("accounts", put("id", int64(1))),
			create(`accounts" default values; --`),
			create("accounts", put(`plan") values ('x'); --`, "x")),
		} {
			f.denied(r, wire.ErrDatabase, "")
		}
	})
	if n := h.onPlan(t, "pro") + h.count(t, "select count(*) from accounts"); n != 12 {
		t.Errorf("rows changed: %d", n)
	}
}

func TestANewValueIsSealedUnderItsConsent(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing, consenting(consentOf42, "people/42:email=write", "people/42:name"))
	before := h.envelope(t, "people", "email_index", 42)
	h.ok(t, s, func(f *fake) {
		f.must(save("people", 42, seal("email", "Dana@new.example"), put("role", "owner"))) // what stays as it is carries nothing
		if got := f.rows(query("select email from people where id = 42")); plainOf(got[0][0]) != "sealed people.email people/42" {
			t.Errorf("=write opened %v", got)
		}
	})
	now := h.envelope(t, "people", "email", 42)
	opened, err := h.keyring.Open(t.Context(), now)
	if err != nil || opened[0].Err != nil || string(opened[0].Plain) != "Dana@new.example" || opened[0].Header.Row != "people/42" || opened[0].Header.Subject != "people/42" || opened[0].Header.Column != "people.email" {
		t.Errorf("sealed: %+v, %v", opened, err)
	}
	if bytes.Equal(before, h.envelope(t, "people", "email_index", 42)) {
		t.Error("the blind index did not follow")
	}
	h.checkTouched(t, s, 1)
	c := h.command(t, s, 1)
	if len(c.Statements) < 1 || len(c.Disclosures) != 0 {
		t.Fatalf("on record: %+v", c)
	}
	for _, a := range c.Statements[0].Args {
		if strings.Contains(string(a), "Dana") {
			t.Errorf("on record: %s", a)
		}
	}
	e := h.open(t) // found by its new address
	h.ok(t, e, func(f *fake) {
		if got := f.must(wire.Request{Op: wire.OpLookup, Column: "people.email", Text: "dana@NEW.example"}); len(got.Keys) != 1 {
			t.Errorf("found: %v", got.Keys)
		}
	})
}

func TestANewRowTellsItsKey(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing)
	h.ok(t, s, func(f *fake) {
		got := f.must(create("people", put("account_id", int64(1)), put("role", "member"), put("email", nil), put("email_index", nil)))
		if got.Affected != 1 || got.LastID != 44 {
			t.Errorf("%+v", got)
		}
	})
	if n := h.count(t, "select count(*) from people where id = 44 and email is null"); n != 1 {
		t.Errorf("%d rows", n)
	}
	h.checkTouched(t, s, 1)
}

func TestASealedWriteNeedsItsEntry(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing, consenting(consentOf42, "people/42:email=write"))
	before := h.envelope(t, "people", "email", 42)
	h.FailOn(audit.KindStatement, 1, 0)
	r := h.run(t, s, func(f *fake) { f.ask(save("people", 42, seal("email", "x@y.example"))) })
	wantAudit(t, r, StatusError)
	if !bytes.Equal(before, h.envelope(t, "people", "email", 42)) {
		t.Error("it changed")
	}
	h.goesOn(t, s)
}
