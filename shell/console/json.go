package console

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

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
	default:
		if len(v.Text)+len(v.Type) > limit {
			return b, false
		}
		return fits(appendLeaf(b, v), limit)
	}
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
		scratch, _ = e.whole(scratch, &v.Items[i], room, depth+1)
		sizes[i] = len(scratch)
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

// appendLeaf appends a value that holds no others.
func appendLeaf(b []byte, v *wire.Value) []byte {
	switch v.Kind {
	case wire.KindNil:
		return append(b, "null"...)
	case wire.KindBool:
		return strconv.AppendBool(b, v.Int != 0)
	case wire.KindInt:
		return strconv.AppendInt(b, v.Int, 10)
	case wire.KindUint:
		return strconv.AppendUint(b, v.Uint, 10)
	case wire.KindFloat:
		return appendFloat(b, v)
	case wire.KindString, wire.KindComplex:
		return appendString(b, v.Text)
	case wire.KindTime:
		if v.Time == nil {
			return append(b, "null"...)
		}
		return appendString(b, v.Time.Format(time.RFC3339Nano))
	case wire.KindDuration:
		return appendString(b, time.Duration(v.Int).String())
	case wire.KindError:
		return append(appendString(append(b, `{"error":`...), v.Text), '}')
	case wire.KindSealed:
		var r wire.Reference
		if v.Sealed != nil {
			r = *v.Sealed
		}
		b = appendString(append(b, `{"sealed":`...), r.Column)
		b = appendString(append(b, `,"subject":`...), r.Subject)
		b = appendString(append(b, `,"row":`...), r.Row)
		return append(b, '}')
	case wire.KindAffected:
		return append(strconv.AppendInt(append(b, `{"rows_affected":`...), v.Int, 10), '}')
	case wire.KindCycle:
		return append(b, `{"cycle":true}`...)
	default: // KindOpaque, and what a newer worker may know
		return append(appendString(append(b, `{"type":`...), v.Type), '}')
	}
}

// appendFloat appends a number as encoding/json does, in the digits that its size needs, or "NaN", "Inf", "-Inf".
func appendFloat(b []byte, v *wire.Value) []byte {
	f := v.Float
	switch {
	case math.IsNaN(f):
		return append(b, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(b, `"Inf"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Inf"`...)
	}
	form := byte('f')
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) {
		form = 'e'
	}
	return strconv.AppendFloat(b, f, form, -1, floatBits(v))
}

// floatBits is 32 for a value that came from a float32, so that 0.1 is not shown as 0.10000000149011612.
func floatBits(v *wire.Value) int {
	if v.Type == "float32" && float64(float32(v.Float)) == v.Float {
		return 32
	}
	return 64
}

func appendBytes(b, data []byte) []byte {
	b = append(b, `{"bytes":"`...)
	b = base64.StdEncoding.AppendEncode(b, data)
	return append(b, `"}`...)
}

// appendString appends s as a JSON string. Bytes that are no UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		b = appendRune(b, r)
	}
	return append(b, '"')
}

// appendPrefix appends as much of s as fits as a JSON string.
func appendPrefix(b []byte, s string, limit int) ([]byte, bool) {
	if len(b)+len(`""`) > limit {
		return b, false
	}
	b = append(b, '"')
	for _, r := range s {
		end := len(b)
		if b = appendRune(b, r); len(b) >= limit {
			b = b[:end]
			break
		}
	}
	return append(b, '"'), true
}

func appendRune(b []byte, r rune) []byte {
	switch {
	case r == '"', r == '\\':
		return append(b, '\\', byte(r))
	case r == '\n':
		return append(b, `\n`...)
	case r == '\r':
		return append(b, `\r`...)
	case r == '\t':
		return append(b, `\t`...)
	case r == utf8.RuneError || !isHidden(r):
		return utf8.AppendRune(b, r)
	case r > 0xFFFF:
		high, low := utf16.EncodeRune(r)
		return appendUnit(appendUnit(b, high), low)
	default:
		return appendUnit(b, r)
	}
}

// appendUnit appends the \u escape of one UTF-16 unit.
func appendUnit(b []byte, unit rune) []byte {
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', hex[unit>>12&15], hex[unit>>8&15], hex[unit>>4&15], hex[unit&15])
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

// entries is a map's view of a value: an object's members if all keys are strings, else pairs.
type entries struct {
	items       []wire.Value
	names       []string // nil for pairs
	open, close byte
}

func entriesOf(v *wire.Value) entries {
	m := entries{items: v.Items[:len(v.Items)/2*2], open: '{', close: '}'}
	names := make([]string, 0, m.len())
	for i := range m.len() {
		if k := m.key(i); k.Kind == wire.KindString {
			names = append(names, k.Text)
		}
	}
	if len(names) < m.len() || m.len() == 0 && strings.HasPrefix(v.Type, "map[") && !strings.HasPrefix(v.Type, "map[string]") {
		m.open, m.close = '[', ']'
		return m
	}
	m.names = distinct(names)
	return m
}

func (m entries) len() int                { return len(m.items) / 2 }
func (m entries) key(i int) *wire.Value   { return &m.items[2*i] }
func (m entries) value(i int) *wire.Value { return &m.items[2*i+1] }
