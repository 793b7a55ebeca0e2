package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// transaction is the broker's, on behalf of a worker's connection or of one writing statement. Inside the one
// transaction of a sandboxed or counted session it is a savepoint of that one.
type transaction struct {
	conn    Connection
	inside  string // the savepoint's name; empty: a transaction of its own
	write   bool
	touched int64 // rows, as of now
	marks   []mark
	lost    bool // the database rolled it back by itself: nothing more may happen in it, for it would stand at once
}

// errLost is what a transaction gets that the database ended by itself.
var errLost = databaseError("", "the database rolled the transaction back: nothing of it stands", "begin it anew")

// mark is a savepoint that typed code set, and what was touched by then.
type mark struct {
	name    string
	touched int64
}

// begin opens a transaction.
func (c *command) begin(ctx context.Context, write bool) (*transaction, error) {
	s := c.session
	if s.whole != nil {
		if s.whole.broken {
			return nil, errLost
		}
		if len(c.open) > 0 {
			return nil, databaseError("", "another transaction is open: with --sandbox or --expect there is one at a time", "use the tx of db.Transaction inside it")
		}
		c.savepoints++
		tx := &transaction{conn: s.whole.conn, inside: fmt.Sprintf("vouchsafe_%d_%d", c.n, c.savepoints), write: true}
		err := tx.conn.Savepoint(ctx, tx.inside)
		s.whole.broken = errors.Is(err, errLost)
		return tx, err
	}
	tx := &transaction{write: write && s.write}
	var err error
	if tx.write {
		for _, other := range c.open {
			if other.write { // it holds the write lock, so this one would wait for ever
				return nil, databaseError("", "another transaction is open that writes: there is one at a time", "use the tx of db.Transaction inside it")
			}
		}
		if len(c.cursors) > 0 && !s.target.WrittenWhileRead() { // its commit would wait for a reader that waits for it
			return nil, databaseError("", "a result is still open, and this database is not written while it is read", "read it to its end with .All() first, or do both in one db.Transaction")
		}
		tx.conn, err = s.pool.writer(ctx)
	} else {
		tx.conn, err = s.pool.reader(ctx)
	}
	if err != nil {
		return nil, err
	}
	if err := tx.conn.Begin(ctx, tx.write); err != nil {
		c.letGo(tx)
		return nil, err
	}
	return tx, nil
}

// within runs a statement inside a transaction, so that it counts when it succeeds and leaves nothing when it fails.
//
// A statement can fail and keep what it changed so far (or fail), and it can fail and take the whole transaction with it (or
// rollback, a trigger, an interrupt, a full disk). After that each statement would stand at once and unrecorded, so then the
// transaction is lost, and says so.
func (c *command) within(ctx context.Context, tx *transaction, run func() (wire.Response, error)) (wire.Response, error) {
	switch {
	case tx.lost:
		return wire.Response{}, errLost
	case !tx.write:
		return run()
	}
	const own = "vouchsafe_statement"
	if err := tx.conn.Savepoint(ctx, own); err != nil {
		if errors.Is(err, errLost) {
			c.lose(tx)
		}
		return wire.Response{}, err
	}
	before := c.touched
	response, err := run()
	limit := int64(c.session.broker.Policy.Limits.Touched)
	if err == nil && c.touched > before && c.touched > limit {
		err = refuse(ruleTouched, "do it in parts, or have the limit raised", "one command may write %d rows", limit)
	}
	ctx = context.WithoutCancel(ctx)
	if err == nil {
		err = tx.conn.Release(ctx, own)
	}
	if err == nil {
		tx.touched += c.touched - before
		return response, nil
	}
	c.rolledBack += c.touched - before
	if tx.conn.RollbackTo(ctx, own) != nil || tx.conn.Release(ctx, own) != nil {
		c.lose(tx)
	}
	return wire.Response{}, err
}

// lose gives a transaction up, and with it the session's one transaction, if it is part of that.
func (c *command) lose(tx *transaction) {
	tx.lost = true
	if c.session.whole != nil {
		c.session.whole.broken = true
	}
}

func (c *command) letGo(tx *transaction) {
	switch {
	case tx.inside != "":
	case tx.write:
		c.session.pool.discard(tx.conn)
	default:
		c.session.pool.put(tx.conn)
	}
}

