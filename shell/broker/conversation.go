package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// conversation is one console and its session. What the console sends is what its person would have typed, or an attack; the
// mode, the time that is left and what runs are known here.
type conversation struct {
	broker   *Broker
	engineer string
	socket   *websocket.Conn
	cancel   context.CancelFunc

	said      chan wire.FromConsole // closed when the console has gone
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
		if err != nil || kind != websocket.MessageBinary {
			return
		}
		var message wire.FromConsole
		if wire.Decode(b, &message) != nil {
			return
		}
		select {
		case c.said <- message:
		case <-ctx.Done():
			return
		}
	}
}

// hold holds the conversation.
func (c *conversation) hold(ctx context.Context) error {
	if err := c.say(ctx, wire.ToConsole{Welcome: c.welcome(ctx)}); err != nil {
		return nil
	}
	c.broker.StandBy(ctx)
	clock := time.NewTicker(time.Second)
	defer clock.Stop()
	for {
		select {
		case message, ok := <-c.said:
			switch {
			case !ok:
				c.close(ctx, "disconnected")
				return nil
			case message.Leave != nil:
				c.close(ctx, reasonOf(message.Leave.Reason))
				return nil
			}
			if err := c.hear(ctx, message); err != nil {
				c.close(ctx, "protocol")
				return err
			}
		case result := <-c.results:
			c.stop, c.pending = nil, nil
			if err := c.say(ctx, wire.ToConsole{Result: c.shown(result)}); err != nil {
				c.close(ctx, "disconnected")
				return nil
			}
		case a := <-c.questions:
			c.asked++
			a.question.ID = c.asked
			c.pending = &a
			if c.say(ctx, wire.ToConsole{Question: &a.question}) != nil {
				a.answer <- wire.Answer{Left: true}
			}
		case <-clock.C:
			c.tick(ctx)
		case <-ctx.Done(): // the server stops
			c.close(ctx, "interrupted")
			return nil
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
			completed = c.session.Complete(ctx, *m.Complete)
		}
		c.say(ctx, wire.ToConsole{Completed: &completed}) // a console that has gone is noticed by the next read
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
		c.say(ctx, wire.ToConsole{Failed: claimOf(err)})
		return nil
	}
	c.session = session
	session.Ask = c.ask
	c.broker.StandBy(ctx)
	c.say(ctx, wire.ToConsole{Session: &wire.Session{ID: session.ID, State: session.State()}})
	return nil
}

// run runs a command beside the conversation.
func (c *conversation) run(ctx context.Context, source string) {
	ctx, c.stop = context.WithCancelCause(ctx)
	go func() { c.results <- c.session.Run(ctx, source) }()
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
		c.notice(ctx, text+". What it opened is gone; you are encrypted again", true)
		return
	}
	c.warn(ctx)
}

// warn tells how soon the decrypted period ends, at each of the marks once.
func (c *conversation) warn(ctx context.Context) {
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
		c.notice(ctx, text, true)
	}
}

// warnedWithin is how late a warning may come: a period that is shorter than its mark does not begin with it.
const warnedWithin = 5 * time.Second

func (c *conversation) notice(ctx context.Context, text string, warning bool) {
	c.say(ctx, wire.ToConsole{Notice: &wire.Notice{Text: text, Warning: warning, State: c.session.State()}})
}

// close ends the session, with what runs in it.
func (c *conversation) close(ctx context.Context, reason string) {
	if c.session == nil {
		return
	}
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
	closing, err := c.session.Close(ctx, reason, reason == "closed")
	c.session = nil
	c.closed(ctx, wire.Closed{Commands: closing.Commands, Committed: closing.Committed, RolledBack: closing.RolledBack, Err: claimOf(err)})
}

func (c *conversation) closed(ctx context.Context, m wire.Closed) {
	c.say(context.WithoutCancel(ctx), wire.ToConsole{Closed: &m}) // it may have gone
}

func (c *conversation) say(ctx context.Context, m wire.ToConsole) error {
	b, err := wire.Encode(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeWait)
	defer cancel()
	return c.socket.Write(ctx, websocket.MessageBinary, b)
}

// welcome tells the console where it is.
func (c *conversation) welcome(ctx context.Context) *wire.Welcome {
	b := c.broker
	w := &wire.Welcome{
		Version: wire.Version, App: b.Schema.App, Environment: b.Schema.Environment, Engineer: c.engineer, Embedded: b.Embedded, Confinement: b.Confinement,
	}
	for _, t := range b.Schema.Topics {
		w.Topics = append(w.Topics, t.Name)
	}
	if b.LastJustification != nil {
		if link := b.LastJustification(ctx, c.engineer); b.Policy.Justification(link, "") == nil {
			w.Justification = link
		}
	}
	return w
}

// shown is a result as a console gets it: within the bound of a message.
func (c *conversation) shown(r Result) *wire.Result {
	disclosed := 0
	for _, v := range r.Disclosures {
		disclosed += v.Count
	}
	m := &wire.Result{
		Command: r.Command, Mode: string(r.Mode), Status: r.Status, Value: r.Value, Err: r.Err, Output: r.Output, OutputCut: r.OutputCut,
		Statements: r.Echo, More: r.Statements - len(r.Echo), Disclosed: disclosed, Facts: r.Facts, Duration: r.Duration, Notes: r.Notes,
		Suggestions: r.Suggestions, Exit: r.Exit, Edit: r.Edit, State: c.session.State(),
	}
	if b, err := wire.Encode(wire.ToConsole{Result: m}); err != nil || len(b) > wire.MaxToConsole {
		m.Value = nil
		m.Notes = append(m.Notes, "the value is too large to be shown: narrow it with Where and Limit")
	}
	return m
}

// claimOf is an error as a console gets it; nil for none.
func claimOf(err error) *wire.Error {
	if err == nil {
		return nil
	}
	var refusal *Refusal
	var known *wire.Error
	switch {
	case errors.As(err, &refusal):
		return refusalError(refusal)
	case errors.As(err, &known):
		return known
	case errors.Is(err, audit.ErrNotRecorded):
		return notRecorded("the record is unavailable: nothing was run", err)
	case errors.Is(err, ErrNoDatabase):
		return &wire.Error{Kind: wire.ErrDatabase, Code: "UNAVAILABLE", Message: visible(err.Error()), Hint: "nothing was run; check database: in the config"}
	}
	return &wire.Error{Kind: wire.ErrRuntime, Message: visible(err.Error())}
}
