package worker

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/cmd/demo"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// desk is a session of the demo whose database answers nothing: whatever is asked of it fails the test.
type desk struct {
	*worker
	t       testing.TB
	command int
}

func newDesk(t testing.TB) *desk { return newDeskOf(t, demo.App) }

func newDeskOf(t testing.TB, app shell.App) *desk {
	t.Helper()
	app.Topics = func() ([]shell.Topic, error) {
		return []shell.Topic{{Name: "tickets", Title: "what customers complain of", Text: "…"}}, nil
	}
	ours, theirs := net.Pipe()
	conn, err := wire.NewConn(ours, wire.MaxResponse)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b := make([]byte, 1)
		if _, err := theirs.Read(b); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the database was asked: %v", err)
		}
		theirs.Close()
	}()
	t.Cleanup(func() {
		ours.Close()
		<-ended
	})
	g := &gate{conn: conn}
	g.open(wire.Nonce{1}) // so that a question would be sent, and seen
	w, err := newWorker(app, wire.Hello{Version: wire.Version, Dialect: "sqlite", Server: "3.45.0"}, g, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{worker: w, t: t}
}

// types types a command that needs no database.
func (d *desk) types(source string) *wire.Value {
	d.t.Helper()
	d.command++
	value, failure, _ := d.interpreter.Eval(context.Background(), d.command, source)
	if failure != nil {
		d.t.Fatalf("%s: %s", source, failure.Message)
	}
	return value
}

// complete asks at the |.
func (d *desk) complete(marked string) *wire.Completed {
	d.t.Helper()
	before, after, ok := strings.Cut(marked, "|")
	if !ok {
		d.t.Fatalf("%s has no cursor", marked)
	}
	return d.completer.Complete(wire.Complete{ID: 7, Source: before + after, Cursor: len(before)})
}

func texts(c *wire.Completed) []string {
	all := make([]string, len(c.Candidates))
	for n, candidate := range c.Candidates {
		all[n] = candidate.Text
	}
	return all
}

func detail(c *wire.Completed, text string) string {
	for _, candidate := range c.Candidates {
		if candidate.Text == text {
			return candidate.Detail
		}
	}
	return ""
}

// goesOn is a text with a cursor, and what completion says to it.
type goesOn struct {
	typed string
	want  string // the candidates: all of them, or with … behind it the first, or between …s some; - for none
	sign  string // the signature
}

