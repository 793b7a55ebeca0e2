package console

import (
	"slices"
	"time"
)

// How the columns of a table come to fit a terminal.

// fitted is a table's columns as they fit, and what is told of the others.
type fitted struct {
	pillars []pillar
	same    []pillar // that were folded
	said    []string // for the last line
	dropped []string // the columns that are not shown
	fits    bool
}

// fit takes from a table what can be told in its last line until it fits a room: columns without a value, those that are
// alike, the end of times. Then texts are shortened, and of a table of some rows columns are left out.
func fit(pillars []pillar, rows, room int) fitted {
	f := fitted{pillars: pillars}
	grain := ""
	coarsen := func(form, said string) {
		if utcTimes(f.pillars, form) {
			grain = said
		}
	}
	wide := func() bool { return natural(f.pillars) > room }
	tight := func() bool { return !share(f.pillars, room) }
	steps := []struct {
		needed func() bool
		do     func()
	}{
		{wide, func() { coarsen("", "times are UTC") }},
		{wide, func() { f.fold((*pillar).isNone) }},
		{wide, func() { f.fold((*pillar).isAlike) }},
		{wide, func() { coarsen(minuteForm, "times are UTC, to the minute") }},
		{tight, func() { coarsen(time.DateOnly, "times are UTC, to the day") }},
		{tight, func() { f.fold((*pillar).isSealed) }},
	}
	for _, step := range steps {
		if step.needed() {
			step.do()
		}
	}
	f.fits = !tight()
	if rows >= tableRows && (!f.fits || cramped(f.pillars)) {
		f.drop(room)
	}
	if grain != "" && slices.ContainsFunc(f.pillars, func(p pillar) bool { return p.utc }) {
		f.said = append(f.said, grain)
	}
	if len(f.same) > 0 {
		f.said = append(f.said, inEachRow(f.same))
	}
	return f
}

func (f *fitted) fold(alike func(*pillar) bool) {
	varied, same := fold(f.pillars, alike)
	f.pillars, f.same = varied, append(f.same, same...)
}

// textGood is how many columns make a text readable in a table.
const textGood = 14

// cramped reports whether texts had to give up so much that fewer columns tell more.
func cramped(pillars []pillar) bool {
	short := 0
	for i := range pillars {
		if p := &pillars[i]; p.wide < min(p.most, textGood) {
			short++
		}
	}
	return short > 1
}

// drop leaves columns out: it keeps the key, and of the others the first that tell rows apart.
func (f *fitted) drop(room int) {
	for _, least := range []int{textGood, textLeast} {
		kept := chosen(f.pillars, room, least)
		if len(kept) < min(2, len(f.pillars)) {
			continue
		}
		var left []pillar
		f.dropped = nil
		for i, p := range f.pillars {
			if kept[i] {
				left = append(left, p)
			} else {
				f.dropped = append(f.dropped, p.name)
			}
		}
		f.pillars = left
		f.fits = share(left, room)
		return
	}
}

// chosen are the columns that stay, by their places: as many as fit if a text keeps so many columns.
func chosen(pillars []pillar, room, least int) map[int]bool {
	kept := make(map[int]bool)
	try := func(wanted func(*pillar) bool) {
		for i := range pillars {
			if kept[i] || !wanted(&pillars[i]) {
				continue
			}
			kept[i] = true
			total := -gap
			for at := range kept {
				p := &pillars[at]
				total += gap + max(p.least, min(p.most, least))
			}
			if total > room {
				delete(kept, i)
			}
		}
	}
	try((*pillar).isKey)
	try((*pillar).differs)
	try(func(*pillar) bool { return true })
	return kept
}

// measure learns how wide a column can be.
func (p *pillar) measure() {
	inside, head := 0, width(p.name)
	for i := range p.cells {
		inside = max(inside, p.cells[i].wide)
	}
	p.most = max(inside, head)
	p.least = min(p.most, textLeast)
	if p.fixed {
		p.least = max(inside, min(head, textLeast))
	}
}

// natural is how many columns a table takes where nothing is shortened.
func natural(pillars []pillar) int {
	total := gap * (len(pillars) - 1)
	for i := range pillars {
		total += pillars[i].most
	}
	return total
}

// share gives each column its width within a room, and reports whether there is enough for all. What a column does not
// need goes to the others.
func share(pillars []pillar, room int) bool {
	room -= gap * (len(pillars) - 1)
	least, most := 0, 0
	for i := range pillars {
		p := &pillars[i]
		p.wide = p.least
		least, most = least+p.least, max(most, p.most)
	}
	if least > room {
		return false
	}
	// One column of the terminal at a time, to those that are narrowest: at most the terminal's width of rounds.
	for level, rest := 1, room-least; rest > 0 && level <= most; level++ {
		for i := range pillars {
			if p := &pillars[i]; rest > 0 && p.wide < level && p.wide < p.most {
				p.wide++
				rest--
			}
		}
	}
	return true
}

// wrapLast lets the last column go on below, if it is the only one that would be shortened, and no row becomes much taller.
func wrapLast(pillars []pillar) {
	const (
		least = 20 // columns in which words can be read
		most  = 3  // lines of a row
	)
	last := &pillars[len(pillars)-1]
	for i := range pillars {
		if p := &pillars[i]; p.wide < p.most && p != last {
			return
		}
	}
	if last.fixed || last.wide < least || last.wide >= last.most || width(last.name) > last.wide {
		return
	}
	for i := range last.cells {
		if shown := &last.cells[i]; shown.ink == inkSealed || shown.wide > last.wide && len(wrap(shown.text, last.wide)) > most {
			return
		}
	}
	last.wraps = true
}

// lastAt is the column of the table where its last one begins.
func lastAt(pillars []pillar) int {
	at := 0
	for i := range pillars[:len(pillars)-1] {
		at += pillars[i].wide + gap
	}
	return at
}
