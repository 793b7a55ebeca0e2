package console

import (
	"slices"
	"unicode"
)

// draft is an input that is being edited: its text, line breaks included, and where the cursor stands in it. Its methods
// know nothing of a terminal.
type draft struct {
	text []rune
	pos  int
}

func draftOf(s string) draft {
	text := []rune(s)
	return draft{text: text, pos: len(text)}
}

func (d draft) clone() draft { return draft{text: slices.Clone(d.text), pos: d.pos} }

func (d *draft) insert(s string) {
	letters := []rune(s)
	d.text = slices.Insert(d.text, d.pos, letters...)
	d.pos += len(letters)
}

// cut removes the text between two places, puts the cursor there, and returns what stood there.
func (d *draft) cut(from, to int) []rune {
	gone := slices.Clone(d.text[from:to])
	d.text = slices.Delete(d.text, from, to)
	d.pos = from
	return gone
}

// lineStart and lineEnd are those of the line that i stands in.
func (d *draft) lineStart(i int) int {
	for i > 0 && d.text[i-1] != '\n' {
		i--
	}
	return i
}

func (d *draft) lineEnd(i int) int {
	for i < len(d.text) && d.text[i] != '\n' {
		i++
	}
	return i
}

// before and after are the places one letter to the left and to the right, with all its marks.
func (d *draft) before(i int) int {
	at := d.lineStart(i)
	if at == i {
		return max(i-1, 0)
	}
	for {
		end := letterEnd(d.text, at)
		if end >= i {
			return at
		}
		at = end
	}
}

func (d *draft) after(i int) int {
	if i >= len(d.text) {
		return len(d.text)
	}
	return letterEnd(d.text, i)
}

// wordLeft and wordRight are the begin of the word to the left, and the end of the one to the right.
func (d *draft) wordLeft(i int) int {
	for i > 0 && !isWord(d.text[i-1]) {
		i--
	}
	for i > 0 && isWord(d.text[i-1]) {
		i--
	}
	return i
}

func (d *draft) wordRight(i int) int {
	for i < len(d.text) && !isWord(d.text[i]) {
		i++
	}
	for i < len(d.text) && isWord(d.text[i]) {
		i++
	}
	return i
}

func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.M, r)
}

// up and down move the cursor a line, and report false where there is none.
func (d *draft) up() bool {
	start := d.lineStart(d.pos)
	if start == 0 {
		return false
	}
	d.pos = d.at(d.lineStart(start-1), d.pos-start)
	return true
}

func (d *draft) down() bool {
	end := d.lineEnd(d.pos)
	if end == len(d.text) {
		return false
	}
	d.pos = d.at(end+1, d.pos-d.lineStart(d.pos))
	return true
}

// at is the place so many runes behind the start of a line, or the line's end.
func (d *draft) at(start, column int) int {
	i := min(start+column, d.lineEnd(start))
	if j := d.before(i); i < len(d.text) && i > start && letterEnd(d.text, j) != i {
		return j // not between a letter and its marks
	}
	return i
}

// transpose swaps the two letters around the cursor.
func (d *draft) transpose() {
	i := d.pos
	if i > 0 && (i == len(d.text) || d.text[i] == '\n') {
		i--
	}
	if i > d.lineStart(i) && i < len(d.text) {
		d.text[i-1], d.text[i] = d.text[i], d.text[i-1]
		d.pos = i + 1
	}
}

// letterEnd is where the letter that begins at i ends: behind its combining marks, and behind what joins an emoji.
func letterEnd(text []rune, i int) int {
	if isFlag(text[i]) && i+1 < len(text) && isFlag(text[i+1]) {
		return i + 2
	}
	last := text[i]
	for i++; i < len(text) && last != '\n'; i++ {
		r := text[i]
		joins := unicode.Is(unicode.M, r) && !isFiller(r) || r >= 0x1F3FB && r <= 0x1F3FF && unicode.Is(unicode.So, last) ||
			r == zeroWidthJoiner && i+1 < len(text) && joinsEmoji(last, string(text[i+1]))
		if !joins {
			break
		}
		if r == zeroWidthJoiner {
			i++
		}
		last = text[i]
	}
	return i
}

func isFlag(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }
