package console

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// layout is a prompt and an input as rows of a terminal, each of them at most its width, and the place of the cursor.
type layout struct {
	rows   []string
	widths []int // of rows
	row    int   // of the cursor
	column int
}

// layOut breaks what is shown into rows itself, instead of leaving it to the terminal: so it knows where the cursor is.
// Further lines of the input begin with more.
func layOut(prompt, more string, d draft, columns int) layout {
	p := pen{columns: max(columns, 1)}
	p.style(prompt)
	margin := p.width
	var out layout
	for i := 0; i < len(d.text); {
		end := letterEnd(d.text, i)
		letter := string(d.text[i:end])
		var columns int
		switch letter {
		case "\n":
			letter = ""
		case "\t":
			columns = tabWidth - max(p.width-margin, 0)%tabWidth
			letter = spaces(columns)
		default:
			letter = visibleLine(letter)
			columns = width(letter)
		}
		if letter != "" || d.pos == i { // behind a full row the cursor needs a row, and a line break none
			p.makeRoom(min(max(columns, 1), p.columns))
		}
		if d.pos >= i && d.pos < end {
			out.row, out.column = len(p.rows), p.width
		}
		if d.text[i] == '\n' {
			p.newRow()
			p.style(more)
			margin = p.width
		} else {
			p.write(letter, columns)
		}
		i = end
	}
	p.makeRoom(1)
	if d.pos >= len(d.text) {
		out.row, out.column = len(p.rows), p.width
	}
	p.newRow()
	out.rows, out.widths = p.rows, p.widths
	return out
}

const tabWidth = 4

// pen writes rows.
type pen struct {
	columns int
	rows    []string
	widths  []int
	row     strings.Builder // the row that is being written
	width   int             // its width
}

func (p *pen) newRow() {
	p.rows = append(p.rows, p.row.String())
	p.widths = append(p.widths, p.width)
	p.row.Reset()
	p.width = 0
}

func (p *pen) makeRoom(columns int) {
	if p.width > 0 && p.width+columns > p.columns {
		p.newRow()
	}
}

// write writes a letter, or what stands for it. If that is wider than a row, it is broken into its parts.
func (p *pen) write(s string, columns int) {
	if p.width+columns <= p.columns {
		p.row.WriteString(s)
		p.width += columns
		return
	}
	for _, part := range s {
		for _, r := range visibleLine(string(part)) {
			columns := width(string(r))
			p.makeRoom(columns)
			p.row.WriteRune(r)
			p.width += columns
		}
	}
}

// style writes a prompt, whose colours are its own.
func (p *pen) style(s string) {
	for s != "" {
		if n := colourLength(s); n > 0 {
			p.row.WriteString(s[:n])
			s = s[n:]
			continue
		}
		if s[0] == '\n' {
			p.newRow()
			s = s[1:]
			continue
		}
		text, _, _ := strings.Cut(s, "\x1b")
		if text == "" {
			text = s[:1]
		}
		text, _, _ = strings.Cut(text, "\n")
		letters := []rune(text)
		letter := string(letters[:letterEnd(letters, 0)])
		shown := visibleLine(letter)
		p.makeRoom(width(shown))
		p.write(shown, width(shown))
		_, size := utf8.DecodeRuneInString(s)
		s = s[max(size, min(len(letter), len(s))):]
	}
}

// colourLength is the length of the colour that s begins with: ESC [ digits m.
func colourLength(s string) int {
	if !strings.HasPrefix(s, "\x1b[") {
		return 0
	}
	n := 2
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == ';') {
		n++
	}
	if n < len(s) && s[n] == 'm' {
		return n + 1
	}
	return 0
}

// fit keeps the rows around the cursor, where there are more than the terminal has, and says how many are missing.
func (l layout) fit(columns, height int) layout {
	if len(l.rows) <= height || height < 1 {
		return l
	}
	from := min(max(l.row-height/2, 0), len(l.rows)-height)
	out := layout{row: l.row - from, column: l.column}
	out.rows = append(out.rows, l.rows[from:from+height]...)
	out.widths = append(out.widths, l.widths[from:from+height]...)
	mark := func(i int, arrow string, hidden int) {
		if hidden > 0 && height > 2 {
			text := shorten(fmt.Sprintf("%s %d more rows", arrow, hidden+1), columns)
			out.rows[i], out.widths[i] = text, width(text)
		}
	}
	mark(0, "↑", from)
	mark(height-1, "↓", len(l.rows)-from-height)
	return out
}
