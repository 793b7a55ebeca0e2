package crypto_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/crypto/cryptotest"
)

type Person struct {
	ID         int64         `crypto:"subject"`
	Name       crypto.String `crypto:"facts=present+len+same"`
	Email      crypto.String `crypto:"index=EmailIndex,norm=lower+trim,facts=present+len+domain+same+is"`
	EmailIndex []byte        `gorm:"index"`
	Phone      crypto.String `crypto:"text,facts=prefix=4"`
	Plan       string
	Messages   []Message
}

type Message struct {
	ID       int64
	PersonID int64 `crypto:"subject=people"`
	Person   *Person
	Subject  crypto.String `gorm:"not null"`
	Photo    crypto.Bytes
	Status   string
}

// Setting has a composite key and no subject.
type Setting struct {
	Area  string `gorm:"primaryKey"`
	Name  string `gorm:"primaryKey"`
	Value crypto.String
}

type world struct {
	*gorm.DB
	keyring *crypto.Keyring
	store   *cryptotest.Store
}

func newWorld(t *testing.T, config *gorm.Config) world {
	t.Helper()
	if config == nil {
		config = &gorm.Config{}
	}
	config.Logger = logger.Discard
	db, err := gorm.Open(sqlite.New(sqlite.Config{DriverName: "sqlite", DSN: filepath.Join(t.TempDir(), "app.db")}), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if pool, err := db.DB(); err == nil {
			pool.Close()
		}
	})
	store := cryptotest.NewStore()
	w := world{db, cryptotest.KeyringOn(t, store), store}
	if err := db.Use(crypto.NewPlugin(w.keyring)); err != nil {
		t.Fatal(err)
	}
	if err := db.AutoMigrate(&Person{}, &Message{}, &Setting{}); err != nil {
		t.Fatal(err)
	}
	return w
}

