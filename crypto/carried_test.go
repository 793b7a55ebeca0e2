package crypto_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/crypto"
)

type asked struct {
	fact, argument string
	ref            crypto.Reference
	other          *crypto.Reference
}

// clerk answers every fact with what it was told to answer, and notes what it was asked.
type clerk struct {
	answer any
	err    error
	asked  []asked
}

func (c *clerk) Ask(fact string, ref crypto.Reference, argument string, other *crypto.Reference) (any, error) {
	c.asked = append(c.asked, asked{fact, argument, ref, other})
	return c.answer, c.err
}

func carried(t *testing.T, src any) crypto.String {
	t.Helper()
	var s crypto.String
	if err := s.Scan(src); err != nil {
		t.Fatal(err)
	}
	return s
}

func danasEmail() crypto.Reference {
	return crypto.Reference{Column: "people.email", Subject: "people/42", Row: "people/42", Digest: []byte{1}}
}

func TestWithoutAKeyAValueStaysSealedAndKeepsItsOrigin(t *testing.T) {
	for name, src := range map[string]any{"Carried": &crypto.Carried{Reference: danasEmail()}, "SealedText": crypto.SealedText(danasEmail().String())} {
		s := carried(t, src)
		got, err := s.Open()
		if got != "" || !errors.Is(err, crypto.ErrSealed) || !strings.HasPrefix(err.Error(), "people.email of people/42 is sealed (hint: ") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if fmt.Sprint(s) != "‹sealed people.email people/42›" {
			t.Errorf("%s prints %v", name, s)
		}
		st := s.State()
		if !st.Sealed || st.Null || st.New || st.Revealed || st.Reference.Row != "people/42" {
			t.Errorf("%s: %+v", name, st)
		}
		if _, err := s.Value(); !errors.Is(err, crypto.ErrSealed) {
			t.Errorf("%s has something to store: %v", name, err)
		}
	}
	if s := carried(t, nil); !s.State().Null {
		t.Error("NULL is not NULL")
	}
	var s crypto.String
	for _, wrong := range []any{int64(1), 1.5, true, crypto.SealedText("dana")} {
		if err := s.Scan(wrong); err == nil {
			t.Errorf("%v was read", wrong)
		}
	}
}

func TestARevealedValuePrintsEverywhereAndOpens(t *testing.T) {
	plain := "dana@fjord.example"
	c := &crypto.Carried{Reference: danasEmail(), Plain: &plain, Reveal: true}
	s := carried(t, c)
	if got, err := s.Open(); got != plain || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	b, _ := json.Marshal(s)
	for _, got := range []string{fmt.Sprint(s), fmt.Sprintf("%s", &s), fmt.Sprint(c), s.String(), strings.Trim(string(b), `"`), strings.Trim(fmt.Sprintf("%q", s), `"`), strings.Trim(fmt.Sprintf("%#v", s), `"`)} {
		if got != plain {
			t.Errorf("%q", got)
		}
	}
	if st := s.State(); !st.Revealed || st.Text != plain || st.Reference.Column != "people.email" {
		t.Errorf("%+v", st)
	}
	if _, err := s.Value(); err == nil {
		t.Error("plaintext would go to a database")
	}
	c.Reveal = false
	s = carried(t, c)
	if got, err := s.Open(); got != plain || err != nil || fmt.Sprint(s) != "‹sealed people.email people/42›" {
		t.Errorf("%q, %v, %v", got, err, s)
	}
}

func TestFactsAreAskedWhereThereIsNoKey(t *testing.T) {
	c := &clerk{answer: true}
	s := carried(t, &crypto.Carried{Reference: danasEmail(), Asker: c})
	otherRef := crypto.Reference{Column: "aliases.address", Subject: "people/42", Row: "aliases/7"}
	other := carried(t, &crypto.Carried{Reference: otherRef, Asker: c})
	if ok, err := s.Present(); !ok || err != nil {
		t.Error(err)
	}
	if ok, err := s.Is("dana"); !ok || err != nil {
		t.Error(err)
	}
	if ok, err := s.DomainIs("fjord.example"); !ok || err != nil {
		t.Error(err)
	}
	if ok, err := s.Same(other); !ok || err != nil {
		t.Error(err)
	}
	c.answer = int64(18)
	if n, err := s.Len(); n != 18 || err != nil {
		t.Error(err)
	}
	c.answer = "+479"
	if p, err := s.Prefix(4); p != "+479" || err != nil {
		t.Error(err)
	}
	if d, err := s.Domain(); d != "+479" || err != nil {
		t.Error(err)
	}
	c.answer = []string{"not NFC"}
	if l, err := s.Traits(); len(l) != 1 || err != nil {
		t.Error(err)
	}
	var facts []string
	for _, a := range c.asked {
		facts = append(facts, a.fact+":"+a.argument)
		if a.ref.Row != "people/42" || (a.other != nil) != (a.fact == crypto.FactSame) {
			t.Errorf("%+v", a)
		}
	}
	if got := strings.Join(facts, " "); got != "present: is:dana domain_is:fjord.example same: len: prefix:4 domain: traits:" {
		t.Error(got)
	}
	c.answer = "not a number"
	if _, err := s.Len(); err == nil {
		t.Error("an answer of another kind passes")
	}
	c.err = errDown
	if _, err := s.Present(); !errors.Is(err, errDown) {
		t.Error(err)
	}
	if _, err := carried(t, crypto.SealedText(danasEmail().String())).Len(); !errors.Is(err, crypto.ErrSealed) {
		t.Error("a fact without anyone to ask")
	}
	if ok, err := s.Same(crypto.String{}); ok || err != nil {
		t.Errorf("the same as NULL: %v, %v", ok, err)
	}
}

func TestOpenedValuesAnswerFactsThemselves(t *testing.T) {
	plain := "Dana@Fjord.example "
	c := &clerk{err: errDown}
	s := carried(t, &crypto.Carried{Reference: danasEmail(), Plain: &plain, Asker: c})
	if n, err := s.Len(); n != 19 || err != nil {
		t.Error(n, err)
	}
	if d, err := s.Domain(); d != "fjord.example" || err != nil {
		t.Error(d, err)
	}
	if len(c.asked) != 0 {
		t.Error("asked although it is open")
	}
}

func TestSealedTextGoesIntoAnyDestination(t *testing.T) {
	db := sql.OpenDB(rowOf{crypto.SealedText(danasEmail().String())})
	defer db.Close()
	var s string
	var a any
	var n sql.NullString
	var c crypto.String
	var b []byte
	for _, dest := range []any{&s, &a, &n, &c, &b} {
		if err := db.QueryRow("").Scan(dest); err != nil {
			t.Errorf("%T: %v", dest, err)
		}
	}
	want := danasEmail().String()
	if s != want || n.String != want || fmt.Sprint(a) != want || fmt.Sprint(c) != want || string(b) != want {
		t.Errorf("%q %q %v %v %q", s, n.String, a, c, b)
	}
}
