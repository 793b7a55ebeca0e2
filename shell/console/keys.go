package console

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/chzyer/readline"
)

// key is one key that was pressed, or one paste.
type key struct {
	code rune   // a letter as it was typed, a control character, or one of the constants below
	text string // of a keyPaste
}

// Keys that a terminal spells as a sequence, each terminal in its own way. No letter has a negative code.
const (
	keyHome rune = -100 - iota
	keyEnd
	keyDelete
	keyUp
	keyDown
	keyLeft
	keyRight
	keyWordLeft
	keyWordRight
	keyDeleteWord     // to the right
	keyDeleteWordLeft // to the left
	keyBreak          // a line break that does not send: Alt-Enter
	keyPaste
	keyLongPaste // a paste beyond maxPaste, of which nothing was kept
	keyStop      // no key: the input is to end
)

// isText reports whether the key is a letter to be written.
func (k key) isText() bool { return k.code >= ' ' && k.code != readline.CharBackspace }

// keyFilter turns what a terminal sends into keys. It takes the bytes in pieces of any size; where they are cut changes
// nothing. It keeps at most one sequence, or one paste up to maxPaste.
//
// What is text comes through unchanged, a byte that is no UTF-8 as U+FFFD. A key that means nothing here is dropped, with the
// whole of its sequence. What stands between the marks of a bracketed paste is one key, and never acts as others.
type keyFilter struct {
	state  keyState
	letter []byte // the begin of a letter
	params []byte // of a sequence
	paste  paste
}

type keyState uint8

const (
	inText       keyState = iota
	inEscape              // after ESC
	inCSI                 // after ESC [
	inSS3                 // after ESC O
	inConsoleKey          // after ESC [ [, a function key of the Linux console
	inPaste
)

// feed returns the keys that b completes.
func (f *keyFilter) feed(b []byte) []key {
	var keys []key
	for _, c := range b {
		keys = f.take(keys, c)
	}
	return keys
}

func (f *keyFilter) take(keys []key, c byte) []key {
	switch f.state {
	case inPaste:
		if f.paste.take(c) {
			f.state = inText
			keys = append(keys, f.paste.key())
		}
		return keys
	case inEscape:
		return f.afterEscape(keys, c)
	case inCSI, inSS3:
		return f.inSequence(keys, c)
	case inConsoleKey:
		f.state = inText
		return keys
	}
	switch {
	case c >= utf8.RuneSelf:
		f.letter = append(f.letter, c)
		if utf8.FullRune(f.letter) {
			keys = f.endLetter(keys)
		}
		return keys
	case len(f.letter) > 0:
		keys = f.endLetter(keys)
	}
	switch {
	case c == readline.CharEsc:
		f.state = inEscape
	case c >= ' ' || isControlKey(c):
		keys = append(keys, key{code: rune(c)})
	}
	return keys
}

// endLetter gives the letters that the bytes kept are. Only the last of them may still be at its begin.
func (f *keyFilter) endLetter(keys []key) []key {
	r, size := utf8.DecodeRune(f.letter)
	keys = append(keys, key{code: r})
	rest := append([]byte(nil), f.letter[size:]...)
	f.letter = f.letter[:0]
	for _, c := range rest { // what followed a byte that is no UTF-8
		keys = f.take(keys, c)
	}
	return keys
}

// isControlKey reports whether a control character is a key of this editor. Ctrl-Space, Ctrl-Z and the rest are not.
func isControlKey(c byte) bool {
	switch rune(c) {
	case readline.CharLineStart, readline.CharBackward, readline.CharInterrupt, readline.CharDelete, readline.CharLineEnd,
		readline.CharForward, readline.CharBell, readline.CharCtrlH, readline.CharTab, readline.CharCtrlJ, readline.CharKill,
		readline.CharCtrlL, readline.CharEnter, readline.CharNext, readline.CharPrev, readline.CharBckSearch, readline.CharFwdSearch,
		readline.CharTranspose, readline.CharCtrlU, readline.CharCtrlW, readline.CharCtrlY:
		return true
	}
	return false
}

