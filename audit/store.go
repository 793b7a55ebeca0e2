package audit

import (
	"context"
	"errors"
	"iter"
)

// Store is where the record's rows are. It keeps rows and knows nothing of what they say. [SQLite] is one; tests wrap it
// to make it fail.
type Store interface {
	// Begin takes the store for one writer's transaction, waiting for others until ctx is done.
	Begin(ctx context.Context) (Tx, error)
	// View is a snapshot to read from: nothing that is appended later shows in it.
	View(ctx context.Context) (Snapshot, error)
	// Hold marks the writer as alive until Release or the end of the process, however it ends.
	Hold(WriterID) error
	Release(WriterID) error
	// Alive tells whether any process holds the writer.
	Alive(WriterID) (bool, error)
}

// Tx is a transaction that no other writer's overlaps.
type Tx interface {
	// Newest is the greatest writer on record, and the head of its chain; zero on an empty record.
	Newest() (Head, error)
	// folded is a session as the projections have it; nil if there is none.
	folded(session string) (*folded, error)
	// owner tells whose the consent link is.
	owner(url string) (subject, engineer string, known bool, err error)
	// Insert adds the batch's rows.
	Insert(*Batch) error
	// Commit makes the transaction durable. After an error it may be on record or not.
	Commit() error
	// Rollback ends a transaction that was not committed; after Commit it does nothing.
	Rollback()
}

// A Batch is what one transaction adds.
type Batch struct {
	Writer    *Writer // with a chain's first batch
	Entries   []Entry
	Payloads  []Payload
	Keys      []DataKey
	Signature Signature
	Rows      []Row // of projections
}

// A Payload is what an entry says, encrypted.
type Payload struct {
	Writer     WriterID
	Seq        uint64
	Class      class
	Ciphertext []byte
}

// A Head is where a chain ends.
type Head struct {
	Writer WriterID
	Seq    uint64
	Hash   Hash
	At     int64 // microseconds since 1970 UTC
}

// Snapshot is a consistent view of the store. The sequences stop at the first error.
type Snapshot interface {
	writers() iter.Seq2[Writer, error]
	// entries are all entries in the order of (writer, seq); with a session, its entries only.
	entries(session string) iter.Seq2[Entry, error]
	// signatures are all batches in the order of (writer, first).
	signatures() iter.Seq2[Signature, error]
	// payloads are all payloads in the order of (writer, seq, class).
	payloads() iter.Seq2[Payload, error]
	payload(WriterID, uint64, class) ([]byte, bool, error)
	entry(WriterID, uint64) (Entry, bool, error)
	// heads are where the chains of this writer and of those after it end, in their order.
	heads(from WriterID) ([]Head, error)
	keys(scope string) ([]DataKey, error)
	rows(*table) iter.Seq2[Row, error]
	sessions(Filter) ([]sessionRow, error)
	folded(session string) (*folded, error)
	owner(url string) (subject, engineer string, known bool, err error)
	// related are a session's rows of a table, in the order of (writer, seq).
	related(t *table, session string) ([]Row, error)
	// total is how many entries there are, if every chain is whole.
	total() (int, error)
	// faults are what is wrong with the store itself: a page, an index, a trigger that is not ours.
	faults() ([]string, error)
	Close() error
}

// ErrNoSession is what a Reader answers for a session that is not on record.
var ErrNoSession = errors.New("there is no such session on record")
