package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Pager shows a text a screenful at a time, with the keys that people know from less: space and b, j and k and the arrows,
// g and G, / and n and N, left and right for lines that are too long; q or Ctrl-C leaves.
//
// The text stays in memory: an outside pager would have a shell, and could save what was opened. It is shown on the
// terminal's second screen, which is wiped before it is left; then the terminal is as it was before, whatever happened. What a
// person saw last when leaving is printed there.
type Pager struct {
	In    *os.File          // the terminal; nobody else may read from it meanwhile
	Out   io.Writer         // the same terminal
	Size  func() (int, int) // columns and rows; asked again and again, for a person may change it
	Color bool              // as of the [Screen] that rendered the text
	Tail  string            // of the text: shown behind it, and left behind in any case
	Typed func()            // is told that keys were typed, and must not wait; nil: nobody wants it
}

// Lines is how many rows of a terminal a text takes.
func Lines(text string, columns int) int {
	if columns <= 0 {
		columns = 80
	}
	rows := 0
	for line := range strings.Lines(text) {
		rows += max((width(unpainted(strings.TrimSuffix(line, "\n")))+columns-1)/columns, 1)
	}
	return rows
}

// Show returns when the person leaves, when the terminal is gone, or when ctx is done: a decrypted period that ended takes
// what is shown away at once. text is what a [Screen] rendered.
func (p Pager) Show(ctx context.Context, text string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	v := newView(text+p.Tail, p.Color)
	if err := p.turn(ctx, v); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := io.WriteString(p.Out, v.leftBehind(p.Tail))
	return err
}

// turn shows a view until the person leaves.
func (p Pager) turn(ctx context.Context, v *view) (err error) {
	input, err := listen(ctx, p.In)
	if err != nil {
		return fmt.Errorf("pager: %w", err)
	}
	defer input.close()
	before, err := term.MakeRaw(int(p.In.Fd()))
	if err != nil {
		return fmt.Errorf("pager: %w", err)
	}
	defer func() {
		_, left := io.WriteString(p.Out, leaveSecondScreen)
		err = errors.Join(err, left, term.Restore(int(p.In.Fd()), before))
	}()
	if _, err := io.WriteString(p.Out, enterSecondScreen); err != nil {
		return err
	}
	for {
		v.resize(p.Size())
		if _, err := io.WriteString(p.Out, v.draw()); err != nil {
			return err
		}
		keys, err := input.next(v.changed(p.Size))
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(keys) > 0 && p.Typed != nil {
			p.Typed()
		}
		for _, key := range keys {
			if !v.press(key) {
				return nil
			}
		}
	}
}

// What a terminal is told. Lines are not wrapped meanwhile: each row is one line, whatever the terminal thinks of its width.
const (
	enterSecondScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l"
	leaveSecondScreen = inkEnd + "\x1b[H\x1b[2J\x1b[?7h\x1b[?25h\x1b[?1049l"
)
