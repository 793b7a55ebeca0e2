package console

import (
	"io"
	"strings"
	"time"

	"github.com/chzyer/readline"
)

// keys is what readline reads: one byte for each key. Which key it is, next tells.
//
// readline gets a key only when it is done with the one before, and none between two inputs, so nothing that is typed early
// gets lost in it.
type keys struct{ *Editor }

func (k keys) Read(b []byte) (int, error) {
	e := k.Editor
	select {
	case <-e.turn:
	case <-e.closed:
		return 0, io.EOF
	}
	e.key = e.nextKey()
	b[0] = '.'
	return 1, nil
}

// nextKey waits for a key, or for the input to be ended.
func (e *Editor) nextKey() key {
	b := make([]byte, 4096)
	for {
		e.m.Lock()
		var k key
		switch {
		case e.stop != nil:
			k = key{code: keyStop}
		case len(e.ahead) > 0:
			k = e.ahead[0]
			e.ahead = e.ahead[1:]
		}
		e.m.Unlock()
		if k.code != 0 {
			return k
		}
		n, err := 0, error(nil)
		if e.burst {
			if n, err = e.terminal.readNow(b); n == 0 {
				e.burst = false
			}
		}
		if n == 0 && err == nil {
			n, err = e.terminal.read(b)
		}
		if n > 0 && e.config.Typed != nil {
			e.config.Typed()
		}
		e.m.Lock()
		if err != nil && e.stop == nil {
			e.stop = io.EOF
		}
		e.ahead = append(e.ahead, e.filter.feed(b[:max(n, 0)])...)
		e.m.Unlock()
	}
}

// next tells readline which key it read. Keys that it has no use for become one that it does nothing on, and are acted on
// in OnChange.
func (e *Editor) next(r rune) (rune, bool) {
	if r == 0 { // closed
		return 0, true
	}
	e.m.Lock()
	defer e.m.Unlock()
	k := e.key
	searching := e.search != nil
	if searching {
		e.searchKey(k)
	}
	switch {
	case k.code == keyStop:
		return e.last(readline.CharInterrupt)
	case k.code == readline.CharInterrupt && !searching:
		return e.last(readline.CharInterrupt)
	case k.code == readline.CharDelete && !searching && len(e.draft.text) == 0:
		return e.last(readline.CharDelete)
	case (k.code == readline.CharEnter || k.code == readline.CharCtrlJ) && e.sends():
		return e.last(readline.CharEnter)
	case k.isText() && e.search == nil && len(e.draft.text) < maxInput/4:
		return k.code, true
	}
	return readline.CharBell, true
}

func (e *Editor) last(r rune) (rune, bool) {
	e.ending = true
	return r, true
}

// sends reports whether Enter sends what is there. An Enter that came with a paste does not: a paste may hold the mark that
// ends it, and what follows must not run unseen.
func (e *Editor) sends() bool {
	return !e.burst && (e.asking || Complete(string(e.draft.text)) != Partial)
}

// OnChange is called by readline when it is done with a key, and when an input begins. It returns the text and the cursor
// as they should be.
func (e *Editor) OnChange(line []rune, pos int, r rune) ([]rune, int, bool) {
	e.m.Lock()
	if e.ending {
		e.m.Unlock()
		e.settled <- struct{}{}
		return nil, 0, false
	}
	k := e.key
	switch {
	case line == nil && r == 0: // the begin
		k = key{}
	case k.isText() && r == k.code:
		e.draft = draft{text: append([]rune(nil), line...), pos: pos}
		k = key{}
	}
	e.key = key{}
	if k.code == readline.CharTab && e.search == nil && !e.asking {
		e.complete() // gives the lock away while it waits
	} else {
		e.tab.listed = ""
		e.act(k)
	}
	if k.code == keyPaste {
		e.burst = e.goesOn() // before it is shown: whoever saw it may press Enter
	}
	e.redraw()
	d := e.draft.clone()
	e.m.Unlock()
	e.turn <- struct{}{}
	return d.text, d.pos, true
}

