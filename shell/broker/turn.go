package broker

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// The statuses of a command.
const (
	StatusOK         = "ok"
	StatusError      = "error"
	StatusRefused    = "refused"
	StatusUnfinished = "unfinished"
)

// Result is what a command came to. It holds nothing that is not on record.
type Result struct {
	Command     int // its number in the session
	Source      string
	Mode        shell.Mode
	Status      string
	Value       *wire.Value // nil without one
	Err         *wire.Error // nil if Status is ok
	Says        string      // what a dot command prints: the server's own words, which are not on record
	Output      string      // what typed code printed
	OutputCut   int         // bytes that were printed and not kept
	Statements  int
	Echo        []wire.Statement // the first of them
	Rows        int64
	Disclosures []audit.Value
	Facts       int
	Duration    time.Duration
	Notes       []string // what the person should know beside
	Suggestions []string // how a fact or an index would answer without decrypting
	Exit        bool     // .exit was typed
	Edit        *string  // .edit was typed: the text to begin with
}

// Run runs one command: the whole way of a line.
func (s *Session) Run(ctx context.Context, source string) Result {
	source = recorded(source)
	failed := s.ready(ctx, source)
	result := Result{Command: s.commands + 1, Source: source, Mode: s.mode, Status: StatusOK}
	if failed != nil {
		return result.fail(failed)
	}
	if err := s.record(ctx, result.Command, audit.Intent{Source: source}); err != nil {
		s.settle(ctx, err, func(kept bool) {
			if kept {
				s.commands++ // the auditor sees an unfinished command, which is true
			}
		})
		return result.fail(notRecorded("not recorded, not run", err))
	}
	// From here the line is on record. If we crash now, the auditor sees an unfinished command, which is true.
	s.commands++
	c := newCommand(s, result.Command, source)
	start := s.broker.Now()
	done, ending := c.evaluate(ctx)
	c.end(ctx)
	result.Output, result.OutputCut = s.peer.printed(ending == nil)
	result.Says = c.printed
	result.Duration = s.broker.Now().Sub(start)
	result.settle(c, done, ending)
	s.committed, s.held, s.rolledBack = s.committed+c.committed, s.held+c.held, s.rolledBack+c.rolledBack

	events := append(c.pending, s.outcome(c, result)...)
	if reason := replaced(done, ending); reason != "" {
		s.loseWorker(reason, "")
	}
	if ending != nil && ending.reason == reasonExpired {
		c.leaving = reasonExpired
	}
	ends := s.ends(c.leaving)
	events = append(append(events, s.unsaid...), ends...)
	if err := s.record(ctx, c.n, events...); err != nil {
		kept := false
		s.settle(ctx, err, func(stands bool) { kept = stands })
		if kept {
			s.unsaid = nil
		} else {
			s.unsaid = append(s.unsaid, ends...)
		}
		if s.peer != nil { // its variables hold what is not on record
			s.loseWorker(reasonUnrecorded, "")
		}
		s.abandon(c)
		return result.withhold(c, err)
	}
	// From here the outcome is on record, and only now does the result leave.
	s.unsaid = nil
	s.past.add(c, result)
	result.Suggestions = s.suggest(c, result)
	switch {
	case len(ends) > 0:
		s.leave()
	case c.opening != nil:
		s.waiting, s.seat = s.seat, c.opening
		s.past.periods++
	case ending != nil && ending.reason == reasonExpired: // no worker comes after it
	case s.peer == nil:
		s.replace(ctx)
	}
	if s.lost {
		s.lost = false
		if result.Err == nil || result.Err.Hint != hintLost { // which says the same
			result.Notes = append(result.Notes, "the worker was replaced: your variables are lost")
		}
	}
	if ending != nil && ending.reason == reasonExpired {
		result.Output, result.OutputCut = "", 0
	}
	if s.period != nil {
		s.period.used = s.broker.Now()
	}
	return result
}

// evaluate has the worker run a command, or runs a dot command that is the broker's own.
func (c *command) evaluate(ctx context.Context) (*wire.Done, *ending) {
	s := c.session
	expires := time.Duration(0)
	if s.period != nil {
		expires = max(s.period.expires.Sub(s.broker.Now()), 1)
	}
	ctx, stopwatch, stop := limited(ctx, s.broker.Policy.Limits.Command, expires)
	defer stop()
	c.stopwatch = stopwatch
	run, rest, ok := c.dotCommand()
	if !ok {
		return s.peer.turn(ctx, c.n, c.source, c.serve, c.readAhead)
	}
	done := &wire.Done{}
	value, err := run(ctx, rest)
	if err != nil {
		done.Err = c.explain(ctx, wire.Request{SQL: c.source}, err)
		if stopReason := stopReason(ctx); ctx.Err() != nil && stopReason == reasonExpired {
			s.peer.kill()
			return nil, &ending{reason: reasonExpired, err: stopError(ctx, true)}
		}
	}
	done.Value, done.Exit = value, c.exit
	return done, nil
}

