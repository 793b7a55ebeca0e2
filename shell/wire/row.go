package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// Opened is a sealed value whose plaintext the broker lets through, after it recorded that.
type Opened struct {
	Reference
	Plain []byte
	Text  bool // the column holds text
}

// The tags of a cell. Each value has one encoding.
const (
	cellNull byte = iota
	cellFalse
	cellTrue
	cellInt    // zig-zag varint
	cellFloat  // 8 bytes, IEEE 754
	cellText   // length, bytes
	cellBytes  // length, bytes
	cellTime   // seconds as zig-zag varint, nanoseconds as uvarint, zone offset in seconds as zig-zag varint
	cellSealed // column, subject, row, digest
	cellOpened // column, subject, row, digest, text flag, plaintext
)

// AppendRow appends one row to a page. A cell is nil, bool, int64, float64, string, []byte, time.Time, *Reference or
// *Opened; anything else is an error.
func AppendRow(page []byte, cells []any) ([]byte, error) {
	for i, cell := range cells {
		switch v := cell.(type) {
		case nil:
			page = append(page, cellNull)
		case bool:
			if v {
				page = append(page, cellTrue)
			} else {
				page = append(page, cellFalse)
			}
		case int64:
			page = binary.AppendVarint(append(page, cellInt), v)
		case float64:
			page = binary.BigEndian.AppendUint64(append(page, cellFloat), math.Float64bits(v))
		case string:
			page = appendString(append(page, cellText), v)
		case []byte:
			page = appendString(append(page, cellBytes), v)
		case time.Time:
			_, offset := v.Zone()
			page = binary.AppendVarint(append(page, cellTime), v.Unix())
			page = binary.AppendUvarint(page, uint64(v.Nanosecond()))
			page = binary.AppendVarint(page, int64(offset))
		case *Reference:
			page = appendReference(append(page, cellSealed), v)
		case *Opened:
			page = appendReference(append(page, cellOpened), &v.Reference)
			if v.Text {
				page = append(page, 1)
			} else {
				page = append(page, 0)
			}
			page = appendString(page, v.Plain)
		default:
			return nil, fmt.Errorf("cell %d: no encoding for a %T", i, cell)
		}
	}
	return page, nil
}

func appendString[T string | []byte](page []byte, s T) []byte {
	page = binary.AppendUvarint(page, uint64(len(s)))
	return append(page, s...)
}

func appendReference(page []byte, r *Reference) []byte {
	page = appendString(page, r.Column)
	page = appendString(page, r.Subject)
	page = appendString(page, r.Row)
	return appendString(page, r.Digest)
}

// RowReader decodes the rows of a page.
type RowReader struct {
	rest   []byte
	failed bool
	names  [3]string // the last reference's: the next one often has the same
}

// NewRowReader reads the rows of page.
func NewRowReader(page []byte) *RowReader { return &RowReader{rest: page} }

// Rest is what has not been read yet.
func (d *RowReader) Rest() []byte { return d.rest }

// Read decodes the next row into cells.
func (d *RowReader) Read(cells []any) error {
	for i := range cells {
		cells[i] = d.cell()
		if d.failed {
			return fmt.Errorf("%w: cell %d of a row", ErrMalformed, i)
		}
	}
	return nil
}

func (d *RowReader) cell() any {
	switch d.byte() {
	case cellNull:
		return nil
	case cellFalse:
		return false
	case cellTrue:
		return true
	case cellInt:
		return d.varint()
	case cellFloat:
		if b := d.take(8); b != nil {
			return math.Float64frombits(binary.BigEndian.Uint64(b))
		}
	case cellText:
		return string(d.string())
	case cellBytes:
		return append([]byte{}, d.string()...)
	case cellTime:
		return d.time()
	case cellSealed:
		r := d.reference()
		return &r
	case cellOpened:
		r := d.reference()
		text := d.byte()
		if text > 1 {
			d.failed = true
		}
		return &Opened{Reference: r, Text: text == 1, Plain: append([]byte{}, d.string()...)}
	default:
		d.failed = true
	}
	return nil
}

func (d *RowReader) take(n uint64) []byte {
	if d.failed || n > uint64(len(d.rest)) {
		d.failed = true
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

func (d *RowReader) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0xFF
}

func (d *RowReader) varint() int64 {
	v, n := binary.Varint(d.rest)
	d.skip(n, len(binary.AppendVarint(nil, v)))
	return v
}

func (d *RowReader) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	d.skip(n, len(binary.AppendUvarint(nil, v)))
	return v
}

// skip passes over a varint of n bytes, and refuses one that could have been shorter.
func (d *RowReader) skip(n, shortest int) {
	if d.failed || n <= 0 || n != shortest {
		d.failed = true
		return
	}
	d.rest = d.rest[n:]
}

func (d *RowReader) string() []byte { return d.take(d.uvarint()) }

func (d *RowReader) time() any {
	seconds, nanos, offset := d.varint(), d.uvarint(), d.varint()
	if nanos >= 1e9 || offset < -86400 || offset > 86400 {
		d.failed = true
		return nil
	}
	t := time.Unix(seconds, int64(nanos))
	if offset == 0 {
		return t.UTC()
	}
	return t.In(time.FixedZone("", int(offset)))
}

func (d *RowReader) reference() Reference {
	for i := range d.names {
		if b := d.string(); string(b) != d.names[i] {
			d.names[i] = string(b)
		}
	}
	return Reference{Column: d.names[0], Subject: d.names[1], Row: d.names[2], Digest: append([]byte{}, d.string()...)}
}
