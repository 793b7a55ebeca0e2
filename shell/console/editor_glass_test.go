package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	"github.com/mattn/go-runewidth"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// TestMain makes the test binary a little console of its own when a test starts it on a terminal.
func TestMain(m *testing.M) {
	if os.Getenv("CONSOLE_TEST_EDITOR") != "" {
		if err := littleConsole(); err != nil {
			fmt.Println("console:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// littleConsole reads inputs and says what it read. Lines on descriptor 3 do what a server would.
func littleConsole() error {
	e, err := NewEditor(EditorConfig{Input: os.Stdin, Output: os.Stdout, Complete: fakeCompletion, Truncates: true})
	if err != nil {
		return err
	}
	defer e.Close()
	ask, cancel := context.WithCancel(context.Background())
	go func() {
		orders := bufio.NewScanner(os.NewFile(3, "orders"))
		for orders.Scan() {
			what, rest, _ := strings.Cut(orders.Text(), " ")
			switch what {
			case "prompt":
				e.SetPrompt(rest)
			case "print":
				e.Print(rest)
			case "abandon":
				e.Abandon()
			case "cancel":
				cancel()
			}
		}
	}()
	for {
		source, err := e.Read("demo> ")
		switch {
		case errors.Is(err, io.EOF):
			fmt.Println("bye")
			return nil
		case errors.Is(err, ErrDropped):
			fmt.Println("dropped")
			e.Swallow(context.Background())
			fmt.Println("swallowed")
			continue
		case err != nil:
			fmt.Println("error:", err)
			continue
		}
		fmt.Printf("got %q\n", source)
		switch source {
		case "run":
			fmt.Println("running")
			<-e.Interrupts()
			fmt.Println("interrupted")
		case "ask", "ask late":
			if source == "ask late" {
				fmt.Println("wait")
				<-e.Interrupts()
			}
			answer, err := e.Ask(ask, "why? ")
			fmt.Printf("answer %q %v\n", answer, err)
		case "forget":
			e.Forget()
		case "size":
			fmt.Println(e.Size())
		case "edit":
			text, err := EditFile(context.Background(), os.Getenv, os.Stdin, "People.Count()")
			fmt.Printf("edited %q %v\n", text, err)
		default:
			period := 0
			if strings.Contains(source, "secret") {
				period = 1
			}
			e.Remember(source, period)
		}
	}
}

func fakeCompletion(source string, cursor int) wire.Completed {
	from := strings.LastIndexAny(source[:cursor], " (.\n\t") + 1
	out := wire.Completed{From: from}
	for _, c := range []wire.Candidate{
		{Text: "People", Detail: "*shell.Repo[models.Person]"},
		{Text: "Persons", Detail: "an alias"},
		{Text: "Invoices"},
		{Text: "bad\x1b[2J"},
	} {
		if strings.HasPrefix(c.Text, source[from:cursor]) {
			out.Candidates = append(out.Candidates, c)
		}
	}
	if strings.HasSuffix(source[:cursor], "Find(") {
		out = wire.Completed{From: cursor, Signature: "Find(id any) models.Person"}
	}
	if strings.HasSuffix(source[:cursor], "slow") {
		select {} // a server that never answers
	}
	return out
}

// glass is a terminal with a console behind it. vt10x has one cell for each rune, so a wide one is followed by a filler.
type glass struct {
	t      *testing.T
	pty    *os.File
	orders *os.File
	gone   chan error

	m  sync.Mutex
	vt vt10x.Terminal
}

const filler = '\uE000'

func newGlass(t *testing.T, columns, rows int, env ...string) *glass {
	t.Helper()
	ordersRead, orders, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(os.Args[0])
	command.Env = append(append(os.Environ(), "CONSOLE_TEST_EDITOR=1", "TERM=xterm"), env...)
	command.ExtraFiles = []*os.File{ordersRead}
	size := &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)}
	file, err := pty.StartWithAttrs(command, size, &syscall.SysProcAttr{Setsid: true, Setctty: true})
	if err != nil {
		t.Fatal(err)
	}
	ordersRead.Close()
	if columns == 0 {
		columns, rows = 80, 24
	}
	g := &glass{t: t, pty: file, orders: orders, gone: make(chan error, 1), vt: vt10x.New(vt10x.WithSize(columns, rows))}
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		letters := bufio.NewReader(file)
		for {
			r, _, err := letters.ReadRune()
			if err != nil {
				return
			}
			out := string(r)
			switch {
			case r >= ' ' && runewidth.RuneWidth(r) == 0, r >= 0x1F3FB && r <= 0x1F3FF: // joins the letter before
				continue
			case runewidth.RuneWidth(r) == 2:
				out += string(filler)
			}
			g.m.Lock()
			io.WriteString(g.vt, out)
			g.m.Unlock()
		}
	}()
	go func() { g.gone <- command.Wait() }()
	t.Cleanup(func() {
		command.Process.Kill()
		file.Close()
		orders.Close()
		<-shown
	})
	g.awaits("demo> █")
	return g
}

// screen is what is seen, with █ where the cursor stands.
func (g *glass) screen() string {
	g.m.Lock()
	defer g.m.Unlock()
	columns, rows := g.vt.Size()
	cursor := g.vt.Cursor()
	var lines []string
	for y := range rows {
		var line []rune
		for x := range columns {
			if cursor.X == x && cursor.Y == y {
				line = append(line, '█')
			}
			c := g.vt.Cell(x, y).Char
			switch {
			case c == 0:
				line = append(line, ' ')
			case c != filler:
				line = append(line, c)
			}
		}
		lines = append(lines, strings.TrimRight(string(line), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func (g *glass) types(s string) {
	g.t.Helper()
	if _, err := io.WriteString(g.pty, s); err != nil {
		g.t.Fatalf("type %q: %v", s, err)
	}
}

func (g *glass) order(s string) {
	g.t.Helper()
	if _, err := io.WriteString(g.orders, s+"\n"); err != nil {
		g.t.Fatal(err)
	}
}

// awaits waits until the screen ends with these lines.
func (g *glass) awaits(lines ...string) {
	g.t.Helper()
	want := "\n" + strings.Join(lines, "\n")
	g.until(fmt.Sprintf("end with %q", lines), func(screen string) bool { return strings.HasSuffix("\n"+screen, want) })
}

func (g *glass) until(what string, holds func(screen string) bool) {
	g.t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds(g.screen()) {
		select {
		case <-deadline:
			g.t.Fatalf("the screen does not %s:\n%s", what, g.screen())
		case <-tick.C:
		}
	}
}

func (g *glass) resize(columns, rows int) {
	g.t.Helper()
	g.m.Lock()
	g.vt.Resize(columns, rows)
	g.m.Unlock()
	if err := pty.Setsize(g.pty, &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)}); err != nil {
		g.t.Fatal(err)
	}
}

func (g *glass) ends() {
	g.t.Helper()
	select {
	case err := <-g.gone:
		if err != nil {
			g.t.Fatalf("the console ended with %v:\n%s", err, g.screen())
		}
	case <-time.After(10 * time.Second):
		g.t.Fatalf("the console does not end:\n%s", g.screen())
	}
}