// commit makes a transaction stand, but not before the person agreed where the policy says so, nor before an entry with its
// rows touched is durable.
func (c *command) commit(ctx context.Context, tx *transaction) error {
	defer c.letGo(tx)
	if tx.lost {
		c.undo(ctx, tx)
		return errLost
	}
	if tx.touched > 0 {
		if err := c.agreed(ctx, tx); err != nil {
			c.undo(ctx, tx)
			return err
		}
		if err := c.recordBeforeCommit(ctx); err != nil {
			c.undo(ctx, tx)
			return err
		}
	}
	// From here the rows touched are on record. If we crash now, the record names rows that did not change, in an
	// unfinished command: too much, never too little.
	if ctx.Err() != nil { // too late to begin; once begun, it is not stopped half way, for then nobody would know what stands
		c.undo(ctx, tx)
		return stopError(ctx, false)
	}
	if err := tx.commit(context.WithoutCancel(ctx)); err != nil {
		c.undo(ctx, tx)
		return err
	}
	if tx.inside != "" {
		c.held += tx.touched
	} else {
		c.committed += tx.touched
	}
	return nil
}

func (tx *transaction) commit(ctx context.Context) error {
	if tx.inside != "" {
		return tx.conn.Release(ctx, tx.inside)
	}
	return tx.conn.Commit(ctx)
}

// rollback undoes a transaction. What it touched is recorded all the same.
func (c *command) rollback(ctx context.Context, tx *transaction) {
	defer c.letGo(tx)
	c.undo(ctx, tx)
}

func (c *command) undo(ctx context.Context, tx *transaction) {
	ctx = context.WithoutCancel(ctx)
	c.rolledBack += tx.touched
	if tx.inside != "" {
		// Should it fail, so does the session's one transaction, and nothing of it will stand.
		if err := tx.conn.RollbackTo(ctx, tx.inside); err == nil {
			tx.conn.Release(ctx, tx.inside)
		} else {
			c.session.whole.broken = true
		}
		return
	}
	tx.conn.Rollback(ctx) // should it fail, closing the connection rolls back too
}

// nest runs a savepoint statement of typed code: GORM's nested transactions.
func (c *command) nest(ctx context.Context, tx *transaction, verb, name string) error {
	if tx.lost {
		return errLost
	}
	at := -1
	for i, m := range tx.marks {
		if m.name == name {
			at = i
		}
	}
	if verb != "savepoint" && at < 0 {
		return databaseError("", "there is no savepoint "+name, "")
	}
	own := "typed_" + name
	switch verb {
	case "savepoint":
		if err := tx.conn.Savepoint(ctx, own); err != nil {
			return err
		}
		tx.marks = append(tx.marks, mark{name: name, touched: tx.touched})
		return nil
	case "release":
		if err := tx.conn.Release(ctx, own); err != nil {
			return err
		}
		tx.marks = tx.marks[:at]
		return nil
	}
	if err := tx.conn.RollbackTo(ctx, own); err != nil {
		return err
	}
	tx.marks = tx.marks[:at+1]
	c.rolledBack += tx.touched - tx.marks[at].touched
	tx.touched = tx.marks[at].touched
	return nil
}

// whole is the one transaction of a session that is sandboxed, or whose rows are counted.
type whole struct {
	conn   Connection
	broken bool // nothing of it may stand
}

func (s *Session) beginWhole(ctx context.Context) (*whole, error) {
	conn, err := s.pool.writer(ctx)
	if err != nil {
		return nil, err
	}
	if err := conn.Begin(ctx, true); err != nil {
		s.pool.discard(conn)
		return nil, err
	}
	return &whole{conn: conn}, nil
}

// settleWhole ends the session's one transaction, if it has one: rolled back in a sandbox, else kept only if exactly
// the expected number of rows was touched.
func (s *Session) settleWhole(ctx context.Context, clean bool, closing *Closing) error {
	expect := s.Opening.Expect
	touched := s.held
	if expect != nil && touched != *expect {
		closing.Refusal = refuse(ruleExpect, "nothing was kept; look with --sandbox at what it touches", "%d rows were touched, %d were expected: everything was rolled back", touched, *expect)
	}
	if s.whole == nil {
		return nil
	}
	conn := s.whole.conn
	defer func() {
		s.pool.discard(conn)
		s.whole = nil
	}()
	if s.whole.broken { // the database rolled it back already
		s.rolledBack += touched
		if expect != nil && closing.Refusal == nil {
			closing.Refusal = refuse(ruleExpect, "nothing was kept", "the database rolled the transaction back by itself")
		}
		return nil
	}
	if s.Opening.Sandbox || !clean || closing.Refusal != nil {
		s.rolledBack += touched
		return conn.Rollback(ctx)
	}
	// Each command's rows touched are on record by now, and so is that they were to stand only at the end.
	if err := conn.Commit(ctx); err != nil {
		s.rolledBack += touched
		conn.Rollback(ctx)
		return err
	}
	s.committed += touched
	return nil
}
