package broker

import (
	"context"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// reasonAsked ends a decrypted period by .encrypt.
const reasonAsked = "asked"

// ends is the entries that end the decrypted period and bring the session back to encrypted. There are none where it does
// not end, and none where the whole session is the period, unless the person asked: nothing comes after that one.
func (s *Session) ends(why string) []audit.Event {
	if why == "" || s.period == nil || s.waiting == nil && why != reasonAsked {
		return nil
	}
	return []audit.Event{s.period.ended(why), audit.ModeChange{Mode: string(shell.Encrypted), Why: why}}
}

// neverBegan is the entries that end a period that was granted on record and then not opened.
func (p *period) neverBegan() []audit.Event {
	return []audit.Event{p.ended(reasonUnrecorded), audit.ModeChange{Mode: string(shell.Encrypted), Why: reasonUnrecorded}}
}

// leave kills the decrypted period's worker, with all that was opened, and goes on in the encrypted one.
func (s *Session) leave() {
	s.seat.drop()
	s.past.forget()
	s.lost = false // the period's variables were to go
	s.seat, s.waiting = s.waiting, nil
	if s.seat == nil {
		s.seat = s.newSeat(shell.Encrypted)
	}
}

// abandon goes on after a command whose outcome could not be recorded: no decrypted period begins or lasts through that.
func (s *Session) abandon(c *command) {
	switch {
	case c.opening != nil:
		c.opening.drop()
		s.unsaid = append(s.unsaid, c.opening.period.neverBegan()...)
	case len(s.ends(c.leaving)) > 0:
		s.leave()
	}
}

// Overdue ends a decrypted period whose time is over, or in which nothing was typed for too long, and says why; empty
// where there is none to end. What it opened is gone when this returns, also where that cannot be recorded yet.
func (s *Session) Overdue(ctx context.Context) (why string) {
	if s.pool == nil || s.period == nil || s.waiting == nil {
		return ""
	}
	if why = s.period.over(s.broker.Now()); why == "" {
		return ""
	}
	s.unsaid = append(s.unsaid, s.ends(why)...)
	s.leave()
	s.say(ctx) // where it cannot be recorded now, the next command does not run before it is
	return why
}

// active says that something is typed: the period is not idle. It never lasts longer than it was granted for.
func (s *Session) active() {
	if s.period != nil && s.period.over(s.broker.Now()) == "" {
		s.period.used = s.broker.Now()
	}
}

// late answers a command that came after the end of its decrypted period: it does not run, for it was typed for another mode.
func (s *Session) late(ctx context.Context, source string) *wire.Error {
	denied := refuse(ruleConsent, "open a new session with a new consent", "the decrypted period has ended")
	if s.waiting != nil {
		s.Overdue(ctx)
		denied = refuse(ruleConsent, "you are back in encrypted mode; .decrypt opens another period", "the decrypted period has ended: nothing was run")
	} else if s.peer != nil { // what it opened goes with the period
		s.loseWorker(reasonExpired, "between commands")
	}
	if failed := s.say(ctx); failed != nil {
		return failed
	}
	return s.deny(ctx, denied, source)
}

// State is how the session stands.
func (s *Session) State() wire.State {
	state := wire.State{Mode: string(s.mode), Write: s.write, Sandbox: s.Opening.Sandbox}
	if s.period != nil {
		state.Left = s.period.expires.Sub(s.broker.Now())
		state.Subject = string(s.period.subject)
		state.Period = s.past.periods
	}
	return state
}
