package broker

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
	"github.com/vouchsafe/vouchsafe/cmd/demo"
	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/crypto/cryptotest"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/console"
	"github.com/vouchsafe/vouchsafe/shell/policy"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

const (
	justification = "https://oncall.example/cards/1480"
	consentOf42   = "https://consents.example/people/42/7"
	consentOf43   = "https://consents.example/people/43/1"
)

// secrets are the plaintexts of the small company, and whose they are.
var secrets = map[string]crypto.Subject{
	"Dana Reyes": "people/42", "dana.reyes@fjord.example": "people/42", "+47 5550 0042": "people/42",
	"Emil Brandt": "people/43", "emil@fjord.example": "people/43",
	"dana@alias.example": "people/42",
	"The invoice again":  "people/42", "Where is it? Dana": "people/42", "sender@vendor.example": "people/42",
	"Holidays of Emil": "people/43", "Away until Monday": "people/43",
}

// house is a server for one test: a small company, a record that can break, and a way to start workers.
type house struct {
	*audittest.Harness
	broker  *Broker
	keyring *crypto.Keyring
	keys    *cryptotest.Store
	path    string  // of the company's database
	app     *sql.DB // the company's own connection
	clock   *clock

	mu      sync.Mutex
	starts  int      // workers started
	session *Session // the last that was opened
	staff            // the fake workers
}

