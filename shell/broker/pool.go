package broker

import (
	"context"
	"fmt"
)

// maxConnections is how many connections to the target one session may hold at once.
const maxConnections = 8

// pool keeps a session's connections. No connection ever serves two sessions.
type pool struct {
	target Target
	access Access // of a writing connection
	idle   []Connection
	open   map[Connection]bool // the idle ones too
}

// reader hands out a connection that cannot write.
func (p *pool) reader(ctx context.Context) (Connection, error) {
	if n := len(p.idle); n > 0 {
		conn := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return conn, nil
	}
	return p.connect(ctx, Access{})
}

// writer opens a connection that can write, as far as the session may. It is closed after use.
func (p *pool) writer(ctx context.Context) (Connection, error) { return p.connect(ctx, p.access) }

func (p *pool) connect(ctx context.Context, access Access) (Connection, error) {
	if len(p.open) == maxConnections {
		return nil, databaseError("", fmt.Sprintf("the session has %d results or transactions open at once", maxConnections), "close some: rows.Close(), tx.Rollback()")
	}
	conn, err := p.target.Connect(ctx, access)
	if err != nil {
		return nil, err
	}
	if p.open == nil {
		p.open = map[Connection]bool{}
	}
	p.open[conn] = true
	return conn, nil
}

// put takes a reading connection back.
func (p *pool) put(conn Connection) { p.idle = append(p.idle, conn) }

// discard closes a connection.
func (p *pool) discard(conn Connection) {
	delete(p.open, conn)
	conn.Close() // a reading or rolled back connection has nothing to lose
}

// close closes every connection, also one that a command which broke still had.
func (p *pool) close() {
	for conn := range p.open {
		p.discard(conn)
	}
	p.idle = nil
}
