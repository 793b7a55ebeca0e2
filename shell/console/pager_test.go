package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	"golang.org/x/term"
)

// paged is a pager on a terminal of its own, and a model of what that terminal shows.
type paged struct {
	t       *testing.T
	screen  vt10x.Terminal
	person  interface{ WriteString(string) (int, error) }
	size    func(columns, rows int) // what the terminal says of itself
	end     context.CancelFunc
	result  chan error
	drawn   chan struct{} // something came to the screen
	before  *term.State
	restore func() (*term.State, error)
}

// page6 starts a pager behind a prompt, on a terminal of 40 columns and 6 rows.
func page6(t *testing.T, text string) *paged {
	person, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = terminal.Close(); _ = person.Close() })
	var size atomic.Int64
	p := &paged{t: t, screen: vt10x.New(vt10x.WithSize(40, 6)), person: person, result: make(chan error, 1), drawn: make(chan struct{}, 1)}
	p.size = func(columns, rows int) { size.Store(int64(columns)<<32 | int64(rows)) }
	p.size(40, 6)
	p.restore = func() (*term.State, error) { return term.GetState(int(terminal.Fd())) }
	if p.before, err = p.restore(); err != nil {
		t.Fatal(err)
	}
	go p.watch(person)
	if _, err := terminal.WriteString("demo encrypted> People.All()\n"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p.end = cancel
	t.Cleanup(cancel)
	pager := Pager{In: terminal, Out: terminal, Size: func() (int, int) {
		s := size.Load()
		return int(s >> 32), int(s & 0xffff)
	}}
	go func() { p.result <- pager.Show(ctx, text) }()
	return p
}

