package console

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// short returns v on one line, if that line is short.
func short(v *wire.Value) (string, bool) {
	p := page{limit: 4 * lineWidth} // bytes: a rune has up to four, and is at least a column but for marks
	p.line(v, 0)
	line := p.b.String()
	return line, !p.full && width(line) <= lineWidth
}

// line writes v on one line.
func (p *page) line(v *wire.Value, depth int) {
	if depth > maxDepth {
		p.full = true
	}
	if p.full {
		return
	}
	switch v.Kind {
	case wire.KindList:
		p.put("[")
		for i := range v.Items {
			p.separate(i)
			p.line(&v.Items[i], depth+1)
		}
		p.end(v, "]")
	case wire.KindMap:
		p.put("{")
		for i := 0; i+1 < len(v.Items); i += 2 {
			p.separate(i)
			p.line(&v.Items[i], depth+1)
			p.put(": ")
			p.line(&v.Items[i+1], depth+1)
		}
		p.end(v, "}")
	case wire.KindStruct, wire.KindRecord:
		p.put(typeName(v) + "{")
		for i, name := range fieldNames(v) {
			p.separate(i)
			p.put(visibleLine(name) + ": ")
			p.line(&v.Items[i], depth+1)
		}
		p.end(v, "}")
	case wire.KindError:
		p.put("error(" + quoted(prefix(v.Text, p.limit)) + cutBytes(v) + ")")
	case wire.KindString:
		p.put(quoted(prefix(v.Text, p.limit)) + cutBytes(v)) // with its quotes it is too long, where the prefix is one
	case wire.KindBytes:
		p.put(byteString(v))
	default:
		p.put(p.leafOf(v))
	}
}

func (p *page) leafOf(v *wire.Value) string {
	if p.leaf != nil {
		return p.leaf(v)
	}
	return leaf(v)
}

func (p *page) separate(i int) {
	if i > 0 {
		p.put(", ")
	}
}

func (p *page) end(v *wire.Value, bracket string) {
	if v.Cut != 0 {
		p.separate(len(v.Items))
		p.put(more(v.Cut))
	}
	p.put(bracket)
}

// leaf returns a value that neither holds others nor is text.
func leaf(v *wire.Value) string {
	switch v.Kind {
	case wire.KindNil:
		return "nil"
	case wire.KindBool:
		return strconv.FormatBool(v.Int != 0)
	case wire.KindInt:
		return numbered(v, strconv.FormatInt(v.Int, 10))
	case wire.KindUint:
		return numbered(v, strconv.FormatUint(v.Uint, 10))
	case wire.KindFloat:
		return strconv.FormatFloat(v.Float, 'g', -1, floatBits(v))
	case wire.KindComplex:
		return visibleLine(v.Text)
	case wire.KindTime:
		return moment(timeOf(v))
	case wire.KindDuration:
		return time.Duration(v.Int).String()
	case wire.KindSealed:
		return sealed(v.Sealed)
	case wire.KindAffected:
		return count(v.Int, "row")
	case wire.KindCycle:
		return "‹cycle›"
	default: // KindOpaque, and what a newer worker may know
		return visibleLine(v.Type)
	}
}

// bare returns a field's or a cell's value on one line: a string without quotes, unless it could be misread.
func bare(v *wire.Value) string {
	if v.Kind == wire.KindString {
		s := visibleLine(v.Text)
		// Nor may what a customer called himself pass for a value that is sealed.
		if s == "" || s == "nil" || s != v.Text || strings.TrimSpace(s) != s || strings.HasPrefix(s, `"`) || strings.HasPrefix(s, "‹") {
			s = quoted(v.Text)
		}
		return s + cutBytes(v)
	}
	p := page{limit: 4 * cellWidth}
	p.line(v, 0)
	if p.full {
		return p.b.String() + "…"
	}
	return p.b.String()
}

// sealed is how a sealed value is written wherever it stands: as crypto writes it when typed code prints one.
func sealed(r *wire.Reference) string {
	if r == nil {
		return "‹sealed›"
	}
	s := "‹sealed " + visibleLine(r.Column) + " " + visibleLine(r.Row)
	switch r.Subject {
	case r.Row:
	case "":
		s += " of nobody"
	default:
		s += " of " + visibleLine(r.Subject)
	}
	return s + "›"
}

// moment is a time to the digit that it has, in its own zone.
func moment(t time.Time) string {
	if _, offset := t.Zone(); offset == 0 {
		return t.Format("2006-01-02 15:04:05.999999999 UTC")
	}
	return t.Format("2006-01-02 15:04:05.999999999 -07:00")
}

// byteString is a byte slice in hex, its first bytes only if it is long.
func byteString(v *wire.Value) string {
	const most = 32
	if len(v.Bytes) <= most && v.Cut == 0 {
		return "0x" + hex.EncodeToString(v.Bytes)
	}
	return fmt.Sprintf("0x%x… (%s)", v.Bytes[:min(most, len(v.Bytes))], count(int64(len(v.Bytes)+v.Cut), "byte"))
}

// cutBytes says how much of a text or of bytes their maker left out.
func cutBytes(v *wire.Value) string {
	if v.Cut == 0 {
		return ""
	}
	return fmt.Sprintf("… %s more", count(int64(v.Cut), "byte"))
}

// more says how many items were left out.
func more(n int) string { return fmt.Sprintf("… %d more", n) }

// typeName is the head of a struct: its type, as a person would write it.
func typeName(v *wire.Value) string {
	switch {
	case v.Type != "":
		return visibleLine(v.Type)
	case v.Kind == wire.KindRecord:
		return "row"
	default:
		return "struct"
	}
}

// count is "1 row", "2 rows".
func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.FormatInt(n, 10) + " " + what + "s"
}

// width is how many columns s takes on a terminal. Whether the machine is set to an East Asian language must not change
// what is on record, so it is not asked.
func width(s string) int {
	return (&runewidth.Condition{StrictEmojiNeutral: true}).StringWidth(s)
}

// shorten returns s in at most so many columns.
func shorten(s string, columns int) string { return shortenTo(s, columns, "…") }

// shortenTo is shorten with another mark of what was left out.
func shortenTo(s string, columns int, mark string) string {
	return (&runewidth.Condition{StrictEmojiNeutral: true}).Truncate(s, columns, mark)
}

func spaces(n int) string { return strings.Repeat(" ", max(n, 0)) }

// prefix returns the runes of s that begin and end within its first n bytes.
func prefix(s string, n int) string {
	if n >= len(s) {
		return s
	}
	n = max(n, 0)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// numbered is a number with the name that its type has for it: closed (2).
func numbered(v *wire.Value, number string) string {
	if v.Text == "" || v.Text == number {
		return number
	}
	return visibleLine(v.Text) + " (" + number + ")"
}
