package broker

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// command is one recorded command while it runs: what it did so far, and what of that is not on record yet.
type command struct {
	session *Session
	n       int
	source  string

	redactor *redactor // of a decrypted period

	pending       []audit.Event // reads, and writes that have not committed
	pendingBytes  int
	recordedBytes int // of statements, all in all
	open          map[uint32]*transaction
	cursors       map[uint64]*cursor
	lastCursor,
	savepoints int

	statements  int
	rows        int64
	touched     int64 // rows of writes, whatever became of them
	disclosures map[audit.Value]int
	disclosed   []audit.Value // in their order, Count zero
	facts       int
	outside     int              // sealed values that were read and are outside the consent
	echo        []wire.Statement // the first statements, as the record keeps them
	wrote       []string         // what wrote, each text once, the newest last
	wroteMore   int              // texts that are not among them
	committed   int64
	held        int64 // rows of writes that stand if the session's one transaction does
	rolledBack  int64
	notes       []string

	stopwatch *stopwatch
	opening   *seat   // of a decrypted period that begins when this command ends
	leaving   string  // why the decrypted period ends with this command; empty if it does not
	printed   string  // what a dot command prints
	edit      *string // .edit: the text to begin with
	exit      bool    // .exit was typed

	refusal     *Refusal    // the first
	asksAt      int64       // rows from which on the person is asked again; 0: the policy's number
	declined    *wire.Error // the person did not want what the command was about to write
	unrecorded  *wire.Error // the record failed: nothing more happens in this command
	unavailable *wire.Error // the target was away
}

func newCommand(s *Session, n int, source string) *command {
	c := &command{session: s, n: n, source: source, open: map[uint32]*transaction{}, cursors: map[uint64]*cursor{}, disclosures: map[audit.Value]int{}}
	if s.mode == shell.Decrypted {
		c.redactor = newRedactor(s.broker.Schema, source)
	}
	return c
}

// record makes events durable, and before them what is pending. When it returns nil, they are. When it does not, nothing
// that they announce may happen, and the command does nothing more that needs the record.
func (c *command) record(ctx context.Context, events ...audit.Event) error {
	return c.recordElse(ctx, "not recorded, so not done", events...)
}

// recordElse is record, with what a person reads where it fails.
func (c *command) recordElse(ctx context.Context, what string, events ...audit.Event) error {
	if c.unrecorded != nil {
		return c.unrecorded
	}
	err := c.session.record(ctx, c.n, append(c.pending, events...)...)
	switch {
	case err == nil:
		c.pending, c.pendingBytes = nil, 0
		return nil
	case errors.Is(err, audit.ErrConsentTaken):
		return err
	}
	c.session.settle(ctx, err, func(kept bool) {
		if kept {
			c.pending, c.pendingBytes = nil, 0 // they are on record after all, and not a second time
		}
	})
	c.unrecorded = notRecorded(what, err)
	return c.unrecorded
}

// recordBeforeCommit makes the rows touched durable. Where the record kept the entry though it reported it lost, that is
// as good: the next chain was opened durably behind it.
func (c *command) recordBeforeCommit(ctx context.Context) error {
	switch {
	case c.unrecorded != nil:
		return c.unrecorded
	case len(c.pending) == 0:
		return nil // a disclosure or a fact took them along
	}
	err := c.session.record(ctx, c.n, c.pending...)
	if err == nil {
		c.pending, c.pendingBytes = nil, 0
		return nil
	}
	stands := false
	c.session.settle(ctx, err, func(kept bool) {
		if kept {
			stands, c.pending, c.pendingBytes = true, nil, 0
		}
	})
	if stands {
		return nil
	}
	c.unrecorded = notRecorded("the rows touched could not be recorded: rolled back", err)
	return c.unrecorded
}

// settle finds out what became of events that the record could not promise to have kept. Where even that cannot be
// known, the session ends: its entries could no longer be numbered.
func (s *Session) settle(ctx context.Context, err error, then func(kept bool)) {
	var failed *audit.NotRecorded
	if !errors.As(err, &failed) {
		return
	}
	kept := false
	if failed.Unknown {
		ctx, cancel := recording(ctx)
		defer cancel()
		var kerr error
		if kept, kerr = s.broker.Log.Kept(ctx, failed); kerr != nil {
			s.ended = "the record is away and it is not known what it holds"
			return
		}
	}
	then(kept)
}

// notRecorded is what a person reads when the record failed.
func notRecorded(what string, err error) *wire.Error {
	cause := err.Error()
	var failed *audit.NotRecorded
	if errors.As(err, &failed) {
		cause = failed.Cause.Error()
	}
	return &wire.Error{Kind: wire.ErrAudit, Message: what + ": " + cause, Hint: "the record must take entries again first; then try once more"}
}

