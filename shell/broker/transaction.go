package broker

import (
	"context"
	"fmt"
)

// transaction is the broker's, on behalf of a worker's connection or of one writing statement. Inside the one
// transaction of a sandboxed or counted session it is a savepoint of that one.
type transaction struct {
	conn    Connection
	inside  string // the savepoint's name; empty: a transaction of its own
	write   bool
	touched int64 // rows, as of now
	marks   []mark
}

// mark is a savepoint that typed code set, and what was touched by then.
type mark struct {
	name    string
	touched int64
}

// begin opens a transaction.
func (c *command) begin(ctx context.Context, write bool) (*transaction, error) {
	s := c.session
	if s.whole != nil {
		if len(c.open) > 0 {
			return nil, databaseError("", "another transaction is open: with --sandbox or --expect there is one at a time", "use the tx of db.Transaction inside it")
		}
		c.savepoints++
		tx := &transaction{conn: s.whole.conn, inside: fmt.Sprintf("vouchsafe_%d_%d", c.n, c.savepoints), write: true}
		return tx, tx.conn.Savepoint(ctx, tx.inside)
	}
	tx := &transaction{write: write && s.Opening.Write}
	var err error
	if tx.write {
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

func (c *command) letGo(tx *transaction) {
	switch {
	case tx.inside != "":
	case tx.write:
		c.session.pool.discard(tx.conn)
	default:
		c.session.pool.put(tx.conn)
	}
}

// commit makes a transaction stand, but not before an entry with its rows touched is durable.
func (c *command) commit(ctx context.Context, tx *transaction) error {
	defer c.letGo(tx)
	if tx.touched > 0 {
		if err := c.recordBeforeCommit(ctx); err != nil {
			c.undo(ctx, tx)
			return err
		}
	}
	// From here the rows touched are on record. If we crash now, the record names rows that did not change, in an
	// unfinished command: too much, never too little.
	if err := tx.commit(ctx); err != nil {
		c.undo(ctx, tx)
		return err
	}
	c.committed += tx.touched
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
func (tx *transaction) nest(ctx context.Context, verb, name string) error {
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
		tx.marks = append(tx.marks, mark{name: name, touched: tx.touched})
		return tx.conn.Savepoint(ctx, own)
	case "release":
		tx.marks = tx.marks[:at]
		return tx.conn.Release(ctx, own)
	}
	tx.marks = tx.marks[:at+1]
	tx.touched = tx.marks[at].touched
	return tx.conn.RollbackTo(ctx, own)
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
	touched := s.committed
	if expect != nil && touched != *expect && clean {
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
	if s.Opening.Sandbox || !clean || s.whole.broken || closing.Refusal != nil {
		s.committed, s.rolledBack = 0, s.rolledBack+touched
		return conn.Rollback(ctx)
	}
	// Each command's rows touched are on record by now, and so is that they were to stand only at the end.
	if err := conn.Commit(ctx); err != nil {
		s.committed, s.rolledBack = 0, s.rolledBack+touched
		conn.Rollback(ctx)
		return err
	}
	return nil
}
