package cmd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// company is a company's own module with its own console, and a record of its own.
type company struct {
	dir       string // the module
	vouchsafe string // the stock binary
	console   string // the company's
	demo      string // config, keys, record and the company's database
}

// indigo is a real application: what relays Bluesky's network, what follows single accounts, and the models of an older server.
const indigo = "github.com/bluesky-social/indigo"

const indigoVersion = "v0.0.0-20260605210604-af2fec94f34c"

// TestACompanyGeneratesItsOwnConsole makes modules outside of this one, and a console in each as a company would.
func TestACompanyGeneratesItsOwnConsole(t *testing.T) {
	t.Setenv("CGO_ENABLED", "0")
	bin := t.TempDir()
	vouchsafe, demo := filepath.Join(bin, "vouchsafe"), filepath.Join(bin, "demo")
	output(t, ".", "go", "build", "-o", vouchsafe, "./vouchsafe")
	output(t, ".", vouchsafe, "demo", "--dir", demo, "--init-only")
	t.Setenv("GOFLAGS", "-mod=mod")

	t.Run("of whatever GORM can keep", func(t *testing.T) {
		c := newCompany(t, vouchsafe, demo, "shop")
		report := c.generate(t, "./models")
		for _, line := range []string{
			"models.Base left out: it is a part that models embed",
			"models.Request left out: its field Headers is a map[string]string, which is no column (GORM would refuse it)",
			"models.Totals left out: it has gorm tags but neither a primary key nor TableName",
			"models.Person is People",
			"wrote generated.go: 6 models",
		} {
			if !strings.Contains(report, line+"\n") {
				t.Errorf("it does not say %q:\n%s", line, report)
			}
		}
		c.build(t)
		c.talk(t, nil, shopTalk())
		c.talk(t, []string{"--write"}, shopWrites())
		c.verify(t)
	})

	t.Run("of a real application", func(t *testing.T) {
		c := newCompany(t, vouchsafe, demo, "relay")
		c.fetch(t, indigo+"/cmd/relay/relay/models@"+indigoVersion, indigo+"/cmd/tap/models@"+indigoVersion, indigo+"/models@"+indigoVersion)
		report := c.generate(t, indigo+"/cmd/relay/relay/models", indigo+"/cmd/tap/models", indigo+"/models")
		if !strings.Contains(report, "relaymodels.AccountDetailed left out") || !strings.Contains(report, "wrote generated.go: 23 models") {
			t.Errorf("the report is\n%s", report)
		}
		c.build(t)
		c.talk(t, nil, indigoTalk())
		c.talk(t, []string{"--write"}, indigoWrites())
		c.verify(t)
	})
}

