package generate

import (
	"context"
	"fmt"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// pack is a package whose models and symbols are exported.
type pack struct {
	path   string
	name   string // as its own files say
	called string // in the console and in the file; no two packages have the same
	word   string // tells its models from those of another package: Billing
	types  *types.Package
	models []*model
}

// load finds and type-checks the packages.
func load(ctx context.Context, c Config) ([]*pack, error) {
	if len(c.Patterns) == 0 {
		return nil, &Error{Message: "no package is named", Hint: "vouchsafe generate ./models"}
	}
	for _, p := range c.Patterns {
		if strings.HasPrefix(p, "-") { // the go command would take it for a flag
			return nil, &Error{Message: fmt.Sprintf("%s is no package", p), Hint: "vouchsafe generate ./models"}
		}
	}
	loaded, err := packages.Load(&packages.Config{
		Context: ctx, Dir: c.Dir,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedModule | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedTypesSizes,
	}, c.Patterns...)
	if err != nil {
		return nil, &Error{Message: "the packages cannot be loaded: " + oneLine(err.Error()), Hint: "run it in the module that has them, where go build works; nothing was written"}
	}
	slices.SortFunc(loaded, func(a, b *packages.Package) int { return strings.Compare(a.PkgPath, b.PkgPath) })
	var result []*pack
	for _, p := range loaded {
		if err := usable(p, c); err != nil {
			return nil, err
		}
		if len(p.GoFiles) == 0 { // only tests, or other platforms
			continue
		}
		result = append(result, &pack{path: p.PkgPath, name: p.Name, types: p.Types})
	}
	if len(result) == 0 {
		return nil, &Error{Message: fmt.Sprintf("there is no package %s", strings.Join(c.Patterns, " ")), Hint: "run it in the module that has them; nothing was written"}
	}
	return result, nil
}

// usable refuses a package that does not compile, or that the file could not import.
func usable(p *packages.Package, c Config) error {
	if len(p.Errors) > 0 {
		e := p.Errors[0]
		return &Error{
			Message: fmt.Sprintf("package %s does not compile: %s", p.PkgPath, oneLine(strings.TrimPrefix(e.Pos+": ", "-: ")+e.Msg)),
			Hint:    fmt.Sprintf("go build %s says the same; nothing was written", p.PkgPath),
		}
	}
	if p.Name == "main" {
		return &Error{Message: fmt.Sprintf("package %s is a program, and no other package can import it", p.PkgPath), Hint: "move the models to a package of their own"}
	}
	if len(p.GoFiles) == 0 {
		return nil
	}
	home, out := filepath.Dir(p.GoFiles[0]), output(c)
	if sameDir(home, out) {
		return &Error{Message: fmt.Sprintf("the file would stand in package %s itself, which cannot import itself", p.PkgPath), Hint: "write it beside the console's own main.go: -o cmd/console/models.go"}
	}
	if root, internal := internalRoot(p.PkgPath, home); internal && !within(out, root) {
		return &Error{Message: fmt.Sprintf("package %s is internal: only code below %s can import it", p.PkgPath, root), Hint: "write the console's file there: -o FILE"}
	}
	return nil
}

// output is the directory of the file.
func output(c Config) string {
	if c.Output == "" {
		return c.Dir
	}
	if filepath.IsAbs(c.Output) {
		return filepath.Dir(c.Output)
	}
	return filepath.Join(c.Dir, filepath.Dir(c.Output))
}

// internalRoot is the directory below which an internal package may be imported.
func internalRoot(path, home string) (string, bool) {
	elements := strings.Split(path, "/")
	for n := len(elements) - 1; n >= 0; n-- {
		if elements[n] == "internal" {
			return filepath.Join(home, strings.Repeat(".."+string(filepath.Separator), len(elements)-n)), true
		}
	}
	return "", false
}

func sameDir(a, b string) bool {
	left, err := os.Stat(a)
	if err != nil {
		return false
	}
	right, err := os.Stat(b)
	return err == nil && os.SameFile(left, right)
}

func within(dir, root string) bool {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	if resolved, err := filepath.EvalSymlinks(absolute); err == nil {
		absolute = resolved
	}
	if resolved, err := filepath.EvalSymlinks(root); err == nil {
		root = resolved
	}
	relative, err := filepath.Rel(root, absolute)
	return err == nil && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator))
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
