package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// chain is a writer's, as far as it is on record.
type chain struct {
	writer  WriterID
	public  ed25519.PublicKey
	private ed25519.PrivateKey
	keys    *keyPair // for entries without a session
	seq     uint64
	head    Hash
	batch   vouched // the latest
}

// scope names the writer's data keys.
func (c *chain) scope() string { return writerScope(c.public) }

func writerScope(public ed25519.PublicKey) string { return "writer " + hex.EncodeToString(public) }

// batch is a transaction in the making.
type batch struct {
	log    *Log
	tx     Tx
	memory *memory
	at     time.Time

	chain    chain // as it will be
	out      Batch
	sessions map[string]*folded   // as they will be
	keys     map[string]*keyPair  // of sessions, not on record yet
	granted  map[string][2]string // consent links: subject and engineer
}

// append makes the entry of e: its place, its payloads, its hash, and what it does to f, its session.
func (b *batch) append(f *folded, keys *keyPair, w Where, e *sealable) error {
	entry := Entry{
		Writer: b.chain.writer, Seq: b.chain.seq + 1, At: b.at.UnixMicro(), Kind: e.kind,
		Session: w.Session, Command: w.Command, Engineer: w.Engineer, Mode: w.Mode, Previous: b.chain.head,
	}
	if e.content != nil {
		entry.ContentKey = keys.content.number
	}
	if e.ledger != nil {
		entry.LedgerKey = keys.ledger.number
	}
	if f != nil {
		entry.SessionPrevious = f.session.head
	}
	var err error
	if entry.Content, err = b.seal(&entry, classContent, &keys.content, e.content); err != nil {
		return err
	}
	if entry.Ledger, err = b.seal(&entry, classLedger, &keys.ledger, e.ledger); err != nil {
		return err
	}
	entry.Hash = entry.Sum()
	if err := fold(f, &entry, e.form, func(r Row) { b.out.Rows = append(b.out.Rows, r) }); err != nil {
		return invalid("%s: %v", e.kind, err)
	}
	b.out.Entries = append(b.out.Entries, entry)
	b.chain.seq, b.chain.head = entry.Seq, entry.Hash
	return nil
}

func (b *batch) seal(e *Entry, c class, key *dataKey, plaintext []byte) (Hash, error) {
	if plaintext == nil {
		return Hash{}, nil
	}
	ciphertext, err := key.aead.Encrypt(plaintext, e.additional(nil, c))
	if err != nil {
		return Hash{}, fmt.Errorf("encrypt a payload: %w", err)
	}
	b.out.Payloads = append(b.out.Payloads, Payload{e.Writer, e.Seq, c, ciphertext})
	return sha256.Sum256(ciphertext), nil
}

// finish adds what comes once a batch: the rows that may still change, and the signature.
func (b *batch) finish() {
	for _, f := range b.sessions {
		f.unsettled(func(r Row) { b.out.Rows = append(b.out.Rows, r) })
	}
	if b.out.Writer != nil {
		b.out.Keys = append(b.out.Keys, b.chain.keys.rows...)
	}
	g := &b.out.Signature
	g.Writer, g.First, g.Last, g.Hash = b.chain.writer, b.out.Entries[0].Seq, b.chain.seq, b.chain.head
	digest := g.covers(b.chain.batch)
	g.Signature = ed25519.Sign(b.chain.private, digest[:])
	b.chain.batch = vouched{digest, g.Signature}
}

// mayUse checks that a consent link is used by whom it belongs to.
func (b *batch) mayUse(w Where, c *consentLedger) error {
	if c.Step != "granted" {
		return nil
	}
	owner, known := b.granted[c.URL]
	if !known {
		subject, engineer, used, err := b.tx.owner(c.URL)
		if err != nil {
			return err
		}
		owner, known = [2]string{subject, engineer}, used
	}
	if known && owner != [2]string{c.Subject, w.Engineer} {
		return ErrConsentTaken
	}
	return nil
}
