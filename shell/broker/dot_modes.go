package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// decrypt opens a decrypted period: what it was not told it asks. Until its entry is durable, nothing is open; leaving a
// question in any way opens nothing.
func (c *command) decrypt(ctx context.Context, rest string) (*wire.Value, error) {
	s := c.session
	switch {
	case s.mode == shell.Decrypted:
		return nil, refuse(ruleConsent, ".encrypt ends it first", "a decrypted period is open already: %s", strings.Join(s.period.scopes.Strings(), " "))
	case s.whole != nil:
		return nil, refuse(ruleConsent, "leave it with .exit and open another session", "a sandbox that writes cannot decrypt: what it wrote would come along")
	}
	a, err := c.asking(ctx, strings.Fields(rest))
	if err != nil {
		return nil, c.notOpened(ctx, a, err)
	}
	scopes, err := s.broker.scopes(a)
	if err != nil {
		return nil, c.notOpened(ctx, a, err)
	}
	limited, cancel := context.WithTimeout(ctx, s.broker.Policy.Limits.Statement)
	defer cancel()
	period, events, err := s.grant(limited, a, scopes)
	if err != nil {
		return nil, c.notOpened(ctx, a, err)
	}
	opening := s.newSeat(shell.Decrypted)
	opening.period = period
	if opening.peer, err = s.startPeer(ctx); err != nil {
		return nil, &wire.Error{Kind: wire.ErrKilled, Message: visible(err.Error()), Hint: "nothing was opened"}
	}
	if ctx.Err() != nil {
		opening.drop()
		return nil, c.notOpened(ctx, a, stopError(ctx, false))
	}
	if err := c.recordPeriod(ctx, period, append(events, audit.ModeChange{Mode: string(shell.Decrypted), Why: a.url})); err != nil {
		opening.drop()
		return nil, c.notOpened(ctx, a, err)
	}
	// From here the consent is on record as granted. The period begins when this command's outcome is, too.
	c.opening = opening
	if a.by != "" {
		c.notes = append(c.notes, "the consent is "+evidenceOf(events))
	}
	c.notes = append(c.notes, fmt.Sprintf("decrypted for %s; %s in which nothing is typed end it too: %s of %s", spoken(s.broker.Policy.Limits.Decrypted),
		spoken(s.broker.Policy.Limits.Idle), strings.Join(scopes.Strings(), " "), period.subject),
		"this period has variables of its own; those of before wait, and are back when it ends", "each value that opens is on record")
	return nil, nil
}

// recordPeriod makes the events that open a period durable. Where the record kept them though it reported them lost, the
// period is not opened all the same, so its end goes on record with the command's outcome.
func (c *command) recordPeriod(ctx context.Context, period *period, events []audit.Event) error {
	s := c.session
	err := s.record(ctx, c.n, events...)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, audit.ErrConsentTaken):
		return consentTaken()
	}
	s.settle(ctx, err, func(kept bool) {
		if kept {
			s.unsaid = append(s.unsaid, period.neverBegan()...)
		}
	})
	c.unrecorded = notRecorded("not recorded, so nothing was opened", err)
	return c.unrecorded
}

// evidenceOf is what supports the consent that these events grant.
func evidenceOf(events []audit.Event) string {
	for _, e := range events {
		if granted, ok := e.(audit.Consent); ok {
			return granted.Evidence
		}
	}
	return ""
}

// notOpened is why a period did not open, as a person reads it. A denial is on record with what was asked for.
func (c *command) notOpened(ctx context.Context, a asking, err error) error {
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		return c.refuse(ctx, refusal, fmt.Sprintf("%s %q", a.url, a.scopes))
	case errors.Is(err, audit.ErrNotRecorded):
		return notRecorded("nothing was opened", err)
	}
	return left(err, "nothing was opened")
}

// asking gathers what a decrypted period needs: the link and the scopes from what was typed, else by questions.
func (c *command) asking(ctx context.Context, words []string) (asking, error) {
	s := c.session
	var a asking
	var err error
	asked := len(words) < 2
	limits := s.broker.Policy.Limits
	if len(words) > 0 {
		a.url, a.scopes = words[0], words[1:]
	} else if a.url, err = c.ask(ctx, wire.Question{
		Text: "link to the consent: ",
		Said: fmt.Sprintf("A decrypted period opens what one person has consented to, for %s. It has variables of its own: yours wait until it ends.\nFacts and lookups may do without it: .facts. To leave this opens nothing.", spoken(limits.Decrypted)),
	}); err != nil {
		return a, err
	}
	if a.url = strings.TrimSpace(a.url); a.url == "" {
		return a, errLeft
	}
	if err := s.broker.Policy.MayConsent(a.url); err != nil {
		return a, err
	}
	if len(a.scopes) == 0 {
		answer, err := c.ask(ctx, wire.Question{Text: "what it covers: ", Said: "people/42/* is all of one person, messages/981 one record, messages/981:subject one column of it."})
		if err != nil {
			return a, err
		}
		if a.scopes = strings.Fields(answer); len(a.scopes) == 0 {
			return a, errLeft
		}
		if _, err := s.broker.scopes(a); err != nil {
			return a, err
		}
	}
	if asked {
		if a.by, err = c.ask(ctx, wire.Question{Text: "who consented, their address (may be left empty): ", Said: "It is compared with the address on record; only whether they match is kept."}); err != nil {
			return a, err
		}
		a.by = strings.TrimSpace(a.by)
	}
	return a, nil
}

