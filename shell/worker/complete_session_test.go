package worker

import (
	"bytes"
	"fmt"
	"go/token"
	"go/types"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vouchsafe/vouchsafe/cmd/demo"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func TestCompletionAsksTheDatabaseNothing(t *testing.T) {
	d := newDesk(t) // its database fails the test when it is asked
	for _, typed := range []string{`People.Find(42).Em|`, `People.Find(42).Email.Op|`, `People.All()[0].Na|`, `p := People.Find(42); p.Na|`, `.sql select em| from people`, `People.Where("em|`, `People.By(crypto.Eq("people.email", "dana@fjord.example")).First().Na|`} {
		if got := d.complete(typed); len(got.Candidates) == 0 {
			t.Errorf("%s goes on with nothing", typed)
		}
	}
}

func TestCompletionLeavesTheSessionAsItWas(t *testing.T) {
	d := newDesk(t)
	d.types(`type note struct{ n int }`)
	d.types(`x := 1`)
	scope := &d.interpreter.scope
	names, made, lost, kinds, last := maps.Clone(scope.names), scope.made, maps.Clone(scope.lost), maps.Clone(scope.types), d.gate.last
	main := d.interpreter.library.pkg("main").Scope().Names()
	files := maps.Clone(d.interpreter.sources.files)
	for _, typed := range []string{
		`x := "a"; x.|`, `y := 2; y|`, `func f() int { return x|`, `type T struct{ a int }; T{}.|`, `func (n note) Twice() int { return n.|`, `func (n *note) Twice() int { return 2 }; note{}.Tw|`,
		`import "strings"; strings.|`, `const c = 3; c|`, `undefinedThing.|`, `People = nil; Peo|`, `func Map[T any](xs []T) T { return xs[0] }; Map([]note{}).|`,
	} {
		d.complete(typed)
	}
	if !maps.Equal(scope.names, names) || scope.made != made || !maps.Equal(scope.lost, lost) || !maps.Equal(scope.types, kinds) || d.gate.last != last {
		t.Error("names, counters or questions changed")
	}
	if !slices.Equal(d.interpreter.library.pkg("main").Scope().Names(), main) || !maps.Equal(d.interpreter.sources.files, files) {
		t.Error("what the checker knows changed")
	}
	if got := d.types(`x + 1`); got.Int != 2 {
		t.Errorf("x + 1 is %d", got.Int)
	}
	d.types(`func (n note) Twice() int { return 2 * n.n }`) // that no completion has defined
	d.types(`type T struct{ b int }`)
	if got := d.types(`note{3}.Twice()`); got.Int != 6 {
		t.Errorf("Twice is %d", got.Int)
	}
	if _, failure, _ := d.interpreter.Eval(t.Context(), 99, `y`); failure == nil || failure.Message != "undefined: y" {
		t.Errorf("y is %v", failure)
	}
}

func TestASessionsOwnNamesStandFirst(t *testing.T) {
	d := newDesk(t)
	d.types(`parties := 1`)
	d.types(`people := 2`)
	if got := texts(d.complete(`p|`)); len(got) < 3 || got[0] != "people" || got[1] != "parties" {
		t.Errorf("got %v", got)
	}
}

func TestTheLastValueGoesOn(t *testing.T) {
	d := newDesk(t)
	i := d.interpreter
	i.scope.names["_"] = binding{object: types.NewVar(token.NoPos, i.library.pkg("main"), "_", d.personType())}
	for typed, want := range map[string]string{`_.Em|`: "Email", `x := _.Em|`: "Email", `fmt.Print(_.Email.Op|`: "Open", `f := func() { _.Na|`: "Name"} {
		if got := texts(d.complete(typed)); len(got) == 0 || got[0] != want {
			t.Errorf("%s goes on with %v", typed, got)
		}
	}
	if got := texts(d.complete(`_|`)); len(got) > 0 {
		t.Errorf("_ itself goes on with %v", got)
	}
}

