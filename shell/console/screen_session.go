package console

import (
	"fmt"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// Opened says that a session is open: its id for the record, and how it stands.
func (s Screen) Opened(m wire.Session) string {
	c := s.sheet()
	mode := m.State.Mode
	if m.State.Sandbox {
		mode += ", a sandbox: nothing that is written will stand"
	}
	c.lines(0, inkDim, fmt.Sprintf("session %s, %s. Type Go, or .help; Ctrl-D leaves.", visibleLine(m.ID), mode))
	return c.text()
}

// Closed says how a session ended.
func (s Screen) Closed(m wire.Closed) string {
	c := s.sheet()
	said := fmt.Sprintf("the session is closed: %s", count(int64(m.Commands), "command"))
	if m.Committed > 0 {
		said += fmt.Sprintf(", %s written", count(m.Committed, "row"))
	}
	if m.RolledBack > 0 {
		said += fmt.Sprintf(", %s rolled back", count(m.RolledBack, "row"))
	}
	c.lines(0, inkDim, said)
	if m.Err != nil {
		c.failure(m.Err, "")
	}
	return c.text()
}
