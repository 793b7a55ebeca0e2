package crypto_test

import (
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite"

	"github.com/vouchsafe/vouchsafe/crypto"
)

func TestEveryWayToReadOpensOrSaysWhyNot(t *testing.T) {
	w := newWorld(t, nil)
	w.must(t, w.Create([]*Person{dana(1), dana(2), {ID: 3}}))
	type DTO struct {
		ID    int64
		Email crypto.String
	}
	var dtos []DTO
	w.must(t, w.Model(&Person{}).Find(&dtos))
	if text(t, dtos[1].Email) != "dana2@fjord.example" || !dtos[2].Email.Null() {
		t.Error("DTO")
	}
	var list []crypto.String
	w.must(t, w.Model(&Person{}).Order("id").Pluck("email", &list))
	if len(list) != 3 || text(t, list[0]) != "dana1@fjord.example" {
		t.Error("Pluck")
	}
	var raw []Person
	w.must(t, w.Raw("SELECT id, email AS email FROM people ORDER BY id").Find(&raw))
	if text(t, raw[0].Email) != "dana1@fjord.example" {
		t.Error("Raw.Find")
	}
	var scanned []Person
	w.must(t, w.Raw("SELECT * FROM people ORDER BY id").Scan(&scanned))
	if _, err := scanned[0].Email.Open(); !errors.Is(err, crypto.ErrNotAttached) {
		t.Errorf("Scan: %v", err)
	}
	if err := w.keyring.Attach(&scanned); err != nil || text(t, scanned[0].Email) != "dana1@fjord.example" {
		t.Error("Attach")
	}
	var part []Person
	w.must(t, w.Select("email").Order("id").Find(&part))
	if text(t, part[0].Email) != "dana1@fjord.example" {
		t.Error("without the key's column")
	}
	var batches int
	w.must(t, w.FindInBatches(&raw, 2, func(tx *gorm.DB, _ int) error {
		for _, p := range raw {
			batches++
			if _, err := p.Email.Open(); err != nil {
				return err
			}
		}
		return nil
	}))
	if batches != 3 {
		t.Error("FindInBatches")
	}
	var m map[string]any
	w.must(t, w.Model(&Person{}).Where("id = 1").Take(&m))
	if b, ok := m["email"].([]byte); !ok || !crypto.IsEnvelope(b) {
		t.Errorf("a map holds %v", m["email"])
	}
	pool, err := w.DB.DB()
	if err != nil {
		t.Fatal(err)
	}
	var one crypto.String
	if err := pool.QueryRow("SELECT email FROM people WHERE id = 1").Scan(&one); err != nil {
		t.Fatal(err)
	}
	if err := w.keyring.Attach(&one); err != nil || text(t, one) != "dana1@fjord.example" {
		t.Error("database/sql")
	}
	var null sql.Null[crypto.String]
	if err := pool.QueryRow("SELECT email FROM people WHERE id = 3").Scan(&null); err != nil || null.Valid {
		t.Error("sql.Null")
	}
}

func TestAPageOfRowsAsksTheKeyStoreOnce(t *testing.T) {
	w := newWorld(t, nil)
	var people []Person
	for i := range 300 {
		people = append(people, *dana(int64(i + 1)))
	}
	w.must(t, w.Create(&people))
	w.keyring.Forget()
	var read []Person
	if err := w.Find(&read).Error; err != nil {
		t.Fatal(err)
	}
	before := w.store.Queries()
	text(t, read[0].Name)
	first := w.store.Queries()
	for _, p := range read {
		text(t, p.Name)
		text(t, p.Email)
	}
	if first-before != 2 || w.store.Queries() != first { // the keys, and their KEK
		t.Errorf("%d calls for the first value, %d for all others", first-before, w.store.Queries()-first)
	}
}

