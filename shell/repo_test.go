package shell

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite"

	"github.com/vouchsafe/vouchsafe/crypto"
)

type shelf struct {
	Room   string  `gorm:"primaryKey"`
	Number int     `gorm:"primaryKey;autoIncrement:false"`
	Side   *string `gorm:"primaryKey"`
	Label  string
	Gone   gorm.DeletedAt
	Books  []book `gorm:"foreignKey:ShelfRoom,ShelfNumber;references:Room,Number"`
}

func (shelf) TableName() string { return "old_shelves" }

type book struct {
	ID          int
	ShelfRoom   string
	ShelfNumber int
	Title       string
}

type bookTitle struct{ Title string }

func (bookTitle) TableName() string { return "books" }

// library is a database of 1,300 shelves in two rooms.
func library(t *testing.T) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(sqlite.Dialector{DriverName: "sqlite", DSN: "file:" + t.TempDir() + "/library.db"}, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	if err := db.AutoMigrate(&shelf{}, &book{}); err != nil {
		t.Fatal(err)
	}
	var shelves []shelf
	for n := range 1300 {
		shelves = append(shelves, shelf{Room: []string{"east", "west"}[n%2], Number: n / 2, Label: fmt.Sprint(n)})
	}
	books := []book{{Title: "Emma", ShelfRoom: "east"}, {Title: "Ulysses", ShelfRoom: "west", ShelfNumber: 3}}
	if err := errors.Join(db.CreateInBatches(&shelves, 100).Error, db.Create(&books).Error); err != nil {
		t.Fatal(err)
	}
	return db
}

// panics returns what f panics with.
func panics(t *testing.T, f func()) (said string) {
	t.Helper()
	defer func() {
		if err, ok := recover().(error); ok {
			said = err.Error()
		} else {
			t.Error("it does not panic with an error")
		}
	}()
	f()
	return ""
}

func TestEachVisitsEveryRowOfACompositeKeyOnceAndInOrder(t *testing.T) {
	shelves := NewRepo[shelf](library(t))
	var seen []shelf
	shelves.Each(func(s shelf) bool { seen = append(seen, s); return true })
	if len(seen) != 1300 {
		t.Fatalf("%d of 1300 rows", len(seen))
	}
	for n := range seen[1:] {
		a, b := seen[n], seen[n+1]
		if a.Room > b.Room || a.Room == b.Room && a.Number >= b.Number {
			t.Fatalf("%s %d comes before %s %d", a.Room, a.Number, b.Room, b.Number)
		}
	}
}

func TestEachKeepsToTheQuery(t *testing.T) {
	shelves := NewRepo[shelf](library(t))
	for _, test := range []struct {
		query *Query[shelf]
		want  int
		first int
	}{
		{shelves.Where("room = ?", "east"), 650, 0},
		{shelves.Order("label desc"), 1300, 0},
		{shelves.Limit(0), 0, 0},
		{shelves.Limit(700), 700, 0},
		{shelves.Limit(500), 500, 0},
		{shelves.Limit(1000).Offset(7), 1000, 7},
	} {
		count, first := 0, 0
		test.query.Each(func(s shelf) bool {
			if count == 0 {
				first = s.Number
			}
			count++
			return true
		})
		if count != test.want || first != test.first {
			t.Errorf("%d rows from number %d, want %d from %d", count, first, test.want, test.first)
		}
	}
	count := 0
	shelves.Each(func(shelf) bool { count++; return count < 501 })
	if count != 501 {
		t.Errorf("it went on to row %d", count)
	}
}

func TestFirstAndLastGoByTheWholeKey(t *testing.T) {
	shelves := NewRepo[shelf](library(t))
	if s := shelves.First(); s.Room != "east" || s.Number != 0 {
		t.Errorf("first is %s %d", s.Room, s.Number)
	}
	if s := shelves.Last(); s.Room != "west" || s.Number != 649 {
		t.Errorf("last is %s %d", s.Room, s.Number)
	}
	if s := shelves.Order("number desc").First(); s.Room != "east" || s.Number != 649 {
		t.Errorf("first from behind is %s %d", s.Room, s.Number)
	}
	if said := panics(t, func() { shelves.Order("number").Last() }); !strings.Contains(said, "turn the order round") {
		t.Errorf("Last after Order says %q", said)
	}
	if said := panics(t, func() { shelves.Where("room = ?", "north").First() }); !strings.Contains(said, "no such row") {
		t.Errorf("First of nothing says %q", said)
	}
}

func TestFindTakesAllColumnsOfTheKey(t *testing.T) {
	db := library(t)
	if err := db.Exec("create table pairs (a text, b integer, word text, primary key (a, b)); insert into pairs values ('x', 0, 'nought'), ('x', 1, 'one')").Error; err != nil {
		t.Fatal(err)
	}
	pairs := NewRepo[pair](db)
	if p := pairs.Find("x", 1); p.Word != "one" {
		t.Errorf("found %v", p)
	}
	if _, err := pairs.Lookup("x"); err == nil || !strings.Contains(err.Error(), "2 columns (a, b)") {
		t.Errorf("half a key: %v", err)
	}
	if _, err := pairs.Lookup("x", 2); !errors.Is(err, ErrNoRow) || !strings.Contains(err.Error(), "a x, b 2") {
		t.Errorf("no such key: %v", err)
	}
}