// newCompany makes the module of testdata/name, which requires this one.
func newCompany(t *testing.T, vouchsafe, demo, name string) company {
	t.Helper()
	c := company{dir: filepath.Join(t.TempDir(), name), vouchsafe: vouchsafe, demo: filepath.Join(t.TempDir(), "demo")}
	c.console = filepath.Join(c.dir, "console")
	if err := errors.Join(os.CopyFS(c.dir, os.DirFS(filepath.Join("testdata", name))), copyDir(c.demo, demo)); err != nil {
		t.Fatal(err)
	}
	root := moduleRoot(t)
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	requires, _, _ := strings.Cut(string(text), "tool (")
	requires = strings.Replace(requires, "module "+module, "module example.com/"+name, 1) +
		"\nrequire " + module + " v0.0.0\n\nreplace " + module + " => " + root + "\n"
	if err := errors.Join(os.WriteFile(filepath.Join(c.dir, "go.mod"), []byte(requires), 0o644), copyFile(filepath.Join(c.dir, "go.sum"), filepath.Join(root, "go.sum"))); err != nil {
		t.Fatal(err)
	}
	main, err := os.ReadFile(filepath.Join(c.dir, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(main, []byte("\n")); lines > 15 {
		t.Errorf("its console has %d lines, and 15 were promised", lines)
	}
	return c
}

// fetch gets packages from the module proxy.
func (c company) fetch(t *testing.T, packages ...string) {
	t.Helper()
	get := exec.Command("go", append([]string{"get"}, packages...)...)
	get.Dir = c.dir
	out, err := get.CombinedOutput()
	if err != nil && regexp.MustCompile(`dial tcp|no such host|i/o timeout|connection refused|proxyconnect|GOPROXY=off`).Match(out) {
		t.Skipf("the module proxy cannot be reached: %s", out)
	}
	if err != nil {
		t.Fatalf("go get: %v\n%s", err, out)
	}
}

// generate writes generated.go and returns what is said of it. A second run must change nothing.
func (c company) generate(t *testing.T, packages ...string) string {
	t.Helper()
	arguments := append([]string{"generate", "-o", "generated.go"}, packages...)
	run := func() (string, []byte) {
		command := exec.Command(c.vouchsafe, arguments...)
		command.Dir = c.dir
		said, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("generate: %v\n%s", err, said)
		}
		source, err := os.ReadFile(filepath.Join(c.dir, "generated.go"))
		if err != nil {
			t.Fatal(err)
		}
		return string(said), source
	}
	report, first := run()
	if _, second := run(); !bytes.Equal(first, second) {
		t.Error("a second run of generate gave another file")
	}
	printed := output(t, c.dir, c.vouchsafe, append([]string{"generate", "--package", "models"}, packages...)...)
	if want := bytes.Replace(first, []byte("package main"), []byte("package models"), 1); !bytes.Equal(printed, want) {
		t.Errorf("to standard output it gave\n%s", printed)
	}
	return report
}

// build builds the company's console, and its database with it.
func (c company) build(t *testing.T) {
	t.Helper()
	database := filepath.Join(c.demo, "app.db")
	if err := os.Remove(database); err != nil {
		t.Fatal(err)
	}
	output(t, c.dir, "go", "build", "-o", c.console, ".")
	output(t, c.dir, "go", "run", "./seed", database)
}

// said is a command, and what the console must print for it. A text that begins with ~ is a regular expression.
type said struct{ source, want string }

// talk runs a session of the company's console. A want that is refused or an error is written as status: message, and comes last.
func (c company) talk(t *testing.T, flags []string, lines []said) {
	t.Helper()
	arguments := append([]string{"exec", "--json", "--justification", "https://oncall.example/cards/1480"}, flags...)
	for _, l := range lines {
		arguments = append(arguments, "-e", l.source)
	}
	command := exec.Command(c.console, arguments...)
	command.Env = append(os.Environ(), "VOUCHSAFE_CONFIG="+filepath.Join(c.demo, "vouchsafe.yaml"))
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, _ := command.Output() // the lines tell
	results := map[int]string{}
	for _, line := range strings.Split(string(out), "\n") {
		var r struct {
			Command              int
			Status, Text, Output string
			Error                struct{ Message string }
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Command == 0 {
			continue
		}
		if results[r.Command] = r.Output + r.Text; r.Status != "ok" {
			results[r.Command] = r.Status + ": " + r.Error.Message
		}
	}
	for n, l := range lines {
		got, ran := results[n+1]
		pattern, isPattern := strings.CutPrefix(l.want, "~")
		switch {
		case !ran:
			t.Fatalf("%s did not run\n%s", l.source, &stderr)
		case isPattern && !regexp.MustCompile(pattern).MatchString(got), !isPattern && got != l.want:
			t.Errorf("%s\n got %s\nwant %s", l.source, got, l.want)
		}
	}
}

// verify wants a record without fault.
func (c company) verify(t *testing.T) {
	t.Helper()
	output(t, c.dir, c.console, "audit", "verify", "--config", filepath.Join(c.demo, "vouchsafe.yaml"))
}

func TestGenerateThatFailsWritesNothingAndExitsWith2(t *testing.T) {
	t.Setenv("CGO_ENABLED", "0")
	vouchsafe := filepath.Join(t.TempDir(), "vouchsafe")
	output(t, ".", "go", "build", "-o", vouchsafe, "./vouchsafe")
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":             "module example.com/shop\n\ngo 1.26\n",
		"plain/plain.go":     "package plain\n\ntype Color struct{ Red int }\n",
		"broken/broken.go":   "package broken\n\ntype Person struct{ ID Missing }\n",
		"models/models.go":   "package models\n\ntype Person struct{ ID int }\n",
		"internal/in/in.go":  "package in\n\ntype Person struct{ ID int }\n",
		"program/program.go": "package main\n\nfunc main() {}\n",
		"models.gen.go":      "kept",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		arguments []string
		want      string
	}{
		{nil, "no package is named"},
		{[]string{"./plain"}, "no GORM model in ./plain: no exported struct there looks like one"},
		{[]string{"./broken"}, "package example.com/shop/broken does not compile: "},
		{[]string{"./nowhere"}, "does not compile: "},
		{[]string{"./program"}, "package example.com/shop/program is a program"},
		{[]string{"-o", "models/console.go", "./models"}, "which cannot import itself"},
		{[]string{"-o", filepath.Join(t.TempDir(), "console.go"), "./internal/in"}, "is internal"},
		{[]string{"--take", "Nobody", "./models"}, "Nobody is no exported struct of these packages"},
		{[]string{"--package", "not a name", "./models"}, "is no name of a package"},
		{[]string{"-o", "missing/console.go", "./models"}, "missing/console.go cannot be written: no such file or directory"},
		{[]string{"--", "-toolexec=x"}, "-toolexec=x is no package"},
	} {
		arguments := append([]string{"generate", "-o", "models.gen.go"}, test.arguments...)
		command := exec.Command(vouchsafe, arguments...)
		command.Dir = dir
		var stdout, stderr bytes.Buffer
		command.Stdout, command.Stderr = &stdout, &stderr
		err := command.Run()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || stdout.Len() > 0 || !strings.Contains(stderr.String(), test.want) || !strings.Contains(stderr.String(), "hint: ") {
			t.Errorf("%s: %v\n%s%s", arguments, err, &stdout, &stderr)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "models.gen.go")); err != nil || string(b) != "kept" {
		t.Errorf("the file that was there is %q, %v", b, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("it left %s, %v", left, err)
	}
}
