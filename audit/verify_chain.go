package audit

import (
	"context"
	"crypto/sha256"
	"iter"
)

// item is an entry with its payloads; nil where there is none.
type item struct {
	entry           Entry
	content, ledger []byte
}

// chunk is how many items go from reading to checking at once.
const chunk = 256

// items reads entries and payloads side by side, ahead of who checks them.
func (v *verifier) items(ctx context.Context) iter.Seq2[[]item, error] {
	type read struct {
		items []item
		err   error
	}
	return func(yield func([]item, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		ahead := make(chan read, 4)
		go func() {
			defer close(ahead)
			send := func(r read) bool {
				select {
				case ahead <- r:
					return true
				case <-ctx.Done():
					return false
				}
			}
			next, stop := iter.Pull2(v.view.payloads())
			defer stop()
			payload, err, more := next()
			items := make([]item, 0, chunk)
			for e, failed := range v.view.entries("") {
				if failed != nil {
					err = failed
				}
				it := item{entry: e}
				for more && err == nil {
					if c := compare(payload.Writer, payload.Seq, &e); c > 0 {
						break
					} else if c < 0 {
						// Of no entry. It could only mislead, so it is passed on as an entry without a hash.
						items = append(items, item{entry: Entry{Writer: payload.Writer, Seq: payload.Seq}})
					} else if payload.Class == classContent {
						it.content = payload.Ciphertext
					} else {
						it.ledger = payload.Ciphertext
					}
					payload, err, more = next()
				}
				if err != nil {
					break
				}
				items = append(items, it)
				if len(items) >= chunk {
					if !send(read{items, nil}) {
						return
					}
					items = make([]item, 0, chunk)
				}
			}
			for more && err == nil {
				items = append(items, item{entry: Entry{Writer: payload.Writer, Seq: payload.Seq}})
				payload, err, more = next()
			}
			send(read{items, err})
		}()
		defer func() {
			cancel()
			for range ahead { // until the reading has ended: the snapshot is ours again then
			}
		}()
		for r := range ahead {
			if !yield(r.items, r.err) {
				return
			}
		}
	}
}

func compare(w WriterID, seq uint64, e *Entry) int {
	switch a, b := string(w[:]), string(e.Writer[:]); {
	case a < b || a == b && seq < e.Seq:
		return -1
	case a == b && seq == e.Seq:
		return 0
	}
	return 1
}

// follower checks one chain as its entries come by.
type follower struct {
	writer  WriterID
	known   *Writer // nil: the chain is nobody's
	seq     uint64  // the latest
	hash    Hash    // and its hash, computed from its fields
	covered uint64  // the last entry of the latest batch
	batch   vouched // the latest
}

// chains goes over all entries in the order of their chains.
func (v *verifier) chains() error {
	total, err := v.view.total()
	if err != nil {
		return err
	}
	next, stop := iter.Pull2(v.view.signatures())
	defer stop()
	batches := &cursor{next: next}
	batches.advance()

	var chain *follower
	for items, err := range v.items(v.ctx) {
		if err == nil {
			err = v.ctx.Err()
		}
		if err != nil {
			return err
		}
		for i := range items {
			it := &items[i]
			e := &it.entry
			if e.Hash == (Hash{}) && e.Kind == "" {
				v.at(e, "a payload without its entry")
				continue
			}
			if chain == nil || chain.writer != e.Writer {
				v.endChain(chain, batches)
				chain = v.beginChain(e, batches)
			}
			v.link(chain, e, batches)
			v.payloads(it)
			v.report.Entries++
			if err := v.meaning(chain, it); err != nil {
				return err
			}
		}
		v.progress(v.report.Entries, max(total, v.report.Entries))
	}
	v.endChain(chain, batches)
	for ; batches.more; batches.advance() {
		v.strayBatch(&batches.head)
	}
	for _, w := range v.writers {
		v.report.fault(Fault{Writer: w.ID.String(), What: "the writer has no entries"})
	}
	return batches.err
}

// cursor is the next batch to come.
type cursor struct {
	next func() (Signature, error, bool)
	head Signature
	more bool
	err  error
}

func (c *cursor) advance() {
	if c.err != nil {
		return
	}
	c.head, c.err, c.more = c.next()
	c.more = c.more && c.err == nil
}

func (v *verifier) strayBatch(g *Signature) {
	v.report.fault(Fault{Writer: g.Writer.String(), Seq: g.First, What: "a batch is signed whose entries are missing"})
}

func (v *verifier) beginChain(e *Entry, batches *cursor) *follower {
	for batches.more && string(batches.head.Writer[:]) < string(e.Writer[:]) {
		v.strayBatch(&batches.head)
		batches.advance()
	}
	chain := &follower{writer: e.Writer, known: v.writers[e.Writer]}
	delete(v.writers, e.Writer)
	v.report.Chains++
	if chain.known == nil {
		v.report.fault(Fault{Writer: e.Writer.String(), What: "the chain has no writer: it was forged"})
		chain.known = &Writer{ID: e.Writer}
	}
	return chain
}

// link checks an entry's own hash, its place in the chain, the batches up to it, and what the anchor knows of it.
func (v *verifier) link(chain *follower, e *Entry, batches *cursor) {
	sum := e.Sum()
	switch {
	case sum != e.Hash:
		v.at(e, "the entry was changed: its fields do not have its hash")
	case e.Seq != chain.seq+1:
		v.at(e, "entries %d to %d of the chain are missing", chain.seq+1, e.Seq-1)
	case e.Previous != chain.hash:
		v.at(e, "the entry does not follow the one before it: that one was changed, or this one was")
	}
	if (e.Seq == 1) != (e.Kind == KindServerStarted) {
		v.at(e, "a chain begins, and only begins, with the start of a server")
	}
	chain.seq, chain.hash = e.Seq, sum

	for batches.more && batches.head.Writer == e.Writer && batches.head.Last <= e.Seq {
		g := batches.head
		if g.First != chain.covered+1 || g.Last != e.Seq || g.Hash != sum {
			v.report.fault(Fault{Writer: g.Writer.String(), Seq: g.Last, Session: e.Session,
				What: "the batch that ends here was signed for other entries"})
		}
		chain.batch = vouched{g.covers(chain.batch), g.Signature}
		chain.covered = g.Last
		v.report.Batches++
		batches.advance()
	}

	if h, ok := v.anchors[e.Writer]; ok {
		if e.Seq <= h.Seq {
			v.report.Anchored++
		}
		if e.Seq == h.Seq {
			delete(v.anchors, e.Writer)
			if h.Hash != sum {
				v.at(e, "the anchor knows another entry in this place: the chain was rewritten")
			}
		}
	}
}

// endChain checks that the chain is signed to its end. The last signature vouches for all before.
func (v *verifier) endChain(chain *follower, batches *cursor) {
	if chain == nil {
		return
	}
	for batches.more && batches.head.Writer == chain.writer {
		v.strayBatch(&batches.head)
		batches.advance()
	}
	if chain.covered < chain.seq {
		v.report.fault(Fault{Writer: chain.writer.String(), Seq: chain.covered + 1,
			What: "this entry and what follows stand outside a signed batch: they were forged"})
	}
	if chain.covered > 0 && !chain.batch.valid(chain.known.Public) {
		v.unsigned(chain)
	}
}

// unsigned finds out which batch of the chain is the first that its writer did not sign.
func (v *verifier) unsigned(chain *follower) {
	var batch vouched
	for g, err := range v.view.signatures() {
		if err != nil {
			break
		}
		if g.Writer != chain.writer {
			continue
		}
		batch = vouched{g.covers(batch), g.Signature}
		if !batch.valid(chain.known.Public) {
			v.report.fault(Fault{Writer: chain.writer.String(), Seq: g.First,
				What: "the batch that begins here is not signed by its writer, or was changed since"})
			return
		}
	}
	v.report.fault(Fault{Writer: chain.writer.String(), What: "the chain is not signed by its writer"})
}

// payloads checks that an entry's payloads are those it commits to.
func (v *verifier) payloads(it *item) {
	for _, part := range []struct {
		class      class
		ciphertext []byte
		digest     Hash
	}{{classContent, it.content, it.entry.Content}, {classLedger, it.ledger, it.entry.Ledger}} {
		switch {
		case part.digest == (Hash{}) && part.ciphertext != nil:
			v.at(&it.entry, "the entry has a %s payload that it does not commit to", part.class)
		case part.digest == (Hash{}):
		case part.ciphertext == nil:
			v.at(&it.entry, "the entry's %s payload is missing", part.class)
		case sha256.Sum256(part.ciphertext) != part.digest:
			v.at(&it.entry, "the entry's %s payload was changed", part.class)
		}
	}
}
