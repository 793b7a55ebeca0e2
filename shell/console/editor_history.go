package console

// history is what was typed, in memory alone.
type history struct {
	entries []remembered
	at      int    // what is shown: an index into entries, or their number for what is being typed
	typed   string // that, while an entry is shown
}

type remembered struct {
	source string
	period int // the decrypted period that it was typed in, or 0
}

// maxHistory and maxHistoryBytes bound it: the oldest entries go.
const (
	maxHistory      = 1000
	maxHistoryBytes = 8 << 20
)

func (h *history) add(source string, period int) {
	n := len(h.entries)
	if source == "" || n > 0 && h.entries[n-1].source == source && h.entries[n-1].period == period {
		return
	}
	h.entries = append(h.entries, remembered{source, period})
	size := 0
	for i := len(h.entries) - 1; i >= 0; i-- {
		size += len(h.entries[i].source)
		if size > maxHistoryBytes || len(h.entries)-i > maxHistory {
			h.entries = append([]remembered(nil), h.entries[i+1:]...)
			break
		}
	}
	h.rest()
}

// forget drops what was typed in decrypted periods.
func (h *history) forget() {
	var kept []remembered
	for _, entry := range h.entries {
		if entry.period == 0 {
			kept = append(kept, entry)
		}
	}
	h.entries = kept
	h.rest()
}

// rest goes back to what is being typed.
func (h *history) rest() { h.at, h.typed = len(h.entries), "" }

// older and newer return the entry before and after what is shown. Behind the newest stands what was being typed.
func (h *history) older(shown string) (string, bool) {
	if h.at == 0 {
		return "", false
	}
	if h.at == len(h.entries) {
		h.typed = shown
	}
	h.at--
	return h.entries[h.at].source, true
}

func (h *history) newer() (string, bool) {
	if h.at >= len(h.entries) {
		return "", false
	}
	h.at++
	if h.at == len(h.entries) {
		return h.typed, true
	}
	return h.entries[h.at].source, true
}

// Remember adds an input to the history unless it equals the last one. period counts the decrypted periods, and is 0
// outside of them.
func (e *Editor) Remember(source string, period int) {
	e.m.Lock()
	defer e.m.Unlock()
	e.history.add(source, period)
}

// Forget drops from the history what was typed in decrypted periods, and what was killed and what was typed ahead, so
// that nothing of it can be recalled. What is being typed stays until Abandon.
func (e *Editor) Forget() {
	e.m.Lock()
	defer e.m.Unlock()
	e.history.forget()
	e.killed, e.search = nil, nil
	if !e.reading { // else Abandon does it
		e.dropAhead()
	}
}

// dropAhead forgets what was typed and not yet given to readline. No Read is under way, or one begins or ends.
func (e *Editor) dropAhead() {
	e.terminal.drop()
	e.ahead, e.filter, e.burst = nil, keyFilter{}, false
}
