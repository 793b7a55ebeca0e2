package console

import (
	"fmt"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// maxEchoed is how many statements are shown of one command.
const maxEchoed = 8

// statements writes the SQL that a command sent, a statement a line, with its rows and its time. The same statement many
// times over is one line, which says how often: that is how a query in a loop is seen.
func (c *sheet) statements(r wire.Result) {
	groups := grouped(r.Statements)
	shown := min(len(groups), maxEchoed)
	for _, g := range groups[:shown] {
		c.statement(g)
	}
	rest := r.More
	for _, g := range groups[shown:] {
		rest += g.times
	}
	if rest == 0 {
		return
	}
	if r.More > 0 {
		c.lines(c.edge(), inkDim, fmt.Sprintf("… %d more · the command took %s", rest, took(r.Duration)))
		return
	}
	var all time.Duration
	for _, s := range r.Statements {
		all += s.Duration
	}
	c.lines(c.edge(), inkDim, fmt.Sprintf("… %d more · %s in all", rest, took(all)))
}

// statement writes one line of SQL.
func (c *sheet) statement(g echoed) {
	indent := c.edge()
	head := ""
	if g.times > 1 {
		head = fmt.Sprintf("×%d ", g.times)
	}
	if g.Write {
		head += "WRITE "
	}
	tail := " · " + count(g.Rows, "row") + " · " + took(g.Duration)
	room := c.room(indent) - width(head) - width(tail)
	if room < 16 {
		c.lines(indent, inkDim, head+shortSQL(visibleLine(oneSpaced(g.SQL)), max(2*c.room(indent), 16))+tail)
		return
	}
	sql := shortSQL(visibleLine(oneSpaced(g.SQL)), room)
	if !g.Write {
		c.line(indent, c.paint(inkDim, head+sql+tail))
		return
	}
	c.line(indent, c.paint(inkWrite, strings.TrimSuffix(head, " "))+" "+c.paint(inkDim, sql+tail))
}

// shortSQL is a statement in at most so many columns, of whole words, with no quote left open. What says which rows is kept
// longest: first the list of columns is shortened, then the end, but for ORDER BY and LIMIT.
func shortSQL(sql string, columns int) string {
	if width(sql) <= columns {
		return sql
	}
	const mark = "…"
	plain := asciiUpper(unquotedSQL(sql))
	for _, list := range [][2]string{{"SELECT ", " FROM "}, {" SET ", " WHERE "}} {
		start := strings.Index(plain, list[0])
		end := strings.Index(plain, list[1])
		if start < 0 || end < start+len(list[0]) {
			continue
		}
		start += len(list[0])
		rest := width(sql[:start]) + width(sql[end:])
		sql = sql[:start] + shortWords(sql[start:end], max(columns-rest, width(mark))) + sql[end:]
		plain = asciiUpper(unquotedSQL(sql))
		break
	}
	for _, clause := range []string{" ORDER BY ", " LIMIT "} {
		if i := strings.LastIndex(plain, clause); i > 0 && width(sql) > columns && width(sql[i:]) <= columns/3 {
			if head := shortWords(sql[:i], columns-width(sql[i:])); !strings.HasSuffix(asciiUpper(head), " FROM "+mark) { // of which table tells more
				return head + sql[i:]
			}
		}
	}
	return shortWords(sql, columns)
}

// shortWords is the beginning of a statement in at most so many columns, up to the end of a word outside quotes.
func shortWords(sql string, columns int) string {
	if width(sql) <= columns {
		return sql
	}
	const mark = " …"
	head, plain := fitting(sql, max(columns-width(mark)+1, 1)), unquotedSQL(sql)
	for i := min(len(head), len(plain)-1); i > 0; i-- {
		if plain[i] == ' ' && width(sql[:i])+width(mark) <= columns {
			return strings.TrimRight(sql[:i], " ") + mark
		}
	}
	if first, _, _ := strings.Cut(plain, " "); !strings.Contains(first, quotedByte) {
		return shorten(sql, columns)
	}
	return shorten("…", columns)
}

// quotedByte stands for each byte of what is in quotes.
const quotedByte = "\x00"

// unquotedSQL is a statement of the same length with nothing left of what stands in quotes.
func unquotedSQL(sql string) string {
	plain := []byte(sql)
	quote := byte(0)
	for i, b := range plain {
		switch {
		case quote != 0:
			if plain[i] = quotedByte[0]; b == quote {
				quote = 0
			}
		case b == '\'', b == '"', b == '`':
			quote, plain[i] = b, quotedByte[0]
		}
	}
	return string(plain)
}

// asciiUpper is s with its plain letters in upper case, each at the place where it was.
func asciiUpper(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

// oneSpaced is a statement with one space where it has several or a line break. What is in quotes stays as it is.
func oneSpaced(sql string) string {
	var b strings.Builder
	quote, space := rune(0), false
	for _, r := range strings.ToValidUTF8(sql, "\uFFFD") {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == ' ', r == '\n', r == '\t', r == '\r':
			space = true
			continue
		case r == '\'', r == '"', r == '`':
			quote = r
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}

// took is a duration to the digit that matters to a person who waits.
func took(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case d < 0:
		return "0 ms"
	case d < 100*time.Microsecond:
		return "<0.1 ms"
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return lasting(d)
	}
}
