package console

import "strings"

// How the columns of a table come to fit a terminal.

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

// dropZones leaves the zone out of the times that are all in UTC, and reports whether there are such.
func dropZones(pillars []pillar) bool {
	found := false
	for i := range pillars {
		p := &pillars[i]
		if !p.utc {
			continue
		}
		found = true
		for row := range p.cells {
			if text, cut := strings.CutSuffix(p.cells[row].text, utcZone); cut {
				p.cells[row].text, p.cells[row].wide = text, p.cells[row].wide-len(utcZone)
			}
		}
		p.measure()
	}
	return found
}

// fold takes the columns that are the same in each row out of a table of several, or those of them alone that hold only
// this, and says what they hold.
func fold(pillars []pillar, only string) (varied []pillar, alike string) {
	var same []string
	for _, p := range pillars {
		if p.isAlike() && (only == "" || p.cells[0].text == only) {
			same = append(same, p.name+" "+p.cells[0].text)
		} else {
			varied = append(varied, p)
		}
	}
	if len(same) == 0 || len(varied) == 0 {
		return pillars, ""
	}
	return varied, strings.Join(same, ", ")
}

// isAlike reports whether all cells are the same, and so plain that they can stand in a sentence.
func (p *pillar) isAlike() bool {
	first := p.cells[0]
	if len(p.cells) < 2 || first.wide > textLeast || strings.ContainsAny(first.text+p.name, ` ,"`) || width(p.name) > labelWidth {
		return false
	}
	for _, other := range p.cells[1:] {
		if other != first {
			return false
		}
	}
	return true
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
