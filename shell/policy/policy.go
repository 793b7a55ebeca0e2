package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Policy is what may be done, and how much of it. It is not changed after Parse, and safe for use by many at once.
type Policy struct {
	Links  Links  `json:"links"`
	Write  bool   `json:"write"` // sessions may ask to write
	Limits Limits `json:"limits"`
}

// Links are the patterns of the links that count. An empty list accepts none.
type Links struct {
	Justification []Pattern `json:"justification"`
	Consent       []Pattern `json:"consent"`
}

// Limits bound what one command, one statement and one decrypted period may take. Of a Policy that Parse made, each is greater
// than zero.
type Limits struct {
	Command   time.Duration `json:"command"`   // one command, whatever it does
	Statement time.Duration `json:"statement"` // one SQL statement
	Rows      int           `json:"rows"`      // of one statement's result
	Bytes     int           `json:"bytes"`     // of one statement's result
	Value     int           `json:"value"`     // bytes of one value of a result
	Page      int           `json:"page"`      // rows that are sent, and opened, at once
	Touched   int           `json:"touched"`   // rows that one command may write
	Confirm   int           `json:"confirm"`   // rows of one command from which on the person at a console is asked
	Source    int           `json:"source"`    // bytes of one command as it was typed
	Output    int           `json:"output"`    // bytes that one command may print, and bytes of its value
	Decrypted time.Duration `json:"decrypted"` // a decrypted period
	Idle      time.Duration `json:"idle"`      // a decrypted period in which nothing is typed
}

// DefaultLimits hold where a configuration says nothing.
func DefaultLimits() Limits {
	return Limits{
		Command:   30 * time.Second,
		Statement: 10 * time.Second,
		Rows:      100_000,
		Bytes:     64 << 20,
		Value:     2 << 20,
		Page:      1000,
		Touched:   10_000,
		Confirm:   2,
		Source:    256 << 10,
		Output:    64 << 10,
		Decrypted: 15 * time.Minute,
		Idle:      5 * time.Minute,
	}
}

// Digest is the SHA-256 of the policy, in hex. It is the same for two configurations that spell one policy differently; the
// order of the patterns counts.
func (p Policy) Digest() string {
	form, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings, numbers and a bool
	}
	sum := sha256.Sum256(append([]byte("vouchsafe policy v1\n"), form...))
	return hex.EncodeToString(sum[:])
}
