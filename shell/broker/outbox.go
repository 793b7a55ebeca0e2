package broker

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// outbox is what a console has not read yet. Who puts something into it never waits: a console that does not read must not
// hold up the end of its own decrypted period.
type outbox struct {
	socket   *websocket.Conn
	messages chan []byte
	size     atomic.Int64  // bytes that wait
	ended    chan struct{} // closed when nothing more is sent
}

// Bounds of what a console may leave unread. An honest one awaits an answer before it asks again.
const (
	maxUnread      = 2 * wire.MaxToConsole // bytes
	maxUnreadCount = 64
	writeWait      = 30 * time.Second // for one message
	goodbyeWait    = 5 * time.Second  // for all that is unread when the conversation is over
)

var errUnread = errors.New("the console does not read")

func newOutbox(socket *websocket.Conn) *outbox {
	o := &outbox{socket: socket, messages: make(chan []byte, maxUnreadCount), ended: make(chan struct{})}
	go o.send()
	return o
}

// put adds a message, or says that the console has left too much unread.
func (o *outbox) put(b []byte) error {
	if o.size.Add(int64(len(b))) > maxUnread {
		return errUnread
	}
	select {
	case o.messages <- b:
		return nil
	default:
		return errUnread
	}
}

// send sends what is put until the outbox is closed, or the console takes a message no more, which ends the connection.
func (o *outbox) send() {
	defer close(o.ended)
	for b := range o.messages {
		ctx, cancel := context.WithTimeout(context.Background(), writeWait)
		err := o.socket.Write(ctx, websocket.MessageBinary, b)
		cancel()
		if err != nil {
			return
		}
		o.size.Add(-int64(len(b)))
	}
}

// close waits a moment until the console has read the rest. Nothing is put after it.
func (o *outbox) close() {
	close(o.messages)
	late := time.NewTimer(goodbyeWait)
	defer late.Stop()
	select {
	case <-o.ended:
	case <-late.C:
		o.socket.CloseNow()
		<-o.ended
	}
}
