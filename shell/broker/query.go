package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// cursor is a result that has more pages.
type cursor struct {
	statement string
	args      []any
	rows      Rows
	conn      Connection
	tx        *transaction // whose conn it is; nil: none
	borrowed  bool         // conn goes back to the pool; else it belongs to a transaction
	began     bool         // a reading transaction was begun for it
	stop      func()
	clock     *time.Timer
	count     int64 // rows read
	given     int64 // rows that went to the worker
	bytes     int
	took      time.Duration // in the database
	ahead     *ahead        // the page after the last one, read while the worker is busy with that
}

// ahead is a page that was read before it was asked for.
type ahead struct {
	response wire.Response
	more     bool
	given    int64
	err      error
}

// run runs one typed statement: on its connection's transaction, else, where it can write, in a transaction of its own,
// else on a connection that cannot.
func (c *command) run(ctx context.Context, r wire.Request) (wire.Response, error) {
	if err := c.room(ctx, r); err != nil {
		return wire.Response{}, err
	}
	tx := c.open[r.Conn]
	if verb, name, ok := savepoint(r.SQL); ok {
		if tx == nil {
			return wire.Response{}, refuse(ruleSQL, "use db.Transaction(func(tx *gorm.DB) error { … })", "transactions are the broker's")
		}
		return wire.Response{}, c.nest(ctx, tx, verb, name)
	}
	switch {
	case tx != nil:
		return c.runOn(ctx, tx, r)
	case c.session.write && mayWrite(r.SQL):
		return c.runAlone(ctx, r)
	case c.session.whole != nil: // sees what the session changed so far
		return c.runOn(ctx, &transaction{conn: c.session.whole.conn, write: true, lost: c.session.whole.broken}, r)
	}
	conn, err := c.session.pool.reader(ctx)
	if err != nil {
		return wire.Response{}, err
	}
	cur := &cursor{conn: conn, borrowed: true}
	if c.session.mode == shell.Decrypted { // what is opened is compared with what stands: in one snapshot
		if err := conn.Begin(ctx, false); err != nil {
			c.session.pool.put(conn)
			return wire.Response{}, err
		}
		cur.began = true
	}
	return c.start(ctx, cur, r)
}

// Bounds of what one command may send.
const (
	maxStatements = 20_000
	maxRecorded   = 16 << 20 // bytes of statements and arguments
	maxPending    = 1 << 20  // bytes of statements that are not on record yet
	maxUnrecorded = 1000     // statements that are not on record yet
)

// room refuses a statement that is too long, or one too many, and puts on record what has gathered.
func (c *command) room(ctx context.Context, r wire.Request) error {
	switch {
	case len(r.SQL) > maxStatement:
		return refuse(ruleSQL, "split it", "one statement has %d bytes at most", maxStatement)
	case c.statements >= maxStatements || c.recordedBytes > maxRecorded:
		return refuse(ruleSQL, "split the command", "one command sends %d statements, and %d bytes of them, at most", maxStatements, maxRecorded)
	case len(c.pending) >= maxUnrecorded || c.pendingBytes > maxPending:
		return c.record(ctx)
	}
	return nil
}

// runAlone runs a statement that can write in a transaction of its own.
func (c *command) runAlone(ctx context.Context, r wire.Request) (wire.Response, error) {
	own, err := c.begin(ctx, true)
	if err != nil {
		return wire.Response{}, err
	}
	response, err := c.runOn(ctx, own, r)
	if err == nil && response.Cursor != 0 {
		c.closeCursor(ctx, response.Cursor)
		err = onePage()
	}
	if err != nil {
		c.rollback(ctx, own)
		return wire.Response{}, err
	}
	return response, c.commit(ctx, own)
}

// runOn runs a statement inside a transaction.
func (c *command) runOn(ctx context.Context, tx *transaction, r wire.Request) (wire.Response, error) {
	return c.within(ctx, tx, func() (wire.Response, error) {
		response, err := c.start(ctx, &cursor{conn: tx.conn, tx: tx}, r)
		if cur := c.cursors[response.Cursor]; err == nil && cur != nil && cur.rows.Writes() {
			c.closeCursor(ctx, response.Cursor)
			return wire.Response{}, onePage()
		}
		return response, err
	})
}

// onePage refuses a result that would still be read when the write that returns it has to be counted.
func onePage() error {
	return databaseError("", "a statement that could write returns one page of rows at most", "leave RETURNING out, or begin with select")
}

// start runs the statement of a request and returns its first page. A statement that writes is run to its end at once.
func (c *command) start(ctx context.Context, cur *cursor, r wire.Request) (wire.Response, error) {
	command := ctx
	ctx, cancel := context.WithCancel(ctx)
	cur.statement, cur.args = r.SQL, r.Args
	cur.clock = time.AfterFunc(c.session.broker.Policy.Limits.Statement, cancel)
	cur.stop = func() {
		cur.clock.Stop()
		cancel()
	}
	began := time.Now()
	rows, err := cur.conn.Typed(ctx, r.SQL, r.Args)
	cur.took = time.Since(began)
	if err != nil {
		c.noteFailed(cur, err)
		c.finish(ctx, cur)
		return wire.Response{}, c.stopped(command, err)
	}
	cur.rows = rows
	if len(rows.Columns()) == 0 { // nothing to return: run it
		for rows.Next() {
		}
		cur.took = time.Since(began)
		if err := rows.Err(); err != nil {
			c.noteFailed(cur, err)
			c.finish(ctx, cur)
			return wire.Response{}, c.stopped(command, err)
		}
		c.statement(r.SQL, r.Args, rows.Changed(), rows.Writes(), cur.took)
		response := wire.Response{Affected: rows.Changed(), LastID: rows.LastID()}
		c.finish(ctx, cur)
		return response, nil
	}
	response, more, err := c.page(ctx, cur)
	cur.took = time.Since(began)
	if err != nil {
		c.noteFailed(cur, err)
		c.finish(ctx, cur)
		return wire.Response{}, c.stopped(command, err)
	}
	response.Columns = rows.Columns()
	if !more {
		cur.given = cur.count
		response.Affected, response.LastID = rows.Changed(), rows.LastID()
		c.complete(ctx, cur)
		return response, nil
	}
	c.lastCursor++
	response.Cursor = uint64(c.lastCursor)
	c.cursors[response.Cursor] = cur
	cur.clock.Stop()
	cur.given = cur.count
	return response, nil
}

