package console

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

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
		return appendString(b, timeOf(v).Format(time.RFC3339Nano))
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

// timeOf is a time; the zero one has no form of its own on the wire.
func timeOf(v *wire.Value) time.Time {
	if v.Time == nil {
		return time.Time{}
	}
	return *v.Time
}