// watch brings what is written to the terminal to the screen.
func (p *paged) watch(terminal io.Reader) {
	read := make([]byte, 4096)
	for {
		n, err := terminal.Read(read)
		_, _ = p.screen.Write(read[:n])
		select {
		case p.drawn <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (p *paged) resize(columns, rows int) {
	p.screen.Resize(columns, rows)
	p.size(columns, rows)
}

// types sends keys, and waits until the screen is as described.
func (p *paged) types(keys string, shown func(rows []string) bool, what string) {
	p.t.Helper()
	if _, err := p.person.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
	late := time.After(10 * time.Second)
	for !shown(p.rows()) {
		select {
		case <-p.drawn:
		case <-late:
			p.t.Fatalf("after %q the screen is not %s:\n%s", keys, what, strings.Join(p.rows(), "\n"))
		}
	}
}

func (p *paged) rows() []string {
	rows := strings.Split(strings.TrimRight(p.screen.String(), "\n"), "\n")
	for i := range rows {
		rows[i] = strings.TrimRight(rows[i], " ")
	}
	return rows
}

func (p *paged) from(first string) (func([]string) bool, string) {
	return func(rows []string) bool { return rows[0] == first }, "one that begins with " + first
}

func (p *paged) typesTo(keys, first string) {
	p.t.Helper()
	shown, what := p.from(first)
	p.types(keys, shown, what)
}

// ends waits for the pager's end, and checks that the terminal is as it was before, and what is left of the text.
func (p *paged) ends(left ...string) error {
	p.t.Helper()
	var err error
	select {
	case err = <-p.result:
	case <-time.After(10 * time.Second):
		p.t.Fatal("the pager does not end")
	}
	after, failed := p.restore()
	if failed != nil {
		p.t.Fatal(failed)
	}
	if *after != *p.before {
		p.t.Error("the terminal is not as it was before")
	}
	p.types("", func(rows []string) bool {
		if len(left) > 0 {
			return strings.Contains(strings.Join(rows, "\n"), strings.Join(left, "\n"))
		}
		return strings.HasPrefix(rows[0], "demo encrypted> ") && !slices.ContainsFunc(rows, func(row string) bool { return strings.HasPrefix(row, "line ") })
	}, fmt.Sprintf("the prompt's, with %q left of the text", left))
	return err
}

func hundred() string {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "line %d\n", i+1)
	}
	return b.String()
}

func TestPagerKnowsTheKeysOfLess(t *testing.T) {
	p := page6(t, hundred())
	p.types("", func(rows []string) bool {
		return rows[0] == "line 1" && rows[4] == "line 5" && strings.HasPrefix(rows[5], "q leaves · 1–5 of 100 ")
	}, "the first page")
	for _, step := range []struct{ keys, first string }{
		{" ", "line 6"}, {"j", "line 7"}, {"\x1b[B", "line 8"}, {"\x1bOA", "line 7"}, {"k", "line 6"}, {"b", "line 1"}, {"b", "line 1"},
		{"\x1b[6~", "line 6"}, {"\x1b[5~", "line 1"}, {"G", "line 96"}, {"f", "line 96"}, {"g", "line 1"}, {"\x1b[F", "line 96"}, {"\x1b[H", "line 1"},
		{"/LINE 50\x1b", "line 1"}, {"/line 5\r", "line 5"}, {"n", "line 50"}, {"n", "line 51"}, {"N", "line 50"}, {"N", "line 5"}, {"N", "line 59"},
		{"g", "line 1"}, {"/xx\x7f\x7fline 100\r", "line 96"}, {"n", "line 96"}, {"x\x1b[200~\x1b[1;5Zg", "line 1"},
	} {
		p.typesTo(step.keys, step.first)
	}
	p.types("/nowhere\r", func(rows []string) bool { return rows[5] == "not found: nowhere" }, "one that says so")
	if _, err := p.person.WriteString("q"); err != nil {
		t.Fatal(err)
	}
	if err := p.ends("line 4", "line 5", "  … 95 lines more"); err != nil {
		t.Error(err)
	}
}

func TestPagerIsLeftByCtrlC(t *testing.T) {
	p := page6(t, hundred())
	p.typesTo("", "line 1")
	if _, err := p.person.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	if err := p.ends("line 4", "line 5", "  … 95 lines more"); err != nil {
		t.Error(err)
	}
}

func TestPagerTakesAwayWhatItShowsWhenThePeriodEnds(t *testing.T) {
	p := page6(t, hundred())
	p.typesTo("", "line 1")
	p.end()
	if err := p.ends(); !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out strings.Builder
	if err := (Pager{Out: &out}).Show(ctx, "secret"); !errors.Is(err, context.Canceled) || out.Len() > 0 {
		t.Errorf("after the end it shows %q, %v", out.String(), err)
	}
}

func TestPagerFollowsTheTerminalsSize(t *testing.T) {
	p := page6(t, hundred())
	p.typesTo("G", "line 96")
	p.resize(30, 12)
	p.types("", func(rows []string) bool {
		return rows[0] == "line 90" && strings.HasPrefix(rows[11], "q leaves · 90–100 of 1")
	}, "a larger one")
	p.screen.Resize(80, 24)
	p.size(0, 0)
	p.types("", func(rows []string) bool { return rows[0] == "line 78" }, "one of 80 by 24, where the size is unknown")
	p.resize(1, 1)
	p.types("G", func(rows []string) bool { return rows[0] == "…" }, "too small for anything")
	p.resize(40, 6) // the model forgot what it could not hold: the prompt's screen is not asked for
	p.types("g", func(rows []string) bool { return rows[0] == "line 1" }, "the first page")
	p.types("q", func(rows []string) bool {
		return slices.Contains(rows, "line 5") && !strings.Contains(rows[5], "leaves")
	}, "left")
	if err := <-p.result; err != nil {
		t.Error(err)
	}
}

func TestPagerScrollsLinesThatAreTooLong(t *testing.T) {
	s := Screen{Color: true}
	p := page6(t, s.paint(inkSealed, strings.Repeat("0123456789", 6))+"\n日本"+strings.Repeat("日", 30)+"\nshort\n")
	p.types("", func(rows []string) bool {
		return rows[0] == strings.Repeat("0123456789", 4) && rows[2] == "short"
	}, "the beginning of each line")
	p.types("\x1b[C", func(rows []string) bool { return rows[0] == strings.Repeat("0123456789", 4) && rows[2] == "" }, "20 columns on")
	p.typesTo("\x1b[C", "456789"+strings.Repeat("0123456789", 3))
	if _, err := p.person.WriteString("q"); err != nil {
		t.Fatal(err)
	}
	_ = p.ends("456789012345678901234567890123456789")
}

func TestSpaceOnTheLastPageLeavesThePager(t *testing.T) {
	p := page6(t, hundred())
	p.typesTo("", "line 1")
	p.typesTo("G", "line 96")
	if _, err := p.person.WriteString(" "); err != nil {
		t.Fatal(err)
	}
	if err := p.ends("line 96", "line 97", "line 98", "line 99", "line 100"); err != nil {
		t.Error(err)
	}
}

// The same on a terminal that is the process's own, where Ctrl-C would be a signal and a new size is the kernel's to tell.
func TestPagerInAProcessOfItsOwn(t *testing.T) {
	const inside = "VOUCHSAFE_TEST_PAGER"
	if os.Getenv(inside) != "" {
		pager := Pager{In: os.Stdin, Out: os.Stdout, Size: func() (int, int) {
			columns, rows, _ := term.GetSize(int(os.Stdin.Fd()))
			return columns, rows
		}}
		if err := pager.Show(t.Context(), hundred()); err != nil {
			t.Fatal(err)
		}
		fmt.Println("left by the person")
		return
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), inside+"=1")
	person, err := pty.StartWithSize(child, &pty.Winsize{Cols: 40, Rows: 6})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = person.Close() })
	p := &paged{t: t, screen: vt10x.New(vt10x.WithSize(40, 6)), person: person, drawn: make(chan struct{}, 1)}
	go p.watch(person)
	p.typesTo("", "line 1")
	p.typesTo(" ", "line 6")
	p.screen.Resize(30, 10)
	if err := pty.Setsize(person, &pty.Winsize{Cols: 30, Rows: 10}); err != nil {
		t.Fatal(err)
	}
	p.typesTo("G", "line 92")
	p.types("\x03", func(rows []string) bool { return slices.Contains(rows, "left by the person") }, "the prompt's")
	if err := child.Wait(); err != nil {
		t.Error(err)
	}
}
