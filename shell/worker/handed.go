package worker

import "sync"

// handed are the display forms of sealed values that this worker made: its driver where a destination took a text, and a sealed
// value that was printed. By them a text that is one is told from data that looks like one.
type handed struct {
	mu    sync.Mutex
	texts map[string]struct{}
}

// maxHanded bounds how many are known. What is more is shown as the text that it is, and stays sealed all the same.
const maxHanded = 200_000

func (h *handed) add(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.texts == nil {
		h.texts = map[string]struct{}{}
	}
	if len(h.texts) < maxHanded {
		h.texts[text] = struct{}{}
	}
}

func (h *handed) has(text string) bool {
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.texts[text]
	return ok
}
