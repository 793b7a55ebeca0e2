package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Hash is a SHA-256. The zero value stands for none.
type Hash [sha256.Size]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// entryVersion is the first byte of what an entry's hash is over.
const entryVersion = 1

// An Entry is the header of one thing on record.
type Entry struct {
	Writer     WriterID
	Seq        uint64 // from 1, without gaps in its chain
	At         int64  // microseconds since 1970 UTC
	Kind       Kind
	Session    string // empty: the server itself
	Command    int
	Engineer   string
	Mode       string
	ContentKey int64 // number of the data key; 0 without content
	LedgerKey  int64
	Content    Hash // of the ciphertext; zero without content
	Ledger     Hash

	SessionPrevious Hash // hash of the session's entry before this one; zero for its first
	Previous        Hash // hash of the chain's entry before this one; zero for its first
	Hash            Hash
}

// Sum is the hash that the entry must carry: SHA-256 over a version byte and every field but Hash, each with its length
// before it. One entry has one encoding, and no two entries share one.
func (e *Entry) Sum() Hash {
	b := make([]byte, 0, 512)
	b = append(b, entryVersion)
	b = e.appendKnown(b)
	b = appendHash(b, e.Content)
	b = appendHash(b, e.Ledger)
	b = appendHash(b, e.SessionPrevious)
	b = appendHash(b, e.Previous)
	return sha256.Sum256(b)
}

// additional is the additional data of the payload of class: every field that is known before it is encrypted.
func (e *Entry) additional(b []byte, c class) []byte {
	b = append(b, "vouchsafe payload\x01"...)
	b = appendText(b, string(c))
	return e.appendKnown(b)
}

func (e *Entry) appendKnown(b []byte) []byte {
	b = append(b, e.Writer[:]...)
	b = binary.BigEndian.AppendUint64(b, e.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(e.At))
	b = appendText(b, string(e.Kind))
	b = appendText(b, e.Session)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Command))
	b = appendText(b, e.Engineer)
	b = appendText(b, e.Mode)
	b = binary.BigEndian.AppendUint64(b, uint64(e.ContentKey))
	return binary.BigEndian.AppendUint64(b, uint64(e.LedgerKey))
}

func appendText(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}

func appendBytes(b, s []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}

func appendHash(b []byte, h Hash) []byte {
	if h == (Hash{}) {
		return append(b, 0)
	}
	b = append(b, byte(len(h)))
	return append(b, h[:]...)
}
