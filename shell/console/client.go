package console

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// client is the console's end of its conversation with the server.
type client struct {
	socket *websocket.Conn

	heard  chan wire.ToConsole // the answers, in their order; closed when the server has gone
	notice func(wire.Notice)   // called at any time, by the one goroutine that listens
	over   func()              // called once, when nothing more is to be expected
	told   chan wire.Completed // the newest answer to a Complete
	last   uint64              // counts the Completes
}

// sendWait is how long the server may take to take a message.
const sendWait = 10 * time.Second

// errGone is a server that ended the conversation without a word.
var errGone = errors.New("the server has gone: what it was asked last may have run, and the record says so")

func newClient(socket *websocket.Conn, notice func(wire.Notice), over func()) *client {
	socket.SetReadLimit(wire.MaxToConsole)
	return &client{socket: socket, heard: make(chan wire.ToConsole, 1), notice: notice, over: over, told: make(chan wire.Completed, 1)}
}

// listen hands on what the server says until it has gone.
func (c *client) listen(ctx context.Context) {
	defer c.over()
	defer close(c.heard)
	for {
		kind, b, err := c.socket.Read(ctx)
		var m wire.ToConsole
		if err != nil || kind != websocket.MessageBinary || wire.Decode(b, &m) != nil {
			return
		}
		switch {
		case m.Notice != nil:
			c.notice(*m.Notice)
		case m.Completed != nil:
			select { // an answer that nobody waits for any more gives way
			case <-c.told:
			default:
			}
			c.told <- *m.Completed
		default:
			select {
			case c.heard <- m:
			case <-ctx.Done():
				return
			}
			if m.Closed != nil {
				return
			}
		}
	}
}

func (c *client) send(ctx context.Context, m wire.FromConsole) error {
	b, err := wire.Encode(m)
	if err != nil {
		return err
	}
	if len(b) > wire.MaxFromConsole {
		return fmt.Errorf("what was typed is longer than %d bytes", wire.MaxFromConsole)
	}
	ctx, cancel := context.WithTimeout(ctx, sendWait)
	defer cancel()
	if c.socket.Write(ctx, websocket.MessageBinary, b) != nil {
		return errGone
	}
	return nil
}

// hear waits for the server's next answer.
func (c *client) hear(ctx context.Context) (wire.ToConsole, error) {
	select {
	case m, ok := <-c.heard:
		if !ok {
			return m, errGone
		}
		return m, nil
	case <-ctx.Done():
		return wire.ToConsole{}, ctx.Err()
	}
}

// patience is how long Tab waits for the server.
const patience = 300 * time.Millisecond

// complete asks how a text could go on. An answer that is late is no answer.
func (c *client) complete(ctx context.Context, source string, cursor int) wire.Completed {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c.last++
	none := wire.Completed{ID: c.last, From: cursor}
	if c.send(ctx, wire.FromConsole{Complete: &wire.Complete{ID: c.last, Source: source, Cursor: cursor}}) != nil {
		return none
	}
	for {
		select {
		case answer := <-c.told:
			if answer.ID == c.last {
				return answer
			}
		case <-ctx.Done():
			return none
		}
	}
}