func (f *keyFilter) afterEscape(keys []key, c byte) []key {
	f.state = inText
	switch c {
	case readline.CharEsc: // Alt with a key that is a sequence itself
		f.state = inEscape
	case '[':
		f.state, f.params = inCSI, f.params[:0]
	case 'O':
		f.state, f.params = inSS3, f.params[:0]
	case 'b':
		return append(keys, key{code: keyWordLeft})
	case 'f':
		return append(keys, key{code: keyWordRight})
	case 'd':
		return append(keys, key{code: keyDeleteWord})
	case readline.CharBackspace, readline.CharCtrlH:
		return append(keys, key{code: keyDeleteWordLeft})
	case readline.CharEnter, readline.CharCtrlJ:
		return append(keys, key{code: keyBreak})
	default: // a letter behind a lone Esc is not lost
		return f.take(keys, c)
	}
	return keys
}

// maxParams is more than any key's sequence has. A longer one is skipped as a whole.
const maxParams = 32

func (f *keyFilter) inSequence(keys []key, c byte) []key {
	rxvtShift := c == '$' && isNumber(f.params)
	switch {
	case c >= ' ' && c < '@' && !rxvtShift:
		if len(f.params) < maxParams {
			f.params = append(f.params, c)
		}
		return keys
	case c == '[' && f.state == inCSI && len(f.params) == 0:
		f.state = inConsoleKey
		return keys
	case c < ' ' || c >= readline.CharBackspace: // broken off
		f.state = inText
		return f.take(keys, c)
	}
	params, state := string(f.params), f.state
	f.state = inText
	if state == inCSI && c == '~' && params == "200" {
		f.state = inPaste
		f.paste.begin()
		return keys
	}
	code := csiKey(params, c)
	if state == inSS3 {
		code = ss3Key(params, c)
	}
	if code != 0 && len(params) < maxParams {
		keys = append(keys, key{code: code})
	}
	return keys
}

func isNumber(b []byte) bool {
	_, err := strconv.ParseUint(string(b), 10, 8)
	return err == nil
}

// csiKey names the key that sends ESC [ params end, as xterm, tmux, screen, rxvt, the Linux console and kitty spell them.
// It is 0 for none of ours.
func csiKey(params string, end byte) rune {
	first, last, _ := strings.Cut(params, ";")
	switch end {
	case 'A', 'B', 'C', 'D', 'F', 'H':
		if last == "" {
			last = first // ESC [ 5 C
		}
		return arrow(end, hasCtrlOrAlt(last))
	case 'a', 'b', 'c', 'd': // rxvt with Shift
		return arrow(end-'a'+'A', false)
	case '~', '^', '$', '@': // the last three are rxvt's, with Ctrl, Shift, both
		switch first {
		case "1", "7":
			return keyHome
		case "4", "8":
			return keyEnd
		case "3":
			if end == '^' || hasCtrlOrAlt(last) {
				return keyDeleteWord
			}
			return keyDelete
		case "27": // xterm's modifyOtherKeys
			if strings.HasSuffix(last, ";13") {
				return keyBreak
			}
		}
	case 'u': // kitty
		if first == "13" {
			return keyBreak
		}
	}
	return 0
}

// ss3Key names the key that sends ESC O params end: the arrows of an application, and its keypad.
func ss3Key(params string, end byte) rune {
	_, last, cut := strings.Cut(params, ";")
	if !cut {
		last = params
	}
	switch {
	case end >= 'A' && end <= 'H':
		return arrow(end, hasCtrlOrAlt(last))
	case end >= 'a' && end <= 'd': // rxvt with Ctrl
		return arrow(end-'a'+'A', true)
	case end == 'M':
		return readline.CharEnter
	case end >= 'j' && end <= 'y' || end == 'X':
		return rune(end - '@') // the keypad sends the character with this bit set
	}
	return 0
}

// hasCtrlOrAlt says what a sequence's modifier says: 1 and a bit each for Shift, Alt, Ctrl.
func hasCtrlOrAlt(modifier string) bool {
	m, _ := strconv.Atoi(modifier)
	return m > 1 && (m-1)&(2|4) != 0
}

func arrow(end byte, word bool) rune {
	switch {
	case end == 'A':
		return keyUp
	case end == 'B':
		return keyDown
	case end == 'C' && word:
		return keyWordRight
	case end == 'C':
		return keyRight
	case end == 'D' && word:
		return keyWordLeft
	case end == 'D':
		return keyLeft
	case end == 'F':
		return keyEnd
	case end == 'H':
		return keyHome
	}
	return 0
}
