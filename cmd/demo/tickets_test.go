package demo

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm/schema"

	"github.com/vouchsafe/vouchsafe/crypto"
)

func TestTicketsAreThoseOfTheFile(t *testing.T) {
	tickets, err := Tickets()
	if err != nil {
		t.Fatal(err)
	}
	if len(tickets) != 20 {
		t.Fatalf("%d tickets", len(tickets))
	}
	for i, ticket := range tickets {
		if ticket.ID != fmt.Sprintf("OC-%02d", i+1) || ticket.Title == "" || ticket.Complaint == "" {
			t.Errorf("%+v", ticket)
		}
	}
	if want := "I signed in on my phone yesterday as dana.reyes@fjord.example and everything is empty."; tickets[2].Complaint != want {
		t.Errorf("OC-03 complains: %s", tickets[2].Complaint)
	}
}

// What tickets.yaml says of the tables is what the models say: columns in their order, subjects, sealed columns, indexes, facts.
func TestModelsAreThoseOfTheSchema(t *testing.T) {
	f, err := readTickets(ticketsYAML)
	if err != nil {
		t.Fatal(err)
	}
	models := map[string]any{"accounts": &Account{}, "people": &Person{}, "aliases": &Alias{}, "messages": &Message{}, "invoices": &Invoice{}}
	if len(f.Schema) != len(models) {
		t.Errorf("the file has %d tables", len(f.Schema))
	}
	for table, model := range models {
		s, err := schema.Parse(model, new(sync.Map), schema.NamingStrategy{IdentifierMaxLength: 64})
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := crypto.Describe(s)
		if err != nil {
			t.Fatal(err)
		}
		want := f.Schema[table]
		got := tableSchema{Subject: sealed.SubjectColumn}
		indexes := map[string]bool{}
		for _, c := range sealed.Columns {
			indexes[c.Index] = c.Index != ""
		}
		for _, name := range s.DBNames {
			if indexes[name] {
				continue
			}
			c, isSealed := sealed.Sealed(name)
			if !isSealed {
				got.Cols = append(got.Cols, name)
				continue
			}
			got.Cols = append(got.Cols, name+"*")
			got.Facts = with(got.Facts, name, factsAsWritten(c.Facts))
			if c.Index != "" {
				got.Index = with(got.Index, name, strings.Join(c.Norm, "+"))
			}
		}
		want.Defaults = nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", table, diff)
		}
		if s.Table != table {
			t.Errorf("%s is table %s", s.Name, s.Table)
		}
		if len(sealed.Columns) > 0 && sealed.SubjectType != "people" {
			t.Errorf("the subjects of %s are %s", table, sealed.SubjectType)
		}
	}
}

func with(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

func factsAsWritten(rules []crypto.FactRule) string {
	var names []string
	for _, r := range rules {
		if r.N > 0 {
			r.Name = fmt.Sprint(r.Name, r.N)
		}
		names = append(names, r.Name)
	}
	return strings.Join(names, "+")
}

func TestSubstitutionsAreThoseOfTheFile(t *testing.T) {
	for _, c := range []struct {
		text string
		i    int
		want string
	}{
		{"plain", 3, "plain"}, {"{i}", 7, "7"}, {"{i:02}", 7, "07"}, {"{i:02}", 23, "23"}, {"guest{i}@mail.example", 0, "guest0@mail.example"},
		{"{i}-{i:02}", 5, "5-05"}, {"lorem(5)", 0, "Lorem"}, {"<p>lorem(11)</p>", 0, "<p>Lorem ipsum</p>"}, {"lorem(0)", 0, ""}, {"it is i", 4, "it is i"},
	} {
		if got, err := substitute(c.text, c.i); got != c.want || err != nil {
			t.Errorf("substitute(%q, %d) = %q, %v", c.text, c.i, got, err)
		}
	}
	for _, text := range []string{"{i:03}", "{i", "lorem()", "lorem(x)", "lorem(-1)", "lorem(9999999)", "lorem(3", "lorem(3)lorem(3)"} {
		if got, err := substitute(text, 1); err == nil {
			t.Errorf("substitute(%q) = %q", text, got)
		}
	}
	for _, n := range []int{0, 1, len(filler) - 1, len(filler), len(filler) + 1, 65535} {
		text := lorem(n)
		if len(text) != n || utf8.RuneCountInString(text) != n {
			t.Errorf("lorem(%d) has %d bytes", n, len(text))
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }); i >= 0 {
			t.Errorf("lorem(%d) holds %q", n, text[i])
		}
	}
}

