package demo

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxLorem bounds a filler, in runes.
const maxLorem = 1 << 20

// substitute puts i for {i} and, to two digits, for {i:02}, and a filler of n runes for lorem(n).
func substitute(text string, i int) (string, error) {
	text = strings.NewReplacer("{i}", strconv.Itoa(i), "{i:02}", fmt.Sprintf("%02d", i)).Replace(text)
	if strings.Contains(text, "{i") {
		return "", fmt.Errorf("holds a substitution that is not known: %q", text)
	}
	before, rest, found := strings.Cut(text, "lorem(")
	if !found {
		return text, nil
	}
	digits, after, closed := strings.Cut(rest, ")")
	n, err := strconv.Atoi(digits)
	if !closed || err != nil || n < 0 || n > maxLorem || strings.Contains(after, "lorem(") {
		return "", fmt.Errorf("holds a lorem(n) that is not understood: %q", text)
	}
	return before + lorem(n) + after, nil
}

// offset reads times such as -400d, -19d+40s: each part with its sign, a whole number and its unit, d, h, m or s.
func offset(text string) (time.Duration, error) {
	wrong := fmt.Errorf("is %q, not an offset such as -19d+40s", text)
	var sum time.Duration
	for rest := text; ; {
		end := strings.IndexAny(rest, "dhms")
		if end < 2 || rest[0] != '-' && rest[0] != '+' {
			return 0, wrong
		}
		n, err := strconv.ParseInt(rest[:end], 10, 32)
		if err != nil {
			return 0, wrong
		}
		sum += time.Duration(n) * unit(rest[end])
		if rest = rest[end+1:]; rest == "" {
			return sum, nil
		}
	}
}

func unit(letter byte) time.Duration {
	switch letter {
	case 'd':
		return 24 * time.Hour
	case 'h':
		return time.Hour
	case 'm':
		return time.Minute
	default:
		return time.Second
	}
}