func (d *desk) personType() types.Type {
	console, err := d.interpreter.library.Import(consolePath)
	if err != nil {
		d.t.Fatal(err)
	}
	return types.Unalias(console.Scope().Lookup("Person").Type())
}

func TestACandidateSaysWhatItIs(t *testing.T) {
	d := newDesk(t)
	d.types(`count := 3`)
	for _, c := range []struct{ typed, candidate, want string }{
		{`Peo|`, "People", "15 columns, 3 sealed"}, {`Inv|`, "Invoices", "13 columns"}, {`Per|`, "Person", "model of people"}, {`cou|`, "count", "int"}, {`strin|`, "strings", "package"}, {`le|`, "len", "func(v) int"},
		{`People.Find(1).|`, "Email", "sealed"}, {`People.Find(1).|`, "EmailIndex", "blind index"}, {`People.Find(1).|`, "EmailBouncedAt", "*time.Time"}, {`People.|`, "Where", "func(query any, args ...any) *Query[Person]: narrow by a condition"},
		{`People.Find(1).Email.|`, "Domain", "func() (string, error): what follows the last @; a fact"}, {`People.Find(1).Name.|`, "Domain", "not told of people.name"}, {`People.Where("|`, "email", "sealed"}, {`People.Where("|`, "id", "int, key"},
		{`.schema |`, "people", "15 columns, 3 sealed"}, {`.hel|`, ".help", "what can be typed here"}, {`.help ti|`, "tickets", "what customers complain of"}, {`Tab|`, "Table", "func(name string) *Rows"},
	} {
		if got := detail(d.complete(c.typed), c.candidate); got != c.want {
			t.Errorf("%s: %s is %q, want %q", c.typed, c.candidate, got, c.want)
		}
	}
}

func TestAWordIsReplacedFromItsBeginning(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct {
		source       string
		cursor, from int
	}{
		{"Peo", 3, 0}, {"Peo", 99, 0}, {"Peo", -1, 0}, {"x := Peo", 8, 5}, {"People.Fi", 9, 7}, {"People.Find(1)", 9, 7}, {`People.Where("plan = 1 or st`, 28, 26}, {".schema pe", 10, 8}, {"  .he", 5, 2},
		{".sql select em from people", 14, 12}, {`"ż" + Peo`, 10, 7}, {"ż", 1, 1}, {`crypto.Eq("people.em`, 20, 11},
	} {
		if got := d.completer.Complete(wire.Complete{Source: c.source, Cursor: c.cursor}); got.From != c.from {
			t.Errorf("%q at %d is replaced from %d, want %d", c.source, c.cursor, got.From, c.from)
		}
	}
}

// Base is what other models embed.
type Base struct {
	ID      int64
	Created string
}

// Age is promoted.
func (b Base) Age() int { return 0 }

type buyer struct {
	Base
	Name string
}

type order struct {
	Base
	BuyerID int64
	Buyer   buyer
	Total   int64
}

func TestModelsThatEmbedAndReferGoOn(t *testing.T) {
	d := newDeskOf(t, shell.App{Name: "shop", Models: []shell.Model{shell.ModelOf[buyer]("Buyers"), shell.ModelOf[order]("Orders")}})
	for typed, want := range map[string][]string{
		`Orders.Where("total > 1").Preload("|`: {"Buyer"}, `Orders.Find(1).Cr|`: {"Created"}, `Orders.Find(1).Ag|`: {"Age"}, `Orders.Find(1).Buyer.Cr|`: {"Created"}, `Orders.Where("|`: {"id", "created", "buyer_id", "total", "not"},
	} {
		if got := texts(d.complete(typed)); !slices.Equal(got, want) {
			t.Errorf("%s goes on with %v, want %v", typed, got, want)
		}
	}
}