func TestOffsetsAreSumsOfSignedParts(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"-400d": -400 * day, "-19d+40s": -19*day + 40*time.Second, "+2h": 2 * time.Hour, "-1d-3h+5m-7s": -day - 3*time.Hour + 5*time.Minute - 7*time.Second,
	} {
		if got, err := offset(text); got != want || err != nil {
			t.Errorf("offset(%q) = %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "-d", "19d", "-19", "-19d40s", "-19x", "-19d ", "--1d", "-+1d", "-1.5d", "2026-10-01", "-99999999999d"} {
		if got, err := offset(text); err == nil {
			t.Errorf("offset(%q) = %s", text, got)
		}
	}
}

func TestFaultsOfTheFileAreToldWithTheirTicket(t *testing.T) {
	const head = "version: 1\nschema: {accounts: {defaults: {plan: pro, state: active, region: eu, seats: 10}}}\ntickets:\n- id: OC-77\n  seed: "
	for seed, want := range map[string]string{
		"{account: [{id: 1, name: A}]}":                      "ticket OC-77: there is no table account",
		"{accounts: [{id: 1, name: A, nmae: B}]}":            "ticket OC-77: accounts.nmae is no column of the table",
		"{accounts: [{id: 1}]}":                              "ticket OC-77: accounts.name is null",
		"{accounts: [{id: 1, name: null}]}":                  "accounts.name is null",
		"{accounts: [{name: A}]}":                            "accounts.id is null",
		"{accounts: [{id: one, name: A}]}":                   "accounts.id is \"one\", not a number",
		"{accounts: [{id: 1, name: [A]}]}":                   "accounts.name is not a text",
		"{accounts: [{id: 1, name: \"{i:3}\"}]}":             "accounts.name holds a substitution that is not known",
		"{accounts: [{id: 1, name: A, created_at: today}]}":  "accounts.created_at is \"today\", not an offset",
		"{accounts: [{repeat: 0, id: 1, name: A}]}":          "repeat 0 is out of bounds",
		"{accounts: [{repeat: 99999999, id: 1+i, name: A}]}": "repeat 99999999 is out of bounds",
		"{accounts: [{repeat: many, id: 1+i, name: A}]}":     "accounts.repeat is \"many\", not a number",
	} {
		f, err := readTickets([]byte(head + seed))
		if err != nil {
			t.Fatal(err)
		}
		if c, err := f.rows(time.Now()); err == nil || !strings.Contains(err.Error(), want) || c.size() > 0 {
			t.Errorf("%s: %d rows, %v; want %s", seed, c.size(), err, want)
		}
	}
	for text, want := range map[string]string{
		"":                            "read the tickets",
		"version: 2":                  "version 2 is not 1",
		"version: 1\ntikcets: []":     "tikcets",
		"version: 1\n---\nversion: 1": "more than one document",
		"version: 1\ntickets: {":      "read the tickets",
	} {
		if _, err := readTickets([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", text, err, want)
		}
	}
}

func TestARepeatedLineMakesItsRows(t *testing.T) {
	f, err := readTickets(ticketsYAML)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
	c, err := f.rows(now)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.accounts) != 21 || len(c.people) != 65 || len(c.aliases) != 4 || len(c.messages) != 2+9+8+42+20+2+2+1+1 || len(c.invoices) != 8 {
		t.Errorf("%d accounts, %d people, %d aliases, %d messages, %d invoices", len(c.accounts), len(c.people), len(c.aliases), len(c.messages), len(c.invoices))
	}
	var oak []Invoice
	for _, row := range c.invoices {
		if row.AccountID == 306 {
			oak = append(oak, row)
		}
	}
	if i := oak[0]; i.ID != 5060 || i.Number != "OAK-05" || i.Period != "2026-05" || i.ProviderRef != "pi_oak5" || i.IdempotencyKey != "oak-5" || !i.PaidAt.Equal(now.AddDate(0, 0, -29)) || i.Currency != "EUR" {
		t.Errorf("the first invoice of Oakline is %+v", i)
	}
	if i := oak[5]; i.ID != 5065 || i.Number != "OAK-10" || *i.SentToPersonID != 3240 {
		t.Errorf("the last invoice of Oakline is %+v", i)
	}
	at := func(id int64) Message {
		return c.messages[slices.IndexFunc(c.messages, func(m Message) bool { return m.ID == id })]
	}
	if m := at(12404); *m.SizeBytes != 81208 || m.AppVersion != "2026.40" || m.Status != "sent" {
		t.Errorf("message 12404 is %+v", m)
	}
	if m := at(13500); m.AppVersion != "2026.45-ios" || m.SizeBytes != nil || m.FilterRule != nil {
		t.Errorf("message 13500 is %+v", m)
	}
}

func TestTheFirstSessionIsOfferedTheLastTicket(t *testing.T) {
	tickets, err := Tickets()
	if err != nil {
		t.Fatal(err)
	}
	if last := tickets[len(tickets)-1].ID; last != lastTicket {
		t.Errorf("the last ticket is %s, and %s is offered", last, lastTicket)
	}
}
