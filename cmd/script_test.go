package cmd_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestSessions runs testdata/*.txtar, each a whole session, or an attack on one, on the real binary.
//
// A script finds a copy of one pristine demo in $WORK/demo, named by $VOUCHSAFE_CONFIG; $J justifies, and $K is a consent
// link that fits any subject. $SESSION is the session that exec --json opened last. Beside the commands of testscript:
//
//	status N program args…        runs it and wants exit status N
//	midway SIGNAL N program args… runs it, sends the signal once its first command is on record, and wants status N (-1: killed);
//	                              SIGNAL is INT, TERM or KILL, or INT-writing …: not before app.db is locked for writing;
//	                              or HOLD: no signal, but the record is locked until the program has ended
//	[!] json LINE PATH [VALUE]    looks at a line of standard output: see jsonAt; negated: there is no such thing
//	[!] json LINE PATH ~ REGEXP
//	sqlite FILE SQL               runs SQL on a database file as one who owns it; rows are standard output, a tab between cells
//	hold FILE                     locks a database for writing, as another process would, until release
//	attack SQL                    puts kept.db back as the record, runs SQL on it, and wants verify to find a fault
//	screen [-size=CxR] FILE program args…   runs it on a terminal, and types what FILE says: see runScreen
//	keep NAME                     sets $NAME to standard output, without its last line feed
//	[!] plaintext                 a sealed value of the tickets stands in standard output or standard error, in any guise
func TestSessions(t *testing.T) {
	bin, pristine := t.TempDir(), filepath.Join(t.TempDir(), "demo")
	program := filepath.Join(bin, "vouchsafe")
	build := exec.Command("go", "build", "-o", program, "./vouchsafe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	if out, err := exec.Command(program, "demo", "--dir", pristine, "--init-only").CombinedOutput(); err != nil {
		t.Fatalf("make the demo: %v\n%s", err, out)
	}
	secrets, err := readSecrets("demo/tickets.yaml")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			demo := filepath.Join(env.WorkDir, "demo")
			env.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			env.Setenv("VOUCHSAFE_CONFIG", filepath.Join(demo, "vouchsafe.yaml"))
			env.Setenv("PRISTINE", pristine)
			env.Setenv("J", "https://oncall.example/cards/1480")
			env.Setenv("K", "https://support.example/conversations/77")
			hold := &holder{}
			env.Values[holdKey{}] = hold
			env.Defer(hold.release)
			return copyDir(demo, pristine)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": runStatus,
			"midway": runMidway,
			"json":   runJSON,
			"sqlite": runSQLite,
			"keep":   runKeep,
			"attack": runAttack,
			"hold":   runHold,
			"screen": runScreen,
			"release": func(ts *testscript.TestScript, neg bool, args []string) {
				ts.Value(holdKey{}).(*holder).release()
			},
			"plaintext": func(ts *testscript.TestScript, neg bool, args []string) {
				runPlaintext(ts, neg, args, secrets)
			},
		},
	})
}

func copyDir(to, from string) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := copyFile(filepath.Join(to, e.Name()), filepath.Join(from, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}

// runStatus is the command status.
func runStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program args…")
	}
	wantStatus(ts, args[0], ts.Exec(args[1], args[2:]...))
	rememberSession(ts)
}

func wantStatus(ts *testscript.TestScript, want string, err error) {
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if n, err := strconv.Atoi(want); err != nil || n != got {
		ts.Fatalf("exit status %d, want %s", got, want)
	}
}

// rememberSession sets $SESSION where the first line names one.
func rememberSession(ts *testscript.TestScript) {
	first, _, _ := strings.Cut(ts.ReadFile("stdout"), "\n")
	if _, rest, ok := strings.Cut(first, `{"session":"`); ok {
		id, _, _ := strings.Cut(rest, `"`)
		ts.Setenv("SESSION", id)
	}
}

// runKeep is the command keep.
func runKeep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: keep NAME")
	}
	ts.Setenv(args[0], strings.TrimSuffix(ts.ReadFile("stdout"), "\n"))
}

// runMidway is the command midway.
func runMidway(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
	name, writing := "", false
	if len(args) > 0 {
		name, writing = strings.CutSuffix(args[0], "-writing")
	}
	if neg || len(args) < 3 || signals[name] == 0 && name != "HOLD" {
		ts.Fatalf("usage: midway HOLD | INT|TERM|KILL[-writing] N program args…")
	}
	before, err := query(ts.MkAbs("demo/audit.db"), "select count(*) from commands")
	ts.Check(err)
	midway := func() bool {
		if writing {
			return locked(ts.MkAbs("demo/app.db"))
		}
		now, err := query(ts.MkAbs("demo/audit.db"), "select count(*) from commands")
		return err == nil && now != before
	}
	program, err := exec.LookPath(filepath.Join(strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator))[0], args[2]))
	ts.Check(err)
	c := exec.Command(program, args[3:]...)
	c.Dir = ts.MkAbs(".")
	c.Env = []string{"PATH=" + ts.Getenv("PATH"), "VOUCHSAFE_CONFIG=" + ts.Getenv("VOUCHSAFE_CONFIG"), "HOME=" + ts.Getenv("HOME")}
	var stdout, stderr strings.Builder
	c.Stdout, c.Stderr = &stdout, &stderr
	ts.Check(c.Start())
	waited := make(chan error, 1)
	go func() { waited <- c.Wait() }()
	tick, late := time.NewTicker(10*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for running := true; running; {
		select {
		case err := <-waited:
			ts.Fatalf("it ended too early: %v\n%s%s", err, &stdout, &stderr)
		case <-late:
			c.Process.Kill()
			<-waited
			ts.Fatalf("it was not under way after 20 s\n%s%s", &stdout, &stderr)
		case <-tick.C:
			running = !midway()
		}
	}
	if name == "HOLD" {
		hold := &holder{}
		ts.Check(hold.take(ts.MkAbs("demo/audit.db")))
		defer hold.release()
	} else {
		ts.Check(c.Process.Signal(signals[name]))
	}
	select {
	case err = <-waited:
	case <-late:
		c.Process.Kill()
		<-waited
		ts.Fatalf("it did not end")
	}
	fmt.Fprint(ts.Stdout(), stdout.String())
	fmt.Fprint(ts.Stderr(), stderr.String())
	ts.Logf("%s%s", &stdout, &stderr)
	wantStatus(ts, args[1], err)
	if _, rest, ok := strings.Cut(stdout.String(), `{"session":"`); ok {
		id, _, _ := strings.Cut(rest, `"`)
		ts.Setenv("SESSION", id)
	}
}