// refuse puts a denial on record and returns it.
func (c *command) refuse(ctx context.Context, r *Refusal, tried string) error {
	if c.refusal == nil {
		c.refusal = r
	}
	if err := c.record(ctx, audit.Refused{Rule: r.Rule, Message: c.message(r), Attempt: c.attempt(tried)}); err != nil {
		return err
	}
	return refusalError(r)
}

// statement notes a statement that ran.
func (c *command) statement(sql string, args []any, rows int64, write bool, took time.Duration) {
	c.statements++
	c.rows += rows
	if write {
		c.touched += rows
	}
	event := audit.Statement{SQL: c.keptSQL(sql), Args: c.session.arguments(args), Rows: rows, Write: write}
	c.pending = append(c.pending, event)
	if len(c.echo) < maxEcho {
		c.echo = append(c.echo, wire.Statement{SQL: event.SQL, Rows: rows, Write: write, Duration: took})
	}
	if write {
		c.quote(event.SQL)
	}
	size := len(event.SQL)
	for _, a := range event.Args {
		size += len(a)
	}
	c.pendingBytes, c.recordedBytes = c.pendingBytes+size, c.recordedBytes+size
}

// maxEcho is how many statements of a command a console is shown.
const maxEcho = 100

// keptSQL is a statement as the record keeps it.
func (c *command) keptSQL(sql string) string {
	if c.session.mode == shell.Decrypted {
		return recorded(c.redactor.sql(sql))
	}
	return recorded(sql)
}

// message is why something was refused, as the record keeps it: in a decrypted period without words that may quote what was
// sent.
func (c *command) message(r *Refusal) string {
	if c.session.mode == shell.Decrypted && (r.Rule == ruleSQL || r.Rule == ruleFact) {
		return "withheld, for it may quote what was sent"
	}
	return r.Message
}

// attempt is what was refused, as the record keeps it: of a decrypted period with a digest that nobody else can try guesses
// against.
func (c *command) attempt(tried string) audit.Attempt {
	if c.session.mode != shell.Decrypted {
		return attempt(tried)
	}
	kept := attempt(c.keptSQL(tried))
	kept.Bytes, kept.SHA256 = len(tried), c.session.digest(tried)
	return kept
}

// disclosed counts values that were opened; their entry is durable.
func (c *command) disclose(values []audit.Value) {
	for _, v := range values {
		count := v.Count
		v.Count = 0
		if _, seen := c.disclosures[v]; !seen {
			c.disclosed = append(c.disclosed, v)
		}
		c.disclosures[v] += count
	}
}

// end rolls back and closes what the command left open, and tells what it wrote.
func (c *command) end(ctx context.Context) {
	for id := range c.cursors {
		c.closeCursor(ctx, id)
	}
	leftOpen := false
	for id, tx := range c.open {
		delete(c.open, id)
		leftOpen = leftOpen || tx.touched > 0
		c.rollback(ctx, tx)
	}
	c.tell(leftOpen)
}

// maxArgument bounds what is kept of one argument, in bytes.
const maxArgument = 4096

// arguments is how the record keeps a statement's arguments: as they are, or, in a decrypted period, texts and bytes by
// their length only.
func (s *Session) arguments(args []any) []json.RawMessage {
	kept := make([]json.RawMessage, len(args))
	for i, a := range args {
		kept[i] = s.argument(a)
	}
	return kept
}

func (s *Session) argument(a any) json.RawMessage {
	var value any = a
	switch v := a.(type) {
	case string:
		if s.mode == shell.Decrypted {
			return withheld(len(v))
		}
		if len(v) > maxArgument || !utf8.ValidString(v) {
			value = map[string]any{"text": visible(v[:min(len(v), maxArgument)]), "bytes": len(v)}
		}
	case []byte:
		if s.mode == shell.Decrypted {
			return withheld(len(v))
		}
		value = map[string]any{"bytes": base64.StdEncoding.EncodeToString(v[:min(len(v), maxArgument)]), "length": len(v)}
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			value = fmt.Sprint(v)
		}
	case time.Time:
		value = v.Format(time.RFC3339Nano)
	case sealing:
		return withheld(int(v))
	}
	b, err := json.Marshal(value)
	if err != nil {
		return json.RawMessage(`"?"`)
	}
	return b
}

// sealing is the argument of a statement that binds a newly sealed value: its plaintext's length in bytes.
type sealing int

func withheld(n int) json.RawMessage { return json.RawMessage(fmt.Sprintf(`{"withheld":%d}`, n)) }

// text is how the record keeps what a command printed, showed or failed with.
func (s *Session) text(text string, cut int) *audit.Text {
	if text == "" && cut == 0 {
		return nil
	}
	if s.mode == shell.Decrypted {
		return &audit.Text{Withheld: len(text) + cut, Digest: s.digest(text)}
	}
	return &audit.Text{Kept: recorded(text), Cut: cut}
}

// digest is a keyed digest: who has the record alone can try no guesses against it.
func (s *Session) digest(text string) string {
	return hex.EncodeToString(s.broker.Keyring.Keyset().Digest([]byte(text)))
}
