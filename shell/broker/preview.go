package broker

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// The answers to a preview, as the record keeps them.
const (
	answerYes         = "yes"
	answerNo          = "no"
	answerLeft        = "left"        // by Ctrl-D, or by silence
	answerInterrupted = "interrupted" // the command was stopped meanwhile, or its console has gone
	answerExpired     = "expired"     // the decrypted period ended meanwhile
)

// agreed is nil where a transaction may commit: with it the command is below the policy's number of rows, or there is nobody
// to ask, or the person saw what it does and said yes. Any other answer is a no, for all that the command still writes,
// whatever its code does with the error. After a yes the command is asked again when it has written twice as many rows: a loop
// that saves row by row is asked about, and not at each row.
//
// The transaction is open while the question waits, and holds the write lock of the database: other writers wait, for
// questionWait at most.
func (c *command) agreed(ctx context.Context, tx *transaction) error {
	s := c.session
	switch {
	case tx.inside != "" || s.Ask == nil:
		return nil
	case c.declined != nil:
		return c.declined
	case c.committed+tx.touched < max(c.asksAt, int64(s.broker.Policy.Limits.Confirm)):
		return nil
	case c.unrecorded != nil:
		return c.unrecorded
	}
	limited, cancel := context.WithTimeout(ctx, s.broker.Policy.Limits.Statement)
	defer cancel()
	rows, more, err := tx.conn.Touched(limited, maxPreviewed)
	if err != nil {
		return err
	}
	p := s.preview(rows)
	question := wire.Question{
		Text: fmt.Sprintf("commit %s? [y/N] ", rowsOf(tx.touched)), YesNo: true, Detail: p.detail(), Said: strings.TrimSpace(c.writes() + "\n" + p.said(tx.touched, more)),
	}
	shown, cut := s.broker.shown(question)
	err = c.recordElse(ctx, "what would be written could not be recorded, so nobody was asked: rolled back",
		audit.Question{Text: strings.TrimSpace(question.Text), Shown: s.text(shown, cut)})
	if err != nil {
		return err
	}
	// From here the rows touched and what is shown of them are on record. If we crash now, the auditor sees a question without
	// an answer in an unfinished command, and nothing was written.
	answer := answerOf(ctx, question, c.ask)
	if err := c.recordElse(ctx, "the answer could not be recorded: rolled back", audit.Answer{Answer: answer}); err != nil {
		return err
	}
	// From here the answer is on record. If we crash now, the record says yes to what did not happen.
	if answer == answerYes {
		c.asksAt = 2 * (c.committed + tx.touched)
		return nil
	}
	was := "rows were"
	if tx.touched == 1 {
		was = "row was"
	}
	why := "you said no"
	if answer != answerNo {
		why = "you did not say yes"
	}
	c.declined = &wire.Error{
		Kind: wire.ErrInterrupted, Message: fmt.Sprintf("not committed: %s; %d %s rolled back", why, tx.touched, was),
		Hint: "run it again to be asked again",
	}
	return c.declined
}

// maxNamed bounds what a question quotes of one statement, in bytes.
const maxNamed = 200

// maxQuoted is how many different statements a question quotes.
const maxQuoted = 5

// quote remembers a statement that writes, so that a question can quote it.
func (c *command) quote(sql string) {
	text := cutText(visible(strings.Join(strings.Fields(sql), " ")), maxNamed)
	if at := slices.Index(c.wrote, text); at >= 0 {
		c.wrote = slices.Delete(c.wrote, at, at+1)
	}
	c.wrote = append(c.wrote, text)
	if len(c.wrote) > maxQuoted {
		c.wrote = c.wrote[1:]
		c.wroteMore++
	}
}

// writes is what a question says of the statements that wrote: the last different ones, how many there are beside, and how
// much stands already.
func (c *command) writes() string {
	var said []string
	if c.session.mode == shell.Encrypted { // else they are the broker's own, and name no more than the rows do
		said = slices.Clone(c.wrote)
		if c.wroteMore > 0 {
			said = append(said, fmt.Sprintf("These are the last of %d statements or more that write, each told once.", len(c.wrote)+c.wroteMore))
		}
	}
	if c.committed > 0 {
		said = append(said, fmt.Sprintf("This command has written %s before, which stand.", rowsOf(c.committed)))
	}
	return strings.Join(said, "\n")
}

// answerOf asks and tells yes from everything else.
func answerOf(ctx context.Context, q wire.Question, ask func(context.Context, wire.Question) (string, error)) string {
	text, err := ask(ctx, q)
	switch {
	case ctx.Err() != nil && stopReason(ctx) == reasonExpired:
		return answerExpired
	case ctx.Err() != nil:
		return answerInterrupted
	case err != nil:
		return answerLeft
	}
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "y", "yes":
		return answerYes
	}
	return answerNo
}

// shown is what a question shows, as text: each row a block of lines, for a table on a screen cuts its cells.
func (b *Broker) shown(q wire.Question) (text string, cut int) {
	var parts []string
	if q.Said != "" {
		parts = append(parts, q.Said)
	}
	if q.Detail != nil {
		for i := range q.Detail.Items {
			block, left := b.Render(&q.Detail.Items[i])
			parts, cut = append(parts, block), cut+left
		}
	}
	return strings.Join(parts, "\n\n"), cut
}

// tell notes what became of the rows that the command wrote.
func (c *command) tell(leftOpen bool) {
	if c.committed > 0 {
		c.notes = append(c.notes, were(c.committed)+" written")
	}
	switch {
	case c.held == 0:
	case c.session.Opening.Sandbox:
		c.notes = append(c.notes, were(c.held)+" written: the end of the session rolls them back")
	default:
		c.notes = append(c.notes, were(c.held)+" written: whether they stand is decided when the session ends")
	}
	switch {
	case leftOpen:
		c.notes = append(c.notes, were(c.rolledBack)+" rolled back: a transaction was still open when its command ended")
	case c.rolledBack > 0 && c.declined == nil:
		c.notes = append(c.notes, were(c.rolledBack)+" rolled back")
	}
}

func were(n int64) string {
	if n == 1 {
		return "1 row was"
	}
	return fmt.Sprintf("%d rows were", n)
}
