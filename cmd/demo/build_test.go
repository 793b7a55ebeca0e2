package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/crypto/cryptotest"
)

// open is an empty database with crypto's plugin, and its file.
func open(t testing.TB) (*gorm.DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.db")
	db, err := gorm.Open(sqlite.Dialector{DriverName: "sqlite", DSN: path}, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Use(crypto.NewPlugin(cryptotest.Keyring(t))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		pool, err := db.DB()
		if err == nil {
			err = pool.Close()
		}
		if err != nil {
			t.Error(err)
		}
	})
	return db, path
}

func TestTheCompanyIsBuilt(t *testing.T) {
	db, path := open(t)
	now := time.Date(2026, 11, 20, 18, 30, 15, 987654321, time.FixedZone("CET", 3600))
	var told [][2]int
	start := time.Now()
	if err := Build(t.Context(), db, now, func(done, total int) { told = append(told, [2]int{done, total}) }); err != nil {
		t.Fatal(err)
	}
	t.Logf("built in %s", time.Since(start).Round(time.Millisecond))
	now = now.UTC().Truncate(time.Second)
	f, err := readTickets(ticketsYAML)
	if err != nil {
		t.Fatal(err)
	}
	tickets, err := f.rows(now)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("with as many rows as were promised", func(t *testing.T) {
		all := 0
		for table, want := range map[string]struct{ tickets, base int }{
			"accounts": {len(tickets.accounts), 1000}, "people": {len(tickets.people), 5000}, "aliases": {len(tickets.aliases), 2500},
			"messages": {len(tickets.messages), 20_000}, "invoices": {len(tickets.invoices), 6000},
		} {
			var n int64
			if err := db.Table(table).Count(&n).Error; err != nil {
				t.Fatal(err)
			}
			if int(n) < want.tickets+want.base {
				t.Errorf("%d %s besides the tickets'", int(n)-want.tickets, table)
			}
			all += int(n)
		}
		if last := told[len(told)-1]; last[0] != all || last[1] != all {
			t.Errorf("told of %v rows in the end; there are %d", last, all)
		}
		for i := 1; i < len(told); i++ {
			if told[i][0] < told[i-1][0] || told[i][1] != all {
				t.Errorf("told of %v rows, then of %v", told[i-1], told[i])
			}
		}
		var first int64
		if err := db.Model(&Person{}).Where("id between 1 and 3000").Count(&first).Error; err != nil || first != 3000 {
			t.Errorf("%d of the people 1 to 3000 are there: %v", first, err)
		}
	})
	t.Run("with the tickets' rows as they are written", func(t *testing.T) {
		same(t, db, tickets.accounts, func(r Account) int64 { return r.ID })
		same(t, db, tickets.people, func(r Person) int64 { return r.ID })
		same(t, db, tickets.aliases, func(r Alias) int64 { return r.ID })
		same(t, db, tickets.messages, func(r Message) int64 { return r.ID })
		same(t, db, tickets.invoices, func(r Invoice) int64 { return r.ID })
	})
	t.Run("with nulls where nothing was said", func(t *testing.T) {
		for table, where := range map[string]string{
			"accounts": "id between 301 and 321 and created_at is null and (sso_domain is null) = (id <> 309)",
			"people":   "id in (select id from people where account_id between 301 and 321) and updated_at is null and account_id between 301 and 321",
		} {
			var n int64
			if err := db.Table(table).Where(where).Count(&n).Error; err != nil || n != map[string]int64{"accounts": 21, "people": 65}[table] {
				t.Errorf("%d %s: %v", n, table, err)
			}
		}
		var phones, bodies int64
		db.Table("people").Where("id between 3365 and 3371 and phone is null and phone_index is null").Count(&phones)
		db.Table("messages").Where("id between 13200 and 13213 and body is not null").Count(&bodies)
		if phones != 7 || bodies != 14 {
			t.Errorf("%d of 7 telephone numbers are null; %d of 14 empty bodies are not", phones, bodies)
		}
	})
	t.Run("with what the customers complain of", func(t *testing.T) {
		opened(t, db, "OC-02", &Person{}, 3080, "maria.lopez@arbol.example ", func(p *Person) crypto.String { return p.Email })
		opened(t, db, "OC-05", &Person{}, 3200, "zoe\u0308.brandt@lumen.example", func(p *Person) crypto.String { return p.Email })
		opened(t, db, "OC-13", &Person{}, 3527, "+436601234507", func(p *Person) crypto.String { return p.Name })
		opened(t, db, "OC-14", &Alias{}, 2140, "hello@birch.example", func(a *Alias) crypto.String { return a.Address })
		opened(t, db, "OC-15", &Message{}, 13500, "R\u00c3\u00bcckfrage zum Angebot", func(m *Message) crypto.String { return m.Subject })
		opened(t, db, "OC-16", &Message{}, 13600, "<html><!-- start <p>"+lorem(5200), func(m *Message) crypto.String { return m.Body })
		opened(t, db, "OC-18", &Person{}, 3720, "\u202eAmin Cican", func(p *Person) crypto.String { return p.Name })
		opened(t, db, "OC-19", &Message{}, 13900, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;TZID=Customised Time Zone:20261203T090000\nSUMMARY:Check-up\nEND:VEVENT\nEND:VCALENDAR", func(m *Message) crypto.String { return m.Body })
		opened(t, db, "OC-04", &Message{}, 12404, lorem(65535), func(m *Message) crypto.String { return m.Body })
		opened(t, db, "OC-03", &Message{}, 12308, "Booking 08", func(m *Message) crypto.String { return m.Subject })
	})
	t.Run("with invented addresses only", func(t *testing.T) {
		var people []Person
		if err := db.Find(&people).Error; err != nil {
			t.Fatal(err)
		}
		seen := map[string]int64{}
		for _, p := range people {
			email, err := p.Email.Open()
			if err != nil {
				t.Fatalf("person %d: %v", p.ID, err)
			}
			local, domain, _ := strings.Cut(strings.TrimSpace(email), "@")
			if local == "" || !strings.HasSuffix(domain, ".example") {
				t.Errorf("person %d has the address %q", p.ID, email)
			}
			if p.AccountID < 301 || p.AccountID > 321 {
				if i := strings.IndexFunc(email, func(r rune) bool { return r <= ' ' || r > '~' }); i >= 0 {
					t.Errorf("person %d has the address %q", p.ID, email)
				}
				if other, ok := seen[strings.ToLower(email)]; ok {
					t.Errorf("people %d and %d have one address", other, p.ID)
				}
			}
			seen[strings.ToLower(email)] = p.ID
		}
	})
	t.Run("with nothing in plain sight that is sealed", func(t *testing.T) {
		var texts []byte
		for _, name := range []string{path, path + "-wal"} {
			b, err := os.ReadFile(name)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			texts = append(texts, b...)
		}
		if !bytes.Contains(texts, []byte("Studio Kestrel")) {
			t.Fatal("the file does not hold what is not sealed: this test sees nothing")
		}
		for _, secret := range []string{"Halloran", "halloran", "Lorem ipsum", "+3538712345", "Thank you for your message", "Felix Sch", "felix.sch", "@gmail.example"} {
			if bytes.Contains(texts, []byte(secret)) {
				t.Errorf("the file holds %q", secret)
			}
		}
	})
	t.Run("once", func(t *testing.T) {
		if err := Build(t.Context(), db, now, nil); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("a second time: %v", err)
		}
	})
}

