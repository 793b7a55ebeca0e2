package worker

import (
	"regexp"
	"strconv"
)

// spot is a place that yaegi names in a message.
type spot struct {
	file         string
	line, column int
}

// spots finds the places named in a text, in order.
func spots(text string) []spot {
	var out []spot
	for _, m := range regexp.MustCompile(`(`+mark+`[\d.]*):(\d+):(\d+): ?`).FindAllStringSubmatch(text, -1) {
		line, _ := strconv.Atoi(m[2])
		column, _ := strconv.Atoi(m[3])
		out = append(out, spot{m[1], line, column})
	}
	return out
}

// withoutSpots takes the places out of a message.
func withoutSpots(text string) string {
	return regexp.MustCompile(`(`+mark+`[\d.]*:)?\b\d+:\d+: `).ReplaceAllString(text, "")
}
