package console

import (
	"strings"
	"unicode/utf8"
)

// wrap cuts a line into pieces of at most so many columns: behind a space where there is one, else within the word.
// Nothing is left out but the space at a break.
func wrap(s string, columns int) []string {
	var pieces []string
	for {
		head := fitting(s, columns)
		if len(head) == len(s) {
			return append(pieces, s)
		}
		if s[len(head)] != ' ' {
			if i := strings.LastIndexByte(head, ' '); i > 0 && strings.TrimLeft(head[:i], " ") != "" {
				head = head[:i]
			}
		}
		pieces = append(pieces, head)
		s = strings.TrimPrefix(s[len(head):], " ")
	}
}

// fitting is the longest beginning of s that is at most so many columns wide, but at least one letter.
func fitting(s string, columns int) string {
	if plain := s[:min(len(s), columns+1)]; isPlainASCII(plain) {
		return plain[:min(len(plain), columns)]
	}
	// Only as much of a long text is measured as can matter.
	for part := 8*columns + 64; ; part *= 4 {
		part := prefix(s, part)
		head := shortenTo(part, columns, "")
		if len(head) == len(part) && len(part) < len(s) {
			continue
		}
		if head == "" && s != "" {
			_, n := utf8.DecodeRuneInString(s)
			return s[:n]
		}
		return head
	}
}

// expandTabs writes each tab of a line as spaces up to the next column that eight divides.
func expandTabs(s string) string {
	if !strings.Contains(s, "\t") {
		return s
	}
	var b strings.Builder
	at := 0
	for i, part := range strings.Split(s, "\t") {
		if i > 0 {
			gap := 8 - at%8
			b.WriteString(spaces(gap))
			at += gap
		}
		b.WriteString(part)
		at += width(part)
	}
	return b.String()
}