// replaced says why the worker of a command cannot go on; empty where it can.
func replaced(done *wire.Done, ending *ending) string {
	switch {
	case ending != nil:
		return ending.reason
	case done.Leftovers > 0: // code of this command still runs, and would run beside the next
		return reasonLeftovers
	}
	return ""
}

// ready says why no command can run now, if so.
func (s *Session) ready(ctx context.Context, source string) *wire.Error {
	limits := s.broker.Policy.Limits
	switch {
	case s.pool == nil || s.ended != "":
		return refusalError(refuse(ruleSession, "open a new session", "the session has ended: %s", s.ended))
	case len(source) > limits.Source:
		return s.deny(ctx, refuse(ruleSource, "split it", "one command has %d bytes at most", limits.Source), source)
	case s.period != nil && s.period.over(s.broker.Now()) != "":
		return s.late(ctx, source)
	}
	if s.peer != nil {
		if reason, spoke := s.peer.spoke(); spoke {
			s.loseWorker(reason, "between commands")
		}
	}
	if failed := s.say(ctx); failed != nil || s.peer != nil {
		return failed
	}
	var err error
	if s.peer, err = s.startPeer(ctx); err != nil {
		return &wire.Error{Kind: wire.ErrKilled, Message: visible(err.Error()), Hint: "nothing was run"}
	}
	return nil
}

// say records what happened between commands, if that is not on record yet.
func (s *Session) say(ctx context.Context) *wire.Error {
	if len(s.unsaid) == 0 {
		return nil
	}
	if err := s.record(ctx, s.commands, s.unsaid...); err != nil { // beside the last command, where an auditor looks
		s.settle(ctx, err, func(kept bool) {
			if kept {
				s.unsaid = nil
			}
		})
		return notRecorded("not recorded, not run", err)
	}
	s.unsaid = nil
	return nil
}

// deny records a denial of a command that never became one.
func (s *Session) deny(ctx context.Context, r *Refusal, tried string) *wire.Error {
	if err := s.record(ctx, 0, audit.Refused{Rule: r.Rule, Message: r.Message, Attempt: attempt(tried)}); err != nil {
		return notRecorded("not recorded, not run", err)
	}
	return refusalError(r)
}

// settle decides what the command came to: first what the broker knows itself, then what the worker says.
func (r *Result) settle(c *command, done *wire.Done, ending *ending) {
	r.Statements, r.Echo, r.Rows, r.Facts, r.Notes, r.Edit = c.statements, c.echo, c.rows, c.facts, c.notes, c.edit
	for _, v := range c.disclosed {
		v.Count = c.disclosures[v]
		r.Disclosures = append(r.Disclosures, v)
	}
	r.Notes = append(r.Notes, c.ciphertextNotes()...)
	if c.outside > 0 {
		r.Notes = append(r.Notes, outsideNote(c.outside))
	}
	if done != nil {
		r.Value, r.Err, r.Exit = done.Value, claimed(done.Err, c.session.broker.Policy.Limits.Output), done.Exit
		switch {
		case done.Leftovers > 0 && r.Err != nil && r.Err.Hint == hintKept:
			r.Err.Hint = hintLost
		case done.Leftovers > 0:
			r.Notes = append(r.Notes, "something that the command started could not be stopped")
		}
	}
	switch {
	case c.unrecorded != nil:
		failed := *c.unrecorded
		failed.Message += c.stand()
		r.Err = &failed
	case ending != nil && ending.reason == reasonExpired:
		r.Err = ending.err
	case c.refusal != nil:
		r.Err = refusalError(c.refusal)
	case c.declined != nil:
		r.Err = c.declined
	case c.unavailable != nil && (r.Err != nil || ending != nil):
		r.Err = c.unavailable
	case ending != nil:
		r.Err = ending.err
	}
	if r.Err == nil {
		return
	}
	if waits := c.session.waiting; waits != nil && strings.HasPrefix(r.Err.Message, "undefined: ") {
		told := *r.Err
		told.Hint = "what you declared before this period waits in the encrypted session: .encrypt goes back there"
		r.Err = &told
	}
	switch r.Err.Kind {
	case wire.ErrTimeout, wire.ErrInterrupted, wire.ErrKilled: // a person would think that nothing of it stands
		told := *r.Err
		told.Message += c.stand()
		r.Err = &told
	}
	r.Status, r.Value, r.Edit = StatusError, nil, nil
	if r.Err.Kind == wire.ErrRefused {
		r.Status = StatusRefused
	}
}

