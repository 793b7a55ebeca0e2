package crypto

import (
	"context"
	"fmt"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// pageKeys is how many keys are fetched at once; openWait bounds how long that may take.
const (
	pageKeys = 1024
	openWait = 10 * time.Second
)

// A page is the result of one query: which keyring opens it, and the keys that its values need, in the order of its rows. The first
// value that is opened fetches its own key and those of the values after it.
type page struct {
	keyring *Keyring
	refs    []KeyRef
}

// add attaches a cell that was read to the page.
func (p *page) add(c *cell, e parts) {
	c.page = p
	if len(e.subject) == 0 {
		return
	}
	if n := len(p.refs); n == 0 || p.refs[n-1].ID != e.key || string(p.refs[n-1].Subject) != string(e.subject) {
		p.refs = append(p.refs, KeyRef{Subject(e.subject), e.key})
	}
	c.at = int32(len(p.refs) - 1)
}

func (p *page) open(c *cell) ([]byte, error) {
	raw, text, err := binaryForm(c.stored())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSealed, err)
	}
	e, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSealed, err)
	}
	key := p.keyring.keyOf(e)
	if key == nil {
		if key, err = p.fetch(int(c.at), e); err != nil {
			return nil, err
		}
	}
	if text {
		return open(key, e)
	}
	return openWith(key, c.buffer[:len(domain)+len(e.head)], e.sealed)
}

// fetch asks for the key of e, and in the same query for those of the values after it.
func (p *page) fetch(at int, e parts) (tink.AEAD, error) {
	if len(e.subject) == 0 {
		return nil, ErrNoKey
	}
	own := KeyRef{Subject(e.subject), e.key}
	wanted := []KeyRef{own}
	seen := map[KeyRef]bool{own: true}
	for _, ref := range p.refs[min(at, len(p.refs)):] {
		if len(wanted) == pageKeys {
			break
		}
		if !seen[ref] {
			seen[ref] = true
			wanted = append(wanted, ref)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), openWait)
	defer cancel()
	found, err := p.keyring.fetch(ctx, wanted)
	if err != nil {
		return nil, err
	}
	return found.use(own)
}
