package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/vouchsafe/vouchsafe/crypto"
)

func TestPeopleAreTheSameWheneverTheyAreMade(t *testing.T) {
	f, err := readTickets(ticketsYAML)
	if err != nil {
		t.Fatal(err)
	}
	grow := func(now time.Time) *population {
		taken, err := f.rows(now)
		if err != nil {
			t.Fatal(err)
		}
		p := newPopulation(now, taken)
		p.grow()
		return p
	}
	days := []time.Time{
		time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC), time.Date(2028, 2, 29, 23, 59, 59, 0, time.UTC),
		time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC),
	}
	first := grow(days[0])
	if m := first.members[41]; m.id != 42 || m.name != "Felix Schütte" {
		t.Errorf("person %d is %s: another seed, or other dice", m.id, m.name)
	}
	for _, day := range days[1:] {
		p := grow(day)
		if len(p.members) != len(first.members) || len(p.rows.messages) != len(first.rows.messages) || len(p.rows.aliases) != len(first.rows.aliases) {
			t.Fatalf("on %s there are %d people, %d messages, %d aliases", day, len(p.members), len(p.rows.messages), len(p.rows.aliases))
		}
		if n := len(p.rows.invoices); n < 6000 {
			t.Errorf("on %s there are %d invoices", day, n)
		}
		for i, m := range p.members {
			if o := first.members[i]; m.id != o.id || m.name != o.name || m.email != o.email || m.phone != o.phone {
				t.Fatalf("on %s person %d is %s, and was %s", day, m.id, m.name, o.name)
			}
			a, b := p.rows.people[i], first.rows.people[i]
			if a.ID != b.ID || a.State != b.State || day.Sub(a.CreatedAt) != days[0].Sub(b.CreatedAt) {
				t.Fatalf("on %s person %d is %+v, and was %+v", day, m.id, a, b)
			}
		}
		for i, m := range p.rows.messages {
			if o := first.rows.messages[i]; m.ID != o.ID || m.PersonID != o.PersonID || *m.SizeBytes != *o.SizeBytes || m.AppVersion != o.AppVersion {
				t.Fatalf("on %s message %d is another", day, m.ID)
			}
		}
	}
}

func TestNothingInTheCompanyIsOfTomorrow(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 1, 0, time.UTC)
	c := populate(now, company{})
	late := func(what string, id int64, at ...*time.Time) {
		for _, a := range at {
			if a != nil && a.After(now) {
				t.Errorf("%s %d is of %s", what, id, a)
			}
		}
	}
	for _, r := range c.accounts {
		late("account", r.ID, r.CreatedAt)
	}
	signedUp := map[int64]time.Time{}
	for _, r := range c.people {
		late("person", r.ID, &r.CreatedAt, r.UpdatedAt, r.EmailBouncedAt)
		if r.UpdatedAt.Before(r.CreatedAt) {
			t.Errorf("person %d was updated before being there", r.ID)
		}
		signedUp[r.ID] = r.CreatedAt
	}
	for _, r := range c.aliases {
		late("alias", r.ID, &r.CreatedAt)
		if r.CreatedAt.Before(signedUp[r.PersonID]) {
			t.Errorf("alias %d is older than its person", r.ID)
		}
	}
	for _, r := range c.messages {
		late("message", r.ID, &r.CreatedAt)
		if r.CreatedAt.Before(signedUp[r.PersonID]) {
			t.Errorf("message %d is older than its person", r.ID)
		}
	}
	for _, r := range c.invoices {
		late("invoice", r.ID, &r.CreatedAt, r.SentAt, r.PaidAt)
	}
}

func TestTheCompanyHangsTogether(t *testing.T) {
	now := time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)
	c := populate(now, company{})
	accounts, people, aliases, messages := map[int64]Account{}, map[int64]Person{}, map[int64]Alias{}, map[int64]Message{}
	for _, r := range c.accounts {
		accounts[r.ID] = r
	}
	for _, r := range c.people {
		if _, ok := accounts[r.AccountID]; !ok || people[r.ID].ID != 0 {
			t.Errorf("person %d has account %d, or comes twice", r.ID, r.AccountID)
		}
		people[r.ID] = r
	}
	for _, r := range c.accounts {
		if r.BillingPersonID != nil && people[*r.BillingPersonID].AccountID != r.ID {
			t.Errorf("account %d is billed to a stranger", r.ID)
		}
		if r.Plan != "free" && r.BillingPersonID == nil {
			t.Errorf("account %d pays, and nobody is billed", r.ID)
		}
	}
	for _, r := range c.aliases {
		if people[r.PersonID].ID == 0 || aliases[r.ID].ID != 0 {
			t.Errorf("alias %d belongs to nobody, or comes twice", r.ID)
		}
		aliases[r.ID] = r
	}
	owners := map[string]int64{}
	owned := func(address crypto.String, person int64) {
		text, err := address.Open()
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := owners[strings.ToLower(text)]; ok && other != person {
			t.Errorf("people %d and %d have one address", other, person)
		}
		owners[strings.ToLower(text)] = person
	}
	for _, r := range c.people {
		owned(r.Email, r.ID)
	}
	for _, r := range c.aliases {
		owned(r.Address, r.PersonID)
	}
	for _, r := range c.messages {
		if r.AliasID != nil && aliases[*r.AliasID].PersonID != r.PersonID {
			t.Errorf("message %d uses somebody else's alias", r.ID)
		}
		if r.ReplyToID != nil && messages[*r.ReplyToID].PersonID != r.PersonID {
			t.Errorf("message %d answers somebody else's", r.ID)
		}
		messages[r.ID] = r
	}
	for _, r := range c.invoices {
		if r.SentToPersonID == nil || people[*r.SentToPersonID].AccountID != r.AccountID || r.Status == "paid" && r.PaidAt == nil {
			t.Errorf("invoice %d is %+v", r.ID, r)
		}
	}
}
