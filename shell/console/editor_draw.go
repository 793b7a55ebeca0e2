package console

import "strings"

// redraw draws what is being edited, if anything is.
func (e *Editor) redraw() {
	if !e.reading || e.ending {
		return
	}
	columns, rows := e.terminal.size()
	e.canvas.draw(e.layout(columns).fit(columns, rows), columns)
}

// layout is what is being edited as rows.
func (e *Editor) layout(columns int) layout {
	prompt := e.prompt
	if e.search != nil {
		prompt = e.search.prompt()
	}
	return e.laidOut(prompt, e.draft, columns)
}

// Shown is an input behind its prompt as it looks when it was typed.
func (e *Editor) Shown(prompt, source string) string {
	columns, _ := e.terminal.size()
	return strings.Join(e.laidOut(prompt, draftOf(source), columns).rows, "\n")
}

// laidOut is an input as rows. The margin of its further lines is as wide as the prompt, if that leaves room.
func (e *Editor) laidOut(prompt string, d draft, columns int) layout {
	first := layOut(prompt, "", draft{}, columns)
	more := "... "
	if wide := first.column; len(first.rows) == 1 && wide >= len(more) && wide <= columns/2 {
		more = spaces(wide-len(more)) + more
	}
	return layOut(prompt, e.dim(more), d, columns)
}

// dim is s in a weaker colour, where colours are wanted.
func (e *Editor) dim(s string) string {
	if !e.config.Color || s == "" {
		return s
	}
	return "\x1b[2m" + s + "\x1b[0m"
}