// next returns the next page of a result.
func (c *command) next(ctx context.Context, id uint64) (wire.Response, error) {
	cur := c.cursors[id]
	if cur == nil {
		return wire.Response{}, databaseError("", "the result is closed", "")
	}
	if cur.ahead == nil {
		c.readOn(ctx, cur)
	}
	response, more, err := cur.ahead.response, cur.ahead.more, cur.ahead.err
	cur.given, cur.ahead = cur.ahead.given, nil
	if err != nil {
		delete(c.cursors, id)
		if cur.tx != nil {
			c.lose(cur.tx) // what failed in the middle may have ended it
		}
		c.noteFailed(cur, err)
		c.finish(ctx, cur)
		return wire.Response{}, c.stopped(ctx, err)
	}
	if more {
		response.Cursor = id
		return response, nil
	}
	delete(c.cursors, id)
	c.complete(ctx, cur)
	return response, nil
}

// readOn reads a result's next page.
func (c *command) readOn(ctx context.Context, cur *cursor) {
	cur.clock.Reset(c.session.broker.Policy.Limits.Statement)
	defer cur.clock.Stop()
	began := time.Now()
	response, more, err := c.page(ctx, cur)
	cur.took += time.Since(began)
	cur.ahead = &ahead{response: response, more: more, given: cur.count, err: err}
}

// readAhead reads the page that the worker will probably ask for next, while it is busy with the one that it got. In a
// decrypted period nothing is read before it is asked for: it would be on record as opened.
func (c *command) readAhead(ctx context.Context, answered wire.Response) {
	cur := c.cursors[answered.Cursor]
	if cur != nil && cur.ahead == nil && c.session.mode == shell.Encrypted {
		c.readOn(ctx, cur)
	}
}

// complete notes a result that was read to its end, or as far as it was wanted, and lets go of it.
func (c *command) complete(ctx context.Context, cur *cursor) {
	if cur.rows.Writes() {
		for cur.rows.Next() { // what it changed is counted at its end
		}
		c.statement(cur.statement, cur.args, cur.rows.Changed(), true, cur.took)
	} else {
		c.statement(cur.statement, cur.args, cur.given, false, cur.took)
	}
	c.finish(ctx, cur)
}

// noteFailed notes a statement that the database rejected. What the gate refused is on record as a denial.
func (c *command) noteFailed(cur *cursor, err error) {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		c.statement(cur.statement, cur.args, 0, false, cur.took)
	}
}

func (c *command) closeCursor(ctx context.Context, id uint64) {
	if cur := c.cursors[id]; cur != nil {
		delete(c.cursors, id)
		c.complete(ctx, cur)
	}
}

func (c *command) closeCursorsOf(ctx context.Context, conn Connection) {
	for id, cur := range c.cursors {
		if cur.conn == conn {
			c.closeCursor(ctx, id)
		}
	}
}

// finish lets go of what a result stood on.
func (c *command) finish(ctx context.Context, cur *cursor) {
	if cur.rows != nil {
		cur.rows.Close()
	}
	if cur.began {
		cur.conn.Rollback(context.WithoutCancel(ctx)) // it only read
	}
	cur.stop()
	if cur.borrowed {
		c.session.pool.put(cur.conn)
	}
}

// stopped tells a statement that its own clock stopped from one that was stopped with its command.
func (c *command) stopped(command context.Context, err error) error {
	var known *wire.Error
	switch {
	case !errors.As(err, &known) || known.Kind != wire.ErrInterrupted && known.Kind != wire.ErrTimeout:
		return err
	case command.Err() != nil:
		return stopError(command, false)
	}
	return &wire.Error{
		Kind: wire.ErrTimeout, Message: fmt.Sprintf("the statement took longer than %s", c.session.broker.Policy.Limits.Statement),
		Hint: "narrow it with Where and Limit",
	}
}

// mayWrite says whether a statement could write, by its words. It only chooses the connection: one that reads cannot
// write, whatever this says.
func mayWrite(statement string) bool {
	scanned := scanStatement(statement)
	switch scanned.word {
	case "select", "values", "explain", "pragma":
		return false
	case "with":
		return slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(scanned.rest), func(r rune) bool { return !unicode.IsLetter(r) }), func(word string) bool {
			return word == "insert" || word == "update" || word == "delete" || word == "replace"
		})
	}
	return true
}

// cutNote tells that a result was cut.
func cutNote(what string, n int) string {
	return strings.TrimSpace(fmt.Sprintf("the result was cut at %d %s: narrow it with Where and Limit", n, what))
}
