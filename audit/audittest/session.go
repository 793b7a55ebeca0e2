package audittest

import (
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/vouchsafe/vouchsafe/audit"
)

// A Session is an engineer's, driven by a test.
type Session struct {
	ID       string
	Engineer string
	Mode     string
	Commands int // that were begun

	h *Harness
}

// Session opens a session of engineer, justified by a link to ticket.
func (h *Harness) Session(t testing.TB, engineer, ticket string) *Session {
	t.Helper()
	s := &Session{ID: ulid.Make().String(), Engineer: engineer, Mode: "encrypted", h: h}
	s.Must(t, audit.SessionOpened{
		App: "demo", Env: "test", Build: "b1", Host: "localhost", Embedded: true,
		Justification: "https://tickets.example/" + ticket, Note: "because of " + ticket,
	})
	return s
}

// Where places what happens now.
func (s *Session) Where() audit.Where {
	return audit.Where{Session: s.ID, Command: s.Commands, Engineer: s.Engineer, Mode: s.Mode}
}

// Append records events in the command that runs.
func (s *Session) Append(t testing.TB, events ...audit.Event) (audit.Receipt, error) {
	t.Helper()
	return s.h.Log.Append(t.Context(), s.Where(), events...)
}

// Must is Append for what has to succeed.
func (s *Session) Must(t testing.TB, events ...audit.Event) audit.Receipt {
	t.Helper()
	receipt, err := s.Append(t, events...)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

// Begin records the intent of the next command.
func (s *Session) Begin(t testing.TB, source string) {
	t.Helper()
	s.Commands++
	s.Must(t, audit.Intent{Source: source})
}

// Run records a command that succeeds, with events between its intent and its outcome.
func (s *Session) Run(t testing.TB, source string, events ...audit.Event) {
	t.Helper()
	s.Begin(t, source)
	if len(events) > 0 {
		s.Must(t, events...)
	}
	s.Must(t, audit.Outcome{
		Status: "ok", Value: &audit.Text{Kept: "1"}, Duration: time.Millisecond, Statements: len(events), Rows: 1,
	})
}

// Close ends the session.
func (s *Session) Close(t testing.TB) {
	t.Helper()
	commands := s.Commands
	s.Commands = 0
	s.Must(t, audit.SessionClosed{Reason: "closed", Commands: commands})
}
