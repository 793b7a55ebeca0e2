package generate

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// module makes a module of these files, whose only dependencies are those of this one.
func module(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	requires, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	_, requires, _ = bytes.Cut(requires, []byte("\n"))
	requires, _, _ = bytes.Cut(requires, []byte("tool ("))
	files := txtar.Parse([]byte(archive)).Files
	files = append(files, txtar.File{Name: "go.mod", Data: append([]byte("module example.com/shop\n"), requires...)}, txtar.File{Name: "go.sum", Data: sums})
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, f.Data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// generated generates for all packages of a module.
func generated(t *testing.T, archive string, change func(*Config)) *Result {
	t.Helper()
	c := Config{Dir: module(t, archive), Patterns: []string{"./..."}}
	if change != nil {
		change(&c)
	}
	r, err := Generate(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// repositories are the names of the repositories in a file, in its order, with the model of each.
func repositories(r *Result) []string {
	var list []string
	for line := range strings.SplitSeq(string(r.Source), "\n") {
		if rest, ok := strings.CutPrefix(line, "\tshell.ModelOf["); ok {
			model, name, _ := strings.Cut(strings.TrimSuffix(rest, "\"),"), `]("`)
			list = append(list, name+" "+model)
		}
	}
	return list
}

func TestModelsAreToldFromOtherStructs(t *testing.T) {
	r := generated(t, `
-- models/models.go --
package models

import (
	"database/sql"
	"time"

	"gorm.io/gorm"
)

type Base struct { ID uint; At time.Time }          // a part
type Person struct { Base; Friends []Friend }       // its key is embedded
type Friend struct { ID int; PersonID uint; Friend *Friend; FriendID *int } // has a key and is related
type Admin struct { Person; Level int }             // embeds a model that others have
type Guest struct { gorm.Model; Host Person; HostID uint }
type Tabled struct{ Name string }
func (*Tabled) TableName() string { return "t" }
type Keyed struct{ Code string `+"`gorm:\"primaryKey\"`"+` }
type Old struct{ Code string `+"`gorm:\"primary_key\"`"+` }
type Row struct{ Sum int `+"`gorm:\"column:sum\"`"+` } // no key
type Ignored struct{ ID int `+"`gorm:\"-\"`"+`; Name string }
type Bad struct{ ID int; Do func() }
type Worse struct{ ID int; Other Loose }
type Loose struct{ Name string }
type Fine struct{ ID int; Any any `+"`gorm:\"serializer:json\"`"+`; N sql.NullInt64; B [4]byte; Skip func() `+"`gorm:\"-\"`"+`; P **string }
type Generic[T any] struct{ ID T }
type Alias = Person
type plain struct{ ID int }
type NotAStruct int
type Color struct{ Red, Green int }
`, nil)
	want := []string{
		"Admins models.Admin", "Fines models.Fine", "Friends models.Friend", "Guests models.Guest", "Keyeds models.Keyed", "Olds models.Old",
		"People models.Person", "Tableds models.Tabled",
	}
	if got := repositories(r); !slices.Equal(got, want) {
		t.Errorf("models\n got %q\nwant %q", got, want)
	}
	report := strings.Join(r.Report, "\n")
	for _, line := range []string{
		"models.Base left out: it is a part that models embed",
		"models.Row left out: it has gorm tags but neither a primary key nor TableName",
		"models.Bad left out: its field Do is a func(), which is no column (GORM would refuse it)",
		"models.Worse left out: its field Other is a models.Loose, to which no foreign key leads (GORM would refuse it)",
	} {
		if !strings.Contains(report, line) {
			t.Errorf("the report does not say %q:\n%s", line, report)
		}
	}
	if strings.Contains(report, "Color") {
		t.Errorf("the report speaks of a struct that is like no model:\n%s", report)
	}
}

func TestTakeAndLeaveDecide(t *testing.T) {
	archive := `
-- billing/billing.go --
package billing

type Rate struct{ Percent int }
type User struct{ ID int }
-- auth/auth.go --
package auth

type User struct{ ID int }
`
	r := generated(t, archive, func(c *Config) { c.Take, c.Leave = []string{"Rate"}, []string{"billing.User"} })
	if got, want := repositories(r), []string{"Rates billing.Rate", "Users auth.User"}; !slices.Equal(got, want) {
		t.Errorf("models\n got %q\nwant %q", got, want)
	}
	_, err := Generate(t.Context(), Config{Dir: module(t, archive), Patterns: []string{"./..."}, Leave: []string{"billing.Person"}})
	if err == nil || !strings.Contains(err.Error(), "billing.Person is no exported struct") {
		t.Errorf("an unknown type: %v", err)
	}
}

func TestNamesThatCollideAreToldApart(t *testing.T) {
	model := func(name string) string { return "\n\ntype User struct{ ID int }\n\nconst Of" + name + " = 1\n" }
	r := generated(t, "-- auth/models/m.go --\npackage models"+model("Auth")+
		"-- billing/models/v2/m.go --\npackage models"+model("Billing")+
		"-- time/t.go --\npackage time\n\ntype Zone struct{ ID int }\n"+
		"-- strings/s.go --\npackage strings\n\ntype PDS struct{ ID int }\n\ntype Person struct{ ID int }\n\ntype People struct{ ID int }\n", nil)
	want := []string{
		"AuthUsers authmodels.User", "BillingUsers billingmodels.User", "PDSRows shopstrings.PDS", "Peoples shopstrings.People",
		"PersonRows shopstrings.Person", "Zones shoptime.Zone",
	}
	if got := repositories(r); !slices.Equal(got, want) {
		t.Errorf("models\n got %q\nwant %q", got, want)
	}
	for _, line := range []string{`authmodels "example.com/shop/auth/models"`, `"example.com/shop/billing/models/v2/billingmodels": {`, `"OfAuth": reflect.ValueOf(constant.MakeInt64(authmodels.OfAuth)),`} {
		if !strings.Contains(string(r.Source), line) {
			t.Errorf("the file lacks %s:\n%s", line, r.Source)
		}
	}
}

func TestPluralsAreThoseOfGORM(t *testing.T) {
	for name, want := range map[string]string{
		"Person": "People", "FancyPerson": "FancyPeople", "Category": "Categories", "CWEHandle": "CWEHandles", "Box": "Boxes", "OAuth2Token": "OAuth2Tokens",
		"Equipment": "Equipment", "PDS": "PDS", "Alias": "Aliases", "URL": "URLs", "A": "As", "Größe": "Größes",
	} {
		if got := plural(name); got != want {
			t.Errorf("the plural of %s is %s, want %s", name, got, want)
		}
	}
}

func TestTheFileIsTheSameEachTimeAndCompiles(t *testing.T) {
	archive := `
-- models/models.go --
package models

import "errors"

type Person struct{ ID int }
type Kind string
type Speaker interface{ Speak(words ...string) error }
type Number interface{ ~int }
type Pair[T any] struct{ A T }
type hidden int

const (
	KindA Kind = "a"
	Text       = "x"
	Yes        = true
	Small      = -1
	Big        = 18446744073709551615
	Huge       = 1 << 200
	Tiny       = 1e-400
	Vast       = 1e400
	Third      = 1.0 / 3
	Turn       = 1i
	Letter     = 'é'
	Secret hidden = 3
)

var (
	KindB   = Kind("b")
	ErrGone = errors.New("gone")
	Table   = map[string]int{}
	Count   int
)

func Do(p Person, k ...Kind) (Kind, error) { return KindA, nil }
func Map[T any](t T) T { return t }
-- empty/empty.go --
package empty
-- consts/consts.go --
package consts

const Only = 1
`
	dir := module(t, archive)
	c := Config{Dir: dir, Patterns: []string{"./..."}, Package: "console"}
	var first []byte
	for n := range 3 {
		r, err := Generate(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 && !bytes.Equal(first, r.Source) {
			t.Fatalf("one run gave\n%s\nanother\n%s", first, r.Source)
		}
		first = r.Source
	}
	for _, line := range []string{
		"// Code generated by vouchsafe generate; DO NOT EDIT.\n\npackage console\n", "KindB", "ErrGone", "Speaker", "Secret", "consts.Only", "// left out: Map: a generic function",
		"// left out: Pair: a generic type", "// left out: Number: a constraint of generic types", "// left out: Table: a variable", "// left out: Count: a variable",
	} {
		if !strings.Contains(string(first), line) {
			t.Errorf("the file lacks %q:\n%s", line, first)
		}
	}
	if strings.Contains(string(first), "shop/empty") {
		t.Errorf("it imports a package of which it uses nothing:\n%s", first)
	}
	// The file needs shell, which a module made for a test does not have: two types stand in for it.
	source := bytes.Replace(first, []byte(fmt.Sprintf("%q", shellPath)), []byte(`"example.com/shop/shell"`), 1)
	for name, text := range map[string][]byte{
		"console/models.go": source,
		"shell/shell.go":    []byte("package shell\n\nimport \"reflect\"\n\ntype Model struct{}\n\nfunc ModelOf[T any](string) Model { return Model{} }\n\ntype Symbols map[string]map[string]reflect.Value\n"),
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, text, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	vet := exec.Command("go", "build", "./console")
	vet.Dir = dir
	if out, err := vet.CombinedOutput(); err != nil {
		t.Errorf("it does not compile: %v\n%s\n%s", err, out, source)
	}
}

func TestInternalPackagesAreForTheirOwnPartOfTheModule(t *testing.T) {
	dir := module(t, "-- app/internal/models/m.go --\npackage models\n\ntype Person struct{ ID int }\n-- app/console/main.go --\npackage main\n-- other/main.go --\npackage main\n")
	for output, fine := range map[string]bool{"app/console/models.go": true, "app/models.go": true, "other/models.go": false, "models.go": false, "": false} {
		_, err := Generate(t.Context(), Config{Dir: dir, Patterns: []string{"./app/internal/models"}, Output: output})
		if fine != (err == nil) {
			t.Errorf("written to %q: %v", output, err)
		}
	}
}
