package wire

import "time"

// Kind says what a Value is.
type Kind uint8

// The kinds of a Value, and which of its fields each uses.
const (
	KindNil      Kind = iota
	KindBool          // Int: 0 or 1
	KindInt           // Int; Text: what its type's String method calls it, where it has one
	KindUint          // Uint; Text, as of KindInt
	KindFloat         // Float
	KindComplex       // Text, as Go prints it
	KindString        // Text
	KindBytes         // Bytes
	KindTime          // Time
	KindDuration      // Int, nanoseconds
	KindError         // Text
	KindOpaque        // Type: a func, a chan, an unsafe pointer
	KindList          // Items
	KindMap           // Items: key, value, key, value …, sorted by key
	KindStruct        // Names and Items, in the order of the fields
	KindRecord        // Names and Items: a row of a result, in the order of the columns
	KindSealed        // Sealed
	KindAffected      // Int: the rows that a *gorm.DB touched or returned
	KindCycle         // the value contains itself
)

// Value is what a typed expression came to, as a tree that needs no Go types to show.
// It comes from a worker: a claim, never evidence.
type Value struct {
	Kind   Kind       `cbor:"1,keyasint"`
	Type   string     `cbor:"2,keyasint,omitempty"` // the Go type, as a person would write it: Person, []Person, map[string]int
	Int    int64      `cbor:"3,keyasint,omitempty"`
	Uint   uint64     `cbor:"4,keyasint,omitempty"`
	Float  float64    `cbor:"5,keyasint,omitempty"`
	Text   string     `cbor:"6,keyasint,omitempty"`
	Bytes  []byte     `cbor:"7,keyasint,omitempty"`
	Time   *time.Time `cbor:"8,keyasint,omitempty"`
	Items  []Value    `cbor:"9,keyasint,omitempty"`
	Names  []string   `cbor:"10,keyasint,omitempty"`
	Sealed *Reference `cbor:"11,keyasint,omitempty"`
	Cut    int        `cbor:"12,keyasint,omitempty"` // how many items, or bytes of Text or Bytes, were left out
	Ptr    bool       `cbor:"13,keyasint,omitempty"` // the expression was a pointer to this
}

// Reference names a sealed value without holding any of it.
type Reference struct {
	Column  string `cbor:"1,keyasint"`           // people.email
	Subject string `cbor:"2,keyasint,omitempty"` // people/42
	Row     string `cbor:"3,keyasint,omitempty"` // people/42
	Digest  []byte `cbor:"4,keyasint,omitempty"` // the first 16 bytes of the SHA-256 of its envelope
}
