package cmd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/vouchsafe/vouchsafe"

// everything is the right of a room that puts the others together.
const everything = "everything"

// rooms says of each package of the module what it may import of the others. What else a room needs, it asks for by a small
// interface that it declares itself. Tests may import what they like.
func rooms() map[string][]string {
	return map[string][]string{
		"cmd":                  {everything},
		"cmd/vouchsafe":        {"cmd", "cmd/demo"},
		"cmd/demo":             {"shell", "crypto"},
		"shell":                {"crypto"},
		"shell/policy":         {"shell"},
		"shell/wire":           {},
		"shell/console":        {"shell", "shell/wire"},
		"shell/broker":         {"shell", "shell/policy", "shell/wire", "audit", "crypto"},
		"shell/worker":         {"shell", "shell/wire", "shell/worker/confine", "crypto"},
		"shell/worker/confine": {},
		"shell/generate":       {},
		"audit":                {},
		"audit/witness":        {},
		"audit/audittest":      {"audit"},
		"crypto":               {},
		"crypto/cryptotest":    {"crypto"},
		"web":                  {"audit"},
		"migrations":           {},
	}
}

// topLevel is all that may stand at the module's root.
func topLevel() []string {
	return []string{"cmd", "shell", "audit", "crypto", "web", "migrations", "go.mod", "go.sum", "Makefile", "README.md", ".ci", ".git", ".gitignore"}
}

func TestRoomsImportOnlyWhatTheirTableAllows(t *testing.T) {
	packages := listPackages(t, moduleRoot(t))
	if len(packages) == 0 {
		t.Fatal("go list names no package: nothing was checked")
	}
	for _, p := range packages {
		for _, fault := range importFaults(p.room(), p.imports(t)) {
			t.Error(fault)
		}
	}
}

func TestAnImportThatTheTableDoesNotAllowIsNamed(t *testing.T) {
	tests := []struct {
		room, imports string
		want          []string // words of the fault; none if it is allowed
	}{
		{"shell/broker", module + "/shell/wire", nil},
		{"shell/broker", "database/sql", nil},
		{"shell/broker", module + "x/shell/worker", nil},
		{"shell/broker", module + "/shell/worker", []string{"shell/broker imports shell/worker", "audit, crypto"}},
		{"shell/console", module + "/shell/broker", []string{"shell/console imports shell/broker"}},
		{"shell", module + "/shell/wire", []string{"shell imports shell/wire"}},
		{"shell/worker", module + "/crypto/cryptotest", []string{"shell/worker imports crypto/cryptotest"}},
		{"audit", module + "/migrations", []string{"audit imports migrations", "nothing of ours"}},
		{"audit", module, []string{"audit imports the module's root"}},
		{"cmd", module + "/web", nil},
		{"cmd", module + "/common", []string{"cmd imports common", "no room"}},
		{"common", "fmt", []string{"common is no room"}},
	}
	for _, test := range tests {
		faults := importFaults(test.room, []string{test.imports})
		if len(test.want) == 0 && len(faults) > 0 {
			t.Errorf("%s may import %s, but: %s", test.room, test.imports, faults)
		}
		if len(test.want) > 0 && len(faults) != 1 {
			t.Errorf("%s importing %s has %d faults", test.room, test.imports, len(faults))
			continue
		}
		for _, words := range test.want {
			if !strings.Contains(faults[0], words) {
				t.Errorf("%q does not say %q", faults[0], words)
			}
		}
	}
}

func TestTheTopLevelIsFixed(t *testing.T) {
	allowed := topLevel()
	for _, name := range namesAt(t, moduleRoot(t)) {
		if !slices.Contains(allowed, name) {
			t.Errorf("%s stands at the module's root, where only these may: %s", name, strings.Join(allowed, ", "))
		}
	}
}

// importFaults returns a sentence for each import that the room may not have.
func importFaults(room string, imports []string) []string {
	table := rooms()
	allowed, known := table[room]
	if !known {
		return []string{room + " is no room of the layout: give it a line in the table of rooms, or put it into one that is there"}
	}
	may := strings.Join(allowed, ", ")
	if may == "" {
		may = "nothing of ours"
	}
	var faults []string
	for _, path := range imports {
		if path == module {
			faults = append(faults, fmt.Sprintf("%s imports the module's root, where no package belongs", room))
			continue
		}
		other, ours := strings.CutPrefix(path, module+"/")
		if !ours || slices.Contains(allowed, other) {
			continue
		}
		if _, known := table[other]; !known {
			faults = append(faults, fmt.Sprintf("%s imports %s, which is no room of the layout", room, other))
		} else if !slices.Contains(allowed, everything) {
			faults = append(faults, fmt.Sprintf("%s imports %s, but it may import %s: what it needs, it asks for by an interface of its own", room, other, may))
		}
	}
	return faults
}

// goPackage is what go list says of a package.
type goPackage struct {
	Dir            string
	ImportPath     string
	Imports        []string // of this platform's files, without tests
	IgnoredGoFiles []string // of other platforms
}

func (p goPackage) room() string {
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

// imports returns the package's imports on every platform.
func (p goPackage) imports(t *testing.T) []string {
	t.Helper()
	imports := p.Imports
	for _, name := range p.IgnoredGoFiles {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			imports = append(imports, path)
		}
	}
	slices.Sort(imports)
	return slices.Compact(imports)
}

// listPackages asks go list for the module's packages; also for those that have files for other platforms only, or do not
// compile, which is for others to complain about.
func listPackages(t *testing.T, root string) []goPackage {
	t.Helper()
	out := output(t, root, "go", "list", "-e", "-json=Dir,ImportPath,Imports,IgnoredGoFiles", "./...")
	var packages []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// namesAt returns what stands at the root: what git keeps or would keep, or, where there is no git, all but hidden files
// and what make leaves behind.
func namesAt(t *testing.T, root string) []string {
	t.Helper()
	var names []string
	_, noRepository := os.Stat(filepath.Join(root, ".git"))
	_, noGit := exec.LookPath("git")
	if noRepository == nil && noGit == nil {
		out := output(t, root, "git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--directory", "--no-empty-directory")
		for path := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
			name, _, _ := strings.Cut(path, "/")
			names = append(names, name)
		}
	} else {
		entries, err := os.ReadDir(root)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if name := e.Name(); !strings.HasPrefix(name, ".") && name != "vouchsafe" && name != "vouchsafe-demo" {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return root
}

// output runs a command in dir and returns what it wrote to standard output.
func output(t *testing.T, dir string, name string, args ...string) []byte {
	t.Helper()
	command := exec.Command(name, args...)
	command.Dir = dir
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, &stderr)
	}
	return out
}
