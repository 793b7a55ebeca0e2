package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// serve answers one request of the worker: the gate, and the one place where it is decided what passes. An error is a
// request that no worker of ours sends.
func (c *command) serve(ctx context.Context, r wire.Request) (wire.Response, error) {
	if c.unrecorded != nil {
		return wire.Response{Err: c.unrecorded}, nil
	}
	response, err := c.answer(ctx, r)
	switch {
	case err == nil:
		return response, nil
	case errors.Is(err, wire.ErrMalformed):
		return wire.Response{}, err
	}
	return wire.Response{Err: c.explain(ctx, r, err)}, nil
}

func (c *command) answer(ctx context.Context, r wire.Request) (wire.Response, error) {
	switch r.Op {
	case wire.OpQuery, wire.OpExec:
		return c.run(ctx, r)
	case wire.OpNext:
		return c.next(ctx, r.Cursor)
	case wire.OpClose:
		c.closeCursor(ctx, r.Cursor)
		return wire.Response{}, nil
	case wire.OpBegin:
		if c.open[r.Conn] != nil {
			return wire.Response{}, databaseError("", "a transaction is open on this connection already", "")
		}
		tx, err := c.begin(ctx, c.session.typedWrites())
		if err == nil {
			c.open[r.Conn] = tx
		}
		return wire.Response{}, err
	case wire.OpCommit, wire.OpRollback:
		tx := c.open[r.Conn]
		if tx == nil {
			return wire.Response{}, databaseError("", "no transaction is open on this connection", "")
		}
		delete(c.open, r.Conn)
		c.closeCursorsOf(ctx, tx.conn)
		if r.Op == wire.OpCommit {
			return wire.Response{}, c.commit(ctx, tx)
		}
		c.rollback(ctx, tx)
		return wire.Response{}, nil
	case wire.OpSave, wire.OpCreate:
		if r.Write == nil {
			return wire.Response{}, fmt.Errorf("%w: no row", wire.ErrMalformed)
		}
		return c.write(ctx, r)
	case wire.OpLookup:
		return c.lookup(ctx, r.Column, r.Text)
	case wire.OpFact:
		if r.Reference == nil {
			return wire.Response{}, fmt.Errorf("%w: no value", wire.ErrMalformed)
		}
		return c.fact(ctx, r)
	}
	return wire.Response{}, fmt.Errorf("%w: no operation %d", wire.ErrMalformed, r.Op)
}

// explain turns a failure into what may cross to the worker, and records a denial.
func (c *command) explain(ctx context.Context, r wire.Request, err error) *wire.Error {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		tried := r.SQL
		if tried == "" {
			tried = fmt.Sprintf("%s %s", r.Fact, r.Column)
			if r.Write != nil {
				tried = r.Write.Table
			}
		}
		err = c.refuse(ctx, refusal, tried)
	}
	if errors.Is(err, ErrNoDatabase) {
		if c.unavailable == nil {
			c.unavailable = &wire.Error{Kind: wire.ErrDatabase, Code: "UNAVAILABLE", Message: visible(err.Error())}
		}
		return c.unavailable
	}
	var known *wire.Error
	if errors.As(err, &known) {
		return known
	}
	if ctx.Err() != nil {
		return stopError(ctx, false)
	}
	return databaseError("", "the statement failed", "")
}

// typedWrites says whether typed statements of this session may write.
func (s *Session) typedWrites() bool { return s.write }
