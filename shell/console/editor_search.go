package console

import (
	"strings"

	"github.com/chzyer/readline"
)

// search looks through the history for an input that contains what is typed, the newest first.
type search struct {
	words  []rune
	before draft // what Ctrl-C goes back to
	at     int   // the entry that is shown; their number for none
	failed bool
}

func (s *search) prompt() string {
	if s.failed {
		return "no line with " + quoted(string(s.words)) + " (Ctrl-C goes back): "
	}
	return "search " + quoted(string(s.words)) + ": "
}

// searchKey takes a key while a search is on. What is none of the search's own keys ends it, keeps what was found, and
// then does what it always does.
func (e *Editor) searchKey(k key) {
	s := e.search
	switch {
	case k.isText():
		s.words = append(s.words, k.code)
		e.find(s.at, -1)
	case k.code == readline.CharBackspace || k.code == readline.CharCtrlH:
		if len(s.words) > 0 {
			s.words = s.words[:len(s.words)-1]
		}
		e.find(len(e.history.entries)-1, -1)
	case k.code == readline.CharBckSearch:
		e.find(s.at-1, -1)
	case k.code == readline.CharFwdSearch:
		e.find(s.at+1, 1)
	case k.code == readline.CharInterrupt || k.code == readline.CharBell:
		e.draft, e.search = s.before, nil
	default:
		e.search = nil
		return
	}
	e.key = key{} // it is done with
}

// find shows the next entry from at on, in a direction, that contains the words.
func (e *Editor) find(at, step int) {
	s, entries := e.search, e.history.entries
	words := string(s.words)
	for i := min(at, len(entries)-1); i >= 0 && i < len(entries) && at <= len(entries); i += step {
		if n := strings.Index(entries[i].source, words); n >= 0 && words != "" {
			s.at, s.failed = i, false
			e.draft = draftOf(entries[i].source)
			e.draft.pos = len([]rune(entries[i].source[:n]))
			e.history.at = i
			return
		}
	}
	s.failed = words != ""
}