// same reads the rows by their ids and compares them, sealed values by what they hold.
func same[T any](t *testing.T, db *gorm.DB, want []T, id func(T) int64) {
	t.Helper()
	ids := make([]int64, len(want))
	for i := range want {
		ids[i] = id(want[i])
	}
	var got []T
	if err := db.Where("id in ?", ids).Find(&got).Error; err != nil {
		t.Fatal(err)
	}
	byID := map[int64]T{}
	for _, row := range got {
		byID[id(row)] = row
	}
	text := func(s crypto.String) string {
		if s.Null() {
			return "NULL"
		}
		plain, err := s.Open()
		if err != nil {
			t.Errorf("%v: %v", s, err)
		}
		return fmt.Sprintf("%q", plain)
	}
	for _, row := range want {
		if diff := cmp.Diff(row, byID[id(row)], cmp.Transformer("Open", text), cmpopts.IgnoreFields(*new(T), indexFields(row)...)); diff != "" {
			t.Errorf("%T %d: %s", row, id(row), diff)
		}
	}
}

func indexFields(row any) []string {
	switch row.(type) {
	case Person:
		return []string{"EmailIndex", "PhoneIndex"}
	case Alias:
		return []string{"AddressIndex"}
	}
	return nil
}

func opened[T any](t *testing.T, db *gorm.DB, ticket string, row *T, id int64, want string, value func(*T) crypto.String) {
	t.Helper()
	if err := db.First(row, id).Error; err != nil {
		t.Fatalf("%s: %v", ticket, err)
	}
	if got, err := value(row).Open(); got != want || err != nil {
		t.Errorf("%s: %.60q, %v", ticket, got, err)
	}
}

func TestACancelledBuildLeavesNothing(t *testing.T) {
	db, _ := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := Build(ctx, db, time.Now(), func(done, total int) {
		if done > total/10 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the cancelled build says %v", err)
	}
	tables, err := db.Migrator().GetTables()
	if err != nil || len(tables) > 0 {
		t.Errorf("the cancelled build left %v, %v", tables, err)
	}
}

func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		db, _ := open(b)
		if err := Build(b.Context(), db, time.Now(), nil); err != nil {
			b.Fatal(err)
		}
	}
}
