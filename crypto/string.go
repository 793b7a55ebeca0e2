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

// String is a text in a sealed column. Its zero value is NULL. It is read with Open and set with Seal; no way of printing or
// encoding it shows plaintext, sealed or opened, except in a decrypted console. It cannot be compared with ==: use Same or Is.
type String struct {
	_ [0]func() // not comparable: == would compare pointers
	c *cell
}

// Seal makes a new value. It is sealed when it is written: by Create, Save or Updates on a *gorm.DB with the plugin, or by a
// repository in the console.
func Seal(text string) String { return String{c: &cell{kind: isNew, text: hide(text)}} }

// Open gives the plaintext; of NULL it is empty. The error is one of SealedError, ErrErased, ErrNoKey, ErrDamaged, ErrMisplaced,
// ErrNotSealed or ErrNotAttached. It may ask the key store, once a page of results.
func (s String) Open() (string, error) {
	b, err := s.c.open()
	return string(b), err
}

// Null says whether it is NULL.
func (s String) Null() bool { return s.c == nil }

// State says what s is, for who has to carry it elsewhere.
func (s String) State() State { return s.c.state() }

// Reference names the value, if it was read and its header can be read.
func (s String) Reference() (Reference, bool) {
	if s.c == nil {
		return Reference{}, false
	}
	return s.c.reference()
}

// Scan implements sql.Scanner.
func (s *String) Scan(src any) (err error) {
	s.c, err = scan(src)
	return err
}

// Value implements driver.Valuer: the very bytes that were read. A value that was never sealed is an error.
func (s String) Value() (driver.Value, error) { return s.c.value() }

// String is what every way of printing prints.
func (s String) String() string { return s.c.shown() }

// GoString is what %#v prints.
func (s String) GoString() string { return fmt.Sprintf("%q", s.c.shown()) }

// Format implements fmt.Formatter for every verb.
func (s String) Format(f fmt.State, verb rune) { write(f, verb, s.c.shown()) }

// LogValue implements slog.LogValuer.
func (s String) LogValue() slog.Value { return s.c.log() }

// MarshalJSON writes {"sealed":column,"subject":…,"row":…}, or null; never plaintext, except in a decrypted console.
func (s String) MarshalJSON() ([]byte, error) { return s.c.json(func(text string) any { return text }) }

// UnmarshalJSON makes a new value, as Seal does, or NULL.
func (s *String) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		s.c = nil
		return nil
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return errors.New("a sealed column is given as a JSON string or null")
	}
	*s = Seal(text)
	return nil
}

// MarshalText writes what String says.
func (s String) MarshalText() ([]byte, error) { return []byte(s.c.shown()), nil }

// GobEncode writes the envelope.
func (s String) GobEncode() ([]byte, error) { return s.c.gob() }

// GobDecode reads an envelope. It has to be attached again to be opened.
func (s *String) GobDecode(b []byte) error {
	s.c = ungob(b)
	return nil
}

// GormDataType implements GORM's GormDataTypeInterface.
func (String) GormDataType() string { return string(schema.Bytes) }

// GormDBDataType is the column's type, with a CHECK that refuses what is no envelope.
func (String) GormDBDataType(db *gorm.DB, field *schema.Field) string { return columnType(db, field) }

func (s String) sealed() *cell      { return s.c }
func (s *String) setSealed(c *cell) { s.c = c }
