package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// batch is how many rows are made at once.
const batch = 500

// ErrNotEmpty says that a database holds accounts already: Build changed nothing.
var ErrNotEmpty = errors.New("the database is not empty")

// Build makes the company's tables and rows in db, which has crypto's plugin, as they are on the day now: the base
// population and the rows behind the tickets, in one transaction. Progress counts rows; it may be nil.
func Build(ctx context.Context, db *gorm.DB, now time.Time, progress func(done, total int)) error {
	now = now.UTC().Truncate(time.Second)
	f, err := readTickets(ticketsYAML)
	if err != nil {
		return err
	}
	tickets, err := f.rows(now)
	if err != nil {
		return err
	}
	base := populate(now, tickets)

	w := &writer{total: base.size() + tickets.size(), progress: progress}
	return db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.AutoMigrate(&Account{}, &Person{}, &Alias{}, &Message{}, &Invoice{}); err != nil {
			return fmt.Errorf("make the tables: %w", err)
		}
		var accounts int64
		if err := tx.Model(&Account{}).Count(&accounts).Error; err != nil {
			return fmt.Errorf("count accounts: %w", err)
		}
		if accounts > 0 {
			return ErrNotEmpty
		}
		for _, c := range []company{base, tickets} {
			if err := w.write(tx, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// A writer makes rows and counts them.
type writer struct {
	done, total int
	progress    func(done, total int)
}

func (w *writer) write(tx *gorm.DB, c company) error {
	if err := create(w, tx, "accounts", c.accounts); err != nil {
		return err
	}
	if err := create(w, tx, "people", c.people); err != nil {
		return err
	}
	if err := create(w, tx, "aliases", c.aliases); err != nil {
		return err
	}
	if err := create(w, tx, "messages", c.messages); err != nil {
		return err
	}
	return create(w, tx, "invoices", c.invoices)
}

func create[T any](w *writer, tx *gorm.DB, table string, rows []T) error {
	for len(rows) > 0 {
		n := min(batch, len(rows))
		if err := tx.Create(rows[:n]).Error; err != nil {
			return fmt.Errorf("make %s: %w", table, err)
		}
		rows = rows[n:]
		w.tell(n)
	}
	return nil
}

func (w *writer) tell(n int) {
	w.done += n
	if w.progress != nil {
		w.progress(w.done, w.total)
	}
}
