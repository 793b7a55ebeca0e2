package console

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
	prompt, d := e.prompt, e.draft
	if e.search != nil {
		prompt = e.search.prompt()
	}
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
