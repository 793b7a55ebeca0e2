package console

import "strings"

// window is the part of a line from one column on, of so many columns. Inks that are on there stay on.
func window(line string, left, columns int) string {
	var b strings.Builder
	at := 0
	for line != "" {
		if strings.HasPrefix(line, "\x1b[") {
			end := strings.IndexByte(line, 'm') + 1
			if end == 0 {
				break
			}
			b.WriteString(line[:end])
			line = line[end:]
			continue
		}
		text := line
		if i := strings.Index(line, "\x1b["); i >= 0 {
			text = line[:i]
		}
		line = line[len(text):]
		if skip := left - at; skip > 0 {
			w := width(text)
			if w <= skip {
				at += w
				continue
			}
			text = afterColumns(text, skip)
			at = left
		}
		if room := left + columns - at; width(text) > room {
			text = shortenTo(text, max(room, 0), "")
		}
		at += width(text)
		b.WriteString(text)
	}
	return b.String()
}

// afterColumns is a text without its first columns. Half a wide letter is a space.
func afterColumns(text string, columns int) string {
	head := shortenTo(text, columns, "")
	if gap := columns - width(head); gap > 0 {
		rest := text[len(head):]
		return spaces(width(fitting(rest, 2))-gap) + rest[len(fitting(rest, 2)):]
	}
	return text[len(head):]
}