// left turns a question that was left, or that nobody could be asked, into what a person reads.
func left(err error, what string) error {
	switch {
	case errors.Is(err, errLeft):
		return &wire.Error{Kind: wire.ErrInterrupted, Message: "left: " + what, Hint: "nothing has changed"}
	case errors.Is(err, errNobody):
		return &wire.Error{Kind: wire.ErrSyntax, Message: "there is nobody to ask: " + what, Hint: ".decrypt LINK SCOPE…, or exec --consent LINK --for SCOPE"}
	}
	return err
}

// spoken is a duration as a person says it.
func spoken(d time.Duration) string {
	if d >= time.Minute && d%time.Minute == 0 {
		if d == time.Minute {
			return "a minute"
		}
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	if d < time.Minute && d%time.Second == 0 {
		return fmt.Sprintf("%d seconds", d/time.Second)
	}
	return d.String()
}

// encrypt ends the decrypted period.
func (c *command) encrypt(_ context.Context, rest string) (*wire.Value, error) {
	s := c.session
	switch {
	case rest != "":
		return nil, usageError(".encrypt")
	case s.mode == shell.Encrypted:
		return nil, &wire.Error{Kind: wire.ErrRuntime, Message: "no decrypted period is open", Hint: ".decrypt opens one"}
	case s.waiting == nil && s.whole != nil:
		return nil, refuse(ruleConsent, "leave it with .exit", "a sandbox that writes stays as it is to its end")
	}
	c.leaving = reasonAsked
	note := "the decrypted period has ended: what it opened is gone from here (your terminal may still show it)"
	if s.waiting != nil {
		note += "; your variables of before are back"
	}
	c.notes = append(c.notes, note)
	return nil, nil
}

// maxWhy bounds the reason of a writing session, in bytes: a note's bound.
const maxWhy = 2048

// writing lets the session write, from when the entry that says so is durable.
func (c *command) writing(ctx context.Context, why string) (*wire.Value, error) {
	s := c.session
	switch {
	case s.write:
		return nil, &wire.Error{Kind: wire.ErrRuntime, Message: "this session may write already", Hint: "nothing has changed"}
	case (s.Opening.Sandbox || s.Opening.Expect != nil) && s.mode == shell.Decrypted:
		return nil, refuse(ruleWrite, ".encrypt first", "a sandbox, or a session with --expect, does not begin to write in a decrypted period")
	}
	if err := s.broker.Policy.Writing(); err != nil {
		return nil, err
	}
	if why == "" {
		said := "Every write is on record, with its rows, before it stands."
		if s.Opening.Sandbox {
			said = "This is a sandbox: what is written is rolled back at its end."
		}
		answer, err := c.ask(ctx, wire.Question{Text: "why does this session write? ", Said: said})
		if why = strings.TrimSpace(answer); err == nil && why == "" {
			err = errLeft
		}
		if errors.Is(err, errNobody) {
			return nil, &wire.Error{Kind: wire.ErrSyntax, Message: "there is nobody to ask why", Hint: ".write WHY"}
		}
		if err != nil {
			return nil, left(err, "the session stays read only")
		}
	}
	if len(why) > maxWhy {
		return nil, &wire.Error{Kind: wire.ErrSyntax, Message: fmt.Sprintf("a reason has %d bytes at most", maxWhy), Hint: "link to more"}
	}
	s.allowWrites(true)
	var begun *whole
	if s.Opening.Sandbox || s.Opening.Expect != nil {
		var err error
		if begun, err = s.beginWhole(ctx); err != nil {
			s.allowWrites(false)
			return nil, err
		}
	}
	if err := c.record(ctx, audit.ModeChange{Mode: "write", Why: visible(why)}); err != nil {
		s.allowWrites(false)
		if begun != nil {
			s.pool.discard(begun.conn)
		}
		return nil, err
	}
	// From here the record says that the session may write.
	s.whole = begun
	if n := s.broker.Policy.Limits.Confirm; s.Opening.Sandbox {
		c.notes = append(c.notes, "writes are rolled back when the session ends; until then nobody else can write to this database")
	} else if s.Ask != nil {
		c.notes = append(c.notes, fmt.Sprintf("from %s on you see rows before and after, and are asked", rowsOf(int64(n))))
	}
	return nil, nil
}

// readingOnly takes back what .write gave.
func (c *command) readingOnly(ctx context.Context, rest string) (*wire.Value, error) {
	s := c.session
	switch {
	case rest != "":
		return nil, usageError(".readonly")
	case !s.write:
		return nil, &wire.Error{Kind: wire.ErrRuntime, Message: "this session is read only already", Hint: ".write asks to write"}
	case s.whole != nil:
		return nil, &wire.Error{Kind: wire.ErrRuntime, Message: "what this session wrote is decided about at its end, so it writes until then", Hint: "leave it with .exit"}
	}
	if err := c.record(ctx, audit.ModeChange{Mode: "read"}); err != nil {
		return nil, err
	}
	s.allowWrites(false)
	return nil, nil
}

// allowWrites changes what the session's next connections may do.
func (s *Session) allowWrites(allowed bool) {
	s.write = allowed
	s.pool.access.Write = allowed
	if s.waiting != nil {
		s.waiting.pool.access.Write = allowed
	}
}

// readOnly refuses a write in a session that may not.
func readOnly() *Refusal {
	return refuse(ruleWrite, ".write asks for it, exec takes --write", "the session is read only")
}

func rowsOf(n int64) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}
