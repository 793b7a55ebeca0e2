package crypto

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// KeyID names a key: of a subject for ever, or of the keyset where a column has no subject.
type KeyID [4]byte

// Header says what an envelope holds and which key opens it. All of it is authenticated, none of it is secret.
type Header struct {
	KeyID   KeyID
	Column  Column
	Subject Subject // empty: the column has no subject, and the keyset's key opens it
	Row     Row
}

// Envelope is a sealed value in its parts. Its slices point into the bytes it was parsed from.
type Envelope struct {
	Header     Header
	Nonce      []byte // 12 bytes
	Ciphertext []byte // of the padded plaintext
	Tag        []byte // 16 bytes
	Text       bool   // it was in the text form
}

const (
	magic0, magic1 = 0xE1, 0x01
	textPrefix     = "enc:v1:"
	domain         = "vouchsafe crypto v1" // before the header, in the additional data
	nonceSize      = 12
	tagSize        = 16
	maxCiphertext  = 64 << 20
	// minEnvelope: magic, key id, three lengths, the shortest names, nonce, one block, tag.
	minEnvelope = 2 + 4 + 3 + len("t.c") + 0 + len("t/1") + nonceSize + 16 + tagSize
)

// IsEnvelope says whether b begins as an envelope does, in its binary or its text form. It is cheap and no promise:
// ParseEnvelope decides.
func IsEnvelope(b []byte) bool {
	if len(b) >= minEnvelope && b[0] == magic0 && b[1] == magic1 {
		return true
	}
	return len(b) > len(textPrefix) && string(b[:len(textPrefix)]) == textPrefix
}

// ParseEnvelope takes an envelope apart, in its binary or its text form. A value has one encoding: whatever it accepts is
// what EncodeText or the sealer would have written. It does not open or authenticate anything.
func ParseEnvelope(b []byte) (Envelope, error) {
	raw, text, err := binaryForm(b)
	if err != nil {
		return Envelope{}, err
	}
	p, err := parse(raw)
	if err != nil {
		return Envelope{}, err
	}
	h := p.header()
	switch {
	case !h.Column.valid():
		return Envelope{}, fmt.Errorf("%w: its column has no proper name", errEnvelope)
	case !h.Subject.valid():
		return Envelope{}, fmt.Errorf("%w: its subject has no proper name", errEnvelope)
	case !h.Row.valid():
		return Envelope{}, fmt.Errorf("%w: its row has no proper name", errEnvelope)
	}
	split := len(p.sealed) - tagSize
	return Envelope{Header: h, Nonce: p.sealed[:nonceSize:nonceSize], Ciphertext: p.sealed[nonceSize:split:split], Tag: p.sealed[split:], Text: text}, nil
}

var errEnvelope = errors.New("not an envelope")

// EncodeText turns a binary envelope into its form for text columns.
func EncodeText(envelope []byte) string {
	b := make([]byte, len(textPrefix), len(textPrefix)+base64.RawURLEncoding.EncodedLen(len(envelope)))
	copy(b, textPrefix)
	return string(base64.RawURLEncoding.AppendEncode(b, envelope))
}

// binaryForm gives the binary form of an envelope in either form.
func binaryForm(b []byte) (raw []byte, text bool, err error) {
	if len(b) < len(textPrefix) || string(b[:len(textPrefix)]) != textPrefix {
		return b, false, nil
	}
	b = b[len(textPrefix):]
	if bytes.ContainsAny(b, "\r\n") { // which encoding/base64 passes over
		return nil, true, fmt.Errorf("%w: line breaks in its text form", errEnvelope)
	}
	raw, err = base64.RawURLEncoding.Strict().AppendDecode(make([]byte, 0, base64.RawURLEncoding.DecodedLen(len(b))), b)
	if err != nil {
		return nil, true, fmt.Errorf("%w: its text form is not base64url", errEnvelope)
	}
	return raw, true, nil
}

// parts is an envelope taken apart without a copy.
type parts struct {
	key                  KeyID
	column, subject, row []byte
	head                 []byte // everything before the nonce
	sealed               []byte // nonce, ciphertext and tag
}

func (p parts) header() Header {
	h := Header{KeyID: p.key, Column: Column(p.column)}
	names := string(p.subject)
	h.Subject = Subject(names)
	if bytes.Equal(p.subject, p.row) {
		h.Row = Row(names)
	} else {
		h.Row = Row(p.row)
	}
	return h
}

// parse checks the structure: lengths minimal and within bounds, a padded length of the scheme, nothing left over.
func parse(b []byte) (parts, error) {
	var p parts
	if len(b) < 2 || b[0] != magic0 {
		return p, errEnvelope
	}
	if b[1] != magic1 {
		return p, fmt.Errorf("%w: version %d is not known here", errEnvelope, b[1])
	}
	if len(b) < minEnvelope {
		return p, fmt.Errorf("%w: cut short", errEnvelope)
	}
	copy(p.key[:], b[2:6])
	rest, ok := b[6:], true
	for _, name := range []*[]byte{&p.column, &p.subject, &p.row} {
		if *name, rest, ok = cutName(rest); !ok {
			return p, fmt.Errorf("%w: a length in its header is wrong", errEnvelope)
		}
	}
	padded := len(rest) - nonceSize - tagSize
	if padded <= 0 || padded > maxCiphertext || padded != paddedLen(padded-1) {
		return p, fmt.Errorf("%w: its length is not one that padding makes", errEnvelope)
	}
	p.head, p.sealed = b[:len(b)-len(rest)], rest
	return p, nil
}

// cutName takes one name with its length, a minimal uvarint of at most two bytes.
func cutName(b []byte) (name, rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, nil, false
	}
	n, size := uint64(b[0]), 1
	if n >= 0x80 {
		if n, size = binary.Uvarint(b); size != 2 || n < 0x80 || n > maxName {
			return nil, nil, false
		}
	}
	if uint64(len(b)-size) < n {
		return nil, nil, false
	}
	end := size + int(n)
	return b[size:end:end], b[end:], true
}

// appendHead appends everything that stands before the nonce.
func appendHead(b []byte, h Header) []byte {
	b = append(b, magic0, magic1)
	b = append(b, h.KeyID[:]...)
	b = binary.AppendUvarint(b, uint64(len(h.Column)))
	b = append(b, h.Column...)
	b = binary.AppendUvarint(b, uint64(len(h.Subject)))
	b = append(b, h.Subject...)
	b = binary.AppendUvarint(b, uint64(len(h.Row)))
	return append(b, h.Row...)
}

func (h Header) check() error {
	switch {
	case !h.Column.valid():
		return fmt.Errorf("%q cannot name a sealed column: it is table.column", string(h.Column))
	case !h.Subject.valid():
		return fmt.Errorf("%q cannot name a data subject: it is table/id", string(h.Subject))
	case !h.Row.valid():
		return fmt.Errorf("%q cannot name a row: it is table/id", string(h.Row))
	}
	return nil
}

// hasTextPrefix is IsEnvelope for the text form alone.
func hasTextPrefix(s string) bool { return strings.HasPrefix(s, textPrefix) }
