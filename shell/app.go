package shell

import (
	"context"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// App is a company's application as its console binary hands it to cmd.Main.
type App struct {
	Name        string  // on every session, and in the prompt
	Environment string  // production, staging, development; the config may name another
	Models      []Model // in the order in which .schema lists them
	Symbols     Symbols // further names for typed code; nil where there are none
	// Topics are further pages of .help, made when the server learns what the application is; nil where there are none.
	Topics func() ([]Topic, error)
	Demo   *Demo // data to try it with; nil where there is none
}

// Symbols are what typed code may use of compiled packages, beside the models: constants, functions, variables, and types
// as nil pointers. The keys are "import/path/name" with the package's name once more at the end, and then the symbol.
// `vouchsafe generate` writes them.
type Symbols map[string]map[string]reflect.Value

// Topic is a page of .help that an application brings along, such as `.help tickets`.
type Topic struct {
	Name  string `json:"name"`  // one word, in lower case
	Title string `json:"title"` // what .help says of it, one line
	Text  string `json:"text"`
}

// Demo makes the data that `vouchsafe demo` shows.
type Demo struct {
	// Build makes tables and rows in an empty database through GORM, with the crypto plugin in place. It reports its
	// progress in rows.
	Build func(ctx context.Context, db *gorm.DB, now time.Time, progress func(done, total int)) error
	// Justification is the link that a first session is offered: one that the demo's policy accepts.
	Justification string
}

// Model is one GORM model and the name of its repository.
type Model struct {
	Repository string       // People
	Type       reflect.Type // Person

	bind func(db *gorm.DB) any
}

// ModelOf names the repository of the GORM model T, a struct.
func ModelOf[T any](repository string) Model {
	return Model{
		Repository: repository,
		Type:       reflect.TypeFor[T](),
		bind:       func(db *gorm.DB) any { return NewRepo[T](db) },
	}
}

// Bind makes the model's repository, a *Repo of its type.
func (m Model) Bind(db *gorm.DB) any { return m.bind(db) }

// Check refuses an App that a console could not use.
func (a App) Check() error {
	if a.Name == "" {
		return fmt.Errorf("the App has no Name")
	}
	seen := map[string]bool{}
	for _, m := range a.Models {
		switch {
		case m.bind == nil:
			return fmt.Errorf("a model of %s was not made by shell.ModelOf", a.Name)
		case m.Type.Kind() != reflect.Struct:
			return fmt.Errorf("model %s is no struct", m.Type)
		case seen[m.Repository]:
			return fmt.Errorf("two repositories are called %s", m.Repository)
		}
		seen[m.Repository] = true
	}
	packages := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(a.Symbols)) {
		name := path.Base(key)
		if packages[name] || !strings.Contains(key, "/") {
			return fmt.Errorf("the Symbols of %s have no name of their own: their key ends in one, as vouchsafe generate writes it", key)
		}
		packages[name] = true
	}
	return nil
}
