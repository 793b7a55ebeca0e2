package demo

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// billedMonths is for how many months back there are invoices.
const billedMonths = 11

// addInvoices bills each account that pays, once a month since it was founded.
func (p *population) addInvoices() {
	month := time.Date(p.now.Year(), p.now.Month(), 1, 0, 0, 0, 0, time.UTC)
	for _, a := range p.rows.accounts {
		cents := price(a)
		if cents == 0 {
			continue
		}
		for back := range billedMonths {
			// An invoice is for the month before the one in whose first days it is made.
			made := month.AddDate(0, -back, 0).Add(time.Duration(p.dice.IntN(3*24*60)) * time.Minute)
			reference := strconv.FormatUint(p.dice.Uint64()>>24, 36)
			days, refunded, open := 1+p.dice.IntN(12), p.dice.IntN(100) == 0, p.dice.IntN(100) < 2
			if made.Before(*a.CreatedAt) || made.After(p.now) {
				continue
			}
			period := month.AddDate(0, -back-1, 0).Format("2006-01")
			row := Invoice{
				AccountID: a.ID, Period: period, AmountCents: cents, Currency: "EUR", Status: "paid",
				ProviderRef: "pi_" + reference, IdempotencyKey: fmt.Sprintf("inv-%d-%s", a.ID, period),
				SentToPersonID: a.BillingPersonID, CreatedAt: made,
			}
			sent, paid := made.Add(5*time.Minute), made.AddDate(0, 0, days)
			row.SentAt, row.PaidAt = &sent, &paid
			switch {
			case open || paid.After(p.now):
				row.Status, row.PaidAt = "open", nil
			case refunded:
				row.Status = "refunded"
			}
			p.rows.invoices = append(p.rows.invoices, row)
		}
	}
	slices.SortStableFunc(p.rows.invoices, func(a, b Invoice) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.AccountID, b.AccountID))
	})
	next := freeIDs(p.taken.invoices, func(i Invoice) int64 { return i.ID })
	for i := range p.rows.invoices {
		row := &p.rows.invoices[i]
		row.ID = next()
		row.Number = fmt.Sprintf("INV-%06d", row.ID)
	}
}

// price is what the account pays a month, in cents.
func price(a Account) int64 {
	switch {
	case a.State == "closed":
		return 0
	case a.Plan == "family":
		return 1200
	case a.Plan == "pro":
		return 990 * int64(a.Seats)
	case a.Plan == "business":
		return 890 * int64(a.Seats)
	}
	return 0
}
