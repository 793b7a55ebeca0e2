package broker

import (
	"context"
	"net/http"

	"github.com/coder/websocket"
	"github.com/go-chi/chi/v5"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// SessionPath is where a console connects.
const SessionPath = "/v1/session"

// Handler serves consoles: a websocket a session. Who says which engineer sends a request; an error of it is a request that
// is turned away, with no word of why.
func (b *Broker) Handler(who func(*http.Request) (engineer string, err error)) http.Handler {
	router := chi.NewRouter()
	router.Get(SessionPath, func(w http.ResponseWriter, r *http.Request) {
		engineer, err := who(r)
		if err != nil || engineer == "" {
			http.Error(w, "not signed in", http.StatusUnauthorized)
			return
		}
		if r.Header.Get("Origin") != "" { // a browser's: no page speaks for an engineer, not even one of ours
			http.Error(w, "a console connects here, no page", http.StatusForbidden)
			return
		}
		socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
		if err != nil {
			return // it has answered
		}
		socket.SetReadLimit(wire.MaxFromConsole)
		b.converse(r.Context(), socket, engineer)
	})
	return router
}

// converse speaks with one console until it has gone, or its session is closed.
func (b *Broker) converse(ctx context.Context, socket *websocket.Conn, engineer string) {
	// What ends ctx does not cut the connection: the console is still told how its session ended.
	connected, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	defer hangUp()
	c := &conversation{
		broker: b, engineer: engineer, socket: socket, unread: newOutbox(socket), hangUp: hangUp,
		said: make(chan wire.FromConsole), results: make(chan Result, 1), questions: make(chan asked),
	}
	go c.listen(connected)
	err := c.hold(ctx)
	c.unread.close()
	if err != nil {
		socket.Close(websocket.StatusPolicyViolation, "")
		return
	}
	socket.Close(websocket.StatusNormalClosure, "")
}
