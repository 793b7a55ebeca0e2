package broker

import (
	"context"
	"net/http"
	"time"

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
		// A browser sends an Origin, and the library refuses one that is not the server's own: no page speaks for an engineer.
		socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
		if err != nil {
			return // it has answered
		}
		socket.SetReadLimit(wire.MaxFromConsole)
		b.converse(r.Context(), socket, engineer)
	})
	return router
}

// writeWait is how long a console may take to read a message.
const writeWait = 30 * time.Second

// converse speaks with one console until it has gone, or its session is closed.
func (b *Broker) converse(ctx context.Context, socket *websocket.Conn, engineer string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &conversation{
		broker: b, engineer: engineer, socket: socket, cancel: cancel,
		said: make(chan wire.FromConsole), results: make(chan Result, 1), questions: make(chan asked),
	}
	go c.listen(ctx)
	if err := c.hold(ctx); err != nil {
		c.closed(ctx, wire.Closed{Err: claimOf(err)})
		socket.Close(websocket.StatusPolicyViolation, "")
		return
	}
	socket.Close(websocket.StatusNormalClosure, "")
}