type pair struct {
	A    string `gorm:"primaryKey"`
	B    int    `gorm:"primaryKey;autoIncrement:false"`
	Word string
}

func TestSaveOfAKeyThatIsPartlyZeroChangesThatRowAlone(t *testing.T) {
	shelves := NewRepo[shelf](library(t))
	s := shelves.Where("room = ? and number = 0", "east").First()
	s.Label = "new"
	if done := shelves.Save(&s); done.RowsAffected != 1 {
		t.Errorf("%d rows changed", done.RowsAffected)
	}
	if n := shelves.Where("label = ?", "new").Count(); n != 1 {
		t.Errorf("%d rows have the new label", n)
	}
	if said := panics(t, func() { shelves.Save(&shelf{Label: "none"}) }); !strings.Contains(said, "Room, Number, Side is zero") {
		t.Errorf("without a key: %q", said)
	}
	if said := panics(t, func() { NewRepo[bookTitle](library(t)).Save(&bookTitle{"Emma"}) }); !strings.Contains(said, "no primary key") {
		t.Errorf("a table without a key: %q", said)
	}
}

func TestRowsDeletedSoftlyAreThereUnscoped(t *testing.T) {
	db := library(t)
	shelves := NewRepo[shelf](db)
	if err := db.Where("room = ?", "west").Delete(&shelf{}).Error; err != nil {
		t.Fatal(err)
	}
	if a, b, c := shelves.Count(), shelves.Unscoped().Count(), shelves.Where("number < 5").Unscoped().Count(); a != 650 || b != 1300 || c != 10 {
		t.Errorf("%d and %d unscoped, %d of a query", a, b, c)
	}
	s := shelves.Unscoped().Last()
	if !s.Gone.Valid || s.Room != "west" {
		t.Errorf("last is %v", s)
	}
	if said := panics(t, func() { shelves.Save(&s) }); !strings.Contains(said, "no such row") {
		t.Errorf("saving a deleted row: %q", said)
	}
	s.Gone = gorm.DeletedAt{}
	shelves.Unscoped().Save(&s)
	if n := shelves.Where("room = ?", "west").Count(); n != 1 {
		t.Errorf("%d rows came back", n)
	}
}

func TestAssociationsAreFetchedOnRequestAndLeftAloneBySave(t *testing.T) {
	db := library(t)
	shelves := NewRepo[shelf](db)
	s := shelves.Preload("Books").Where("room = ? and number = ?", "west", 3).First()
	if len(s.Books) != 1 || s.Books[0].Title != "Ulysses" {
		t.Fatalf("its books are %v", s.Books)
	}
	s.Books[0].Title = "Dubliners"
	shelves.Save(&s)
	if n := NewRepo[book](db).Where("title = ?", "Dubliners").Count(); n != 0 {
		t.Errorf("Save changed a book")
	}
	if none := shelves.Preload("Books", "title = ?", "Emma").Not("room = ?", "east").First(); len(none.Books) != 0 {
		t.Errorf("the condition on books is lost: %v", none.Books)
	}
}

type sealedNote struct {
	ID   int64 `crypto:"subject"`
	Text crypto.String
}

func (sealedNote) TableName() string { return "notes" }

type plainNote struct {
	ID   int64
	Text string
}

func (plainNote) TableName() string { return "notes" }

func TestTwoModelsOfASealedTableAreRefused(t *testing.T) {
	for _, models := range [][]Model{
		{ModelOf[sealedNote]("Sealed"), ModelOf[plainNote]("Plain")},
		{ModelOf[plainNote]("Plain"), ModelOf[sealedNote]("Sealed")},
	} {
		_, err := Describe(App{Name: "test", Models: models})
		if err == nil || !strings.Contains(err.Error(), "share the table notes") {
			t.Errorf("%v", err)
		}
	}
	if _, err := Describe(App{Name: "test", Models: []Model{ModelOf[book]("Books"), ModelOf[bookTitle]("Titles")}}); err != nil {
		t.Errorf("nothing is sealed in books: %v", err)
	}
}

// Stamped is embedded.
type Stamped struct{ Name, Note string }

type shadowed struct {
	Stamped
	ID   int
	Note string
}

func TestAColumnIsDescribedOnceThoughAnEmbeddedFieldHasItToo(t *testing.T) {
	s, err := Describe(App{Name: "test", Models: []Model{ModelOf[shadowed]("Shadowed")}})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range s.Tables[0].Columns {
		names = append(names, c.Name)
	}
	if got := strings.Join(names, " "); got != "name id note" {
		t.Errorf("columns %s", got)
	}
}
