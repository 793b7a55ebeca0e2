package audit

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Signer is the record's signing key. It certifies the keys of writers and signs nothing else.
type Signer interface {
	Public() ed25519.PublicKey
	Sign(message []byte) ([]byte, error)
}

// A Writer is one incarnation of a Log: its id, its key, and the signing key's word for it.
type Writer struct {
	ID          WriterID
	At          int64 // microseconds since 1970 UTC
	Public      ed25519.PublicKey
	Certificate []byte
}

func (w *Writer) message() []byte {
	b := []byte("vouchsafe audit writer\x01")
	b = append(b, w.ID[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(w.At))
	return appendBytes(b, w.Public)
}

// newWriterKey makes the key pair of a writer. The private half never leaves this process.
func newWriterKey() (ed25519.PublicKey, ed25519.PrivateKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make the writer's key: %w", err)
	}
	return public, private, nil
}

// certified tells whether the record's signing key knows the writer.
func (w *Writer) certified(public ed25519.PublicKey) bool {
	return len(w.Public) == ed25519.PublicKeySize && ed25519.Verify(public, w.message(), w.Certificate)
}

// A Signature is a batch: the writer's word for the entries First to Last.
type Signature struct {
	Writer    WriterID
	First     uint64
	Last      uint64
	Hash      Hash // of the entry Last
	Signature []byte
}

// covers is what is signed: a digest of this batch, of the one before it, and of that one's signature. So a chain's last
// signature vouches for every one of its batches, and verifying it verifies all.
func (s *Signature) covers(before vouched) Hash {
	b := []byte("vouchsafe audit batch\x01")
	b = append(b, before.digest[:]...)
	signature := sha256.Sum256(before.signature)
	b = append(b, signature[:]...)
	b = append(b, s.Writer[:]...)
	b = binary.BigEndian.AppendUint64(b, s.First)
	b = binary.BigEndian.AppendUint64(b, s.Last)
	b = append(b, s.Hash[:]...)
	return sha256.Sum256(b)
}

// vouched is a batch as the next one sees it; the zero value stands before a chain's first.
type vouched struct {
	digest    Hash
	signature []byte
}

func (v *vouched) valid(public ed25519.PublicKey) bool {
	return len(public) == ed25519.PublicKeySize && ed25519.Verify(public, v.digest[:], v.signature)
}
