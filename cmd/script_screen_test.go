package cmd_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	"github.com/rogpeppe/go-internal/testscript"
)

// screenTime bounds each wait of a script on a screen.
const screenTime = 30 * time.Second

// runScreen is the command screen: it runs a program on a terminal of its own, and does what the steps in FILE say, a line each:
//
//	wait REGEXP    until the screen shows it
//	gone REGEXP    until the screen shows it no more
//	never REGEXP   at no time until now was it shown
//	type TEXT      types it, and Enter
//	keys QUOTED    types what a Go string holds: "\x03" is Ctrl-C
//	clear          forgets what was on the screen, for the waits to come
//	resize C R     gives the terminal other columns and rows
//	signal NAME    HUP, INT or TERM, to the program
//	hold FILE      locks a database for writing, as another process would
//	release        lets go of it
//	kill           kills the program's workers
//	hangup         takes the terminal away
//	end N          waits for the program to end with exit status N
//
// What the program wrote to the terminal is standard output.
func runScreen(ts *testscript.TestScript, neg bool, args []string) {
	size := pty.Winsize{Cols: 100, Rows: 40}
	if len(args) > 1 && strings.HasPrefix(args[0], "-size=") {
		if _, err := fmt.Sscanf(args[0], "-size=%dx%d", &size.Cols, &size.Rows); err != nil {
			ts.Fatalf("%v", err)
		}
		args = args[1:]
	}
	if neg || len(args) < 2 {
		ts.Fatalf("usage: screen [-size=CxR] FILE program args…")
	}
	steps := ts.ReadFile(args[0])
	program, err := exec.LookPath(filepath.Join(strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator))[0], args[1]))
	ts.Check(err)
	c := exec.Command(program, args[2:]...)
	c.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "VOUCHSAFE_CONFIG", "HOME", "NO_COLOR", "EDITOR", "TMPDIR"} {
		if value := ts.Getenv(name); value != "" {
			c.Env = append(c.Env, name+"="+value)
		}
	}
	c.Env = append(c.Env, "TERM=xterm-256color", "LANG=C.UTF-8")
	terminal, err := pty.StartWithSize(c, &size)
	ts.Check(err)
	s := &screen{terminal: terminal, model: vt10x.New(vt10x.WithSize(int(size.Cols), int(size.Rows))), ended: make(chan error, 1), silent: make(chan struct{})}
	go s.read()
	go func() { s.ended <- c.Wait() }()
	defer s.hold.release()
	defer func() {
		terminal.Close()
		if !s.over {
			c.Process.Kill()
			<-s.ended
		}
		fmt.Fprint(ts.Stdout(), s.transcript())
	}()
	for number, line := range strings.Split(steps, "\n") {
		verb, rest, _ := strings.Cut(line, " ")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		rest = os.Expand(rest, func(name string) string {
			if value := ts.Getenv(name); value != "" {
				return value
			}
			return "$" + name
		})
		if verb == "hold" {
			rest = ts.MkAbs(rest)
		}
		if err := s.step(c, verb, rest); err != nil {
			ts.Fatalf("%s:%d: %s: %v\nthe screen:\n%s", args[0], number+1, line, err, s.text())
		}
	}
	if !s.over {
		ts.Fatalf("%s does not end with an end", args[0])
	}
}

// screen is a terminal as a person sees it.
type screen struct {
	terminal *os.File
	model    vt10x.Terminal
	ended    chan error
	silent   chan struct{} // closed when nothing more can come
	over     bool
	hold     holder

	mu  sync.Mutex
	raw bytes.Buffer
}

func (s *screen) read() {
	defer close(s.silent)
	b := make([]byte, 4096)
	for {
		n, err := s.terminal.Read(b)
		s.mu.Lock()
		s.raw.Write(b[:n])
		s.mu.Unlock()
		s.model.Write(b[:n])
		if err != nil {
			return
		}
	}
}

func (s *screen) transcript() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.raw.String()
}

// text is what the screen shows, without the spaces at the ends of its lines.
func (s *screen) text() string {
	lines := strings.Split(s.model.String(), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func (s *screen) step(c *exec.Cmd, verb, rest string) error {
	switch verb {
	case "wait", "gone":
		re, err := regexp.Compile("(?m)" + rest)
		if err != nil {
			return err
		}
		return s.until(func() bool { return re.MatchString(s.text()) == (verb == "wait") })
	case "never":
		re, err := regexp.Compile(rest)
		if err == nil && re.MatchString(s.transcript()) {
			err = errors.New("it was shown")
		}
		return err
	case "type":
		_, err := io.WriteString(s.terminal, rest+"\r")
		return err
	case "keys":
		text, err := strconv.Unquote(rest)
		if err == nil {
			_, err = io.WriteString(s.terminal, text)
		}
		return err
	case "clear":
		s.model.Write([]byte("\x1b[2J\x1b[H"))
		return nil
	case "resize":
		var size pty.Winsize
		if _, err := fmt.Sscanf(rest, "%d %d", &size.Cols, &size.Rows); err != nil {
			return err
		}
		s.model.Resize(int(size.Cols), int(size.Rows))
		return pty.Setsize(s.terminal, &size)
	case "signal":
		signal := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "TERM": syscall.SIGTERM}[rest]
		if signal == 0 {
			return errors.New("no such signal")
		}
		return c.Process.Signal(signal)
	case "hold":
		return s.hold.take(rest)
	case "release":
		s.hold.release()
		return nil
	case "kill":
		return killWorkers(c.Process.Pid)
	case "hangup":
		return s.terminal.Close()
	case "end":
		return s.end(rest)
	}
	return errors.New("no such step")
}

// killWorkers kills a console's children.
func killWorkers(console int) error {
	children, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", console))
	if err != nil {
		return err
	}
	killed := 0
	for _, path := range children {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, field := range strings.Fields(string(b)) {
			pid, err := strconv.Atoi(field)
			if err == nil {
				err = syscall.Kill(pid, syscall.SIGKILL)
			}
			if err != nil {
				return err
			}
			killed++
		}
	}
	if killed == 0 {
		return errors.New("it has no worker")
	}
	return nil
}

func (s *screen) end(want string) error {
	select {
	case err := <-s.ended:
		s.over = true
		got := 0
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			got = exit.ExitCode()
		} else if err != nil {
			return err
		}
		if strconv.Itoa(got) != want {
			return fmt.Errorf("exit status %d", got)
		}
		return nil
	case <-time.After(screenTime):
		return errors.New("it did not end")
	}
}

// until waits for the screen.
func (s *screen) until(done func() bool) error {
	late := time.After(screenTime)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case err := <-s.ended:
			s.ended <- err
			<-s.silent
			if done() {
				return nil
			}
			return fmt.Errorf("the program ended: %v", err)
		case <-late:
			return errors.New("not within " + screenTime.String())
		case <-tick.C:
		}
	}
	return nil
}