// act does what a key says.
func (e *Editor) act(k key) {
	d := &e.draft
	switch k.code {
	case keyHome, readline.CharLineStart:
		d.pos = d.lineStart(d.pos)
	case keyEnd, readline.CharLineEnd:
		d.pos = d.lineEnd(d.pos)
	case keyLeft, readline.CharBackward:
		d.pos = d.before(d.pos)
	case keyRight, readline.CharForward:
		d.pos = d.after(d.pos)
	case keyWordLeft:
		d.pos = d.wordLeft(d.pos)
	case keyWordRight:
		d.pos = d.wordRight(d.pos)
	case keyUp, readline.CharPrev:
		if !d.up() && !e.asking {
			e.recall(e.history.older(string(d.text)))
		}
	case keyDown, readline.CharNext:
		if !d.down() && !e.asking {
			e.recall(e.history.newer())
		}
	case readline.CharBackspace, readline.CharCtrlH:
		d.cut(d.before(d.pos), d.pos)
	case keyDelete, readline.CharDelete:
		d.cut(d.pos, d.after(d.pos))
	case keyDeleteWord:
		e.killed = d.cut(d.pos, d.wordRight(d.pos))
	case keyDeleteWordLeft, readline.CharCtrlW:
		e.killed = d.cut(d.wordLeft(d.pos), d.pos)
	case readline.CharKill:
		e.killed = d.cut(d.pos, max(d.lineEnd(d.pos), min(d.pos+1, len(d.text)))) // at a line's end the break goes
	case readline.CharCtrlU:
		e.killed = d.cut(min(d.lineStart(d.pos), max(d.pos-1, 0)), d.pos)
	case readline.CharCtrlY:
		e.insert(string(e.killed))
	case readline.CharTranspose:
		d.transpose()
	case readline.CharCtrlL:
		io.WriteString(e.config.Output, "\x1b[H\x1b[2J")
		e.canvas.widths, e.canvas.row, e.canvas.column = nil, 0, 0
	case readline.CharEnter, readline.CharCtrlJ, keyBreak:
		if !e.asking {
			e.insert("\n")
		}
	case readline.CharBckSearch, readline.CharFwdSearch:
		if !e.asking && e.search == nil {
			e.search = &search{before: d.clone(), at: len(e.history.entries)}
		}
	case keyPaste:
		e.pasted(k.text)
	case keyLongPaste:
		e.say("the paste was not taken: it is longer than one input may be, 1 MiB")
	default:
		if k.isText() { // one that readline was not given
			e.insert(string(k.code))
		}
	}
}

// pasted inserts what was pasted. The line breaks at the end of an input are Enter's to give.
func (e *Editor) pasted(text string) {
	if e.draft.pos == len(e.draft.text) {
		text = strings.TrimRight(text, "\n")
	}
	if e.asking {
		text = strings.ReplaceAll(strings.Trim(text, "\n"), "\n", " ")
	}
	e.insert(text)
}

// insert inserts text unless the input becomes too long to be sent.
func (e *Editor) insert(text string) {
	if len(string(e.draft.text))+len(text) > maxInput {
		e.say("that was not taken: the input would be longer than one may be, 1 MiB")
		return
	}
	e.draft.insert(text)
}

func (e *Editor) recall(source string, ok bool) {
	if ok {
		e.draft = draftOf(source)
	}
}

// say writes a line above what is edited, which the caller draws again.
func (e *Editor) say(text string) {
	columns, _ := e.terminal.size()
	e.canvas.above(text, columns)
}

// pasteGap is the silence by which a paste has ended, whatever marks it holds.
const pasteGap = 30 * time.Millisecond

// goesOn reports whether more came with a paste, and keeps it.
func (e *Editor) goesOn() bool {
	if len(e.ahead) > 0 {
		return true
	}
	b := make([]byte, 4096)
	n, err := e.terminal.readWithin(pasteGap, b)
	if n == 0 || err != nil { // an error is met again by who reads next
		return false
	}
	e.ahead = append(e.ahead, e.filter.feed(b[:n])...)
	return true
}
