package broker

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// patience is how long a test waits for what has to come.
const patience = 20 * time.Second

// door is a house's handler, served.
type door struct {
	h      *house
	server *httptest.Server
	inside sync.WaitGroup     // conversations
	stop   context.CancelFunc // as a server that stops
}

// serve serves consoles, all of them the engineer's.
func (h *house) serve(t *testing.T) *door {
	t.Helper()
	d := &door{h: h}
	handler := h.broker.Handler(func(r *http.Request) (string, error) {
		if r.Header.Get("Authorization") == "nobody" {
			return "", errors.New("nobody")
		}
		return "engineer", nil
	})
	ctx, cancel := context.WithCancel(context.Background())
	d.stop = cancel
	d.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.inside.Add(1)
		defer d.inside.Done()
		joined, end := context.WithCancel(r.Context())
		defer end()
		defer context.AfterFunc(ctx, end)()
		handler.ServeHTTP(w, r.WithContext(joined))
	}))
	t.Cleanup(func() {
		cancel()
		d.empty(t)
		d.server.Close()
		h.broker.Close()
		if n := h.living(); n != 0 {
			t.Errorf("%d workers live when all consoles have gone", n)
		}
	})
	return d
}

// empty waits until all conversations are over.
func (d *door) empty(t *testing.T) {
	t.Helper()
	over := make(chan struct{})
	go func() {
		d.inside.Wait()
		close(over)
	}()
	select {
	case <-over:
	case <-time.After(patience):
		buffer := make([]byte, 1<<20)
		t.Fatalf("a conversation is not over:\n%s", buffer[:runtime.Stack(buffer, true)])
	}
}

// visitor is a console that does what a test says.
type visitor struct {
	t      *testing.T
	h      *house
	socket *websocket.Conn
	id     string // of its session
}

// narrow makes a console's connection hold little that was not read.
func narrow(o *websocket.DialOptions) {
	o.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(4096)
		}
		return conn, err
	}}}
}

// visit connects, and reads the welcome.
func (d *door) visit(t *testing.T, options ...func(*websocket.DialOptions)) *visitor {
	t.Helper()
	var o websocket.DialOptions
	for _, option := range options {
		option(&o)
	}
	socket, _, err := websocket.Dial(t.Context(), d.server.URL+SessionPath, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.CloseNow() })
	socket.SetReadLimit(wire.MaxToConsole)
	v := &visitor{t: t, h: d.h, socket: socket}
	if m := v.hear(); m.Welcome == nil || m.Welcome.Version != wire.Version || m.Welcome.Engineer != "engineer" {
		t.Errorf("welcomed with %+v", m)
	}
	return v
}

// enter connects and opens a session.
func (d *door) enter(t *testing.T) *visitor {
	t.Helper()
	v := d.visit(t)
	v.open()
	return v
}

func (v *visitor) open() {
	v.t.Helper()
	v.say(wire.FromConsole{Open: &wire.Open{Version: wire.Version, Justification: justification}})
	m := v.hear()
	if m.Session == nil {
		v.t.Fatalf("not opened: %+v %+v", m, m.Failed)
	}
	v.id = m.Session.ID
	v.h.session = v.session()
}

// session is a handle for what looks at the record.
func (v *visitor) session() *Session { return &Session{ID: v.id} }

func (v *visitor) say(m wire.FromConsole) {
	v.t.Helper()
	b, err := wire.Encode(m)
	if err != nil {
		v.t.Fatal(err)
	}
	v.raw(websocket.MessageBinary, b)
}

func (v *visitor) raw(kind websocket.MessageType, b []byte) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := v.socket.Write(ctx, kind, b); err != nil {
		v.t.Logf("said: %v", err) // it may have been hung up on
	}
}

// hear reads the next message; it is empty when the server has hung up.
func (v *visitor) hear() (m wire.ToConsole) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, b, err := v.socket.Read(ctx)
	if ctx.Err() != nil {
		v.t.Fatal("nothing is heard")
	}
	if err != nil {
		return m
	}
	if err := wire.Decode(b, &m); err != nil {
		v.t.Fatal(err)
	}
	return m
}

// run runs a command and awaits its result.
func (v *visitor) run(source string) wire.Result {
	v.t.Helper()
	v.say(wire.FromConsole{Run: &wire.Run{Source: source}})
	m := v.hear()
	if m.Result == nil {
		v.t.Fatalf("%s: %+v", source, m)
	}
	return *m.Result
}

// runBy is run with what the worker does.
func (v *visitor) runBy(source string, script func(*fake)) wire.Result {
	v.t.Helper()
	v.h.scripts <- script
	return v.run(source)
}

// closed waits for the end and returns what the console was told of it, and the session as an auditor sees it.
func (v *visitor) closed(d *door) (wire.Closed, audit.Session) {
	v.t.Helper()
	var last wire.ToConsole
	for m := v.hear(); m != (wire.ToConsole{}); m = v.hear() {
		if last.Closed != nil {
			v.t.Errorf("told after the end: %+v", m)
		}
		last = m
	}
	d.empty(v.t)
	if last.Closed == nil {
		last.Closed = &wire.Closed{}
	}
	if v.id == "" {
		return *last.Closed, audit.Session{}
	}
	return *last.Closed, v.h.onRecord(v.t, v.session())
}