func TestWhatIsTypedGoesOn(t *testing.T) {
	for name, cases := range map[string][]goesOn{
		"names": {
			{`Peo|`, `People`, ``}, {`peo|`, `People`, ``}, {`|`, `… customer … count … People … db … strings … .help …`, ``}, {`cou|`, `count`, ``}, {`custo|`, `customer customers`, ``},
			{`stri|`, `strings string`, ``}, {`ti|`, `time`, ``}, {`le|`, `len`, ``}, {`Mess|`, `Messages Message`, ``}, {`tr|`, `true`, ``}, {`fo|`, `for`, ``}, {`db|`, `db`, ``}, {`Tab|`, `Table`, ``},
			{`x := 1; func() { local := 2; lo|`, `local`, ``}, {`func f(person Person, n int) { pe|`, `person`, ``}, {`func f(person Person) error { for i, each := range []int{1} { ea|`, `each`, ``},
			{`later := 1; { inner := 2 }; inn|`, `-`, ``}, {`first := 1; second := fi|`, `first`, ``}, {`mine := mi|`, `min`, ``}, {`func walk(n int) int { return wa|`, `walk`, ``}, {`func walk() {}; wa|`, `walk`, ``},
			{`type Note struct{}; func f(n No|`, `Note`, ``}, {`var p Per|`, `Person`, ``}, {`var p str|`, `strconv strings string struct`, ``}, {`func f() { ret|`, `return`, ``}, {`ret|`, `-`, ``}, {`for _, p := ra|`, `rand range`, ``},
			{`if count > 1 { fmt.Print() } el|`, `else`, ``}, {`for { bre|`, `break`, ``}, {`42|`, `-`, ``}, {`// Peo|`, `-`, ``}, {`/* Peo|`, `-`, ``}, {`'P|`, `-`, ``}, {`x := "a"; Peo|`, `People`, ``}, {`go fun|`, `func`, ``}, {`Note|`, `-`, ``}, {`hid|`, `-`, ``},
		},
		"members": {
			{`customer.Em|`, `Email EmailIndex EmailBouncedAt`, ``}, {`customer.em|`, `Email EmailIndex EmailBouncedAt`, ``}, {`customer.|`, `ID AccountID Name Email …`, ``},
			{`customer.Email.|`, `Open Present Len Domain DomainIs Is Same Null Reference String Prefix Traits`, ``}, {`customer.Email.Gob|`, `GobDecode GobEncode`, ``}, {`customer.Email.Do|`, `Domain DomainIs`, ``},
			{`People.|`, `Find Where By … Save Create`, ``}, {`People.Fi|`, `Find First`, ``}, {`People.Where("state = ?", "invited").Or|`, `Order`, ``}, {`People.Where("a").Order("b").Limit(5).A|`, `All`, ``},
			{`People.Find(42).|`, `ID AccountID Name …`, ``}, {`People.Find(42).Email.Open|`, `Open`, ``}, {`customers[0].Na|`, `Name`, ``}, {`pick(customer).Ph|`, `Phone PhoneIndex`, ``}, {`byName["a"].Na|`, `Name`, ``}, {`(&customer).Na|`, `Name`, ``}, {`(*(&customer)).Na|`, `Name`, ``},
			{`People.All()[0].Sta|`, `State`, ``}, {"People.\n\tWhere(\"a\").\n\tCo|", `Count`, ``}, {`strings.To|`, `ToLower ToLowerSpecial ToTitle ToTitleSpecial ToUpper ToUpperSpecial ToValidUTF8`, ``}, {`time.Now().Unix|`, `Unix UnixMicro UnixMilli UnixNano`, ``}, {`time.Sec|`, `Second`, ``},
			{`for _, p := range People.All() { fmt.Println(p.Em|`, `Email EmailIndex EmailBouncedAt`, `fmt.Println(‹...any›) (int, error)`}, {`for _, p := range People.All() { if p.Sta|`, `State`, ``}, {`People.Each(func(p Person) bool { return p.Sta|`, `State`, ``}, {`if p, err := People.Lookup(42); err == nil && p.Ro|`, `Role`, ``},
			{`switch m := any(customer).(type) { case Person: m.Na|`, `Name`, ``}, {`switch customer.Sta|`, `State`, ``}, {`for i := 0; i < customer.Acc|`, `AccountID`, ``}, {`defer customer.Email.Op|`, `Open`, ``}, {`go func() { customer.Na|`, `Name`, ``}, {`x := customer; x.Na|`, `Name`, ``}, {`x := 1; x := customer; x.Na|`, `Name`, ``},
			{`func each(p Person) string { return p.Ro|`, `Role`, ``}, {`type Pair struct { Person; n int }; var x Pair; x.Na|`, `Name`, ``}, {`type Pair struct { Person; n int }; Pair{}.n|`, `n`, ``}, {`box{}.Na|`, `Name`, ``}, {`box{}.|`, `Person note ID AccountID …`, ``}, {`func (b box) Say() string { return b.no|`, `note`, ``},
			{`func (b *box) Fix() { b.Person.Ema|`, `Email EmailIndex EmailBouncedAt`, ``}, {`type T struct{ a int }; func (t T) Double() int { return 2 * t.a }; T{}.Do|`, `Double`, ``}, {`undefinedThing(customer.Na|`, `Name`, ``}, {`a, b := customer.Na|`, `Name`, ``}, {`m := map[string]Person{"a": customer}; m["a"].Na|`, `Name`, ``},
			{`customer.Email.Open().|`, `-`, ``}, {`nothing.|`, `-`, ``}, {`1.|`, `-`, ``}, {`People.Save(&customer).Err|`, `Error`, ``}, {`db.Whe|`, `Where`, ``}, {`crypto.|`, `Bytes Eq Equal Seal String`, ``}, {`time.Now().Sub(customer.Crea|`, `CreatedAt`, `Sub(‹time.Time›) time.Duration`}, {`Table("people").Fi|`, `Find`, ``},
			{`Table("people").All()[0].|`, `Columns Values Get`, ``}, {`select { case <-time.Aft|`, `After AfterFunc`, ``}, {`_.Na|`, `-`, ``}, {`for p := customer.Na|`, `Name`, ``}, {`for i := 0; i < 3; customer.Na|`, `Name`, ``}, {`slices.Sort|`, `Sort SortFunc SortStableFunc Sorted SortedFunc SortedStableFunc`, ``}, {`Person.|`, `-`, ``}, {`func Map[T any](xs []T) T { return xs[0] }; Map([]Person{}).Na|`, `Name`, ``},
		},
		"keys of literals": {
			{`Person{Ph|`, `Phone PhoneIndex`, ``}, {`Person{State: "active", Sta|`, `-`, ``}, {`Person{State: "active", Ro|: 1}`, `Role`, ``}, {`&Person{Na|`, `Name`, ``}, {`[]Person{{Na|`, `Name`, ``}, {`Person{Name: cust|`, `customer customers`, ``}, {`box{no|`, `note`, ``}, {`map[string]int{cou|`, `count`, ``}, {`People.Create(&Person{Na|`, `Name`, `Create(‹row *Person›) *gorm.DB`},
		},
		"texts": {
			{`People.Where("sta|`, `state`, `Where(‹query any›, args ...any) *Query[Person]`}, {`People.Where("state = ? and ro|`, `role`, `Where(‹query any›, args ...any) *Query[Person]`}, {`People.Where("role = 'admin' or sta|`, `state`, `*`}, {`People.Where("role = 'sta|`, `-`, `*`}, {`People.Where("people.ro|`, `role`, `*`}, {`People.Where("state |`, `and or is not null in like between asc desc`, `*`},
			{`People.Where("state = ?", "sta|`, `-`, `Where(query any, ‹args ...any›) *Query[Person]`}, {`People.Order("|`, `id account_id role … name email phone not`, `Order(‹by string›) *Query[Person]`}, {`People.Order("id d|`, `desc`, `*`}, {`Accounts.Where("pl|`, `plan`, `*`}, {"Accounts.Where(`pl|", `plan`, `*`}, {`People.Where("a").Not("lo|`, `locale`, `*`},
			{`Table("|`, `accounts people aliases messages invoices`, `Table(‹name string›) *Rows`}, {`Table("accounts").Where("pl|`, `plan`, `*`}, {`Table("accounts").Order("id").Where("pl|`, `plan`, `*`}, {`db.Table("acc|`, `accounts`, `*`}, {`db.Model(&Account{}).Where("pl|`, `plan`, `*`}, {`db.Model(&Account{}).Select("id, pl|`, `plan`, `*`}, {`db.Model(&Account{}).Group("pl|`, `plan`, `*`},
			{`crypto.Eq("|`, `people.email people.phone aliases.address`, `crypto.Eq(‹column crypto.Column›, text string) crypto.Equal`}, {`People.By(crypto.Eq("people.em|`, `people.email`, `*`}, {`People.Preload("|`, `-`, `*`}, {`fmt.Print("sta|`, `-`, `*`}, {`People.Where(map[string]any{"sta|`, `state`, `*`}, {`Table("people").Find(1).Get("ro|`, `role`, `Get(‹column string›) any`},
			{`db.Raw("select pl| from accounts")`, `plan`, `*`}, {`x := "People.|`, `-`, ``},
		},
		"dot commands": {
			{`.he|`, `.help`, ``}, {`.|`, `.help .schema .facts .sql .write .readonly .decrypt .encrypt .history .edit .time .whoami .exit`, ``}, {`.schema pe|`, `people`, `.schema [TABLE]`}, {`.schema |`, `accounts people aliases messages invoices`, `*`}, {`.help ti|`, `tickets time`, `.help [TOPIC]`}, {`.help .ti|`, `.time`, `*`}, {`.facts |`, `people aliases messages`, `.facts [TABLE]`},
			{`.decrypt https://a.example/1 pe|`, `people/`, `.decrypt [LINK [SCOPE…]]`}, {`.decrypt https://a.example/1 people/42:e|`, `people/42:email`, `*`}, {`decr|`, `decrypt!`, ``}, {`decrypt! https://a.example/1 pe|`, `people/`, `*`}, {`.nothing pe|`, `-`, ``}, {`.exit |`, `-`, `.exit`}, {`  .sch|`, `.schema`, ``},
			{`.sql select pl| from accounts`, `plan`, `.sql STATEMENT`}, {`.sql select |em from people`, `id account_id role … `, `*`}, {`.sql select id from acc|`, `accounts`, `*`}, {`.sql select id from accounts where pl|`, `plan`, `*`}, {`.sql select a.pl| from accounts a`, `plan`, `*`}, {`.sql sel|`, `select`, `*`}, {`.sql select id from accounts, peo|`, `people`, `*`},
		},
		"signatures": {
			{`People.Find(|`, `…`, `Find(‹key any›, more ...any) Person`}, {`People.Find(42|)`, `-`, `Find(‹key any›, more ...any) Person`}, {`People.Find(42, |`, `…`, `Find(key any, ‹more ...any›) Person`}, {`People.Where("a", 1, 2, |`, `…`, `Where(query any, ‹args ...any›) *Query[Person]`}, {`pick(|`, `…`, `pick(‹p Person›) Person`}, {`add(1, |`, `…`, `add(a int, ‹b int›) int`},
			{`strings.Cut("a", |`, `…`, `strings.Cut(string, ‹string›) (string, string, bool)`}, {`append(customers, |`, `…`, `append(s []T, ‹values ...T›) []T`}, {`customer.Email.Prefix(|`, `…`, `Prefix(‹n int›) (string, error)`}, {`People.Each(func(p Person) bool { |`, `…`, ``}, {`People.Each(|`, `…`, `Each(‹visit func(Person) bool›)`}, {`fmt.Println(add(1, 2), |`, `…`, `fmt.Println(‹...any›) (int, error)`},
			{`int64(|`, `…`, ``}, {`(|`, `…`, ``}, {`crypto.Seal(|`, `…`, `crypto.Seal(‹text string›) crypto.String`}, {`func(a, b int) {}(1, |`, `…`, `func(a int, ‹b int›)`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			for _, source := range []string{`count := 3`, `customers := []Person{}`, `customer := Person{}`, `byName := map[string]Person{}`, `func pick(p Person) Person { return p }`, `func add(a, b int) int { return a + b }`, `type box struct { Person; note string }`} {
				d.types(source)
			}
			for _, c := range cases {
				got := d.complete(c.typed)
				if !matches(texts(got), c.want) {
					t.Errorf("%s\n got %v\nwant %s", c.typed, texts(got), c.want)
				}
				if c.sign != "*" && got.Signature != c.sign {
					t.Errorf("%s\n got %s\nwant %s", c.typed, got.Signature, c.sign)
				}
			}
		})
	}
}

// matches compares candidates with what a table says of them: each … stands for any number of others.
func matches(got []string, want string) bool {
	if want == "-" {
		return len(got) == 0
	}
	open := false
	for _, w := range strings.Fields(want) {
		if w == "…" {
			open = true
			continue
		}
		at := slices.Index(got, w)
		if at < 0 || at > 0 && !open {
			return false
		}
		got, open = got[at+1:], false
	}
	return open || len(got) == 0
}
