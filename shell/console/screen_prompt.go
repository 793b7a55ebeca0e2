package console

import (
	"fmt"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// Prompt is what a line is typed behind: where, and what can happen there. The mode is always in words. It has no line
// break; readline leaves the sequences of an ink out when it counts columns.
func (s Screen) Prompt(app string, st wire.State, left time.Duration) string {
	var words []string
	switch shell.Mode(st.Mode) {
	case shell.Encrypted:
		words = append(words, s.paint(inkEncrypted, "encrypted"))
	case shell.Decrypted:
		words = append(words, s.paint(inkDecrypted, "DECRYPTED "+s.Left(left)))
	default:
		words = append(words, s.paint(inkFault, strings.ToUpper(shorten(visibleLine(st.Mode), labelWidth))))
	}
	if st.Sandbox {
		words = append(words, s.paint(inkHint, "SANDBOX"))
	}
	if st.Write {
		words = append(words, s.paint(inkWrite, "WRITE"))
	}
	prompt := strings.Join(words, " ") + "> "
	if name := visibleLine(app); name != "" && width(name)+1+width(unpainted(prompt)) <= s.columns()/2 {
		prompt = name + " " + prompt
	}
	return prompt
}

// Continuation is the prompt of an input's further lines: as wide as the first line's.
func (s Screen) Continuation(prompt string) string {
	const mark = "… "
	return spaces(width(unpainted(prompt))-width(mark)) + s.paint(inkDim, strings.TrimSpace(mark)) + " "
}

// Left is how long a period lasts, in minutes and seconds. It never shows more than there is.
func (s Screen) Left(left time.Duration) string {
	left = max(left, 0)
	return fmt.Sprintf("%02d:%02d", left/time.Minute, left%time.Minute/time.Second)
}

// unpainted is a text without the sequences of its inks.
func unpainted(s string) string {
	for {
		start := strings.Index(s, "\x1b[")
		if start < 0 {
			return s
		}
		end := strings.IndexByte(s[start:], 'm')
		if end < 0 {
			return s
		}
		s = s[:start] + s[start+end+1:]
	}
}

// placeOf names the application, and its environment where that says more.
func placeOf(w wire.Welcome) string {
	if w.Environment == "" || w.Environment == w.App {
		return w.App
	}
	return w.App + " " + w.Environment
}

// Banner is shown before a session is open: where one is, what holds typed code, and that all of it is recorded.
func (s Screen) Banner(w wire.Welcome) string {
	c := s.sheet()
	c.lines(0, inkStrong, visibleLine(placeOf(w))+" · a Vouchsafe console for "+visibleLine(w.Engineer))
	c.line(0, "")
	if w.Embedded {
		c.said(0, inkHint, "embedded", "typed code cannot reach keys, files, network or the record. The person who runs it can, for they "+
			"own the files. It shows what Vouchsafe does; it is not evidence against them.")
	}
	if len(w.Confinement) > 0 {
		c.said(0, inkHint, "confined", "typed code runs behind: "+visibleLine(strings.Join(w.Confinement, ", "))+".")
	} else {
		c.said(0, inkFault, "not confined", "nothing holds typed code on this system.")
	}
	c.said(0, inkHint, "recorded", "every line is on an append-only record before it runs, and what it did before you see it. Auditors read it.")
	if len(w.Topics) > 0 {
		c.said(0, inkHint, "help", ".help, and .help with one of: "+visibleLine(strings.Join(w.Topics, ", ")))
	}
	c.line(0, "")
	return c.text()
}