// clock is the broker's Now.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func testPolicy(t testing.TB) policy.Policy {
	t.Helper()
	p, err := policy.Parse(map[string]any{
		"links": map[string]any{
			"justification": []any{"https://oncall.example/cards/*"},
			"consent":       []any{"https://consents.example/{subject}/*"},
		},
		"write": true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fakeHouse is a house whose workers are scripts.
func fakeHouse(t testing.TB, change ...func(*Config)) *house {
	t.Helper()
	h := &house{staff: staff{scripts: make(chan func(*fake), 8)}}
	h.build(t, func(ctx context.Context, role string) (*Process, error) { return startFake(t, &h.staff) }, change...)
	return h
}

// realHouse is a house whose workers are the real binary's.
func realHouse(t testing.TB, change ...func(*Config)) *house {
	t.Helper()
	h := &house{}
	h.build(t, startReal(t), change...)
	return h
}

func (h *house) build(t testing.TB, start Start, change ...func(*Config)) {
	t.Helper()
	h.Harness = audittest.New(t)
	h.keys = cryptotest.NewStore()
	h.keyring = cryptotest.KeyringOn(t, h.keys)
	h.path = filepath.Join(h.Dir, "app.db")
	h.clock = &clock{now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	makeCompany(t, h.path, h.keyring)
	var err error
	if h.app, err = sql.Open("sqlite", "file:"+h.path+"?_pragma=busy_timeout(5000)"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.app.Close() })
	schema, err := shell.Describe(demo.App)
	if err != nil {
		t.Fatal(err)
	}
	config := Config{
		Log: h.Log, Keyring: h.keyring, Policy: testPolicy(t), Schema: schema, Build: "b1", Host: "localhost", Worker: "w1", Embedded: true,
		Now: h.clock.Now,
		Render: func(v *wire.Value) (string, int) {
			text, cut := console.Text(v, 4096)
			if cut {
				return text, 1
			}
			return text, 0
		},
	}
	config.Start = func(ctx context.Context, role string) (*Process, error) {
		h.mu.Lock()
		h.starts++
		h.mu.Unlock()
		p, err := start(ctx, role)
		if err == nil {
			p.Statements = &tap{Conn: p.Statements, passes: func(b []byte) { h.noPlaintextUnrecorded(t, b) }}
		}
		return p, err
	}
	for _, c := range change {
		c(&config)
	}
	config.Target = func(ctx context.Context) (Target, error) { return OpenSQLite(ctx, h.path, config.Policy.Limits.Bytes) }
	if h.broker, err = New(config); err != nil {
		t.Fatal(err)
	}
}

// limits changes a house's limits.
func limits(change func(*policy.Limits)) func(*Config) {
	return func(c *Config) { change(&c.Policy.Limits) }
}

// makeCompany makes a few rows of the demo's models.
func makeCompany(t testing.TB, path string, keyring *crypto.Keyring) {
	t.Helper()
	pool, err := sql.Open("sqlite", "file:"+path+"?_time_format=sqlite&_pragma=journal_mode(wal)&_pragma=synchronous(off)")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	db, err := gorm.Open(sqlite.Dialector{DriverName: "sqlite", Conn: pool}, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Use(crypto.NewPlugin(keyring)); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC)
	alias := int64(7)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(db.Transaction(func(tx *gorm.DB) error {
		if err := tx.AutoMigrate(&demo.Account{}, &demo.Person{}, &demo.Alias{}, &demo.Message{}, &demo.Invoice{}); err != nil {
			return err
		}
		accounts := make([]demo.Account, 6)
		for i := range accounts {
			accounts[i] = demo.Account{ID: int64(i + 1), Name: fmt.Sprintf("Account %d", i+1), Plan: "pro", State: "active", Region: "eu", Seats: i}
		}
		invoices := make([]demo.Invoice, 10)
		for i := range invoices {
			invoices[i] = demo.Invoice{ID: int64(i + 1), AccountID: 1, Number: fmt.Sprintf("INV-%d", i+1), Period: "2026-10", AmountCents: 1000, Currency: "EUR", Status: "open", CreatedAt: at}
		}
		for _, rows := range []any{
			accounts,
			[]demo.Person{
				{ID: 42, AccountID: 1, Name: crypto.Seal("Dana Reyes"), Email: crypto.Seal("dana.reyes@fjord.example"), Phone: crypto.Seal("+47 5550 0042"), Role: "owner", State: "active", CreatedAt: at},
				{ID: 43, AccountID: 1, Name: crypto.Seal("Emil Brandt"), Email: crypto.Seal("emil@fjord.example"), Role: "member", State: "active", CreatedAt: at},
			},
			[]demo.Alias{{ID: 7, PersonID: 42, Address: crypto.Seal("dana@alias.example"), State: "active", CreatedAt: at}},
			[]demo.Message{
				{ID: 980, PersonID: 42, AliasID: &alias, Direction: "in", Sender: crypto.Seal("sender@vendor.example"), Subject: crypto.Seal("The invoice again"), Body: crypto.Seal("Where is it? Dana"), Status: "sent", CreatedAt: at},
				{ID: 981, PersonID: 43, Direction: "out", Sender: crypto.Seal("emil@fjord.example"), Subject: crypto.Seal("Holidays of Emil"), Body: crypto.Seal("Away until Monday"), Status: "sent", CreatedAt: at},
			},
			invoices,
		} {
			if err := tx.Create(rows).Error; err != nil {
				return err
			}
		}
		return nil
	}))
}

// tap shows what the broker sends to a worker before it goes.
type tap struct {
	net.Conn
	passes func([]byte)
}

func (c *tap) Write(b []byte) (int, error) {
	c.passes(b)
	return c.Conn.Write(b)
}

// noPlaintextUnrecorded looks at what is about to enter a worker: a plaintext may only if its disclosure is on record.
func (h *house) noPlaintextUnrecorded(t testing.TB, b []byte) {
	for plain, subject := range secrets {
		if !bytes.Contains(b, []byte(plain)) {
			continue
		}
		s, err := h.Reader().Session(context.Background(), h.session.ID)
		if err != nil {
			t.Errorf("%q enters the worker, and the record cannot be read: %v", plain, err)
			return
		}
		if len(s.Commands) == 0 || !slices.ContainsFunc(s.Commands[len(s.Commands)-1].Disclosures, func(v audit.Value) bool { return v.Subject == string(subject) }) {
			t.Errorf("%q enters the worker, and no disclosure of %s is on record", plain, subject)
		}
	}
}

// open opens a session. It is closed when the test ends.
func (h *house) open(t testing.TB, change ...func(*Opening)) *Session {
	t.Helper()
	s, err := h.tryOpen(t, change...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *house) tryOpen(t testing.TB, change ...func(*Opening)) (*Session, error) {
	t.Helper()
	o := Opening{Engineer: "engineer", Justification: justification}
	for _, c := range change {
		c(&o)
	}
	s, err := h.broker.Open(t.Context(), o)
	if err != nil {
		return nil, err
	}
	h.session = s
	t.Cleanup(s.drop)
	return s, nil
}

func writing(o *Opening) { o.Write = true }

func sandboxed(o *Opening) { o.Write, o.Sandbox = true, true }

func expecting(n int64) func(*Opening) {
	return func(o *Opening) { o.Write, o.Expect = true, &n }
}

func consenting(url string, scopes ...string) func(*Opening) {
	return func(o *Opening) { o.Consent, o.Scopes = url, scopes }
}

// run runs one command whose worker does what script says.
func (h *house) run(t testing.TB, s *Session, script func(*fake)) Result {
	t.Helper()
	h.scripts <- script
	return s.Run(t.Context(), "typed")
}

// ok runs a command that has to succeed.
func (h *house) ok(t testing.TB, s *Session, script func(*fake)) Result {
	t.Helper()
	r := h.run(t, s, script)
	if r.Status != StatusOK {
		t.Fatalf("command %d: %s: %v", r.Command, r.Status, r.Err)
	}
	return r
}

// onRecord is a session as an auditor sees it, after the whole record was verified.
func (h *house) onRecord(t testing.TB, s *Session) audit.Session {
	t.Helper()
	h.CheckLog(t)
	got, err := h.Reader().Session(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// command is a command as an auditor sees it.
func (h *house) command(t testing.TB, s *Session, n int) audit.Command {
	t.Helper()
	got := h.onRecord(t, s)
	if len(got.Commands) < n {
		t.Fatalf("there are %d commands on record, not %d", len(got.Commands), n)
	}
	return got.Commands[n-1]
}

// count asks the company's database, past the broker.
func (h *house) count(t testing.TB, query string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := h.app.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// change changes the company's database, past the broker.
func (h *house) change(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := h.app.Exec(statement, args...); err != nil {
		t.Fatal(err)
	}
}

// envelope is what stands in a sealed column.
func (h *house) envelope(t testing.TB, table, column string, id int) []byte {
	t.Helper()
	var b []byte
	if err := h.app.QueryRow(fmt.Sprintf("select %s from %s where id = ?", column, table), id).Scan(&b); err != nil {
		t.Fatal(err)
	}
	return b
}

func wantRefusal(t testing.TB, err error, rule string) {
	t.Helper()
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Rule != rule {
		t.Errorf("want a refusal by %s, got %v", rule, err)
	}
}

// replacements are the reasons for which workers were replaced, as an auditor sees them.
func (h *house) replacements(t testing.TB, s *Session) []string {
	t.Helper()
	var reasons []string
	for _, c := range h.onRecord(t, s).Commands {
		for _, r := range c.Replaced {
			reasons = append(reasons, r.Reason)
		}
	}
	return reasons
}
