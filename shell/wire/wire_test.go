package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func pair(t *testing.T, max int) (net.Conn, *wire.Conn) {
	t.Helper()
	theirs, ours := net.Pipe()
	t.Cleanup(func() { theirs.Close(); ours.Close() })
	conn, err := wire.NewConn(ours, max)
	if err != nil {
		t.Fatal(err)
	}
	return theirs, conn
}

func TestAFrameArrivesAsItWasSent(t *testing.T) {
	theirs, conn := pair(t, wire.MaxRequest)
	sender, err := wire.NewConn(theirs, wire.MaxRequest)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 20, 12, 0, 0, 123456789, time.FixedZone("", 3600))
	seal := "a"
	sent := wire.Request{
		Nonce: wire.Nonce{1}, ID: 7, Op: wire.OpSave, SQL: "select ?",
		Args:  wire.Scalars{nil, true, int64(-1), 1.0, "x", []byte{0xFF}, at},
		Write: &wire.Write{Table: "people", Key: wire.Scalars{int64(42)}, Columns: []wire.Assignment{{Column: "email", Seal: &seal}, {Column: "plan", Value: wire.Scalar{V: "pro"}}}},
	}
	go sender.Send(sent)
	var got wire.Request
	if err := conn.Receive(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sent, got); diff != "" {
		t.Error(diff)
	}
}

func TestAListHoldsPlainValuesOnly(t *testing.T) {
	for name, args := range map[string][]any{
		"a list in it":   {[]any{int64(1)}},
		"a map in it":    {map[string]any{}},
		"too many of it": make([]any, wire.MaxScalars+1),
	} {
		t.Run(name, func(t *testing.T) {
			theirs, conn := pair(t, wire.MaxRequest)
			sender, err := wire.NewConn(theirs, wire.MaxRequest)
			if err != nil {
				t.Fatal(err)
			}
			go sender.Send(map[int]any{2: 1, 7: args})
			var got wire.Request
			if err := conn.Receive(&got); !errors.Is(err, wire.ErrMalformed) {
				t.Errorf("received %v", err)
			}
		})
	}
}

func TestATooLongFrameIsRefusedBeforeItIsRead(t *testing.T) {
	theirs, conn := pair(t, 100)
	go theirs.Write([]byte{0, 0, 0, 101})
	var c wire.Control
	if err := conn.Receive(&c); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("got %v", err)
	}
}

func TestACutFrameIsMalformedAndACleanEndIsNot(t *testing.T) {
	for name, test := range map[string]struct {
		bytes []byte
		want  error
	}{
		"nothing":            {nil, io.EOF},
		"half a length":      {[]byte{0, 0}, wire.ErrMalformed},
		"a length alone":     {[]byte{0, 0, 0, 5}, wire.ErrMalformed},
		"less than promised": {[]byte{0, 0, 0, 5, 0xA0}, wire.ErrMalformed},
		"not CBOR":           {[]byte{0, 0, 0, 1, 0xFF}, wire.ErrMalformed},
		"an unknown field":   {[]byte{0, 0, 0, 3, 0xA1, 0x18, 0x63}, wire.ErrMalformed},
		"trailing bytes":     {[]byte{0, 0, 0, 2, 0xA0, 0xA0}, wire.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			theirs, conn := pair(t, 100)
			go func() {
				theirs.Write(test.bytes)
				theirs.Close()
			}()
			var c wire.Control
			if err := conn.Receive(&c); !errors.Is(err, test.want) {
				t.Errorf("got %v, not %v", err, test.want)
			}
		})
	}
}

