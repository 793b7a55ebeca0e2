package demo

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/crypto"
)

// How large the base population is, at least.
const (
	baseAccounts = 1_200
	basePeople   = 5_200
	baseMessages = 20_400
)

// A population is the base population while it grows. Its dice have a fixed seed and know nothing of the day, so the same
// people get the same names, addresses and mail whenever it is made.
type population struct {
	dice    *rand.Rand
	now     time.Time
	rows    company
	members []*member
	domains map[string]bool
	emails  map[string]bool
	phones  map[string]bool
	taken   company // the rows whose ids must stay free
}

// A member is a person with what is in plain sight only while the demo is made.
type member struct {
	account     int // index in rows.accounts
	name        string
	first       string
	email       string
	phone       string
	role        string
	locale      string
	days        int // since the person signed up
	batch       *string
	id          int64
	defaultID   *int64 // their first alias
	lastMessage int    // index of their last message and one; 0 if there is none
	lastSubject string
}

// populate makes the base population of the day now, leaving the ids of taken free.
func populate(now time.Time, taken company) company {
	p := newPopulation(now, taken)
	p.grow()
	return p.rows
}

func newPopulation(now time.Time, taken company) *population {
	return &population{
		dice:    rand.New(rand.NewPCG(1984, 2026)),
		now:     now,
		domains: map[string]bool{},
		emails:  map[string]bool{},
		phones:  map[string]bool{},
		taken:   taken,
	}
}

func (p *population) grow() {
	p.settle()
	p.register()
	p.addAliases()
	p.addMessages()
	p.addInvoices()
}

// settle makes accounts with their people until there are enough of both.
func (p *population) settle() {
	speak := voices()
	for len(p.rows.accounts) < baseAccounts || len(p.members) < basePeople {
		days := 30 + p.dice.IntN(1_100)
		account, domain, people := p.account(days)
		v := p.voice(speak)
		family := pick(p, v.last...)
		for n := range people {
			if n > 0 && account.Plan != "family" {
				v = p.voice(speak)
				family = pick(p, v.last...)
			}
			m := p.member(v, family, domain)
			m.account, m.days = len(p.rows.accounts), max(1, days-n*p.dice.IntN(40))
			switch {
			case n == 0:
				m.role = "owner"
			case n == 1 && account.Plan == "business":
				m.role = "billing"
			case n == 2 && account.Plan == "business":
				m.role = "admin"
			}
			p.members = append(p.members, m)
		}
		p.rows.accounts = append(p.rows.accounts, account)
	}
}

// account is a new account, its domain if it has one, and how many people it has.
func (p *population) account(days int) (a Account, domain string, people int) {
	founded := p.ago(days + 1) // before the first person signs up
	// Names of people are sealed, so no account is called after one.
	a = Account{Name: "Personal", Plan: "free", State: "active", Region: pick(p, "eu", "eu", "eu", "us", "ap"), Seats: 1, CreatedAt: &founded}
	people = 1
	switch n := p.dice.IntN(100); {
	case n < 12:
		a.Plan, people = "business", 8+p.dice.IntN(24)
		a.Seats = (people/10 + 1) * 10
		a.Name, domain = p.firm()
		if p.dice.IntN(5) < 2 {
			a.SSODomain = &domain
		}
	case n < 46:
		a.Plan, people = "pro", 1+p.dice.IntN(8)
		a.Seats = people + p.dice.IntN(4)
		a.Name, domain = p.firm()
	case n < 66:
		a.Name, a.Plan, people = "Household", "family", 2+p.dice.IntN(3)
		a.Seats = 6
	}
	if p.dice.IntN(100) < 3 {
		a.State = "closed"
	}
	return a, domain, people
}

// register gives accounts and people their ids in the order in which they came.
func (p *population) register() {
	accounts := freeIDs(p.taken.accounts, func(a Account) int64 { return a.ID })
	order := make([]int, len(p.rows.accounts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return p.rows.accounts[a].CreatedAt.Compare(*p.rows.accounts[b].CreatedAt) })
	for _, i := range order {
		p.rows.accounts[i].ID = accounts()
	}

	people := freeIDs(p.taken.people, func(r Person) int64 { return r.ID })
	slices.SortStableFunc(p.members, func(a, b *member) int { return cmp.Compare(b.days, a.days) })
	for _, m := range p.members {
		m.id = people()
		account := &p.rows.accounts[m.account]
		if m.role == "billing" || account.BillingPersonID == nil && m.role == "owner" && account.Plan != "free" {
			account.BillingPersonID = &m.id
		}
		p.rows.people = append(p.rows.people, p.person(m, account.ID))
	}
	slices.SortFunc(p.rows.accounts, func(a, b Account) int { return cmp.Compare(a.ID, b.ID) })
}

func (p *population) person(m *member, account int64) Person {
	row := Person{
		ID: m.id, AccountID: account, Name: crypto.Seal(m.name), Email: crypto.Seal(m.email),
		Role: m.role, Locale: m.locale, State: "active", CreatedAt: p.ago(m.days),
	}
	if m.phone != "" {
		row.Phone = crypto.Seal(m.phone)
	}
	switch n := p.dice.IntN(100); {
	case n < 2 && m.role == "member":
		row.State = "removed"
	case n < 5 && m.role == "member":
		row.State = "invited"
	case n < 7:
		bounced := p.ago(p.dice.IntN(m.days))
		row.EmailBouncedAt = &bounced
	case n < 11:
		m.batch = ptr(pick(p, "imp-0402", "imp-0611"))
		row.ImportBatch = m.batch
	}
	updated := p.ago(p.dice.IntN(m.days))
	row.UpdatedAt = &updated
	return row
}

// addAliases gives half of the people their own address as an alias, and some of these a second one.
func (p *population) addAliases() {
	next := freeIDs(p.taken.aliases, func(a Alias) int64 { return a.ID })
	for _, m := range p.members {
		if p.dice.IntN(100) >= 48 {
			continue
		}
		own := p.alias(next(), m, m.email)
		own.IsDefault = true
		m.defaultID = &own.ID
		p.rows.aliases = append(p.rows.aliases, own)
		if p.dice.IntN(100) < 25 {
			local, domain, _ := strings.Cut(strings.ToLower(m.email), "@")
			second := p.alias(next(), m, pick(p, "hello", "post", "shop", "news")+"."+local+"@"+domain)
			if p.dice.IntN(12) == 0 {
				second.State, second.VerifiedAt = "removed", nil
			}
			p.rows.aliases = append(p.rows.aliases, second)
		}
	}
}

func (p *population) alias(id int64, m *member, address string) Alias {
	made := p.ago(p.dice.IntN(m.days))
	verified := made.Add(time.Duration(1+p.dice.IntN(40)) * time.Minute)
	return Alias{ID: id, PersonID: m.id, Address: crypto.Seal(address), State: "active", VerifiedAt: &verified, CreatedAt: made}
}

// ago is a moment of the day so many days ago.
func (p *population) ago(days int) time.Time {
	return p.now.Add(-time.Duration(days)*24*time.Hour - time.Duration(p.dice.IntN(24*60*60))*time.Second)
}

func pick(p *population, of ...string) string { return of[p.dice.IntN(len(of))] }

// freeIDs counts up from 1 and leaves out the ids of taken.
func freeIDs[T any](taken []T, id func(T) int64) func() int64 {
	used := map[int64]bool{}
	for _, row := range taken {
		used[id(row)] = true
	}
	var last int64
	return func() int64 {
		for last++; used[last]; last++ {
		}
		return last
	}
}

func ptr[T any](v T) *T { return &v }
