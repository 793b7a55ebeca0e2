package console

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/creack/pty"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// desk is a person at a console, and the server that it speaks to.
type desk struct {
	t      *testing.T
	person interface{ WriteString(string) (int, error) }
	shown  *shownText
	said   chan wire.FromConsole
	socket *websocket.Conn
	ended  chan error
}

var inEncrypted = wire.State{Mode: "encrypted"}

// newDesk opens a session, and a decrypted period in it.
func newDesk(t *testing.T, getenv map[string]string) *desk {
	t.Helper()
	person, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, person: person, shown: &shownText{}, said: make(chan wire.FromConsole, 100), ended: make(chan error, 1)}
	sockets := make(chan *websocket.Conn, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		sockets <- socket
		for {
			_, b, err := socket.Read(context.Background())
			var m wire.FromConsole
			if err != nil || wire.Decode(b, &m) != nil {
				return
			}
			d.said <- m
		}
	}))
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() {
		cancel()
		d.socket.CloseNow()
		<-d.ended
		server.CloseClientConnections()
		person.Close()
		terminal.Close()
	})
	go io.Copy(d.shown, person)
	go func() {
		d.ended <- Run(ctx, Config{
			Dial: func(ctx context.Context) (*websocket.Conn, error) {
				socket, _, err := websocket.Dial(ctx, server.URL, nil)
				return socket, err
			},
			Input: terminal, Output: terminal, Getenv: environment(getenv), Justification: "https://tickets.example/1",
		})
	}()
	d.socket = <-sockets
	d.tells(wire.ToConsole{Welcome: &wire.Welcome{Version: wire.Version, App: "demo", Engineer: "anna"}})
	d.hears("an Open", func(m wire.FromConsole) bool { return m.Open != nil })
	d.tells(wire.ToConsole{Session: &wire.Session{ID: "01", State: wire.State{Mode: "decrypted", Left: 14 * time.Minute, Period: 1}}})
	d.shown.awaits(t, "DECRYPTED 13:5")
	return d
}

func (d *desk) tells(m wire.ToConsole) {
	d.t.Helper()
	b, err := wire.Encode(m)
	if err == nil {
		err = d.socket.Write(d.t.Context(), websocket.MessageBinary, b)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// hears waits for a message, and returns how many came before it that say that keys were typed.
func (d *desk) hears(what string, is func(wire.FromConsole) bool) (active int) {
	d.t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case m := <-d.said:
			if is(m) {
				return active
			}
			if m.Active {
				active++
			}
		case <-late:
			d.t.Fatalf("the console does not send %s: %q", what, d.shown)
		}
	}
}

func (d *desk) types(keys string) {
	d.t.Helper()
	if _, err := d.person.WriteString(keys); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) runs(source string) {
	d.t.Helper()
	d.types(source + "\r")
	d.hears("the input", func(m wire.FromConsole) bool { return m.Run != nil && m.Run.Source == source })
}

func (d *desk) periodEnds() {
	d.tells(wire.ToConsole{Notice: &wire.Notice{Text: "the decrypted period has ended", Warning: true, State: inEncrypted}})
}

func TestLineThatWasMeantForAPeriodIsDroppedWithItsTail(t *testing.T) {
	d := newDesk(t, nil)
	d.types("People.Find(")
	d.shown.awaits(t, "People.Find(")
	d.periodEnds()
	d.shown.awaits(t, "note: the line that you were typing was dropped")
	d.types("42).Email\r")
	d.shown.awaits(t, "demo encrypted> ")
	d.runs("1 + 1")
}

