package console

import (
	"strings"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// echoed is one statement, and how often a command sent it.
type echoed struct {
	wire.Statement
	times int
}

// grouped puts equal statements together, in the order of the first of each. So it does with several reads that differ in a
// quoted name alone, such as a count of each table: the names are left out then.
func grouped(statements []wire.Statement) []echoed {
	type key struct {
		sql   string
		write bool
	}
	var groups []echoed
	at := make(map[key]int, len(statements))
	for _, s := range statements {
		k := key{s.SQL, s.Write}
		i, known := at[k]
		if !known {
			at[k] = len(groups)
			groups = append(groups, echoed{Statement: s, times: 1})
			continue
		}
		groups[i].add(s, 1)
	}
	return alike(groups)
}

func (g *echoed) add(s wire.Statement, times int) {
	g.times += times
	g.Rows += s.Rows
	g.Duration += s.Duration
}

// alike puts the reads together that differ in a quoted name alone, where there are at least three: of two, both names tell.
func alike(groups []echoed) []echoed {
	const several = 3
	members := make(map[string][]int)
	for i, g := range groups {
		if frame, _ := framed(g.SQL); !g.Write {
			members[frame] = append(members[frame], i)
		}
	}
	var out []echoed
	for i, g := range groups {
		frame, names := framed(g.SQL)
		same := members[frame]
		if g.Write || len(same) < several || len(names) == 0 {
			out = append(out, g)
			continue
		}
		if same[0] != i {
			continue
		}
		for _, other := range same[1:] {
			g.add(groups[other].Statement, groups[other].times)
			_, others := framed(groups[other].SQL)
			for n := range names {
				if others[n] != names[n] {
					names[n] = "…"
				}
			}
		}
		g.SQL = unframed(frame, names)
		out = append(out, g)
	}
	return out
}

// hole stands for a quoted name in a frame.
const hole = "\x00"

// framed is a statement without its quoted names, and these with their quotes, as many as there are holes in the frame.
func framed(sql string) (frame string, names []string) {
	var b strings.Builder
	sql = strings.ReplaceAll(sql, hole, "\uFFFD")
	for i := 0; i < len(sql); {
		end := i + 1
		if q := sql[i]; q == '"' || q == '`' || q == '\'' {
			n := strings.IndexByte(sql[i+1:], q)
			if n < 0 {
				b.WriteString(sql[i:])
				break
			}
			end = i + n + 2
			if q != '\'' {
				names = append(names, sql[i:end])
				b.WriteString(hole)
				i = end
				continue
			}
		}
		b.WriteString(sql[i:end])
		i = end
	}
	return b.String(), names
}

func unframed(frame string, names []string) string {
	for _, name := range names {
		frame = strings.Replace(frame, hole, name, 1)
	}
	return frame
}

// isToldAlready reports whether a note says of the rows written what the echo of the statements says.
func isToldAlready(note string, r wire.Result) bool {
	groups := grouped(r.Statements)
	var rows int64
	written := false
	for _, g := range groups[:min(len(groups), maxEchoed)] {
		if g.Write {
			rows += g.Rows
			written = true
		}
	}
	verb := " were written"
	if rows == 1 {
		verb = " was written"
	}
	return written && r.More == 0 && note == count(rows, "row")+verb
}
