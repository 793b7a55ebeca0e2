package crypto_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
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