// cells draws a row.
func cells() *rapid.Generator[[]any] {
	text := rapid.String()
	raw := rapid.SliceOf(rapid.Byte())
	reference := rapid.Custom(func(t *rapid.T) wire.Reference {
		return wire.Reference{Column: text.Draw(t, "column"), Subject: text.Draw(t, "subject"), Row: text.Draw(t, "row"), Digest: append([]byte{}, raw.Draw(t, "digest")...)}
	})
	cell := rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 7).Draw(t, "kind") {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			return rapid.Int64().Draw(t, "int")
		case 3:
			return rapid.Float64().Draw(t, "float")
		case 4:
			return text.Draw(t, "text")
		case 5:
			return append([]byte{}, raw.Draw(t, "bytes")...)
		case 6:
			return time.Unix(rapid.Int64Range(-1e10, 1e10).Draw(t, "seconds"), rapid.Int64Range(0, 999999999).Draw(t, "nanos")).UTC()
		}
		r := reference.Draw(t, "reference")
		if rapid.Bool().Draw(t, "opened") {
			return &wire.Opened{Reference: r, Text: rapid.Bool().Draw(t, "text"), Plain: append([]byte{}, raw.Draw(t, "plain")...)}
		}
		return &r
	})
	return rapid.SliceOfN(cell, 1, 8)
}

func TestARowReadsBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := cells().Draw(t, "row")
		page, err := wire.AppendRow([]byte("before"), row)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]any, len(row))
		reader := wire.NewRowReader(append(page[len("before"):], "after"...))
		if err := reader.Read(got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(row, got); diff != "" || string(reader.Rest()) != "after" {
			t.Errorf("rest %q, %s", reader.Rest(), diff)
		}
	})
}

func TestARowRefusesWhatItHasNoFormFor(t *testing.T) {
	if _, err := wire.AppendRow(nil, []any{struct{}{}}); err == nil {
		t.Error("a struct was written")
	}
}

func TestACutRowIsMalformed(t *testing.T) {
	page, err := wire.AppendRow(nil, []any{int64(300), "text", &wire.Reference{Column: "people.email", Digest: []byte{1}}, time.Unix(1, 2)})
	if err != nil {
		t.Fatal(err)
	}
	for n := range page {
		if err := wire.NewRowReader(page[:n]).Read(make([]any, 4)); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
}

// FuzzRowReader: no panic; a row has one encoding; what is decoded is no larger than what arrived.
func FuzzRowReader(f *testing.F) {
	seed, err := wire.AppendRow(nil, []any{nil, true, int64(-5), 1.5, "x", []byte{1}, time.Unix(1, 1).UTC()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed, uint8(7))
	f.Add([]byte{5, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F}, uint8(1))
	f.Fuzz(func(t *testing.T, page []byte, width uint8) {
		row := make([]any, width)
		reader := wire.NewRowReader(page)
		if reader.Read(row) != nil {
			return
		}
		rest := reader.Rest()
		again, err := wire.AppendRow(nil, row)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again, page[:len(page)-len(rest)]) {
			t.Errorf("%x and %x are one row", page[:len(page)-len(rest)], again)
		}
	})
}

// FuzzReceive: no panic, and nothing but ErrMalformed or the end of the stream, whatever a worker sends.
func FuzzReceive(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0xA0})
	f.Add([]byte{0, 0, 0, 3, 0xA1, 0x02, 0xA0})
	f.Fuzz(func(t *testing.T, stream []byte) {
		conn, err := wire.NewConn(&once{Reader: bytes.NewReader(stream)}, 1<<16)
		if err != nil {
			t.Fatal(err)
		}
		for {
			var request wire.Request
			if err := conn.Receive(&request); err != nil {
				if !errors.Is(err, wire.ErrMalformed) && !errors.Is(err, io.EOF) {
					t.Errorf("got %v", err)
				}
				return
			}
		}
	})
}

// once is a stream that was recorded.
type once struct {
	net.Conn
	io.Reader
}

func (o *once) Read(p []byte) (int, error) { return o.Reader.Read(p) }

func TestALengthAloneBuysNoMemory(t *testing.T) {
	theirs, conn := pair(t, wire.MaxResponse)
	go func() {
		head := binary.BigEndian.AppendUint32(nil, wire.MaxResponse)
		theirs.Write(append(head, 1, 2, 3))
		theirs.Close()
	}()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var r wire.Response
	if err := conn.Receive(&r); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("got %v", err)
	}
	runtime.ReadMemStats(&after)
	if bought := after.TotalAlloc - before.TotalAlloc; bought > wire.MaxResponse/8 {
		t.Errorf("three bytes bought %d", bought)
	}
}
