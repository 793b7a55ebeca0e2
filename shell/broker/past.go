package broker

import (
	"time"

	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// past is what a session was told, as long as its person may look at it: not beyond the decrypted period it was typed in.
type past struct {
	commands []pastCommand
	bytes    int             // of their text
	periods  int             // decrypted periods that began
	seen     map[string]bool // what was suggested
}

type pastCommand struct {
	n        int
	source   string
	mode     shell.Mode
	status   string
	duration time.Duration
	took     time.Duration // in the database
	count    int           // of statements
}

// Bounds of what a session can be asked about.
const (
	maxPast      = 1000    // commands
	maxPastBytes = 4 << 20 // of their text
)

func (p *past) add(c *command, r Result) {
	done := pastCommand{n: r.Command, source: r.Source, mode: r.Mode, status: r.Status, duration: r.Duration, count: r.Statements}
	for _, e := range c.echo {
		done.took += e.Duration
	}
	p.commands = append(p.commands, done)
	p.bytes += len(done.source)
	for len(p.commands) > maxPast || p.bytes > maxPastBytes {
		p.bytes -= len(p.commands[0].source)
		p.commands[0] = pastCommand{} // the text of it is not kept by the list it stood in
		p.commands = p.commands[1:]
	}
}

// forget drops what was typed in the decrypted period that ends.
func (p *past) forget() {
	var kept []pastCommand
	p.bytes = 0
	for _, c := range p.commands {
		if c.mode == shell.Encrypted {
			kept = append(kept, c)
			p.bytes += len(c.source)
		}
	}
	p.commands = kept
}

// typed is a command by its number, or the last one that was no dot command where n is 0.
func (p *past) typed(n int) (pastCommand, bool) {
	for i := len(p.commands) - 1; i >= 0; i-- {
		c := p.commands[i]
		if _, _, dot := splitDot(c.source); c.n == n || n == 0 && !dot {
			return c, true
		}
	}
	return pastCommand{}, false
}

// history is the commands as .history shows them.
func (p *past) history() *wire.Value {
	list := &wire.Value{Kind: wire.KindList}
	for _, c := range p.commands {
		list.Items = append(list.Items, record(
			"n", number(int64(c.n)), "mode", text(string(c.mode)), "status", text(c.status), "typed", text(c.source)))
	}
	return list
}
