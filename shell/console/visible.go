package console

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible returns s so that a terminal shows all of it and obeys none of it. Control characters, the marks that reorder or
// join text, spaces that are none or look like another, unassigned characters and bytes that are no UTF-8 become Go's
// escapes: \x1b, \u202e, \U000e0041, \xff. Line breaks and tabs stay. So do letters of every script, their combining
// marks, and emoji.
//
// Visible(Visible(s)) is Visible(s). A backslash stays as it is: what must be told apart from an escape is quoted.
func Visible(s string) string {
	return escape(s, func(r rune) bool { return r == '\n' || r == '\t' })
}

// visibleLine is Visible for what must stay on its line: breaks and tabs are escaped too.
func visibleLine(s string) string {
	return escape(s, func(rune) bool { return false })
}

// quoted is s between double quotes, on one line, so that it can be read back.
func quoted(s string) string {
	s = strings.ReplaceAll(s, `\`, `\\`)
	s = strings.ReplaceAll(s, `"`, `\"`)
	return `"` + visibleLine(s) + `"`
}

// maxMarks is how many combining marks one letter may carry. Scripts need up to four; a tall stack covers the lines above.
const maxMarks = 6

// escape writes each rune of s as it is, or as an escape if it is hidden and keep does not spare it.
func escape(s string, keep func(rune) bool) string {
	if isPlainASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	last := rune(-1) // the rune written before; -1 at the start, where a mark would join what stands left of s
	marks := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		bad := r == utf8.RuneError && size == 1
		switch {
		case bad:
			fmt.Fprintf(&b, `\x%02x`, s[i])
			last, marks = 'x', 0
		case keep(r):
			b.WriteRune(r)
			last, marks = -1, 0
		case unicode.Is(unicode.M, r) && !isFiller(r):
			marks++
			if last == -1 || marks > maxMarks || (isEmojiStyle(r) && isEmojiStyle(last)) {
				writeEscape(&b, r)
				last, marks = 'x', 0
				break
			}
			b.WriteRune(r)
			last = r
		case !isHidden(r), r == zeroWidthJoiner && joinsEmoji(last, s[i+size:]):
			b.WriteRune(r)
			last, marks = r, 0
		default:
			writeEscape(&b, r)
			last, marks = 'x', 0
		}
		i += size
	}
	return b.String()
}

// isHidden reports whether r cannot be seen, or acts instead of being seen.
func isHidden(r rune) bool {
	return !strconv.IsPrint(r) || isFiller(r)
}

// isFiller reports whether r is a letter or a mark by its category, and nothing at all on a screen.
func isFiller(r rune) bool {
	switch {
	case r == 0x034F, // combining grapheme joiner
		r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0, // Hangul fillers
		r == 0x17B4, r == 0x17B5, // Khmer inherent vowels
		r >= 0x180B && r <= 0x180F,   // Mongolian variation selectors
		r >= 0xFE00 && r <= 0xFE0D,   // variation selectors but the two that choose text or emoji
		r >= 0xE0100 && r <= 0xE01EF: // their supplement
		return true
	}
	return false
}

const zeroWidthJoiner = 0x200D

func isEmojiStyle(r rune) bool { return r == 0xFE0E || r == 0xFE0F }

// joinsEmoji reports whether a joiner between last and rest makes one emoji of two, its only use that hides nothing.
func joinsEmoji(last rune, rest string) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	skin := last >= 0x1F3FB && last <= 0x1F3FF
	return (unicode.Is(unicode.So, last) || skin || last == 0xFE0F) && unicode.Is(unicode.So, next) && next != utf8.RuneError && !isHidden(next)
}

// isPlainASCII reports whether s needs no look at its runes.
func isPlainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func writeEscape(b *strings.Builder, r rune) {
	switch {
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\t':
		b.WriteString(`\t`)
	case r == '\r':
		b.WriteString(`\r`)
	case r < utf8.RuneSelf:
		fmt.Fprintf(b, `\x%02x`, r)
	case r <= 0xFFFF:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		fmt.Fprintf(b, `\U%08x`, r)
	}
}
