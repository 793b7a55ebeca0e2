package crypto_test

import (
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/vouchsafe/vouchsafe/crypto"
)

func everyFact() crypto.SealedColumn {
	return crypto.SealedColumn{Column: "people.email", Facts: []crypto.FactRule{{Name: "present"}, {Name: "len"}, {Name: "domain"}, {Name: "same"}, {Name: "is"}, {Name: "prefix", N: 4}, {Name: "traits"}}}
}

func TestFactsSayExactlyThis(t *testing.T) {
	for _, c := range []struct {
		plain, fact, argument string
		want                  any
	}{
		{"dana", "present", "", true}, {"", "present", "", false}, {" ", "present", "", true},
		{"Zoe\u0308", "len", "", int64(4)}, {"\xff\xfe", "len", "", int64(2)}, {"", "len", "", int64(0)},
		{"a@b@Fjord.Example ", "domain", "", "fjord.example"}, {"dana", "domain", "", ""}, {"dana@", "domain", "", ""},
		{"dana@fjord.example", "domain_is", " FJORD.example", true}, {"dana@fjord.example", "domain_is", "example", false}, {"dana", "domain_is", "", false},
		{"dana", "is", "dana", true}, {"dana", "is", "Dana", false}, {"dana ", "is", "dana", false}, {"", "is", "", true},
		{"+4791234501", "prefix", "4", "+479"}, {"ö1", "prefix", "1", "ö"}, {"+4", "prefix", "4", "+4"}, {"", "prefix", "2", ""},
		{"maria@arbol.example ", "traits", "", []string{"outer space"}}, {"zoe\u0308", "traits", "", []string{"not NFC"}},
		{"a\u202eb", "traits", "", []string{"bidi"}}, {"a\tb", "traits", "", []string{"control"}}, {"p\u0430ypal", "traits", "", []string{"mixed script"}},
		{"plain", "traits", "", []string{}}, {"Дана Reyes", "traits", "", []string{}}, {"\xff", "traits", "", []string{"control"}},
	} {
		got, err := crypto.Answer(everyFact(), crypto.Question{Fact: c.fact, Argument: c.argument, Plain: []byte(c.plain)})
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s(%q) of %q: %#v, %v; want %#v", c.fact, c.argument, c.plain, got, err, c.want)
		}
	}
	for fact, want := range map[string]any{"present": false, "len": int64(0), "domain": "", "is": false, "same": false, "prefix": "", "traits": []string{}} {
		got, err := crypto.Answer(everyFact(), crypto.Question{Fact: fact, Null: true, Argument: map[bool]string{true: "1"}[fact == "prefix"], Other: []byte{}})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s of NULL: %#v, %v", fact, got, err)
		}
	}
	for _, c := range []struct {
		a, b string
		null bool
		want bool
	}{{"x", "x", false, true}, {"x", "y", false, false}, {"", "", false, true}, {"x", "", true, false}} {
		q := crypto.Question{Fact: "same", Plain: []byte(c.a), Other: []byte(c.b)}
		if c.null {
			q.Other = nil
		}
		if got, err := crypto.Answer(everyFact(), q); err != nil || got != c.want {
			t.Errorf("%q same %q: %v, %v", c.a, c.b, got, err)
		}
	}
}

func TestOnlyWhatTheTagAllowsIsTold(t *testing.T) {
	bare := crypto.SealedColumn{Column: "people.name", Facts: []crypto.FactRule{{Name: "len"}, {Name: "prefix", N: 2}}}
	for _, q := range []crypto.Question{{Fact: "present"}, {Fact: "domain"}, {Fact: "domain_is"}, {Fact: "same"}, {Fact: "is"}, {Fact: "traits"}, {Fact: ""}, {Fact: "value"},
		{Fact: "prefix", Argument: "3"}, {Fact: "prefix", Argument: "0"}, {Fact: "prefix", Argument: "-1"}, {Fact: "prefix", Argument: "x"}, {Fact: "prefix"}} {
		q.Plain = []byte("dana")
		if got, err := crypto.Answer(bare, q); !errors.Is(err, crypto.ErrFact) || got != nil {
			t.Errorf("%+v: %v, %v", q, got, err)
		}
	}
	if got, err := crypto.Answer(bare, crypto.Question{Fact: "prefix", Argument: "2", Plain: []byte("dana")}); got != "da" || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestAnApplicationAnswersFactsAsTheBrokerDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.String().Draw(t, "plain")
		s := crypto.Seal(plain)
		want, err := crypto.Answer(everyFact(), crypto.Question{Fact: "traits", Plain: []byte(plain)})
		if got, err2 := s.Traits(); err != nil || err2 != nil || !reflect.DeepEqual(want, got) {
			t.Fatalf("%v, %v", got, want)
		}
		if same, err := s.Same(crypto.Seal(plain)); !same || err != nil {
			t.Fatal(err)
		}
		if prefix, err := s.Prefix(4); err != nil || len([]rune(prefix)) > 4 {
			t.Fatal(prefix, err)
		}
	})
}
