package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// conversation is one console and its session. What the console sends is what its person would have typed, or an attack; the
// mode, the time that is left and what runs are known here.
type conversation struct {
	broker   *Broker
	engineer string
	socket   *websocket.Conn
	unread   *outbox
	hangUp   context.CancelFunc // ends listen, and so the conversation

	said      chan wire.FromConsole // closed when the console has gone
	fault     error                 // why nothing more is said, if that is the console's fault; read when said is closed
	results   chan Result           // of the command that runs
	questions chan asked            // of the command that runs

	session *Session
	stop    context.CancelCauseFunc // of the command that runs; nil between commands
	pending *asked                  // the question that is open
	asked   uint64                  // counts the questions
	warned  time.Duration           // the last warning of the period
}

// asked is a question and where its answer goes.
type asked struct {
	question wire.Question
	answer   chan<- wire.Answer
}

// errOutOfTurn is a console that does not keep to the protocol.
var errOutOfTurn = errors.New("the console spoke out of turn: use one version of console and server")

// listen hands on what the console says.
func (c *conversation) listen(ctx context.Context) {
	defer close(c.said)
	for {
		kind, b, err := c.socket.Read(ctx)
		if err != nil {
			return
		}
		var message wire.FromConsole
		if kind != websocket.MessageBinary || wire.Decode(b, &message) != nil || fields(message) != 1 {
			c.fault = errOutOfTurn
			return
		}
		select {
		case c.said <- message:
		case <-ctx.Done():
			return
		}
	}
}

// fields counts what a message sets.
func fields(m wire.FromConsole) (n int) {
	for _, set := range []bool{m.Open != nil, m.Run != nil, m.Cancel, m.Answer != nil, m.Complete != nil, m.Leave != nil, m.Active} {
		if set {
			n++
		}
	}
	return n
}

// hold holds the conversation, and ends it. An error is the console's fault.
func (c *conversation) hold(ctx context.Context) error {
	c.say(wire.ToConsole{Welcome: c.welcome(ctx)})
	c.broker.StandBy(ctx)
	clock := time.NewTicker(time.Second)
	defer clock.Stop()
	for {
		select {
		case message, ok := <-c.said:
			switch {
			case !ok && c.fault != nil:
				return c.close(ctx, "protocol", c.fault)
			case !ok:
				return c.close(ctx, "disconnected", nil)
			case message.Leave != nil:
				return c.close(ctx, reasonOf(message.Leave.Reason), nil)
			}
			if err := c.hear(ctx, message); err != nil {
				return c.close(ctx, "protocol", err)
			}
		case result := <-c.results:
			c.stop(nil)
			c.stop, c.pending = nil, nil
			c.say(wire.ToConsole{Result: c.shown(result)})
		case a := <-c.questions:
			c.asked++
			a.question.ID = c.asked
			c.pending = &a
			c.say(wire.ToConsole{Question: &a.question})
		case <-clock.C:
			c.tick(ctx)
		case <-ctx.Done(): // the server stops
			return c.close(ctx, "interrupted", nil)
		}
	}
}

func reasonOf(claimed string) string {
	if claimed == "interrupted" {
		return claimed
	}
	return "closed"
}

// hear acts on one message.
func (c *conversation) hear(ctx context.Context, m wire.FromConsole) error {
	running := c.stop != nil
	switch {
	case m.Cancel:
		if running {
			c.stop(context.Canceled)
		}
	case m.Active:
		if c.session != nil && !running { // what runs is bounded by its own time
			c.session.active()
		}
	case m.Answer != nil:
		if c.pending != nil && c.pending.question.ID == m.Answer.ID { // else the question is gone by now
			c.pending.answer <- *m.Answer
			c.pending = nil
		}
	case m.Open != nil && c.session == nil:
		return c.open(ctx, *m.Open)
	case m.Run != nil && c.session != nil && !running:
		c.run(ctx, m.Run.Source)
	case m.Complete != nil && c.session != nil:
		completed := wire.Completed{ID: m.Complete.ID, From: m.Complete.Cursor}
		if !running {
			completed = c.session.Complete(*m.Complete)
		}
		c.say(wire.ToConsole{Completed: &completed})
	default:
		return errOutOfTurn
	}
	return nil
}

