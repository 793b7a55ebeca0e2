package console

import (
	"encoding/json"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// JSON returns v as the contract's page on the command line has it, in at most limit bytes (four, for null, if the limit is
// less), and whether anything was left out, here or by whoever made v. It is always valid JSON without line breaks; what
// [Visible] would escape stands in it as \u escapes, so it can be printed to a terminal and still be read back. It is
// nil for a nil v: a command without a value.
//
// Of what does not fit, a list or a map keeps the first items that do, whole; a struct or a row shortens its longest fields.
func JSON(v *wire.Value, limit int) (encoded json.RawMessage, truncated bool) {
	if v == nil {
		return nil, false
	}
	limit = max(limit, len("null"))
	var e encoder
	if b, ok := e.whole(nil, v, limit, 0); ok {
		return b, e.omitted
	}
	if b, ok := e.part(nil, v, limit, 0); ok {
		return b, true
	}
	return json.RawMessage("null"), true
}

// maxDepth bounds the recursion over a tree that a worker made. An honest one stops far earlier.
const maxDepth = 100

// encoder appends values to a buffer. Its methods get the length that the buffer may reach, and report false where they
// went beyond it; the caller then cuts the buffer back.
type encoder struct {
	omitted bool // a value was met that is not all there
}

// whole appends v with all that it holds.
func (e *encoder) whole(b []byte, v *wire.Value, limit, depth int) ([]byte, bool) {
	if v.Cut != 0 {
		e.omitted = true
	}
	if depth > maxDepth {
		e.omitted = true
		return fits(append(b, "null"...), limit)
	}
	switch v.Kind {
	case wire.KindList:
		b = append(b, '[')
		for i := range v.Items {
			b = comma(b, i)
			var ok bool
			if b, ok = e.whole(b, &v.Items[i], limit, depth+1); !ok {
				return b, false
			}
		}
		return fits(append(b, ']'), limit)
	case wire.KindMap:
		m := entriesOf(v)
		b = append(b, m.open)
		for i := range m.len() {
			var ok bool
			if b, ok = e.entry(comma(b, i), m, i, limit, depth, e.whole); !ok {
				return b, false
			}
		}
		return fits(append(b, m.close), limit)
	case wire.KindStruct, wire.KindRecord:
		names := fieldNames(v)
		b = append(b, '{')
		for i, name := range names {
			b = append(appendString(comma(b, i), name), ':')
			var ok bool
			if b, ok = e.whole(b, &v.Items[i], limit, depth+1); !ok {
				return b, false
			}
		}
		return fits(append(b, '}'), limit)
	case wire.KindBytes:
		if len(v.Bytes) > limit {
			return b, false
		}
		return fits(appendBytes(b, v.Bytes), limit)
	case wire.KindString, wire.KindError, wire.KindComplex:
		if len(v.Text) > limit {
			return b, false
		}
	}
	return fits(appendLeaf(b, v), limit)
}

// part appends what it can of v, which is too long to be appended whole.
func (e *encoder) part(b []byte, v *wire.Value, limit, depth int) ([]byte, bool) {
	if depth > maxDepth {
		return b, false
	}
	switch v.Kind {
	case wire.KindString:
		return appendPrefix(b, v.Text, limit)
	case wire.KindError:
		b, ok := appendPrefix(append(b, `{"error":`...), v.Text, limit-1)
		return append(b, '}'), ok
	case wire.KindBytes:
		room := limit - len(b) - len(`{"bytes":""}`)
		if room < 0 {
			return b, false
		}
		return appendBytes(b, v.Bytes[:min(room/4*3, len(v.Bytes))]), true
	case wire.KindList:
		return e.first(b, '[', ']', len(v.Items), limit, func(b []byte, i, limit int, append appender) ([]byte, bool) {
			return append(b, &v.Items[i], limit, depth+1)
		})
	case wire.KindMap:
		m := entriesOf(v)
		return e.first(b, m.open, m.close, m.len(), limit, func(b []byte, i, limit int, append appender) ([]byte, bool) {
			return e.entry(b, m, i, limit, depth, append)
		})
	case wire.KindStruct, wire.KindRecord:
		return e.fields(b, v, limit, depth)
	default:
		return b, false
	}
}

// appender is whole or part.
type appender func(b []byte, v *wire.Value, limit, depth int) ([]byte, bool)

// either appends v whole if it fits, else what fits of it.
func (e *encoder) either(b []byte, v *wire.Value, limit, depth int) ([]byte, bool) {
	start := len(b)
	if b, ok := e.whole(b, v, limit, depth); ok {
		return b, true
	}
	return e.part(b[:start], v, limit, depth)
}

// first appends the first of n items that fit whole, or a part of the very first one if not even that does.
func (e *encoder) first(b []byte, open, end byte, n, limit int, item func(b []byte, i, limit int, append appender) ([]byte, bool)) ([]byte, bool) {
	b = append(b, open)
	limit-- // for the end
	if len(b) > limit {
		return b, false
	}
	for i := range n {
		start := len(b)
		longer, ok := item(comma(b, i), i, limit, e.whole)
		if !ok && i == 0 {
			longer, ok = item(b, i, limit, e.part)
		}
		if !ok {
			b = longer[:start]
			break
		}
		b = longer
	}
	return append(b, end), true
}

// fields appends a struct or a row, each field with its fair share of the room: what needs less than that leaves the rest
// to the longer ones.
func (e *encoder) fields(b []byte, v *wire.Value, limit, depth int) ([]byte, bool) {
	names := fieldNames(v)
	room := limit - len(b) - len("{}")
	if room < 0 {
		return b, false
	}
	var scratch []byte
	sizes := make([]int, len(names)) // of each field with its name
	for i, name := range names {
		scratch = append(appendString(comma(scratch[:0], i), name), ':')
		var ok bool
		if scratch, ok = e.whole(scratch, &v.Items[i], room, depth+1); ok {
			sizes[i] = len(scratch)
		} else {
			sizes[i] = room + 1
		}
	}
	share := fairShare(sizes, room)

	b = append(b, '{')
	written := 0
	for i, name := range names {
		start := len(b)
		end := min(start+min(sizes[i], share), limit-1)
		longer, ok := append(appendString(comma(b, written), name), ':'), false
		if len(longer) < end {
			longer, ok = e.either(longer, &v.Items[i], end, depth+1)
		}
		if !ok {
			b = longer[:start]
			continue
		}
		b = longer
		written++
	}
	return append(b, '}'), true
}

// entry appends the i-th entry of a map: a member of an object, or a pair.
func (e *encoder) entry(b []byte, m entries, i, limit, depth int, value appender) ([]byte, bool) {
	if m.names != nil {
		b = append(appendString(b, m.names[i]), ':')
		if len(b) > limit {
			return b, false
		}
		return value(b, m.value(i), limit, depth+1)
	}
	b, ok := e.whole(append(b, '['), m.key(i), limit, depth+1)
	if !ok {
		return b, false
	}
	b, ok = value(append(b, ','), m.value(i), limit-1, depth+1)
	return append(b, ']'), ok
}

// comma separates the i-th item from the one before.
func comma(b []byte, i int) []byte {
	if i == 0 {
		return b
	}
	return append(b, ',')
}

// fits reports whether b stayed within limit.
func fits(b []byte, limit int) ([]byte, bool) { return b, len(b) <= limit }
