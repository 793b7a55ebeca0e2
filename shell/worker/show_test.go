package worker

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func TestValuesAreShownByWhatTheyMean(t *testing.T) {
	text, five := "x", 5
	for _, c := range []struct {
		value any
		want  string
	}{
		{nil, "nil"}, {&five, "5"}, {(*int)(nil), "nil"}, {errors.New("e"), "error(e)"}, {90 * time.Second, "1m30s"}, {time.Unix(0, 0), "1970-01-01T00:00:00Z"},
		{sql.NullString{String: "s", Valid: true}, `"s"`}, {sql.NullString{}, "nil"}, {sql.NullInt64{Int64: 3, Valid: true}, "3"}, {&gorm.DB{RowsAffected: 4}, "affected(4)"},
		{map[any]int{"b": 1, 2: 2, "a": 3}, `map[2 2 "a" 3 "b" 1]`}, {[]*string{&text, nil}, `["x" nil]`}, {func() {}, "<func()>"}, {make(chan int), "<chan int>"},
		{shell.Row{Columns: []string{"b", "a"}, Values: []any{int64(1), "x"}}, `Row{b:1 a:"x"}`}, {[]byte("hi"), "bytes(hi)"}, {[2]byte{104, 105}, "bytes(hi)"},
		{crypto.SealedText("‹sealed people.email people/42›"), "sealed(people.email people/42)"}, {crypto.String{}, "nil"}, {crypto.Seal("secret"), "<‹to be sealed›>"},
		{gorm.DeletedAt{}, "nil"}, {struct{ hidden, Shown int }{1, 2}, "struct{Shown:2}"},
	} {
		if got := brief(show(c.value)); got != c.want {
			t.Errorf("%T is shown as %s, want %s", c.value, got, c.want)
		}
	}
}

func TestASealedValueIsShownByReferenceUnlessItMayBeRevealed(t *testing.T) {
	plain := "dana@example.org"
	ref := crypto.Reference{Column: "people.email", Subject: "people/42", Row: "people/42"}
	for _, c := range []struct {
		carried crypto.Carried
		want    string
	}{
		{crypto.Carried{Reference: ref}, "sealed(people.email people/42)"},
		{crypto.Carried{Reference: ref, Plain: &plain}, "sealed(people.email people/42)"},
		{crypto.Carried{Reference: ref, Plain: &plain, Reveal: true}, `"dana@example.org"`},
	} {
		var column crypto.String
		if err := column.Scan(&c.carried); err != nil {
			t.Fatal(err)
		}
		for _, value := range []any{column, &column, &c.carried} {
			if got := brief(show(value)); got != c.want {
				t.Errorf("%T is shown as %s, want %s", value, got, c.want)
			}
		}
	}
}

func TestATreeIsBounded(t *testing.T) {
	if v := show(make([]int, 5000)); len(v.Items)+v.Cut != 5000 || len(v.Items) > showItems {
		t.Errorf("%d items and %d cut", len(v.Items), v.Cut)
	}
	if v := show(strings.Repeat("é", 40_000)); len(v.Text)+v.Cut != 80_000 || len(v.Text) > showBytes || !strings.HasSuffix(v.Text, "é") {
		t.Errorf("%d bytes and %d cut", len(v.Text), v.Cut)
	}
	many := map[string][]string{}
	for n := range 2000 {
		many[fmt.Sprint(n)] = []string{strings.Repeat("x", 1000)}
	}
	if items, bytes := size(show(many)); items > 2*showItems || bytes > showBytes {
		t.Errorf("a map of lists is %d values and %d bytes", items, bytes)
	}
	var deep any
	for range 100 {
		deep = []any{deep}
	}
	if got := depth(show(deep)); got > showDepth+1 {
		t.Errorf("%d deep", got)
	}
}

func TestAValueThatContainsItselfEnds(t *testing.T) {
	type node struct{ Next *node }
	n := &node{}
	n.Next = n
	if got := brief(show(n)); got != "worker.node{Next:cycle}" {
		t.Errorf("got %s", got)
	}
	loop := []any{nil}
	loop[0] = loop
	if got := brief(show(loop)); got != "[cycle]" {
		t.Errorf("got %s", got)
	}
	m := map[string]any{}
	m["m"] = m
	if got := brief(show(m)); got != `map["m" cycle]` {
		t.Errorf("got %s", got)
	}
	shared := &struct{ N int }{1}
	if got := brief(show([]any{shared, shared})); strings.Contains(got, "cycle") {
		t.Errorf("the same value twice is no cycle: %s", got)
	}
}

func size(v wire.Value) (items, bytes int) {
	items, bytes = 1, len(v.Text)+len(v.Bytes)
	for _, item := range v.Items {
		n, b := size(item)
		items, bytes = items+n, bytes+b
	}
	return items, bytes
}

func depth(v wire.Value) int {
	deepest := 0
	for _, item := range v.Items {
		deepest = max(deepest, depth(item))
	}
	return deepest + 1
}
