package console

import (
	"bytes"
	"unicode/utf8"
)

// pagerKey is a key as the pager knows it: a letter, or one of these.
type pagerKey rune

const (
	pagerUp pagerKey = -1 - iota
	pagerDown
	pagerLeft
	pagerRight
	pagerPageUp
	pagerPageDown
	pagerHome
	pagerEnd
	pagerEscape
)

const (
	pagerCtrlC     pagerKey = 3
	pagerBackspace pagerKey = 127
)

// pagerKeys reads the keys that were typed. What may be the beginning of one more is left over.
func pagerKeys(typed []byte) (keys []pagerKey, rest []byte) {
	for len(typed) > 0 {
		if typed[0] == 0x1b {
			key, n := escapeKey(typed)
			if n == 0 {
				return keys, typed
			}
			if key != 0 {
				keys = append(keys, key)
			}
			typed = typed[n:]
			continue
		}
		if !utf8.FullRune(typed) {
			return keys, typed
		}
		r, n := utf8.DecodeRune(typed)
		if r != utf8.RuneError {
			keys = append(keys, pagerKey(r))
		}
		typed = typed[n:]
	}
	return keys, nil
}

// escapeKey reads what begins with an escape: the key, 0 for one that means nothing here, and of how many bytes it is; 0
// where more must come. Escape itself is known by what is typed next.
func escapeKey(typed []byte) (pagerKey, int) {
	const longest = 32
	if len(typed) == 1 {
		return 0, 0
	}
	if typed[1] != '[' && typed[1] != 'O' {
		return pagerEscape, 1
	}
	end := bytes.IndexFunc(typed[2:], func(r rune) bool { return r >= 0x40 && r <= 0x7e })
	if end < 0 {
		if len(typed) > longest {
			return 0, len(typed)
		}
		return 0, 0
	}
	end += 2
	parameters, _, _ := bytes.Cut(typed[2:end], []byte(";"))
	switch typed[end] {
	case 'A':
		return pagerUp, end + 1
	case 'B':
		return pagerDown, end + 1
	case 'C':
		return pagerRight, end + 1
	case 'D':
		return pagerLeft, end + 1
	case 'H':
		return pagerHome, end + 1
	case 'F':
		return pagerEnd, end + 1
	case '~':
		switch string(parameters) {
		case "1", "7":
			return pagerHome, end + 1
		case "4", "8":
			return pagerEnd, end + 1
		case "5":
			return pagerPageUp, end + 1
		case "6":
			return pagerPageDown, end + 1
		}
	}
	return 0, end + 1
}
