package audit

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
)

// A Reader reads sessions. It writes nothing; it trusts what Verify checks.
type Reader struct {
	store  Store
	sealer Sealer
}

// NewReader reads from store what sealer can open.
func NewReader(store Store, sealer Sealer) *Reader { return &Reader{store, sealer} }

// Sessions lists sessions without their commands, the newest first.
func (r *Reader) Sessions(ctx context.Context, f Filter) ([]Session, error) {
	view, err := r.store.View(ctx)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	rows, err := view.sessions(f)
	if err != nil {
		return nil, err
	}
	open := opener{view: view, sealer: r.sealer}
	list := make([]Session, 0, len(rows))
	for i := range rows {
		s, err := open.listed(ctx, &rows[i])
		if err != nil {
			return nil, fmt.Errorf("session %s: %w", rows[i].id, err)
		}
		list = append(list, s)
	}
	return list, nil
}

// Session reads one session whole, from its entries. The error is [ErrNoSession] if it has none.
func (r *Reader) Session(ctx context.Context, id string) (Session, error) {
	view, err := r.store.View(ctx)
	if err != nil {
		return Session{}, err
	}
	defer view.Close()
	if !validSession(id) {
		return Session{}, fmt.Errorf("%q: %w", id, ErrNoSession)
	}
	s, err := opener{view: view, sealer: r.sealer}.whole(ctx, id)
	if err != nil {
		return Session{}, fmt.Errorf("session %s: %w", id, err)
	}
	return s, nil
}

// opener opens payloads of a snapshot.
type opener struct {
	view   Snapshot
	sealer Sealer
	keys   map[int64]dataKey // of the scope that was asked for last
	scope  string
}

// read decrypts what an entry says and reads it into the kind's frozen forms. A part that the entry lacks, or that was
// destroyed with its key, is nil.
func (o *opener) read(ctx context.Context, e *Entry, scope string) (content, ledger any, err error) {
	content, ledger, err = formsOf(e.Kind)
	if err != nil {
		return nil, nil, err
	}
	if content, err = o.part(ctx, e, scope, classContent, e.ContentKey, e.Content, content); err != nil {
		return nil, nil, err
	}
	ledger, err = o.part(ctx, e, scope, classLedger, e.LedgerKey, e.Ledger, ledger)
	return content, ledger, err
}

func (o *opener) part(ctx context.Context, e *Entry, scope string, c class, key int64, digest Hash, into any) (any, error) {
	if digest == (Hash{}) || into == nil {
		return nil, nil
	}
	ciphertext, found, err := o.view.payload(e.Writer, e.Seq, c)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, nil
	}
	if sha256.Sum256(ciphertext) != digest {
		return nil, fmt.Errorf("entry %d of %s: its %s was changed", e.Seq, e.Writer, c)
	}
	k, found, err := o.key(ctx, scope, key, c)
	if err != nil || !found {
		return nil, err
	}
	return into, decrypt(e, c, k, ciphertext, into)
}

func (o *opener) key(ctx context.Context, scope string, number int64, c class) (dataKey, bool, error) {
	if o.keys == nil || o.scope != scope {
		o.keys, o.scope = map[int64]dataKey{}, scope
	}
	if k, ok := o.keys[number]; ok {
		return k, true, nil
	}
	rows, err := o.view.keys(scope)
	if err != nil {
		return dataKey{}, false, err
	}
	for i := range rows {
		if rows[i].Number == number && rows[i].Class == c {
			k, err := unwrap(ctx, o.sealer, &rows[i])
			if err != nil {
				return dataKey{}, false, err
			}
			o.keys[number] = k
			return k, true, nil
		}
	}
	return dataKey{}, false, nil
}

// decrypt opens a payload and reads it into its frozen form.
func decrypt(e *Entry, c class, k dataKey, ciphertext []byte, into any) error {
	var room [256]byte
	plaintext, err := k.aead.Decrypt(ciphertext, e.additional(room[:0], c))
	if err != nil {
		return fmt.Errorf("entry %d of %s: open its %s: %w", e.Seq, e.Writer, c, err)
	}
	if err := json.Unmarshal(plaintext, into); err != nil {
		return fmt.Errorf("entry %d of %s: read its %s: %w", e.Seq, e.Writer, c, err)
	}
	return nil
}