// hostile are inputs that want to be expensive, or to break what reads them.
func hostile() []string {
	const size = 256 << 10
	long := func(part string) string { return strings.Repeat(part, size/len(part)) }
	return []string{
		long("("), long("["), long("{"), long("func() {"), long("a."), long("-"), long("*"), long("x := 1\n"), long("func f() {}\n"), long(`"`), long("`a"), long("/*"), long("//"), long("a(b, "), long("if x {\n"), long("}"), long("\x00"), long("\xff"),
		long("ǃ"), long("_."), long("case x:"), long("for i := range x {"), long("type T struct {"), long(".sql "), ".sql " + long("select ("), ".schema " + long(" a"), long("1+"), long("a := func() {\n"), long("func ("),
		strings.Repeat("(", 199) + "Peo", strings.Repeat("[]", 20000) + "int", strings.Repeat("!", 40000) + "x.", strings.Repeat("a+", 20000) + "b.", "x" + strings.Repeat(".y", 20000) + ".", strings.Repeat("func(a ", 6000), strings.Repeat("struct{a ", 5000),
		"type T[P any] struct{ f *T[T[P]] }; var x T[int]; x.f.f.", "type A struct{ A }; A{}.", "type A = A; var a A; a.", "type I interface{ I }; var i I; i.", "var x = x; x.", "func f() { return f }; f().", "const c = 1 << 100000; c.", "const (a = iota; b = a + b); b.",
	}
}

func TestHostileInputsAreAnswered(t *testing.T) {
	d := newDesk(t)
	for _, source := range hostile() {
		for _, cursor := range []int{0, 1, len(source) / 2, len(source) - 1, len(source), len(source) + 1} {
			checkAnswer(t, source, cursor, d.completer.Complete(wire.Complete{Source: source, Cursor: cursor}))
		}
	}
}

func checkAnswer(t *testing.T, source string, cursor int, got *wire.Completed) {
	t.Helper()
	if got == nil || got.From < 0 || got.From > len(source) || got.From > max(cursor, 0) || len(got.Candidates) > maxCandidates || utf8.RuneCountInString(got.Signature) > maxDetail {
		t.Fatalf("%.80q at %d: %+v", source, cursor, got)
	}
	seen := map[string]bool{}
	for _, c := range got.Candidates {
		if c.Text == "" || len(c.Text) > maxCandidate || seen[c.Text] || utf8.RuneCountInString(c.Detail) > maxDetail || !utf8.ValidString(c.Text) || strings.Contains(c.Text+c.Detail, mark) || strings.ContainsAny(c.Text, " \t\n\x00\x1b") {
			t.Fatalf("%.80q at %d offers %+v", source, cursor, c)
		}
		seen[c.Text] = true
	}
}

func FuzzComplete(f *testing.F) {
	for _, typed := range []string{`People.Find(42).Em`, `x := 1; x.`, `People.Where("pl`, `.sql select em from people`, `.help ti`, `func f(p Person) { p.`, `Person{Na`, `for _, p := range People.All() { p.`, `switch x := v.(type) { case Person: x.`, "`", `_.`, `decrypt! a b`, `type T struct { Person }; T{}.`} {
		f.Add(typed, len(typed))
	}
	d := newDesk(f)
	for _, source := range []string{`v := any(1)`, `customer := Person{}`, `type box struct { Person; note string }`, `func pick(p Person) Person { return p }`} {
		d.types(source)
	}
	f.Fuzz(func(t *testing.T, source string, cursor int) {
		checkAnswer(t, source, cursor, d.completer.Complete(wire.Complete{Source: source, Cursor: cursor}))
	})
}