func TestNoticeIsShownWhenThePagerIsLeft(t *testing.T) {
	d := newDesk(t, nil)
	d.runs("People.All()")
	period := wire.State{Mode: "decrypted", Left: time.Minute, Period: 1}
	d.tells(wire.ToConsole{Result: &wire.Result{Command: 1, Status: "ok", Output: strings.Repeat("secret\n", 100), State: period}})
	d.shown.awaits(t, enterSecondScreen)
	d.tells(wire.ToConsole{Notice: &wire.Notice{Text: "one minute left", Warning: true, State: period}})
	d.periodEnds()
	d.shown.awaits(t, "has ended")
	_, after, left := strings.Cut(d.shown.String(), leaveSecondScreen)
	if !left || !strings.Contains(after, "one minute left") || strings.Contains(after, "secret") {
		t.Errorf("when the pager is left: %q", after)
	}
	d.types("jj\r") // meant for the pager
	d.shown.awaits(t, "demo encrypted> ")
	d.runs("1 + 1")
}

func TestEditorThatAPeriodTookAlongIsExplained(t *testing.T) {
	d := newDesk(t, map[string]string{"XDG_RUNTIME_DIR": memoryDir(t), "EDITOR": "sleep 100 #"})
	d.runs(".edit")
	text := "People"
	d.tells(wire.ToConsole{Result: &wire.Result{Command: 1, Status: "ok", Edit: &text, State: wire.State{Mode: "decrypted", Left: time.Minute, Period: 1}}})
	d.shown.awaits(t, pasteOff)
	d.periodEnds()
	d.shown.awaits(t, "the editor was closed: what stood in it is gone, and nothing is run")
	if got := d.shown.String(); strings.Contains(got, "context") || strings.LastIndex(got, "has ended") < strings.LastIndex(got, "\x1b[?1049l") {
		t.Errorf("shown is %q", got)
	}
	d.types("ihello\r")
	d.shown.awaits(t, "demo encrypted> ")
	d.runs("1 + 1")
}

func TestTypingInAPeriodIsToldSeldom(t *testing.T) {
	d := newDesk(t, nil)
	d.types("a")
	d.shown.awaits(t, "a")
	d.types("bcdefgh")
	if n := d.hears("the input", func(m wire.FromConsole) bool { return m.Active }); n != 0 {
		t.Errorf("%d before the first", n)
	}
	d.types("\r")
	if n := d.hears("the input", func(m wire.FromConsole) bool { return m.Run != nil }); n != 0 {
		t.Errorf("typing was told %d times more", n)
	}
	d.tells(wire.ToConsole{Result: &wire.Result{Command: 1, Status: "ok", State: inEncrypted}})
	d.shown.awaits(t, "demo encrypted> ")
	if n := d.hearsRun("2"); n != 0 {
		t.Errorf("typing outside of a period was told %d times", n)
	}
}

func (d *desk) hearsRun(source string) int {
	d.types(source + "\r")
	return d.hears("the input", func(m wire.FromConsole) bool { return m.Run != nil })
}

func TestTypingIsToldAtMostEveryTenSeconds(t *testing.T) {
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	s := &session{clock: func() time.Time { return now }, state: wire.State{Period: 1}}
	for after, want := range map[time.Duration]bool{0: true, activeEvery - 1: false, activeEvery: true} {
		s.told = time.Time{}
		if after > 0 {
			s.told = now.Add(-after)
		}
		if got := s.isToBeTold(); got != want {
			t.Errorf("after %v: %v", after, got)
		}
	}
	s.told, s.state.Period = time.Time{}, 0
	if s.isToBeTold() {
		t.Error("it is told outside of a period")
	}
}

func TestLittleMoreThanAScreenIsPrinted(t *testing.T) {
	for lines, want := range map[int]bool{10: true, 24: true, 36: true, 37: false, 100: false} {
		if isPrinted(lines, 24) != want {
			t.Errorf("%d lines of 24: %v", lines, !want)
		}
	}
	if !errors.Is(ErrDropped, ErrAbandoned) {
		t.Error("a dropped input is no abandoned one")
	}
}

func TestServerThatGoesWhileATailIsSwallowedEndsTheSession(t *testing.T) {
	d := newDesk(t, nil)
	d.types("People.Find(")
	d.shown.awaits(t, "People.Find(")
	d.periodEnds()
	d.shown.awaits(t, "was dropped")
	d.tells(wire.ToConsole{Closed: &wire.Closed{Commands: 3}})
	d.shown.awaits(t, "the session is closed: 3 commands")
}
