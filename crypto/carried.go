package crypto

import (
	"database/sql/driver"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// A Reference names a sealed value without holding any of it.
type Reference struct {
	Column  string // people.email
	Subject string // people/42; empty where the column has no subject
	Row     string // people/42
	Digest  []byte // the first 16 bytes of the SHA-256 of the envelope as it stood; nil if not known
}

// String is how a sealed value is shown: ‹sealed people.email people/42›. Where row and subject differ both are named:
// ‹sealed messages.subject messages/981 of people/42›.
func (r Reference) String() string {
	switch r.Subject {
	case r.Row:
		return "‹sealed " + r.Column + " " + r.Row + "›"
	case "":
		return "‹sealed " + r.Column + " " + r.Row + " of nobody›"
	}
	return "‹sealed " + r.Column + " " + r.Row + " of " + r.Subject + "›"
}

// ParseReference reads back what String wrote. The digest is not part of it.
func ParseReference(s string) (Reference, error) {
	inside, ok := strings.CutPrefix(s, "‹sealed ")
	if ok {
		inside, ok = strings.CutSuffix(inside, "›")
	}
	words := strings.Split(inside, " ")
	var r Reference
	switch {
	case !ok:
	case len(words) == 2:
		r = Reference{Column: words[0], Subject: words[1], Row: words[1]}
	case len(words) == 4 && words[2] == "of" && words[3] == "nobody":
		r = Reference{Column: words[0], Row: words[1]}
	case len(words) == 4 && words[2] == "of" && words[3] != words[1]:
		r = Reference{Column: words[0], Row: words[1], Subject: words[3]}
	}
	if !Column(r.Column).valid() || !Row(r.Row).valid() || !Subject(r.Subject).valid() {
		return Reference{}, fmt.Errorf("%q does not name a sealed value", s)
	}
	return r, nil
}

// Asker answers facts about sealed values where there is no key. Other is the second value of a comparison, else nil. The answer
// is a bool, an int64, a string or a []string, as Answer's.
type Asker interface {
	Ask(fact string, ref Reference, argument string, other *Reference) (any, error)
}

// Listener is an Asker that also hears which display forms of sealed values were made, so that it can tell them from a text
// that looks like one.
type Listener interface {
	Asker
	Shown(text string)
}

// Carried is a sealed value on its way into a process that has no key: a driver hands it to Scan. It keeps its origin.
type Carried struct {
	Reference Reference
	Plain     *string // nil: it stays sealed
	Reveal    bool    // Plain prints as it is; only ever in a decrypted console
	Asker     Asker   // optional: who answers facts
	Hint      string  // optional: what the error of Open advises
}

// Format prints the plaintext if it may, else whose value is sealed.
func (c *Carried) Format(f fmt.State, verb rune) { String{c: c.cell()}.Format(f, verb) }

// String is the plaintext if it may be shown, else whose value is sealed.
func (c *Carried) String() string { return String{c: c.cell()}.String() }

// MarshalJSON writes the plaintext if it may, else the reference.
func (c *Carried) MarshalJSON() ([]byte, error) { return String{c: c.cell()}.MarshalJSON() }

// MarshalText writes what String says.
func (c *Carried) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// GobEncode refuses: it has no envelope to encode, and its plaintext goes nowhere.
func (c *Carried) GobEncode() ([]byte, error) { return c.cell().gob() }

// LogValue is what String says.
func (c *Carried) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Value refuses: a process without a key has nothing to store.
func (c *Carried) Value() (driver.Value, error) { return String{c: c.cell()}.Value() }

func (c *Carried) cell() *cell {
	if c == nil {
		return nil
	}
	made := &cell{kind: isCarried, from: &origin{c.Reference, c.Asker, c.Hint}}
	if c.Plain != nil {
		made.text = hide(*c.Plain)
		made.reveal = c.Reveal
	}
	return made
}

// SealedText is a sealed value's display form as a database driver hands it out where the destination may be of any type: a named
// string goes into *string, *any and sql.NullString, and Scan of a sealed type reads it back into a reference.
type SealedText string

// write prints text for a verb: quoted for %q and %#v, as it is for all others.
func write(f fmt.State, verb rune, text string) {
	switch {
	case verb == 'q', verb == 'v' && f.Flag('#'):
		fmt.Fprintf(f, "%q", text)
	case verb == 's' || verb == 'v':
		if _, ok := f.Width(); ok {
			fmt.Fprintf(f, fmt.FormatString(f, 's'), text)
			return
		}
		io.WriteString(f, text)
	default:
		io.WriteString(f, text)
	}
}
