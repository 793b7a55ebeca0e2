package audit

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// sum adds up the rows of a session in any order: one that is missing, added or changed changes it.
type sum [2]uint64

func (s *sum) add(o sum) { s[0] += o[0]; s[1] += o[1] }
func (s *sum) sub(o sum) { s[0] -= o[0]; s[1] -= o[1] }

// rowSum gives each row a number that nobody can foresee, for its key is made anew for each run: so nobody can make rows
// whose sum is that of others.
type rowSum struct {
	key    [32]byte
	buffer []byte
}

func newRowSum() rowSum {
	var r rowSum
	rand.Read(r.key[:])
	return r
}

func (r *rowSum) of(row Row) sum {
	b := append(r.buffer[:0], r.key[:]...)
	b = appendText(b, row.table.name)
	for _, value := range row.values {
		switch v := value.(type) {
		case nil:
			b = append(b, 0)
		case int64:
			b = binary.BigEndian.AppendUint64(append(b, 1), uint64(v))
		case string:
			b = appendText(append(b, 2), v)
		case []byte:
			b = appendBytes(append(b, 3), v)
		default:
			b = appendText(append(b, 4), fmt.Sprint(v)) // a type that no column of ours has
		}
	}
	r.buffer = b
	h := sha256.Sum256(b)
	return sum{binary.BigEndian.Uint64(h[:]), binary.BigEndian.Uint64(h[8:])}
}

// projections compares what the entries came to with what stands in the tables.
func (v *verifier) projections() error {
	suspects := map[string]bool{}
	for _, w := range v.sessions {
		if len(w.parked) > 0 && !w.broken {
			v.at(&w.parked[0].entry, "the entry does not follow the session's entry before it: one was removed or changed")
			w.broken = true
		}
		if !w.broken {
			w.folded.unsettled(func(r Row) { w.sum.add(v.sum.of(r)) })
		}
	}
	for _, t := range tables {
		for row, err := range v.view.rows(t) {
			if err != nil {
				return err
			}
			if err := v.ctx.Err(); err != nil {
				return err
			}
			id, _ := row.values[t.session].(string)
			w := v.sessions[id]
			if id == "" {
				w = &v.server
			}
			if w == nil {
				suspects[id] = true
				continue
			}
			w.sum.sub(v.sum.of(row))
		}
	}
	for id, w := range v.sessions {
		if w.sum != (sum{}) && !w.broken {
			suspects[id] = true
		}
	}
	if v.server.sum != (sum{}) && !v.server.broken {
		suspects[""] = true
	}
	for _, id := range slices.Sorted(maps.Keys(suspects)) {
		if v.report.More > 0 {
			v.report.More++
			continue
		}
		if err := v.locate(id); err != nil {
			return err
		}
	}
	return nil
}

// locate folds a session once more and compares row by row.
func (v *verifier) locate(session string) error {
	want := map[string]Row{}
	if err := v.refold(session, func(r Row) { want[r.key()] = r }); err != nil {
		return err
	}
	for _, t := range tables {
		have, err := v.view.related(t, session)
		if err != nil {
			return err
		}
		for _, row := range have {
			key := row.key()
			expected, ok := want[key]
			delete(want, key)
			if !ok {
				v.projection(session, row, "has a row that no entry made")
				continue
			}
			for i, column := range t.names() {
				if !same(row.values[i], expected.values[i]) {
					v.projection(session, row, "says that %s is %s, the entries say %s", column,
						show(row.values[i]), show(expected.values[i]))
				}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		v.projection(session, want[key], "hides a row that the entries make")
	}
	return nil
}

// refold reads a session's entries, or those of no session, and folds them to the end.
func (v *verifier) refold(session string, emit func(Row)) error {
	open := opener{view: v.view, sealer: v.sealer}
	if session == "" {
		writers := map[WriterID]*Writer{}
		for w, err := range v.view.writers() {
			if err != nil {
				return err
			}
			writers[w.ID] = &w
		}
		for e, err := range v.view.entries("") {
			if err != nil {
				return err
			}
			if w := writers[e.Writer]; e.Session == "" && e.Kind == KindRefused && w != nil {
				_, ledger, err := open.read(v.ctx, &e, writerScope(w.Public))
				if err != nil {
					return err
				}
				if err := fold(nil, &e, ledger, emit); err != nil {
					return err
				}
			}
		}
		return nil
	}
	var entries []Entry
	for e, err := range v.view.entries(session) {
		if err != nil {
			return err
		}
		entries = append(entries, e)
	}
	f := &folded{}
	for _, e := range inOrder(entries) {
		_, ledger, err := open.read(v.ctx, &e, session)
		if err != nil {
			return err
		}
		if err := fold(f, &e, ledger, emit); err != nil {
			return err
		}
	}
	f.unsettled(emit)
	return nil
}

func (v *verifier) projection(session string, row Row, format string, args ...any) {
	fault := Fault{Session: session, What: "the table " + row.table.name + " " + fmt.Sprintf(format, args...)}
	names := row.table.names()
	if at := slices.Index(names, "writer"); at >= 0 {
		var w WriterID
		if id, ok := row.values[at].([]byte); ok {
			copy(w[:], id)
			fault.Writer = w.String()
		}
	}
	if at := slices.Index(names, "seq"); at >= 0 {
		seq, _ := row.values[at].(int64)
		fault.Seq = uint64(seq)
	}
	v.report.fault(fault)
}

// key tells the rows of all tables apart.
func (r Row) key() string {
	n := 2
	switch r.table {
	case sessionsTable:
		n = 1
	case disclosuresTable:
		n = 3
	}
	var b []byte
	for _, value := range r.values[:n] {
		switch v := value.(type) {
		case int64:
			b = binary.BigEndian.AppendUint64(b, uint64(v))
		case string:
			b = appendText(b, v)
		case []byte:
			b = appendBytes(b, v)
		}
	}
	return r.table.name + " " + string(b)
}

// names are the columns in their order.
func (t *table) names() []string {
	list, _, _ := strings.Cut(strings.TrimPrefix(t.read, "SELECT "), "FROM")
	names := strings.Split(list, ",")
	for i := range names {
		names[i] = strings.Trim(strings.TrimSpace(names[i]), `"`)
	}
	return names
}

func same(a, b any) bool {
	x, isBytes := a.([]byte)
	y, areBytes := b.([]byte)
	if isBytes && areBytes {
		return bytes.Equal(x, y)
	}
	return !isBytes && !areBytes && a == b
}

func show(value any) string {
	switch v := value.(type) {
	case nil:
		return "nothing"
	case []byte:
		return fmt.Sprintf("%x", v)
	case string:
		return fmt.Sprintf("%.80q", v)
	}
	return fmt.Sprint(value)
}