func TestAMisplacedValueIsShownAndNeitherOpenedNorSaved(t *testing.T) {
	w := newWorld(t, nil)
	w.must(t, w.Create([]*Person{dana(42), dana(43)}))
	if err := w.Exec("UPDATE people SET email = (SELECT email FROM people WHERE id = 42) WHERE id = 43").Error; err != nil {
		t.Fatal(err)
	}
	p := w.person(t, 43)
	if got := p.Email.String(); got != "‹misplaced people.email people/42›" || !p.Email.State().Misplaced {
		t.Error(got)
	}
	if got, err := p.Email.Open(); !errors.Is(err, crypto.ErrMisplaced) || got != "" {
		t.Errorf("opened %q, %v", got, err)
	}
	var why *crypto.WriteError
	if err := w.Save(&p).Error; !errors.As(err, &why) {
		t.Errorf("saved: %v", err)
	}
	p.Email = crypto.Seal("mended@fjord.example")
	w.must(t, w.Save(&p))
}

func TestMigratingTwiceChangesNothing(t *testing.T) {
	w := newWorld(t, nil)
	w.must(t, w.Create(dana(42)))
	ddl := func() (all []string) {
		if err := w.Raw("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").Scan(&all).Error; err != nil {
			t.Fatal(err)
		}
		return all
	}
	before := ddl()
	if err := w.AutoMigrate(&Person{}, &Message{}, &Setting{}); err != nil {
		t.Fatal(err)
	}
	if after := ddl(); !reflect.DeepEqual(before, after) {
		t.Errorf("%q\nbecame\n%q", before, after)
	}
	w.check(t)
	for _, want := range []string{"`email` blob CHECK", "`phone` text CHECK", "`subject` blob CHECK"} {
		if !strings.Contains(strings.Join(before, "\n"), want) {
			t.Errorf("no %s in %s", want, before)
		}
	}
}

func TestLookupByBlindIndex(t *testing.T) {
	w := newWorld(t, nil)
	w.must(t, w.Create([]*Person{dana(42), dana(43)}))
	w.must(t, w.Create(&Message{PersonID: 43, Subject: crypto.Seal("x")}))
	var p Person
	w.must(t, w.Where(crypto.Eq("people.email", " DANA43@fjord.example")).First(&p))
	if p.ID != 43 {
		t.Error("found another")
	}
	var messages []Message
	w.must(t, w.Joins("Person").Where("status = ?", "").Find(&messages))
	w.must(t, w.Not(crypto.Eq("people.email", "dana43@fjord.example")).Find(&[]Person{}))
	for _, wrong := range []crypto.Equal{crypto.Eq("people.name", "Dana"), crypto.Eq("people.plan", "pro"), crypto.Eq("email", "x"), crypto.Eq("nowhere.email", "x"), {}} {
		var found []Person
		if err := w.Where(wrong).Find(&found).Error; err == nil || len(found) > 0 || strings.Contains(err.Error(), "Dana") {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	bare, err := gorm.Open(sqlite.New(sqlite.Config{DriverName: "sqlite", DSN: ":memory:"}), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	if err := bare.Where(crypto.Eq("people.email", "x")).Find(&[]Person{}).Error; err == nil {
		t.Error("looked up without a keyring")
	}
	if err := bare.AutoMigrate(&Person{}, &Message{}); err != nil {
		t.Fatal(err)
	}
	if err := bare.Create(dana(1)).Error; err == nil {
		t.Error("created without a plugin")
	}
	if got := fmt.Sprintf("%v %+v %#v %s", crypto.Eq("people.email", "dana"), crypto.Eq("people.email", "dana"), crypto.Eq("people.email", "dana"), crypto.Eq("people.email", "dana")); strings.Contains(got, "dana") {
		t.Error(got)
	}
}

func TestAnErasedValueIsSavedWithoutItsIndex(t *testing.T) {
	w := newWorld(t, nil)
	w.must(t, w.Create(dana(42)))
	if err := w.store.Erase("people/42"); err != nil {
		t.Fatal(err)
	}
	w.keyring.Forget()
	p := w.person(t, 42)
	if _, err := p.Name.Open(); !errors.Is(err, crypto.ErrErased) {
		t.Fatal(err)
	}
	if _, err := p.Name.Present(); !errors.Is(err, crypto.ErrErased) {
		t.Error(err)
	}
	p.Plan = "gone"
	if err := w.Save(&p).Error; err != nil {
		t.Fatal(err)
	}
	if got := w.person(t, 42); got.Plan != "gone" || got.EmailIndex != nil {
		t.Error("the index of an erased value stays")
	}
}
