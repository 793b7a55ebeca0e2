package console

import (
	"fmt"
	"strings"
)

// view is what of a text stands on the screen. It knows no terminal: keys go in, a drawing comes out.
type view struct {
	lines []string
	plain []string // the same without inks
	wide  int      // columns of the longest line
	Screen

	top, left int
	found     int    // the line that the last search went to, -1 after any other move
	asking    bool   // a search is being typed
	typed     string // what of it
	sought    string // the last search
	said      string // instead of the place, until the next key
}

func newView(text string, colour bool) *view {
	v := &view{Screen: Screen{Color: colour}, found: -1}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		plain := unpainted(line)
		v.lines, v.plain = append(v.lines, line), append(v.plain, plain)
		v.wide = max(v.wide, width(plain))
	}
	return v
}

// resize takes a terminal's size; 80 by 24 where it does not know it.
func (v *view) resize(columns, rows int) {
	v.Width, v.Height = sized(columns, rows)
	v.scroll(0)
	v.shift(0)
}

// changed tells later whether the terminal has another size by then.
func (v *view) changed(size func() (int, int)) func() bool {
	return func() bool {
		columns, rows := sized(size())
		return columns != v.Width || rows != v.Height
	}
}

func sized(columns, rows int) (int, int) {
	if columns <= 0 {
		columns = 80
	}
	if rows <= 0 {
		rows = 24
	}
	return columns, rows
}

// page is how many lines are seen at once: the last row says where one is.
func (v *view) page() int { return max(v.Height-1, 1) }

// move scrolls because the person wants to be elsewhere: a search begins anew from there.
func (v *view) move(lines int) {
	v.found = -1
	v.scroll(lines)
}

func (v *view) scroll(lines int) {
	v.top = max(min(v.top+lines, len(v.lines)-v.page()), 0)
}

func (v *view) shift(columns int) {
	v.left = max(min(v.left+columns, v.wide-v.Width), 0)
}

// press takes one key, and reports false for one that leaves.
func (v *view) press(key pagerKey) bool {
	v.said = ""
	if v.asking {
		return v.ask(key)
	}
	switch key {
	case 'q', 'Q', pagerCtrlC:
		return false
	case ' ':
		if v.atEnd() {
			return false
		}
		v.move(v.page())
	case 'f', 6, pagerPageDown:
		v.move(v.page())
	case 'b', 2, pagerPageUp:
		v.move(-v.page())
	case 'd', 4:
		v.move(max(v.page()/2, 1))
	case 'u', 21:
		v.move(-max(v.page()/2, 1))
	case 'j', 'e', '\r', '\n', pagerDown:
		v.move(1)
	case 'k', 'y', pagerUp:
		v.move(-1)
	case 'g', '<', pagerHome:
		v.move(-len(v.lines))
	case 'G', '>', pagerEnd:
		v.move(len(v.lines))
	case pagerRight, 'l':
		v.shift(max(v.Width/2, 1))
	case pagerLeft, 'h':
		v.shift(-max(v.Width/2, 1))
	case '/':
		v.asking, v.typed = true, ""
	case 'n':
		v.seek(1)
	case 'N':
		v.seek(-1)
	}
	return true
}

// ask takes a key of a search that is being typed.
func (v *view) ask(key pagerKey) bool {
	switch {
	case key == pagerCtrlC, key == pagerEscape:
		v.asking = false
	case key == '\r', key == '\n':
		v.asking = false
		if v.typed != "" {
			v.sought = v.typed
		}
		v.seek(1)
	case key == pagerBackspace, key == 8:
		if v.typed == "" {
			v.asking = false
			break
		}
		letters := []rune(v.typed)
		v.typed = string(letters[:len(letters)-1])
	case key >= ' ' && len(v.typed) < 200:
		v.typed += string(rune(key))
	}
	return true
}

