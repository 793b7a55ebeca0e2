package crypto

import (
	"bytes"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
)

type cellKind uint8

const (
	isRead    cellKind = iota + 1 // bytes as they stand in a database
	isNew                         // a text that waits to be sealed
	isCarried                     // a reference, in a process without keys
)

// A cell is what a String or Bytes holds; nil is NULL. It is never changed once a value points to it, but for attach.
type cell struct {
	buffer []byte        // isRead: domain, and then the envelope in the form in which it stands
	text   func() string // isNew, and isCarried if it was opened: in a closure, so that whatever prints memory by reflection finds a func
	page   *page         // isRead: which keyring opens it, and what was read with it
	from   *origin       // isCarried
	at     int32         // its place in the page
	kind   cellKind
	wrong  bool // isRead: it stands in another place than its header says
	reveal bool // isCarried: text may be shown
}

// origin is what a carried value came with.
type origin struct {
	ref   Reference
	asker Asker
	hint  string
}

// keep copies an envelope behind domain, so that the additional data of a binary one lies in one piece and need not be put together.
func keep(stored []byte) *cell {
	b := make([]byte, len(domain)+len(stored))
	copy(b, domain)
	copy(b[len(domain):], stored)
	return &cell{kind: isRead, buffer: b}
}

// stored are the bytes as they stand in the database; nil where c did not come from one.
func (c *cell) stored() []byte {
	if c.buffer == nil {
		return nil
	}
	return c.buffer[len(domain):]
}

// hide keeps a text where printing by reflection does not find it.
func hide(text string) func() string { return func() string { return text } }

// scan reads what a driver hands out.
func scan(src any) (*cell, error) {
	switch v := src.(type) {
	case nil:
		return nil, nil
	case []byte:
		return keep(v), nil
	case string:
		return keep([]byte(v)), nil
	case SealedText:
		ref, err := ParseReference(string(v))
		if err != nil {
			return nil, err
		}
		return &cell{kind: isCarried, from: &origin{ref: ref}}, nil
	case *Carried:
		return v.cell(), nil
	case Carried:
		return v.cell(), nil
	}
	return nil, fmt.Errorf("a sealed column cannot be read from a %T", src)
}

// value is what goes to a driver: the very bytes that were read.
func (c *cell) value() (driver.Value, error) {
	switch {
	case c == nil:
		return nil, nil
	case c.kind == isNew:
		return nil, &WriteError{"a new value", "it was not sealed: it did not pass crypto's plugin",
			"use Create, Save or Updates with a struct on a *gorm.DB that has crypto.NewPlugin; to look a value up use crypto.Eq"}
	case c.kind == isCarried:
		return nil, &SealedError{c.from.ref, "it is saved through its repository"}
	case !IsEnvelope(c.stored()):
		return nil, &WriteError{"a sealed column", "what it held is not sealed", "seal it: crypto.Seal(…)"}
	case hasTextPrefix(string(c.stored())):
		return string(c.stored()), nil
	}
	return c.stored(), nil
}

// reference says whose value c is; false where its header cannot be read.
func (c *cell) reference() (Reference, bool) {
	switch c.kind {
	case isCarried:
		return c.from.ref, true
	case isRead:
		if e, err := ParseEnvelope(c.stored()); err == nil {
			sum := sha256.Sum256(c.stored())
			h := e.Header
			return Reference{string(h.Column), string(h.Subject), string(h.Row), sum[:16]}, true
		}
	}
	return Reference{}, false
}

// open gives the plaintext. NULL is empty.
func (c *cell) open() ([]byte, error) {
	switch {
	case c == nil:
		return nil, nil
	case c.text != nil:
		return []byte(c.text()), nil
	case c.kind == isCarried:
		hint := c.from.hint
		if hint == "" {
			hint = "a consent of " + c.owner() + " opens it: .decrypt"
		}
		return nil, &SealedError{c.from.ref, hint}
	case c.page == nil:
		return nil, c.failed(ErrNotAttached)
	case c.wrong:
		return nil, c.failed(ErrMisplaced)
	}
	plain, err := c.page.open(c)
	if err != nil {
		return nil, c.failed(err)
	}
	return plain, nil
}

func (c *cell) owner() string {
	if c.from.ref.Subject != "" {
		return c.from.ref.Subject
	}
	return c.from.ref.Row
}

// failed says which value could not be opened, and why.
func (c *cell) failed(err error) error {
	ref, ok := c.reference()
	if !ok {
		return fmt.Errorf("open a sealed column: %w", err)
	}
	switch {
	case errors.Is(err, ErrNotAttached):
		return fmt.Errorf("open %s of %s: %w (hint: read it by Find on a *gorm.DB that has crypto.NewPlugin, or call Keyring.Attach)", ref.Column, ref.Row, err)
	default:
		return fmt.Errorf("open %s of %s: %w", ref.Column, ref.Row, err)
	}
}

// shown is what every way of printing prints.
func (c *cell) shown() string {
	switch {
	case c == nil:
		return "<nil>"
	case c.reveal && c.text != nil:
		return c.text()
	case c.kind == isNew:
		return "‹to be sealed›"
	}
	ref, ok := c.reference()
	switch {
	case !ok:
		return "‹not sealed›"
	case c.wrong:
		return "‹misplaced" + ref.String()[len("‹sealed"):]
	}
	text := ref.String()
	if c.from != nil {
		if l, ok := c.from.asker.(Listener); ok {
			l.Shown(text)
		}
	}
	return text
}

func (c *cell) json(plain func(string) any) ([]byte, error) {
	switch {
	case c == nil:
		return []byte("null"), nil
	case c.reveal && c.text != nil:
		return json.Marshal(plain(c.text()))
	}
	ref, ok := c.reference()
	if !ok {
		return json.Marshal(c.shown())
	}
	return json.Marshal(struct {
		Sealed  string `json:"sealed"`
		Subject string `json:"subject"`
		Row     string `json:"row"`
	}{ref.Column, ref.Subject, ref.Row})
}

// gob keeps the envelope, which is no plaintext, and nothing else.
func (c *cell) gob() ([]byte, error) {
	switch {
	case c == nil:
		return []byte{}, nil
	case c.kind == isRead:
		return c.stored(), nil
	}
	return nil, errors.New("a value without an envelope cannot be encoded by gob")
}

func ungob(b []byte) *cell {
	if len(b) == 0 {
		return nil
	}
	return keep(b)
}

func (c *cell) log() slog.Value { return slog.StringValue(c.shown()) }

// State says what a sealed value is, for who has to carry it elsewhere.
type State struct {
	Null      bool
	New       bool      // a value from Seal; Text is what is to be sealed
	Text      string    // of a new value, or of one that was opened and may be shown
	Revealed  bool      // Text is plaintext that may be shown
	Sealed    bool      // Reference names it
	Reference Reference // also of a revealed value
	Envelope  []byte    // in an application: the bytes as they were read
	Misplaced bool      // it stands in another place than its header says
}

func (c *cell) state() State {
	if c == nil {
		return State{Null: true}
	}
	if c.kind == isNew {
		return State{New: true, Text: c.text()}
	}
	ref, ok := c.reference()
	s := State{Sealed: ok, Reference: ref, Envelope: bytes.Clone(c.stored()), Misplaced: c.wrong}
	if c.reveal && c.text != nil {
		s.Revealed, s.Text = true, c.text()
	}
	return s
}
