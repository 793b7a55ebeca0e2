package generate

import (
	"context"
	"fmt"
	"strings"
)

// Config says what is generated.
type Config struct {
	Dir      string   // where the packages are looked for: a directory of the company's module
	Patterns []string // packages, as the go command names them: ./models, example.com/shop/...
	Output   string   // the file that it will be; empty for one in Dir
	Package  string   // of the file; main where it is empty
	Take     []string // types that are models though they do not look it: Rate, or billing.Rate
	Leave    []string // types that are none though they do
}

// Result is a file, and what to tell of it.
type Result struct {
	Source []byte
	Report []string // a line for each type that was taken, or was left out for a reason
	Models int
}

// Error is why nothing was generated.
type Error struct {
	Message string
	Hint    string
}

func (e *Error) Error() string { return e.Message }

// Generate reads the packages and returns the file. It writes nothing. Its errors for a person are *Error.
func Generate(ctx context.Context, c Config) (*Result, error) {
	if c.Package == "" {
		c.Package = "main"
	}
	packages, err := load(ctx, c)
	if err != nil {
		return nil, err
	}
	namePackages(packages)
	report, err := findModels(packages, c)
	if err != nil {
		return nil, err
	}
	models := nameRepositories(packages)
	if len(models) == 0 {
		return nil, &Error{
			Message: fmt.Sprintf("no GORM model in %s", strings.Join(c.Patterns, " ")) + seen(report),
			Hint:    "a model is an exported struct that embeds gorm.Model, has a method TableName, or a primary key (ID, or a field tagged gorm:\"primaryKey\"); --take Name takes another one",
		}
	}
	for _, m := range models {
		report = append(report, fmt.Sprintf("%s is %s", m.name(), m.repository))
	}
	source, err := write(c, packages, models)
	if err != nil {
		return nil, err
	}
	return &Result{Source: source, Report: report, Models: len(models)}, nil
}

func seen(report []string) string {
	if len(report) == 0 {
		return ": no exported struct there looks like one"
	}
	return ": " + strings.Join(report, "; ")
}