// check holds what must hold of every database at every time: each sealed column is NULL or an envelope that opens and names its place,
// and each index is that of its column.
func (w world) check(t *testing.T) {
	t.Helper()
	for _, c := range []struct {
		column, row, subject, query string
	}{
		{"people.name", "people/%v", "people/%v", "SELECT id, id, name, NULL, NULL FROM people"},
		{"people.email", "people/%v", "people/%v", "SELECT id, id, email, email_index, 1 FROM people"},
		{"people.phone", "people/%v", "people/%v", "SELECT id, id, phone, NULL, NULL FROM people"},
		{"messages.subject", "messages/%v", "people/%v", "SELECT id, person_id, subject, NULL, NULL FROM messages"},
		{"messages.photo", "messages/%v", "people/%v", "SELECT id, person_id, photo, NULL, NULL FROM messages"},
		{"settings.value", "settings/%v", "", "SELECT replace(replace(area || ',' || name, ' ', '%20'), '/', '%2F'), NULL, value, NULL, NULL FROM settings"},
	} {
		rows, err := w.DB.Raw(c.query).Rows()
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var id, subject, indexed any
			var value, index []byte
			if err := rows.Scan(&id, &subject, &value, &index, &indexed); err != nil {
				t.Fatal(err)
			}
			place := fmt.Sprintf("%s of "+c.row, c.column, id)
			if value == nil {
				if index != nil {
					t.Errorf("%s is NULL and has an index", place)
				}
				continue
			}
			opened, err := w.keyring.Open(t.Context(), value)
			if err != nil {
				t.Fatal(err)
			}
			if opened[0].Err != nil {
				t.Errorf("%s holds %q: %v", place, value, opened[0].Err)
				continue
			}
			want := crypto.Header{KeyID: opened[0].Header.KeyID, Column: crypto.Column(c.column), Row: crypto.Row(fmt.Sprintf(c.row, id))}
			if c.subject != "" {
				want.Subject = crypto.Subject(fmt.Sprintf(c.subject, subject))
			}
			if opened[0].Header != want {
				t.Errorf("%s is sealed for %+v", place, opened[0].Header)
			}
			if indexed != nil {
				all, err := w.keyring.Index("people.email", []string{"lower", "trim"}, string(opened[0].Plain))
				if err != nil || string(all[0]) != string(index) {
					t.Errorf("%s has another's index", place)
				}
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func (w world) must(t *testing.T, tx *gorm.DB) {
	t.Helper()
	if tx.Error != nil {
		t.Fatal(tx.Error)
	}
	w.check(t)
}

// refused says that a write was refused by crypto itself, and that nothing was written.
func (w world) refused(t *testing.T, name string, tx *gorm.DB) {
	t.Helper()
	var why *crypto.WriteError
	if !errors.As(tx.Error, &why) {
		t.Errorf("%s: %v", name, tx.Error)
	} else if strings.Contains(tx.Error.Error(), "plaintext") {
		t.Errorf("%s: the error shows the value: %v", name, tx.Error)
	}
	w.check(t)
}

func (w world) person(t *testing.T, id int64) Person {
	t.Helper()
	var p Person
	if err := w.First(&p, id).Error; err != nil {
		t.Fatal(err)
	}
	return p
}

func text(t *testing.T, s crypto.String) string {
	t.Helper()
	got, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func dana(id int64) *Person {
	return &Person{ID: id, Name: crypto.Seal("Dana"), Email: crypto.Seal(fmt.Sprintf("dana%d@fjord.example", id)), Phone: crypto.Seal("+4791234501"), Plan: "pro"}
}

func TestWhatIsCreatedReadsBack(t *testing.T) {
	for _, config := range []*gorm.Config{{}, {SkipDefaultTransaction: true}, {PrepareStmt: true}, {CreateBatchSize: 3}} {
		w := newWorld(t, config)
		p := dana(42)
		w.must(t, w.Create(p))
		if text(t, p.Email) != "dana42@fjord.example" {
			t.Error("the created value does not open")
		}
		auto := dana(0)
		w.must(t, w.Create(auto))
		if auto.ID == 0 || text(t, auto.Name) != "Dana" || text(t, w.person(t, auto.ID).Phone) != "+4791234501" {
			t.Errorf("auto-increment: %d", auto.ID)
		}
		batch := []Person{*dana(0), {Plan: "free"}, *dana(0), {Name: crypto.Seal("")}, *dana(1000), *dana(0)}
		w.must(t, w.Create(&batch))
		pointers := []*Person{dana(0), dana(2000)}
		w.must(t, w.Create(pointers))
		w.must(t, w.Create(&Setting{Area: "a b", Name: "x/y", Value: crypto.Seal("v")}))
		for i := range batch {
			read := w.person(t, batch[i].ID)
			if text(t, read.Name) != text(t, batch[i].Name) || read.Name.Null() != batch[i].Name.Null() {
				t.Errorf("row %d of the batch", i)
			}
		}
	}
}

func TestACompositeKeyWithoutSubjectIsSealedByTheKeyset(t *testing.T) {
	w := newWorld(t, nil)
	w.must(t, w.Create(&Setting{Area: "mail", Name: "smtp", Value: crypto.Seal("secret")}))
	var s Setting
	w.must(t, w.First(&s))
	s.Value = crypto.Seal("other")
	w.must(t, w.Save(&s))
	w.must(t, w.Model(&s).Update("value", crypto.Seal("third")))
	var again Setting
	w.must(t, w.First(&again))
	if text(t, again.Value) != "third" || text(t, s.Value) != "third" {
		t.Error("not what was written")
	}
}

func TestEveryWayToUpdateSealsOrIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	w.must(t, w.Create(dana(42)))
	w.must(t, w.Create(dana(43)))
	p := w.person(t, 42)
	before, _ := p.Name.Value()
	p.Plan, p.Email = "free", crypto.Seal("new@fjord.example")
	w.must(t, w.Save(&p))
	after, _ := w.person(t, 42).Name.Value()
	if !reflect.DeepEqual(before, after) {
		t.Error("Save changed a value that was only read")
	}
	for name, write := range map[string]func(value string) *gorm.DB{
		"Update":          func(v string) *gorm.DB { return w.Model(&p).Update("email", crypto.Seal(v)) },
		"Update by field": func(v string) *gorm.DB { return w.Model(&p).Update("Email", crypto.Seal(v)) },
		"UpdateColumn":    func(v string) *gorm.DB { return w.Model(&p).UpdateColumn("email", crypto.Seal(v)) },
		"Updates(map)": func(v string) *gorm.DB {
			return w.Model(&p).Updates(map[string]any{"email": crypto.Seal(v), "plan": v})
		},
		"UpdateColumns(map)": func(v string) *gorm.DB { return w.Model(&p).UpdateColumns(map[string]any{"email": crypto.Seal(v)}) },
		"Updates(struct)":    func(v string) *gorm.DB { return w.Model(&p).Updates(Person{Email: crypto.Seal(v), Plan: v}) },
		"Updates(pointer)":   func(v string) *gorm.DB { return w.Model(&p).Updates(&Person{Email: crypto.Seal(v)}) },
		"Updates by a key":   func(v string) *gorm.DB { return w.Model(&Person{ID: 42}).Updates(Person{Email: crypto.Seal(v)}) },
		"Select.Updates": func(v string) *gorm.DB {
			return w.Model(&p).Select("email").Updates(Person{Email: crypto.Seal(v), Plan: "x"})
		},
		"Select by field, Updates": func(v string) *gorm.DB { return w.Model(&p).Select("Email").Updates(Person{Email: crypto.Seal(v)}) },
		"Updates of itself":        func(v string) *gorm.DB { p.Email = crypto.Seal(v); return w.Updates(&p) },
		"Select.Save":              func(v string) *gorm.DB { p.Email = crypto.Seal(v); return w.Select("Email").Save(&p) },
		"Omit.Save":                func(v string) *gorm.DB { p.Email = crypto.Seal(v); return w.Omit("Plan").Save(&p) },
		"a DTO":                    func(v string) *gorm.DB { return w.Model(&p).Updates(struct{ Email crypto.String }{crypto.Seal(v)}) },
		"Save of a new row's id":   func(v string) *gorm.DB { return w.Save(&Person{ID: 42, Email: crypto.Seal(v)}) },
		"a transaction": func(v string) *gorm.DB {
			return &gorm.DB{Error: w.Transaction(func(tx *gorm.DB) error { return tx.Model(&p).Update("email", crypto.Seal(v)).Error })}
		},
		"Save of a slice": func(v string) *gorm.DB { return w.Save([]Person{{ID: 42, Email: crypto.Seal(v)}}) },
		"Assign.FirstOrCreate": func(v string) *gorm.DB {
			return w.Where("id = ?", 42).Assign(Person{Email: crypto.Seal(v)}).FirstOrCreate(&Person{})
		},
		"an upsert on the key": func(v string) *gorm.DB {
			return w.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"email", "email_index"})}).Create(&Person{ID: 42, Email: crypto.Seal(v)})
		},
	} {
		value := strings.ReplaceAll(name, " ", ".") + "@fjord.example"
		w.must(t, write(value))
		if got := text(t, w.person(t, 42).Email); got != value {
			t.Errorf("%s: wrote %q", name, got)
		}
		var found []Person
		w.must(t, w.Where(crypto.Eq("people.email", strings.ToUpper(value))).Find(&found))
		if len(found) != 1 || found[0].ID != 42 {
			t.Errorf("%s: not found by its index", name)
		}
	}
	w.must(t, w.Model(&p).Update("email", nil))
	if got := w.person(t, 42); !got.Email.Null() || got.EmailIndex != nil {
		t.Error("NULL was not written, or the index stayed")
	}
	w.must(t, w.Model(&Person{}).Where("plan = ?", "pro").Updates(map[string]any{"plan": "free", "email": nil}))

	other := w.person(t, 43)
	for name, write := range map[string]func() *gorm.DB{
		"a string":                    func() *gorm.DB { return w.Model(&p).Update("email", "plaintext") },
		"a string by field":           func() *gorm.DB { return w.Model(&p).Update("Email", "plaintext") },
		"bytes":                       func() *gorm.DB { return w.Model(&p).Update("email", []byte("plaintext")) },
		"an envelope of one's own":    func() *gorm.DB { v, _ := other.Name.Value(); return w.Model(&p).Update("name", v) },
		"Expr":                        func() *gorm.DB { return w.Model(&p).Update("email", gorm.Expr("'plaintext'")) },
		"Updates(map) with a string":  func() *gorm.DB { return w.Model(&p).Updates(map[string]any{"email": "plaintext"}) },
		"UpdateColumns(map)":          func() *gorm.DB { return w.Model(&p).UpdateColumns(map[string]any{"email": "plaintext"}) },
		"another case":                func() *gorm.DB { return w.Model(&p).Updates(map[string]any{"EMAIL": "plaintext"}) },
		"with its table":              func() *gorm.DB { return w.Model(&p).Updates(map[string]any{"people.email": "plaintext"}) },
		"quoted":                      func() *gorm.DB { return w.Model(&p).Updates(map[string]any{`"email"`: "plaintext"}) },
		"the index":                   func() *gorm.DB { return w.Model(&p).Update("email_index", []byte("x")) },
		"many rows":                   func() *gorm.DB { return w.Model(&Person{}).Where("id > 0").Update("email", crypto.Seal("x")) },
		"many rows by a struct":       func() *gorm.DB { return w.Model(&Person{}).Where("id > 0").Updates(Person{Email: crypto.Seal("x")}) },
		"another row's value":         func() *gorm.DB { return w.Model(&p).Update("name", other.Name) },
		"another row's value by Save": func() *gorm.DB { q := w.person(t, 42); q.Name = other.Name; return w.Save(&q) },
		"another column's value":      func() *gorm.DB { return w.Model(&other).Update("phone", other.Name) },
		"another column's by Save":    func() *gorm.DB { q := w.person(t, 43); q.Email = q.Name; return w.Save(&q) },
		"the primary key":             func() *gorm.DB { return w.Model(&p).Update("id", 99) },
		"the primary key by a struct": func() *gorm.DB { return w.Model(&p).Updates(Person{ID: 99}) },
		"Create(map)":                 func() *gorm.DB { return w.Model(&Person{}).Create(map[string]any{"email": "plaintext"}) },
		"Create(maps)":                func() *gorm.DB { return w.Model(&Person{}).Create([]map[string]any{{"Email": "plaintext"}}) },
		"Create(map) of the index":    func() *gorm.DB { return w.Model(&Person{}).Create(map[string]any{"email_index": []byte{1}}) },
		"Create of a read value":      func() *gorm.DB { return w.Create(&Person{Name: other.Name}) },
		"Create of another's value":   func() *gorm.DB { return w.Create(&Person{ID: 77, Name: other.Name}) },
		"a SET clause": func() *gorm.DB {
			return w.Model(&p).Clauses(clause.Set{{Column: clause.Column{Name: "email"}, Value: "plaintext"}}).Updates(map[string]any{})
		},
		"the index left out":    func() *gorm.DB { return w.Omit("email_index").Create(dana(78)) },
		"the key left out":      func() *gorm.DB { return w.Select("Email").Create(dana(79)) },
		"Where on a new value":  func() *gorm.DB { return w.Where("email = ?", crypto.Seal("plaintext")).Find(&[]Person{}) },
		"Exec with a new value": func() *gorm.DB { return w.Exec("UPDATE people SET email = ?", crypto.Seal("plaintext")) },
		"an upsert's assignment": func() *gorm.DB {
			return w.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.Assignments(map[string]any{"email": "plaintext"})}).Create(dana(42))
		},
		"an upsert on another column": func() *gorm.DB {
			return w.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "plan"}}, UpdateAll: true}).Create(dana(0))
		},
		"an upsert without the index": func() *gorm.DB {
			return w.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"email"})}).Create(dana(42))
		},
	} {
		w.refused(t, name, write())
	}
	for name, write := range map[string]func() *gorm.DB{
		"Table.Updates(map)": func() *gorm.DB {
			return w.Table("people").Where("id = 42").Updates(map[string]any{"email": "plaintext"})
		},
		"Table.Create(map)":   func() *gorm.DB { return w.Table("people").Create(map[string]any{"email": "plaintext"}) },
		"Exec":                func() *gorm.DB { return w.Exec("UPDATE people SET email = 'plaintext' WHERE id = 42") },
		"Exec, text column":   func() *gorm.DB { return w.Exec("UPDATE people SET phone = 'plaintext' WHERE id = 42") },
		"Exec, a number":      func() *gorm.DB { return w.Exec("UPDATE people SET email = 5 WHERE id = 42") },
		"Exec, text envelope": func() *gorm.DB { return w.Exec("UPDATE people SET email = cast(x'E101' as text) WHERE id = 42") },
	} {
		if err := write().Error; err == nil || !strings.Contains(err.Error(), "CHECK") {
			t.Errorf("%s passed the CHECK: %v", name, err)
		}
		w.check(t)
	}
}

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
