package console

import (
	"fmt"
	"strings"
)

// foldWidth is the widest value that is told in a table's last line instead of in each row.
const foldWidth = 24

// fold takes the columns that are the same in each row out of a table of several, or those of them alone that alike picks,
// and says what they hold: the names of each value together.
func fold(pillars []pillar, alike func(*pillar) bool) (varied, same []pillar) {
	for i := range pillars {
		if alike(&pillars[i]) {
			same = append(same, pillars[i])
		} else {
			varied = append(varied, pillars[i])
		}
	}
	if len(varied) == 0 {
		return pillars, nil
	}
	return varied, same
}

// inEachRow says what the columns hold that were folded.
func inEachRow(same []pillar) string {
	var values []string
	names := make(map[string][]string)
	for _, p := range same {
		value := plainly(p.cells[0])
		if names[value] == nil {
			values = append(values, value)
		}
		names[value] = append(names[value], p.name)
	}
	said := make([]string, len(values))
	for i, value := range values {
		said[i] = strings.Join(names[value], ", ") + " " + value
	}
	return "in each row: " + strings.Join(said, "; ")
}

// plainly is a cell's text as it stands in a sentence: a text in which a mark of the sentence stands is in quotes.
func plainly(shown cell) string {
	switch {
	case shown.ink == inkSealed:
		return "‹sealed›"
	case shown.text == "":
		return "empty"
	case strings.ContainsAny(shown.text, ` ,;·"`) && !strings.HasPrefix(shown.text, `"`):
		return quoted(shown.text)
	}
	return shown.text
}

// isNone reports whether all cells hold nothing.
func (p *pillar) isNone() bool {
	return p.isAlike() && (p.cells[0].text == "nil" || p.cells[0].text == "")
}

// isAlike reports whether all cells are the same, and so short that they can stand in a sentence.
func (p *pillar) isAlike() bool {
	first := p.cells[0]
	if len(p.cells) < 2 || first.wide > foldWidth || !p.canBeNamed() {
		return false
	}
	for _, other := range p.cells[1:] {
		if other != first {
			return false
		}
	}
	return true
}

// isSealed reports whether all cells stay sealed, whosever they are.
func (p *pillar) isSealed() bool {
	for _, shown := range p.cells {
		if shown.ink != inkSealed {
			return false
		}
	}
	return len(p.cells) > 1 && p.canBeNamed()
}

// canBeNamed reports whether a column's name can stand in a sentence.
func (p *pillar) canBeNamed() bool {
	return !strings.ContainsAny(p.name, ` ,;·"`) && p.name != "" && width(p.name) <= labelWidth
}

// tellApart has the columns cut in the middle whose cells begin so much alike that what is left would be the same.
func tellApart(pillars []pillar) {
	for i := range pillars {
		p := &pillars[i]
		if p.fixed || p.wraps || p.wide >= p.most {
			continue
		}
		whole := make(map[string]string, len(p.cells))
		for _, shown := range p.cells {
			left := cutCell(shown, p.wide, false)
			if shown.wide <= p.wide {
				left = shown.text
			}
			if other, known := whole[left]; known && other != shown.text && shown.ink != inkSealed {
				p.middle = true
				break
			}
			whole[left] = shown.text
		}
	}
}

// differs reports whether the cells of a column tell rows apart: no value stands in more than three quarters of them.
func (p *pillar) differs() bool {
	times, most := make(map[string]int), 0
	for _, shown := range p.cells {
		times[shown.text]++
		most = max(most, times[shown.text])
	}
	return 4*most <= 3*len(p.cells)
}

// isKey reports whether a column is a row's key, by its name.
func (p *pillar) isKey() bool { return strings.EqualFold(p.name, "id") }

// listed is a list of names, of which there may be many.
func listed(names []string) string {
	const most = 12
	rest := ""
	if len(names) > most {
		rest = fmt.Sprintf(" and %d more", len(names)-most)
		names = names[:most]
	}
	return strings.Join(names, ", ") + rest
}
