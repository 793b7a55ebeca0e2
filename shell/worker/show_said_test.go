package worker

import (
	"encoding/hex"
	"math/big"
	"net/netip"
	"testing"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// state is a number with names, as an order's status is.
type state int

func (s state) String() string { return [...]string{"new", "open", "closed"}[s] }

// key is bytes with a text, as a UUID is.
type key [4]byte

func (k key) String() string { return hex.EncodeToString(k[:]) }

// amount shows nothing but its text, as a decimal does.
type amount struct{ cents int64 }

func (a amount) MarshalText() ([]byte, error) {
	return []byte(big.NewRat(a.cents, 100).FloatString(2)), nil
}

func TestAValueWithATextIsShownByIt(t *testing.T) {
	type order struct {
		Status state
		ID     key
		Total  *amount
	}
	for _, c := range []struct {
		value any
		want  string
	}{
		{state(2), "closed(2)"}, {state(9), "9"}, {time.March, "March(3)"}, {map[state]int{1: 5}, "map[open(1) 5]"},
		{key{1, 2, 3, 255}, `"010203ff"`}, {[4]byte{104, 105, 33, 33}, "bytes(hi!!)"}, {amount{1250}, `"12.50"`}, {(*amount)(nil), "nil"},
		{netip.MustParseAddr("10.0.0.1"), `"10.0.0.1"`}, {big.NewInt(5), `"5"`}, {*big.NewInt(7), `"7"`}, {big.NewRat(1, 3), `"1/3"`},
		{order{2, key{9}, &amount{5}}, `worker.order{Status:closed(2) ID:"09000000" Total:"0.05"}`},
	} {
		if got := brief(show(c.value)); got != c.want {
			t.Errorf("%T is shown as %s, want %s", c.value, got, c.want)
		}
	}
}

func TestATypedNumberIsShownByItsName(t *testing.T) {
	typeSessions(t, map[string][]said{
		"typed": {
			{`type Status int; func (s Status) String() string { return [...]string{"new", "open", "closed"}[s] }`, ``},
			{`Status(2)`, `closed(2)`}, {`[]Status{0, 1}`, `[new(0) open(1)]`}, {`type Order struct { ID int; Status Status }`, ``}, {`Order{7, 1}`, `Order{ID:7 Status:open(1)}`},
			{`&Order{7, 9}`, `Order{ID:7 Status:9}`}, {`Status(7)`, `7`}, {`1`, `1`},
			{`type Slow int; func (s Slow) String() string { panic(errors.New("no")) }; Slow(3)`, `3`},
		},
	})
}

func TestATextThatNeverComesEndsWithTheCommand(t *testing.T) {
	y := newTypist(t)
	if _, failure, _ := y.eval(`type Stuck int; func (s Stuck) String() string { for { } }`); failure != nil {
		t.Fatal(failure)
	}
	_, failure, left := y.within(100*time.Millisecond, `Stuck(1)`)
	if failure == nil || failure.Kind != wire.ErrTimeout {
		t.Errorf("it ended with %v", failure)
	}
	if left > 0 {
		t.Errorf("%d left over", left)
	}
}

func TestMessagesNameTypesAsTheyAreTyped(t *testing.T) {
	typeSessions(t, map[string][]said{
		"names": {
			{`o := &Person{}; o.Home`, `syntax: o.Home undefined (type *Person has no field or method Home)`},
			{`var h models.Half = "x"`, `syntax: cannot use "x" (untyped string constant) as models.Half value in variable declaration`},
			{`var s State = "x"`, `syntax: cannot use "x" (untyped string constant) as State value in variable declaration`},
			{`models.Low`, `1`},
			{`import "example.com/shop/models"`, `refused: package models is in scope already`},
			{`import "strings"`, ``},
			{`import "golang.org/x/net/html"`, `refused: package golang.org/x/net/html is not available: it is not among the packages of this console`},
		},
	})
}
