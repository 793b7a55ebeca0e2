package wire

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// MaxScalars is how many scalars stand in one list: what SQLite binds to one statement.
const MaxScalars = 32766

// Scalar is one plain value that a worker sends: nil, bool, int64, float64, string, []byte or time.Time.
type Scalar struct{ V any }

// Scalars is a list of plain values.
type Scalars []any

// The decoders of lists and of single values refuse arrays, maps and unknown tags: a worker's few bytes buy no tree.
var (
	_ cbor.Unmarshaler = (*Scalar)(nil)
	_ cbor.Unmarshaler = (*Scalars)(nil)
	_ cbor.Marshaler   = Scalar{}
)

// MarshalCBOR writes the value itself.
func (s Scalar) MarshalCBOR() ([]byte, error) {
	mode, err := encoding()
	if err != nil {
		return nil, err
	}
	return mode.Marshal(s.V)
}

// UnmarshalCBOR reads one value.
func (s *Scalar) UnmarshalCBOR(b []byte) error {
	mode, err := decoding()
	if err != nil {
		return err
	}
	v, err := scalar(mode, b)
	s.V = v
	return err
}

// UnmarshalCBOR reads a list.
func (s *Scalars) UnmarshalCBOR(b []byte) error {
	mode, err := decoding()
	if err != nil {
		return err
	}
	var parts []cbor.RawMessage
	if err := mode.Unmarshal(b, &parts); err != nil {
		return err
	}
	if len(parts) > MaxScalars {
		return fmt.Errorf("%w: %d values, of at most %d", ErrMalformed, len(parts), MaxScalars)
	}
	*s = make(Scalars, len(parts))
	for i, part := range parts {
		if (*s)[i], err = scalar(mode, part); err != nil {
			return err
		}
	}
	return nil
}

// scalar decodes one value by its major type (RFC 8949, 3.1): numbers, texts, bytes, the text tag of a time, and simple
// values.
func scalar(mode cbor.DecMode, b []byte) (any, error) {
	if len(b) == 0 || b[0]>>5 == 4 || b[0]>>5 == 5 || b[0]>>5 == 6 && b[0] != 0xC0 {
		return nil, fmt.Errorf("%w: not a plain value", ErrMalformed)
	}
	var v any
	if err := mode.Unmarshal(b, &v); err != nil {
		return nil, err
	}
	return v, nil
}
