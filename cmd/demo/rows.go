package demo

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// company is all rows of a database, or a part of them.
type company struct {
	accounts []Account
	people   []Person
	aliases  []Alias
	messages []Message
	invoices []Invoice
}

// size is how many rows there are.
func (c company) size() int {
	return len(c.accounts) + len(c.people) + len(c.aliases) + len(c.messages) + len(c.invoices)
}

// rows are the rows behind the tickets, as they are on the day now.
func (f ticketFile) rows(now time.Time) (company, error) {
	var c company
	makers := map[string]func(*row){
		"accounts": func(r *row) { c.accounts = append(c.accounts, r.account()) },
		"people":   func(r *row) { c.people = append(c.people, r.person()) },
		"aliases":  func(r *row) { c.aliases = append(c.aliases, r.alias()) },
		"messages": func(r *row) { c.messages = append(c.messages, r.message()) },
		"invoices": func(r *row) { c.invoices = append(c.invoices, r.invoice()) },
	}
	for _, t := range f.Tickets {
		for _, table := range slices.Sorted(maps.Keys(t.Seed)) {
			maker, ok := makers[table]
			if !ok {
				return company{}, fmt.Errorf("ticket %s: there is no table %s", t.ID, table)
			}
			for _, line := range t.Seed[table] {
				if err := rowsOf(table, f.Schema[table], line, now, maker); err != nil {
					return company{}, fmt.Errorf("ticket %s: %w", t.ID, err)
				}
			}
		}
	}
	return c, nil
}

func (r *row) account() Account {
	return Account{
		ID:              r.int64("id"),
		Name:            r.need("name"),
		Plan:            r.need("plan"),
		State:           r.need("state"),
		Region:          r.need("region"),
		Seats:           int(r.int64("seats")),
		SSODomain:       r.text("sso_domain"),
		BillingPersonID: r.number("billing_person_id"),
		CreatedAt:       r.time("created_at"),
	}
}

func (r *row) person() Person {
	return Person{
		ID:             r.int64("id"),
		AccountID:      r.int64("account_id"),
		Name:           r.sealed("name"),
		Email:          r.sealed("email"),
		Phone:          r.sealed("phone"),
		Role:           r.need("role"),
		Locale:         r.need("locale"),
		State:          r.need("state"),
		ImportBatch:    r.text("import_batch"),
		MergedIntoID:   r.number("merged_into_id"),
		EmailBouncedAt: r.time("email_bounced_at"),
		CreatedAt:      r.needTime("created_at"),
		UpdatedAt:      r.time("updated_at"),
	}
}

func (r *row) alias() Alias {
	return Alias{
		ID:         r.int64("id"),
		PersonID:   r.int64("person_id"),
		Address:    r.sealed("address"),
		IsDefault:  r.bool("is_default"),
		State:      r.need("state"),
		VerifiedAt: r.time("verified_at"),
		CreatedAt:  r.needTime("created_at"),
	}
}

func (r *row) message() Message {
	return Message{
		ID:          r.int64("id"),
		PersonID:    r.int64("person_id"),
		AliasID:     r.number("alias_id"),
		ReplyToID:   r.number("reply_to_id"),
		Direction:   r.need("direction"),
		Sender:      r.sealed("sender"),
		Subject:     r.sealed("subject"),
		Body:        r.sealed("body"),
		ContentType: r.need("content_type"),
		SizeBytes:   r.number("size_bytes"),
		Status:      r.need("status"),
		FilterRule:  r.text("filter_rule"),
		ImportBatch: r.text("import_batch"),
		AppVersion:  r.need("app_version"),
		CreatedAt:   r.needTime("created_at"),
	}
}

func (r *row) invoice() Invoice {
	return Invoice{
		ID:             r.int64("id"),
		AccountID:      r.int64("account_id"),
		Number:         r.need("number"),
		Period:         r.need("period"),
		AmountCents:    r.int64("amount_cents"),
		Currency:       r.need("currency"),
		Status:         r.need("status"),
		ProviderRef:    r.need("provider_ref"),
		IdempotencyKey: r.need("idempotency_key"),
		SentToPersonID: r.number("sent_to_person_id"),
		SentAt:         r.time("sent_at"),
		PaidAt:         r.time("paid_at"),
		CreatedAt:      r.needTime("created_at"),
	}
}