func BenchmarkComplete(b *testing.B) {
	d := newDesk(b)
	d.types(`customer := Person{}`)
	var long bytes.Buffer
	for n := range 200 {
		switch n % 4 {
		case 0:
			fmt.Fprintf(&long, "p%d := People.Find(%d)\n", n, n)
		case 1:
			fmt.Fprintf(&long, "if p%d.State == \"active\" { fmt.Println(p%d.ID, strings.ToUpper(p%d.Role)) }\n", n-1, n-1, n-1)
		case 2:
			fmt.Fprintf(&long, "xs%d := People.Where(\"state = ?\", \"invited\").Order(\"id desc\").Limit(%d).All()\n", n, n)
		default:
			fmt.Fprintf(&long, "for _, x := range xs%d { if x.ImportBatch != nil { customer.State = x.State } }\n", n-1)
		}
	}
	for name, source := range map[string]string{
		"names": "Peo", "fields": `People.Find(42).Em`, "names in 200 lines": long.String() + "p19", "fields in 200 lines": long.String() + `People.Where("state = ?", "x").Order("id").First().Em`,
		"columns in 200 lines": long.String() + `People.Where("sta`, "in a function of 200 lines": "func f() {\n" + long.String() + "p196.Em", "a text of 256 KiB": strings.Repeat("x := 1\n", 37000) + "Peo",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if got := d.completer.Complete(wire.Complete{Source: source, Cursor: len(source)}); len(got.Candidates) == 0 {
					b.Fatal("nothing")
				}
			}
		})
	}
	b.Run("the first of a worker", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			d := newDesk(b)
			b.StartTimer()
			if got := d.complete(`People.Find(42).Em|`); !slices.Contains(texts(got), "Email") {
				b.Fatal("nothing")
			}
		}
	})
}

func TestCompletionIsAnsweredBetweenTurns(t *testing.T) {
	theirs, ours := connected(t)
	gateEnd, _ := connected(t)
	served := make(chan error, 1)
	go func() { served <- serve(demo.App, theirs, &gate{conn: gateEnd}, io.Discard, io.Discard) }()
	send := func(c wire.Control) {
		t.Helper()
		if err := ours.Send(c); err != nil {
			t.Fatal(err)
		}
	}
	receive := func() (c wire.Control) {
		t.Helper()
		if err := ours.Receive(&c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	send(wire.Control{Hello: &wire.Hello{Version: wire.Version, Dialect: "sqlite", Server: "3.45.0"}})
	if c := receive(); c.Ready == nil {
		t.Fatalf("got %+v", c)
	}
	for n, source := range []string{`x := People.Fi`, `Peo`} {
		id := uint64(n + 1)
		send(wire.Control{Complete: &wire.Complete{ID: id, Source: source, Cursor: len(source)}})
		if c := receive(); c.Completed == nil || c.Completed.ID != id || len(c.Completed.Candidates) == 0 {
			t.Errorf("%s: got %+v", source, c)
		}
		nonce := wire.Nonce{byte(id)}
		send(wire.Control{Turn: &wire.Turn{Nonce: nonce, Command: n + 1, Source: `select {}`}})
		send(wire.Control{Complete: &wire.Complete{ID: 99, Source: source}}) // while a command runs: nothing comes back
		done, stopped := make(chan struct{}), make(chan struct{})
		go func() { // the first may come before the command has begun
			defer close(stopped)
			for {
				select {
				case <-done:
					return
				default:
					_ = ours.Send(wire.Control{Cancel: &wire.Cancel{Nonce: nonce}})
				}
			}
		}()
		if c := receive(); c.Done == nil || c.Done.Nonce != nonce {
			t.Errorf("got %+v", c)
		}
		close(done)
		<-stopped
	}
	select {
	case err := <-served:
		t.Errorf("it ended: %v", err)
	default:
	}
}

// connected are the two ends of a connection. They stay open: a worker whose server has gone ends its process.
func connected(t *testing.T) (one, other *wire.Conn) {
	t.Helper()
	a, b := net.Pipe()
	one, err := wire.NewConn(a, wire.MaxResponse)
	if err != nil {
		t.Fatal(err)
	}
	if other, err = wire.NewConn(b, wire.MaxResponse); err != nil {
		t.Fatal(err)
	}
	return one, other
}
