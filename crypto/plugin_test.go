package crypto_test

import (
	"reflect"
	"strings"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/vouchsafe/vouchsafe/crypto"
)

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