func outsideNote(n int) string {
	if n == 1 {
		return "1 value stays sealed: it is outside the consent, and that is on record"
	}
	return fmt.Sprintf("%d values stay sealed: they are outside the consent, and that is on record", n)
}

// outcome is the entries that end a command.
func (s *Session) outcome(c *command, r Result) []audit.Event {
	var events []audit.Event
	if r.Err != nil && r.Err.Kind == wire.ErrRefused && c.refusal == nil { // what the worker refused by itself
		said := r.Err.Message
		if s.mode == shell.Decrypted { // its words may be anything
			said = fmt.Sprintf("the worker's own, of %d bytes: withheld", len(said))
		}
		events = append(events, audit.Refused{Rule: r.Err.Rule, Message: said, Attempt: attempt(r.Source)})
	}
	o := audit.Outcome{
		Status: r.Status, Output: s.text(r.Output, r.OutputCut), // what a dot command prints is ours, and no news
		Duration:   r.Duration,
		Statements: c.statements, Rows: c.rows, Committed: c.committed, RolledBack: c.rolledBack,
	}
	if r.Err != nil {
		o.ErrorKind = r.Err.Kind
		o.Error = s.text(r.Err.Message, 0)
	}
	if r.Value != nil {
		o.Value = s.text(s.broker.Render(r.Value))
	}
	return append(events, o)
}

// fail ends a command that did not run.
func (r Result) fail(err *wire.Error) Result {
	r.Err, r.Status = err, StatusError
	if err.Kind == wire.ErrRefused {
		r.Status = StatusRefused
	}
	return r
}

// withhold empties a result whose outcome is not on record, and says what nevertheless stands.
func (r Result) withhold(c *command, err error) Result {
	what := "the outcome could not be recorded: the result is withheld" + c.stand()
	if c.rolledBack > 0 {
		what += fmt.Sprintf("; %d rows that were written were rolled back", c.rolledBack)
	}
	return Result{
		Command: r.Command, Source: r.Source, Mode: r.Mode, Status: StatusUnfinished, Statements: r.Statements, Rows: r.Rows,
		Duration: r.Duration, Err: notRecorded(what, err),
	}
}

// stand says which rows of the command stand, whatever else became of it.
func (c *command) stand() string {
	switch {
	case c.committed+c.held == 0:
		return ""
	case c.session.whole != nil:
		return fmt.Sprintf("; %s written, and that is on record; whether they stand is decided when the session ends", were(c.held))
	}
	if c.committed == 1 {
		return "; 1 row was written and stands, and that is on record"
	}
	return fmt.Sprintf("; %d rows were written and stand, and that is on record", c.committed)
}

// replace starts a new worker for one that was killed.
func (s *Session) replace(ctx context.Context) {
	var err error
	if s.peer, err = s.startPeer(context.WithoutCancel(ctx)); err != nil {
		s.peer = nil // the next command tries again, and says why not
	}
}

// broken ends a session in which the server itself failed. The record keeps an unfinished command, which is true.
func (s *Session) broken(fault any) Result {
	s.ended = "the server failed at a command"
	s.seat.drop()
	return Result{Command: s.commands, Mode: s.mode, Status: StatusUnfinished, Err: &wire.Error{
		Kind: wire.ErrKilled, Message: "the server failed at this command: " + visible(cutText(fmt.Sprint(fault), maxName)),
		Hint: "nothing more runs in this session; what it wrote is on record; open another",
	}}
}

// recorded is a typed text as it is recorded and run: valid UTF-8, the rest escaped.
func recorded(source string) string {
	if utf8.ValidString(source) {
		return source
	}
	var b strings.Builder
	for len(source) > 0 {
		r, size := utf8.DecodeRuneInString(source)
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, `\x%02x`, source[0])
		} else {
			b.WriteString(source[:size])
		}
		source = source[size:]
	}
	return b.String()
}
