package crypto_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm/schema"

	"github.com/vouchsafe/vouchsafe/crypto"
)

func describe(t *testing.T, model any) (crypto.Table, error) {
	t.Helper()
	s, err := schema.Parse(model, &sync.Map{}, schema.NamingStrategy{})
	if err != nil {
		t.Fatal(err)
	}
	return crypto.Describe(s)
}

func TestTagsDescribeTheTable(t *testing.T) {
	got, err := describe(t, &Person{})
	if err != nil {
		t.Fatal(err)
	}
	facts := func(names ...string) (rules []crypto.FactRule) {
		for _, n := range names {
			rules = append(rules, crypto.FactRule{Name: n})
		}
		return rules
	}
	want := crypto.Table{Name: "people", Model: "Person", Keys: []string{"id"}, SubjectColumn: "id", SubjectType: "people", Columns: []crypto.SealedColumn{
		{Column: "people.name", Field: "Name", DBName: "name", Facts: facts("present", "len", "same")},
		{Column: "people.email", Field: "Email", DBName: "email", Index: "email_index", IndexField: "EmailIndex", Norm: []string{"lower", "trim"}, Facts: facts("present", "len", "domain", "same", "is")},
		{Column: "people.phone", Field: "Phone", DBName: "phone", Text: true, Facts: []crypto.FactRule{{Name: "prefix", N: 4}}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got, err = describe(t, &Message{})
	if err != nil || got.SubjectColumn != "person_id" || got.SubjectType != "people" || len(got.Columns) != 2 || !got.Columns[1].Bytes {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = describe(t, &Setting{})
	if err != nil || got.SubjectColumn != "" || len(got.Keys) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = describe(t, &struct{ ID int64 }{})
	if err == nil && got.Columns != nil {
		t.Errorf("%+v", got)
	}
}

type Contact struct {
	Mail      crypto.String `crypto:"index=MailIndex"`
	MailIndex []byte
}

type Shop struct {
	ID int64 `crypto:"subject"`
	Contact
	Owner Contact `gorm:"embedded;embeddedPrefix:owner_"`
}

func TestImpossibleTagsAreErrors(t *testing.T) {
	for name, model := range map[string]any{
		"an unknown word": &struct {
			ID int64
			A  crypto.String `crypto:"secret"`
		}{},
		"an unknown fact": &struct {
			ID int64
			A  crypto.String `crypto:"facts=present+value"`
		}{},
		"an unknown normalisation": &struct {
			ID     int64
			A      crypto.String `crypto:"index=AIndex,norm=upper"`
			AIndex []byte
		}{},
		"norm without index": &struct {
			ID int64
			A  crypto.String `crypto:"norm=lower"`
		}{},
		"an index that is not there": &struct {
			ID int64
			A  crypto.String `crypto:"index=AIndex"`
		}{},
		"an index of text": &struct {
			ID     int64
			A      crypto.String `crypto:"index=AIndex"`
			AIndex string
		}{},
		"one index for two": &struct {
			ID    int64
			A     crypto.String `crypto:"index=Index"`
			B     crypto.String `crypto:"index=Index"`
			Index []byte
		}{},
		"prefix without a number": &struct {
			ID int64
			A  crypto.String `crypto:"facts=prefix"`
		}{},
		"a long prefix": &struct {
			ID int64
			A  crypto.String `crypto:"facts=prefix=5"`
		}{},
		"a number spelled another way": &struct {
			ID int64
			A  crypto.String `crypto:"facts=prefix=04"`
		}{},
		"a threshold of one": &struct {
			ID int64
			A  crypto.String `crypto:"facts=domain=1"`
		}{},
		"a number that means nothing": &struct {
			ID int64
			A  crypto.String `crypto:"facts=len=3"`
		}{},
		"a fact twice": &struct {
			ID int64
			A  crypto.String `crypto:"facts=len+len"`
		}{},
		"a key twice": &struct {
			ID int64
			A  crypto.String `crypto:"facts=len,facts=is"`
		}{},
		"an empty list": &struct {
			ID int64
			A  crypto.String `crypto:"facts="`
		}{},
		"a plain field": &struct {
			ID int64
			A  string `crypto:"facts=len"`
		}{},
		"two subjects": &struct {
			ID int64 `crypto:"subject"`
			B  int64 `crypto:"subject=people"`
			A  crypto.String
		}{},
		"a subject that is no key": &struct {
			ID int64
			B  int64 `crypto:"subject"`
			A  crypto.String
		}{},
		"a sealed subject": &struct {
			ID int64
			A  crypto.String `crypto:"subject=people"`
		}{},
		"a subject of an odd kind": &struct {
			ID int64 `crypto:"subject=a b"`
			A  crypto.String
		}{},
		"no key": &struct{ A crypto.String }{},
		"a pointer": &struct {
			ID int64
			A  *crypto.String
		}{},
		"a sealed key": &struct {
			ID crypto.String `gorm:"primaryKey"`
		}{},
		"a default": &struct {
			ID int64
			A  crypto.String `gorm:"default:x"`
		}{},
		"unique": &struct {
			ID int64
			A  crypto.String `gorm:"unique"`
		}{},
		"a serializer": &struct {
			ID int64
			A  crypto.String `gorm:"serializer:json"`
		}{},
		"a fact of text on bytes": &struct {
			ID int64
			A  crypto.Bytes `crypto:"facts=domain"`
		}{},
		"an index on bytes": &struct {
			ID     int64
			A      crypto.Bytes `crypto:"index=AIndex"`
			AIndex []byte
		}{},
	} {
		s, err := schema.ParseWithSpecialTableName(model, &sync.Map{}, schema.NamingStrategy{}, "things")
		if err != nil {
			t.Errorf("%s: gorm: %v", name, err)
			continue
		}
		if got, err := crypto.Describe(s); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if _, err := describe(t, &Shop{}); err == nil || !strings.Contains(err.Error(), "index") {
		t.Errorf("two embedded structs share one index field by name: %v", err)
	}
}
