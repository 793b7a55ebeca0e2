package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// Bounds of a frame, in bytes.
const (
	MaxControl  = 8 << 20  // either way on the control socket
	MaxRequest  = 16 << 20 // worker to broker on the statement socket
	MaxResponse = 80 << 20 // broker to worker on the statement socket
)

// ErrMalformed is a frame that breaks the protocol: too long, not CBOR, or not of the expected form.
var ErrMalformed = errors.New("malformed frame")

// Conn sends and receives frames over a stream. Send may be called by several goroutines, Receive by one.
type Conn struct {
	stream net.Conn
	max    int // of a received frame
	reader *bufio.Reader
	encode cbor.EncMode
	decode cbor.DecMode

	sending sync.Mutex
}

// NewConn returns a Conn over stream that refuses to receive a frame of more than max bytes.
func NewConn(stream net.Conn, max int) (*Conn, error) {
	encode, err := encoding()
	if err != nil {
		return nil, err
	}
	decode, err := decoding()
	if err != nil {
		return nil, err
	}
	return &Conn{stream: stream, max: max, reader: bufio.NewReaderSize(stream, 64<<10), encode: encode, decode: decode}, nil
}

// encoding is how frames are written.
var encoding = sync.OnceValues(func() (cbor.EncMode, error) {
	mode, err := cbor.EncOptions{Time: cbor.TimeRFC3339Nano, TimeTag: cbor.EncTagRequired}.EncMode()
	if err != nil {
		return nil, fmt.Errorf("cbor encoder: %w", err)
	}
	return mode, nil
})

// decoding is how frames are read, whoever wrote them.
var decoding = sync.OnceValues(func() (cbor.DecMode, error) {
	mode, err := cbor.DecOptions{
		IntDec:            cbor.IntDecConvertSignedOrFail,
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		MaxNestedLevels:   64,
		MaxArrayElements:  1 << 17,
		MaxMapPairs:       1 << 10,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		UTF8:              cbor.UTF8DecodeInvalid, // a database's text may be anything; who records or shows it escapes it
		DefaultMapType:    reflect.TypeFor[map[string]any](),
	}.DecMode()
	if err != nil {
		return nil, fmt.Errorf("cbor decoder: %w", err)
	}
	return mode, nil
})

// Encode is one message as it is sent.
func Encode(message any) ([]byte, error) {
	encode, err := encoding()
	if err != nil {
		return nil, err
	}
	return encode.Marshal(message)
}

// Decode reads one message. What breaks the protocol is an ErrMalformed.
func Decode(b []byte, message any) error {
	decode, err := decoding()
	if err != nil {
		return err
	}
	if err := decode.Unmarshal(b, message); err != nil {
		return fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	return nil
}

// Send writes one frame.
func (c *Conn) Send(message any) error {
	body, err := c.encode.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode frame: %w", err)
	}
	frame := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body)))
	frame = append(frame, body...)
	c.sending.Lock()
	defer c.sending.Unlock()
	if _, err := c.stream.Write(frame); err != nil {
		return fmt.Errorf("send frame: %w", err)
	}
	return nil
}

// Receive reads one frame into message. At a clean end of the stream it returns io.EOF.
func (c *Conn) Receive(message any) error {
	var head [4]byte
	if _, err := io.ReadFull(c.reader, head[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("%w: cut in its length", ErrMalformed)
		}
		return err
	}
	length := binary.BigEndian.Uint32(head[:])
	if int64(length) > int64(c.max) {
		return fmt.Errorf("%w: %d bytes, of at most %d", ErrMalformed, length, c.max)
	}
	body, err := readAll(c.reader, int(length))
	if err != nil {
		return fmt.Errorf("%w: cut after its length", ErrMalformed)
	}
	if err := c.decode.Unmarshal(body, message); err != nil {
		return fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	return nil
}

// readAll reads n bytes, growing as they arrive: a length alone costs its sender nothing, so it buys no memory.
func readAll(r io.Reader, n int) ([]byte, error) {
	const step = 1 << 20
	body := make([]byte, 0, min(n, step))
	for len(body) < n {
		want := min(n-len(body), step)
		start := len(body)
		body = append(body, make([]byte, want)...)
		if _, err := io.ReadFull(r, body[start:]); err != nil {
			return nil, err
		}
	}
	return body, nil
}

// Close closes the stream.
func (c *Conn) Close() error { return c.stream.Close() }

// SetDeadline bounds the sends and receives to come.
func (c *Conn) SetDeadline(t time.Time) error { return c.stream.SetDeadline(t) }

// SetSendDeadline bounds the sends to come.
func (c *Conn) SetSendDeadline(t time.Time) error { return c.stream.SetWriteDeadline(t) }
