package console

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// onTerminal makes an editor in this process, and returns the other end of its terminal.
func onTerminal(t *testing.T) (e *Editor, control, terminal *os.File, shown *shownText) {
	t.Helper()
	control, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	shown = &shownText{}
	if e, err = NewEditor(EditorConfig{Input: terminal, Output: shown}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Close()
		control.Close()
		terminal.Close()
	})
	return e, control, terminal, shown
}

// shownText is what was written to a terminal.
type shownText struct {
	m    sync.Mutex
	text bytes.Buffer
}

func (s *shownText) Write(b []byte) (int, error) {
	s.m.Lock()
	defer s.m.Unlock()
	return s.text.Write(b)
}

func (s *shownText) String() string {
	s.m.Lock()
	defer s.m.Unlock()
	return s.text.String()
}

func (s *shownText) awaits(t *testing.T, want string) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(s.String(), want) {
		select {
		case <-deadline:
			t.Fatalf("%q is not shown: %q", want, s)
		case <-tick.C:
		}
	}
}

func TestCloseGivesTheTerminalBack(t *testing.T) {
	control, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer control.Close()
	defer terminal.Close()
	before := termiosOf(t, terminal)
	shown := &shownText{}
	e, err := NewEditor(EditorConfig{Input: terminal, Output: shown})
	if err != nil {
		t.Fatal(err)
	}
	if termiosOf(t, terminal) == before {
		t.Error("the terminal echoes what is typed while a command runs")
	}
	ended := make(chan error, 1)
	go func() {
		_, err := e.Read("demo> ")
		ended <- err
	}()
	io.WriteString(control, "typed")
	shown.awaits(t, "typed")
	if err := errors.Join(e.Close(), e.Close()); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != io.EOF {
		t.Errorf("the Read under way ended with %v", err)
	}
	if _, err := e.Read("demo> "); err != io.EOF {
		t.Errorf("the next Read ended with %v", err)
	}
	if termiosOf(t, terminal) != before {
		t.Error("the terminal is not as it was")
	}
	if !strings.HasSuffix(shown.String(), pasteOff) {
		t.Errorf("pastes are still bracketed: %q", shown)
	}
}

func TestTerminalThatIsGoneEndsTheInput(t *testing.T) {
	e, control, _, shown := onTerminal(t)
	ended := make(chan error, 1)
	go func() {
		_, err := e.Read("demo> ")
		ended <- err
	}()
	io.WriteString(control, "half an input")
	shown.awaits(t, "half an input")
	control.Close()
	if err := <-ended; err != io.EOF {
		t.Errorf("it ended with %v", err)
	}
}

func TestAbandonDropsWhatWasTypedAhead(t *testing.T) {
	e, control, _, shown := onTerminal(t)
	io.WriteString(control, "secret")
	ended := make(chan error, 1)
	go func() {
		_, err := e.Read("demo> ")
		ended <- err
	}()
	shown.awaits(t, "secret")
	e.Abandon()
	if err := <-ended; !errors.Is(err, ErrDropped) {
		t.Errorf("it ended with %v", err)
	}
	e.Abandon() // between two, it is for the next
	if _, err := e.Read("demo> "); err != ErrAbandoned {
		t.Errorf("the next ended with %v", err)
	}
	io.WriteString(control, "next\r")
	if source, err := e.Read("demo> "); source != "next" || err != nil {
		t.Errorf("then %q was read, %v", source, err)
	}
}

func TestWhatIsNoTerminalHasNoEditor(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if _, err := NewEditor(EditorConfig{Input: r, Output: w}); err == nil || !strings.Contains(err.Error(), "no terminal") {
		t.Errorf("got %v", err)
	}
}
