package worker

import (
	"bytes"
	"regexp"
	"strconv"
	"sync"
)

// noise takes what yaegi writes about a panic: one line a frame, the innermost first. No person sees it; it tells where the panic was.
type noise struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

// noiseLimit is far more than the first line of a panic needs.
const noiseLimit = 16 << 10

func (n *noise) Write(p []byte) (int, error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if room := noiseLimit - n.text.Len(); room > 0 {
		n.text.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

// take returns what was written since it was last taken.
func (n *noise) take() string {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	text := n.text.String()
	n.text.Reset()
	return text
}

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
