package console

import (
	"context"
	"slices"
	"time"

	"github.com/chzyer/readline"
	"golang.org/x/sys/unix"
)

// Abandon ends the Read or Ask under way with ErrAbandoned. What was typed is dropped, typed ahead too, and is no longer
// shown; nor is the prompt. With nothing under way, the next Read ends so at once: who abandons need not know whether it has begun. It is safe
// from another goroutine.
func (e *Editor) Abandon() {
	e.m.Lock()
	defer e.m.Unlock()
	e.abandoned = !e.reading
	e.stopWith(ErrAbandoned)
}

// end ends the Read or Ask of that number, or the one under way for 0. One that has just got its last key is ended too.
func (e *Editor) end(number int, err error) {
	e.m.Lock()
	defer e.m.Unlock()
	if number == 0 || number == e.number {
		e.stopWith(err)
	}
}

func (e *Editor) stopWith(err error) {
	if e.reading && e.stop == nil {
		e.stop = err
		e.terminal.wake()
	}
}

// pause is how long nothing must be typed before it is believed that what comes next was meant for what is seen.
const pause = time.Second

// Swallow drops what is typed until Enter, or until a pause of a second, or until ctx is done. A line that is dropped while
// somebody types it has a tail, which must not become an input of its own. No Read and no Ask may be under way.
func (e *Editor) Swallow(ctx context.Context) {
	e.one.Lock()
	defer e.one.Unlock()
	b := make([]byte, 4096)
	var typed keyFilter // a paste is one key, whatever stands in it
	for ctx.Err() == nil {
		quiet := unix.NsecToTimeval(int64(pause))
		some, _, err := e.terminal.wait(&quiet)
		if err != nil || !some {
			break
		}
		n, err := e.terminal.take(b)
		if err != nil {
			break
		}
		if slices.ContainsFunc(typed.feed(b[:n]), func(k key) bool { return k.code == readline.CharEnter || k.code == readline.CharCtrlJ }) {
			break
		}
	}
	e.m.Lock()
	defer e.m.Unlock()
	e.dropAhead()
}
