package crypto_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/vouchsafe/vouchsafe/crypto"
)

func TestAFailedWriteLeavesTheModelAsItWas(t *testing.T) {
	w := newWorld(t, nil)
	w.must(t, w.Create(dana(42)))
	again := dana(42)
	if err := w.Create(again).Error; err == nil {
		t.Fatal("the same key twice")
	}
	if s := again.Email.State(); !s.New || s.Text != "dana42@fjord.example" {
		t.Errorf("%+v", s)
	}
	again.ID = 0
	w.must(t, w.Create(again))
	w.store.Fail(errDown)
	w.keyring.Forget()
	p := dana(50)
	if err := w.Create(p).Error; !errors.Is(err, errDown) {
		t.Errorf("a key store that is down: %v", err)
	}
	w.store.Fail(nil)
	w.must(t, w.Create(p))
}

func TestNobodyReadsAMark(t *testing.T) {
	w := newWorld(t, &gorm.Config{SkipDefaultTransaction: true})
	w.must(t, w.Create(&Person{ID: 1}))
	w.store.Fail(errDown) // between INSERT and UPDATE, for the key is needed then
	m := Message{PersonID: 1, Subject: crypto.Seal("Re: Offer")}
	if err := w.Create(&m).Error; !errors.Is(err, errDown) {
		t.Fatal(err)
	}
	var n int64
	if err := w.Model(&Message{}).Count(&n).Error; err != nil || n != 0 {
		t.Errorf("%d rows with marks stayed, %v", n, err)
	}
	w.store.Fail(nil)
	m.ID = 0
	w.must(t, w.Create(&m))
}

func TestASubjectDoesNotChangeUnderSealedValues(t *testing.T) {
	w := newWorld(t, nil)
	w.must(t, w.Create([]*Person{dana(7), dana(8)}))
	m := Message{PersonID: 7, Subject: crypto.Seal("Re: Offer"), Photo: crypto.SealBytes([]byte{1, 2})}
	w.must(t, w.Create(&m))
	w.refused(t, "no subject", w.Create(&Message{Subject: crypto.Seal("plaintext")}))
	w.refused(t, "Update", w.Model(&m).Update("person_id", 8))
	w.refused(t, "Updates(struct)", w.Model(&Message{ID: m.ID}).Updates(Message{PersonID: 8}))
	w.refused(t, "Updates with half of it", w.Model(&Message{ID: m.ID}).Updates(Message{PersonID: 8, Subject: crypto.Seal("x")}))
	w.refused(t, "many rows", w.Model(&Message{}).Where("id > 0").Update("person_id", 8))
	moved := m
	moved.PersonID = 8
	w.refused(t, "Save", w.Save(&moved))
	w.refused(t, "Save of a part", w.Select("person_id").Save(&moved))
	w.refused(t, "an upsert of a part", w.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"person_id"})}).
		Create(&Message{ID: m.ID, PersonID: 8, Subject: crypto.Seal("x")}))
	w.refused(t, "an upsert of the other part", w.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"subject"})}).
		Create(&Message{ID: m.ID, PersonID: 8, Subject: crypto.Seal("x")}))
	w.must(t, w.Model(&Message{ID: m.ID}).Update("subject", crypto.Seal("by its key alone")))
	w.must(t, w.Model(&m).Update("person_id", 7))
	if err := w.Model(&Message{ID: 999}).Update("subject", crypto.Seal("x")).Error; !errors.Is(err, gorm.ErrRecordNotFound) {
		t.Errorf("a row that is not there: %v", err)
	}
	moved.Subject, moved.Photo = crypto.Seal("moved"), crypto.SealBytes([]byte{3})
	w.must(t, w.Save(&moved))
	var read Message
	w.must(t, w.First(&read, m.ID))
	if photo, err := read.Photo.Open(); text(t, read.Subject) != "moved" || err != nil || !reflect.DeepEqual(photo, []byte{3}) {
		t.Error("the row that moved whole reads otherwise")
	}
}

func TestAssociationsAreSealedUnderTheirOwnSubject(t *testing.T) {
	w := newWorld(t, nil)
	p := dana(0)
	p.Messages = []Message{{Subject: crypto.Seal("one")}, {Subject: crypto.Seal("two")}}
	w.must(t, w.Create(p))
	p.Messages[0].Status = "read"
	w.must(t, w.Save(p))
	w.must(t, w.Session(&gorm.Session{FullSaveAssociations: true}).Save(p))
	if err := w.Model(p).Association("Messages").Append(&Message{Subject: crypto.Seal("three")}); err != nil {
		t.Fatal(err)
	}
	w.check(t)
	w.must(t, w.Create(&[]Message{{Subject: crypto.Seal("four"), Person: dana(0)}, {Subject: crypto.Seal("five"), Person: dana(0)}}))

	var read []Person
	w.must(t, w.Preload("Messages").Order("id").Find(&read))
	var subjects []string
	for _, q := range read {
		for _, m := range q.Messages {
			subjects = append(subjects, text(t, m.Subject))
		}
	}
	if got := strings.Join(subjects, " "); got != "one two three four five" {
		t.Error(got)
	}
	var joined []Message
	w.must(t, w.Joins("Person").Find(&joined))
	for _, m := range joined {
		if text(t, m.Person.Name) != "Dana" || text(t, m.Subject) == "" {
			t.Error("a joined value does not open")
		}
	}
}

func TestSaveOfARowThatIsNotThereCreatesIt(t *testing.T) {
	w := newWorld(t, nil)
	p := dana(4711)
	w.must(t, w.Save(p))
	m := Message{ID: 5, PersonID: 4711, Subject: crypto.Seal("x")}
	w.must(t, w.Save(&m))
	s := Setting{Area: "mail", Name: "smtp", Value: crypto.Seal("x")}
	w.must(t, w.Save(&s))
	if text(t, w.person(t, 4711).Email) != "dana4711@fjord.example" || text(t, m.Subject) != "x" {
		t.Error("it reads otherwise")
	}
	dry := dana(1)
	if err := w.Session(&gorm.Session{DryRun: true}).Create(dry).Error; err != nil || !dry.Email.State().New {
		t.Errorf("a dry run changed the model: %v", err)
	}
	if err := w.Unscoped().Delete(&m).Error; err != nil {
		t.Fatal(err)
	}
	w.check(t)
}