// seek goes to the next line that holds what is sought, in a direction, and over the end to the other side.
func (v *view) seek(step int) {
	if v.sought == "" {
		v.said = "nothing to search for: / and a word first"
		return
	}
	n, from := len(v.lines), v.found
	if from < 0 {
		from = v.top - step // what is seen first counts too
	}
	for i := 1; i <= n; i++ {
		at := ((from+step*i)%n + n) % n
		if len(matches(v.plain[at], v.sought)) > 0 {
			v.top, v.found = at, at
			v.scroll(0)
			return
		}
	}
	v.said = "not found: " + visibleLine(v.sought)
}

// matches are the places where a line holds a text, begin and end. Small letters match both cases, as far as they are ASCII.
func matches(line, sought string) [][2]int {
	if asciiUpper(sought) != sought && strings.ToLower(sought) == sought {
		line, sought = asciiUpper(line), asciiUpper(sought)
	}
	var found [][2]int
	for at := 0; sought != ""; {
		i := strings.Index(line[at:], sought)
		if i < 0 {
			break
		}
		found = append(found, [2]int{at + i, at + i + len(sought)})
		at += i + len(sought)
	}
	return found
}

// draw is the whole screen, each row from its beginning.
func (v *view) draw() string {
	var b strings.Builder
	b.WriteString("\x1b[H")
	for row := range v.Height - 1 {
		b.WriteString("\x1b[K") // before the text: behind a full row it would take the last letter
		if at := v.top + row; at < len(v.lines) {
			b.WriteString(v.shown(at))
		}
		b.WriteString("\r\n")
	}
	b.WriteString("\x1b[K" + v.foot())
	return b.String()
}

// shown is the part of a line that is on the screen. What was searched for is in its own ink, in place of the line's.
func (v *view) shown(at int) string {
	line := v.lines[at]
	if found := matches(v.plain[at], v.sought); len(found) > 0 {
		marked := Screen{Color: true} // to swap the colours is none: it is there without them too
		plain, end := v.plain[at], 0
		line = ""
		for _, place := range found {
			line += plain[end:place[0]] + marked.paint(inkFound, plain[place[0]:place[1]])
			end = place[1]
		}
		line += plain[end:]
	}
	return window(line, v.left, v.Width)
}

// foot says where one is and what can be done, or takes a search.
func (v *view) foot() string {
	if v.asking {
		return shorten("/"+visibleLine(v.typed), v.Width-1) + "\x1b[?25h"
	}
	last := min(v.top+v.page(), len(v.lines))
	text := v.said
	if text == "" {
		place := fmt.Sprintf("%d–%d of %d", min(v.top+1, last), last, len(v.lines))
		keys := "space and b turn the page · / searches"
		if v.wide > v.Width {
			keys = "← → for longer lines · space, b · / searches"
		}
		if text = place + " · " + keys + " · q leaves"; width(text) > v.Width {
			text = "q leaves · " + place + " · " + keys
		}
	}
	return v.paint(inkDim, shorten(text, v.Width)) + "\x1b[?25l"
}

// atEnd reports whether the last line is seen.
func (v *view) atEnd() bool { return v.top+v.page() >= len(v.lines) }

// leftBehind is what was seen last, and the tail of the text where that was not reached. It is no more than two screens.
func (v *view) leftBehind(tail string) string {
	var b strings.Builder
	last := min(v.top+v.page(), len(v.lines))
	for _, line := range v.lines[min(v.top, last):last] {
		b.WriteString(window(line, v.left, v.Width) + "\n")
	}
	if v.atEnd() {
		return b.String()
	}
	end := newView(tail, v.Color)
	from := min(max(len(v.lines)-len(end.lines), last), len(v.lines))
	from = max(from, len(v.lines)-v.page())
	if from > last {
		b.WriteString(v.paint(inkDim, shorten(fmt.Sprintf("  … %d lines more", from-last), v.Width)) + "\n")
	}
	for _, line := range v.lines[from:] {
		b.WriteString(window(line, 0, v.Width) + "\n")
	}
	return b.String()
}
