package cmd

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"

	"github.com/coder/websocket"

	"github.com/vouchsafe/vouchsafe/shell/broker"
)

// inside is a listener that only this process can reach: console and server speak over it as they would over a socket.
type inside struct {
	connections chan net.Conn
	closed      chan struct{}
	closing     sync.Once
}

func newInside() *inside {
	return &inside{connections: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept waits for the next connection.
func (l *inside) Accept() (net.Conn, error) {
	select {
	case c := <-l.connections:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends the listener, and none of its connections.
func (l *inside) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return nil
}

// Addr is nowhere.
func (l *inside) Addr() net.Addr { return insideAddr{} }

type insideAddr struct{}

func (insideAddr) Network() string { return "inside" }
func (insideAddr) String() string  { return "this process" }

// dial connects to the listener, as http.Transport wants it.
func (l *inside) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.connections <- far:
		return near, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// serve serves consoles inside this process, all of them as the config's engineer. stop waits until their sessions are closed.
func (e *embedded) serve() (dial func(context.Context) (*websocket.Conn, error), stop func()) {
	listener := newInside()
	handler := e.broker.Handler(func(*http.Request) (string, error) { return e.config.Engineer, nil })
	ctx, cancel := context.WithCancel(context.Background())
	var conversations, serving sync.WaitGroup
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conversations.Add(1)
			defer conversations.Done()
			handler.ServeHTTP(w, r)
		}),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	serving.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			cancel() // nobody can connect any more; the console will find nobody there
		}
	})
	client := &http.Client{Transport: &http.Transport{DialContext: listener.dial}}
	dial = func(ctx context.Context) (*websocket.Conn, error) {
		socket, _, err := websocket.Dial(ctx, "http://inside"+broker.SessionPath, &websocket.DialOptions{HTTPClient: client, CompressionMode: websocket.CompressionDisabled})
		return socket, err
	}
	return dial, func() {
		server.Close()
		cancel()
		conversations.Wait()
		serving.Wait()
	}
}
