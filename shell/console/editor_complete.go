package console

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// completion is how Tab stands.
type completion struct {
	busy      chan struct{} // closed when the last question is answered
	listed    string        // the text for which the candidates were found too many; a second Tab lists them
	signature string        // the last one that was shown
}

// completionTime is how long Tab waits for an answer. Then nothing happens, and the key can be pressed again.
const completionTime = 300 * time.Millisecond

// complete asks how the input could go on. It gives the lock away while it waits, for warnings are written meanwhile.
func (e *Editor) complete() {
	d := e.draft
	before := string(d.text[:d.pos])
	if line := string(d.text[d.lineStart(d.pos):d.pos]); len(line) < len(before) && strings.TrimSpace(line) == "" {
		e.insert("\t") // the indentation of a further line
		return
	}
	if e.config.Complete == nil {
		return
	}
	if e.tab.busy != nil {
		select {
		case <-e.tab.busy:
		default:
			return
		}
	}
	source, number := string(d.text), e.number
	busy, answers := make(chan struct{}), make(chan wire.Completed, 1)
	e.tab.busy = busy
	go func() {
		answers <- e.config.Complete(source, len(before))
		close(busy)
	}()

	e.m.Unlock()
	timer := time.NewTimer(completionTime)
	defer timer.Stop()
	var answer wire.Completed
	ok := true
	select {
	case answer = <-answers:
	case <-timer.C:
		ok = false
	case <-e.closed:
		ok = false
	}
	e.m.Lock()
	if ok && e.number == number && e.stop == nil {
		e.completed(answer, source, before)
	}
}

// completed uses an answer: it inserts what all candidates begin with, and tells the rest.
func (e *Editor) completed(answer wire.Completed, source, before string) {
	columns, _ := e.terminal.size()
	if s := visibleLine(answer.Signature); s != "" && s != e.tab.signature {
		e.tab.signature = s
		e.say(e.dim(shorten(s, columns-1)))
	}
	candidates := usable(answer.Candidates)
	if len(candidates) == 0 || answer.From < 0 || answer.From > len(before) || !utf8.ValidString(before[answer.From:]) {
		return
	}
	word := before[answer.From:]
	common := commonPrefix(candidates)
	if len(candidates) == 1 || len(common) > len(word) && strings.HasPrefix(common, word) {
		from := utf8.RuneCountInString(before[:answer.From])
		e.draft.cut(from, e.draft.pos)
		e.insert(common)
		e.tab.listed = string(e.draft.text)
		return
	}
	if e.tab.listed == source {
		e.say(e.list(candidates, columns))
	}
	e.tab.listed = source
}

// usable leaves out what could not be told from something else when it is read.
func usable(candidates []wire.Candidate) []wire.Candidate {
	var kept []wire.Candidate
	for _, c := range candidates {
		if c.Text != "" && visibleLine(c.Text) == c.Text {
			kept = append(kept, c)
		}
	}
	return kept
}

func commonPrefix(candidates []wire.Candidate) string {
	common := candidates[0].Text
	for _, c := range candidates[1:] {
		n := 0
		for n < len(common) && n < len(c.Text) && common[n] == c.Text[n] {
			n++
		}
		common = prefix(common, n)
	}
	return common
}

// maxListed is how many candidates are listed.
const maxListed = 100

// list writes candidates in columns, or, where there are few, a line each with what they are.
func (e *Editor) list(candidates []wire.Candidate, columns int) string {
	more := max(len(candidates)-maxListed, 0)
	candidates = candidates[:len(candidates)-more]
	widest, detailed := 0, false
	for _, c := range candidates {
		widest = max(widest, width(c.Text))
		detailed = detailed || c.Detail != ""
	}
	var b strings.Builder
	if detailed && len(candidates) <= 12 && widest+12 < columns {
		for _, c := range candidates {
			detail := shorten(visibleLine(c.Detail), columns-widest-3)
			b.WriteString(strings.TrimRight(c.Text+spaces(widest-width(c.Text)+2)+e.dim(detail), " ") + "\n")
		}
		return b.String()
	}
	names := make([]string, len(candidates))
	for i, c := range candidates {
		names[i] = shorten(c.Text, columns-1)
	}
	down, widths := inColumns(names, columns)
	for row := range down {
		var line strings.Builder
		for i := row; i < len(names); i += down {
			line.WriteString(names[i] + spaces(widths[i/down]-width(names[i])+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	if more > 0 {
		b.WriteString(e.dim("and "+count(int64(more), "candidate")+" more") + "\n")
	}
	return b.String()
}

// inColumns says in how few rows names fit beside each other, and how wide each of their columns is: one long name does not
// make all of them wide.
func inColumns(names []string, columns int) (down int, widths []int) {
	for down = 1; ; down++ {
		widths, total := make([]int, (len(names)+down-1)/down), -2
		for i, name := range names {
			at := i / down
			widths[at] = max(widths[at], width(name))
		}
		for _, w := range widths {
			total += w + 2
		}
		if total < columns || len(widths) == 1 {
			return down, widths
		}
	}
}
