package crypto

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// Bytes is a sealed column of bytes: String for what is not a text.
type Bytes struct {
	_ [0]func() // not comparable: == would compare pointers
	c *cell
}

// SealBytes makes a new value, which is sealed when it is written. Nil becomes NULL.
func SealBytes(b []byte) Bytes {
	if b == nil {
		return Bytes{}
	}
	return Bytes{c: &cell{kind: isNew, text: hide(string(b))}}
}

// Open gives the plaintext; of NULL it is nil. Its errors are those of String.Open.
func (s Bytes) Open() ([]byte, error) { return s.c.open() }

// Null says whether it is NULL.
func (s Bytes) Null() bool { return s.c == nil }

// State says what s is, for who has to carry it elsewhere.
func (s Bytes) State() State { return s.c.state() }

// Reference names the value, if it was read and its header can be read.
func (s Bytes) Reference() (Reference, bool) {
	if s.c == nil {
		return Reference{}, false
	}
	return s.c.reference()
}

// Scan implements sql.Scanner.
func (s *Bytes) Scan(src any) (err error) {
	s.c, err = scan(src)
	return err
}

// Value implements driver.Valuer: the very bytes that were read. A value that was never sealed is an error.
func (s Bytes) Value() (driver.Value, error) { return s.c.value() }

// String is what every way of printing prints.
func (s Bytes) String() string { return s.c.shown() }

// GoString is what %#v prints.
func (s Bytes) GoString() string { return fmt.Sprintf("%q", s.c.shown()) }

// Format implements fmt.Formatter for every verb.
func (s Bytes) Format(f fmt.State, verb rune) { write(f, verb, s.c.shown()) }

// LogValue implements slog.LogValuer.
func (s Bytes) LogValue() slog.Value { return s.c.log() }

// MarshalJSON writes {"sealed":column,"subject":…,"row":…}, or null; never plaintext, except in a decrypted console.
func (s Bytes) MarshalJSON() ([]byte, error) {
	return s.c.json(func(text string) any { return []byte(text) })
}

// UnmarshalJSON makes a new value out of base64, as encoding/json does for []byte, or NULL.
func (s *Bytes) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		s.c = nil
		return nil
	}
	var plain []byte
	if err := json.Unmarshal(b, &plain); err != nil {
		return errors.New("a sealed column of bytes is given as base64 in a JSON string, or null")
	}
	*s = SealBytes(plain)
	return nil
}

// MarshalText writes what String says.
func (s Bytes) MarshalText() ([]byte, error) { return []byte(s.c.shown()), nil }

// GobEncode writes the envelope.
func (s Bytes) GobEncode() ([]byte, error) { return s.c.gob() }

// GobDecode reads an envelope. It has to be attached again to be opened.
func (s *Bytes) GobDecode(b []byte) error {
	s.c = ungob(b)
	return nil
}

// GormDataType implements GORM's GormDataTypeInterface.
func (Bytes) GormDataType() string { return string(schema.Bytes) }

// GormDBDataType is the column's type, with a CHECK that refuses what is no envelope.
func (Bytes) GormDBDataType(db *gorm.DB, field *schema.Field) string { return columnType(db, field) }

func (s Bytes) sealed() *cell      { return s.c }
func (s *Bytes) setSealed(c *cell) { s.c = c }