// open opens the session, or says why not. It may be asked again.
func (c *conversation) open(ctx context.Context, o wire.Open) error {
	if o.Version != wire.Version {
		return errOutOfTurn
	}
	session, err := c.broker.Open(ctx, Opening{Engineer: c.engineer, Justification: o.Justification, Note: o.Note, Sandbox: o.Sandbox})
	if err != nil {
		c.say(wire.ToConsole{Failed: claimOf(err)})
		return nil
	}
	c.session = session
	session.Ask = c.ask
	c.broker.StandBy(ctx)
	c.say(wire.ToConsole{Session: &wire.Session{ID: session.ID, State: session.State()}})
	return nil
}

// run runs a command beside the conversation.
func (c *conversation) run(ctx context.Context, source string) {
	ctx, c.stop = context.WithCancelCause(ctx)
	go func() {
		defer func() {
			if fault := recover(); fault != nil { // other sessions go on; of this one nobody knows what it is at
				c.results <- c.session.broken(fault)
			}
		}()
		c.results <- c.session.Run(ctx, source)
	}()
}

// ask is the session's Ask.
func (c *conversation) ask(ctx context.Context, q wire.Question) (string, bool) {
	answer := make(chan wire.Answer, 1)
	select {
	case c.questions <- asked{question: q, answer: answer}:
	case <-ctx.Done():
		return "", false
	}
	select {
	case a := <-answer:
		return a.Text, !a.Left
	case <-ctx.Done():
		return "", false
	}
}

// Warnings come when so much of a decrypted period is left.
var warnings = []time.Duration{3 * time.Minute, time.Minute}

// tick ends a decrypted period whose time is over, and warns before that.
func (c *conversation) tick(ctx context.Context) {
	if c.session == nil || c.stop != nil { // a command that runs is stopped by its own clock
		return
	}
	if why := c.session.Overdue(ctx); why != "" {
		text := "the decrypted period has ended: its time is over"
		if why == reasonIdle {
			text = fmt.Sprintf("the decrypted period has ended: nothing was typed for %s", spoken(c.broker.Policy.Limits.Idle))
		}
		c.warned = 0
		c.notice(text+". What it opened is gone; you are encrypted again", true)
		return
	}
	c.warn()
}

// warn tells how soon the decrypted period ends, at each of the marks once.
func (c *conversation) warn() {
	period := c.session.period
	if period == nil {
		c.warned = 0
		return
	}
	at, why := period.ends()
	left := at.Sub(c.broker.Now())
	if left > c.warned { // something was typed, or this is another period
		c.warned = 0
	}
	for _, mark := range warnings {
		if left > mark || left <= mark-warnedWithin || c.warned != 0 && mark >= c.warned {
			continue
		}
		c.warned = mark
		text := spoken(mark) + " left of the decrypted period: then what it opened is gone"
		if why == reasonIdle {
			text = "nothing was typed for a while: the decrypted period ends in " + spoken(mark)
		}
		c.notice(text, true)
	}
}

// warnedWithin is how late a warning may come: a period that is shorter than its mark does not begin with it.
const warnedWithin = 5 * time.Second

func (c *conversation) notice(text string, warning bool) {
	c.say(wire.ToConsole{Notice: &wire.Notice{Text: text, Warning: warning, State: c.session.State()}})
}

// close ends the session, with what runs in it. It returns the console's fault that it was told.
func (c *conversation) close(ctx context.Context, reason string, fault error) error {
	ctx = context.WithoutCancel(ctx)
	for c.stop != nil {
		c.stop(context.Canceled)
		select {
		case a := <-c.questions:
			a.answer <- wire.Answer{Left: true}
		case <-c.results:
			c.stop = nil
		}
	}
	closed := wire.Closed{Err: claimOf(fault)}
	if c.session != nil {
		closing, err := c.session.Close(ctx, reason, reason == "closed")
		c.session = nil
		closed.Commands, closed.Committed, closed.RolledBack = closing.Commands, closing.Committed, closing.RolledBack
		if err != nil {
			closed.Err = claimOf(err)
		}
	}
	c.say(wire.ToConsole{Closed: &closed})
	return fault
}

// say tells the console something, and does not wait until it has read that. One that reads no more is hung up on.
func (c *conversation) say(m wire.ToConsole) {
	b, err := wire.Encode(m)
	if err == nil {
		err = c.unread.put(b)
	}
	if err != nil {
		c.hangUp()
	}
}
