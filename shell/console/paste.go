package console

import (
	"bytes"
	"strings"
)

// maxPaste bounds a paste, in bytes: one that is longer could not be sent.
const maxPaste = maxInput

const pasteEnd = "\x1b[201~"

// paste gathers what stands between the marks of a bracketed paste.
type paste struct {
	text []byte
	long bool // it went beyond maxPaste, and only the bytes that may be the begin of the end mark are kept
}

func (p *paste) begin() { *p = paste{} }

// take adds a byte and reports whether the paste is at its end.
func (p *paste) take(c byte) bool {
	p.text = append(p.text, c)
	if c == pasteEnd[len(pasteEnd)-1] && bytes.HasSuffix(p.text, []byte(pasteEnd)) {
		p.text = p.text[:len(p.text)-len(pasteEnd)]
		return true
	}
	if len(p.text) > maxPaste+len(pasteEnd) {
		p.long = true
	}
	if p.long && len(p.text) >= 2*len(pasteEnd) {
		p.text = append([]byte(nil), p.text[len(p.text)-len(pasteEnd)+1:]...)
	}
	return false
}

// key returns what was pasted, as text: a terminal sends the line breaks of a paste as carriage returns, so these are
// line breaks again. Everything else stays.
func (p *paste) key() key {
	text, long := string(p.text), p.long || len(p.text) > maxPaste
	*p = paste{}
	if long {
		return key{code: keyLongPaste}
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return key{code: keyPaste, text: strings.ToValidUTF8(strings.ReplaceAll(text, "\r", "\n"), "\uFFFD")}
}
