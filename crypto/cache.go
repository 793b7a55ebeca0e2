package crypto

import (
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// cacheLife bounds how long a key is used without asking the key store again. Erasure waits it out.
const cacheLife = 60 * time.Second

// A livingKey is a subject's key, ready for use.
type livingKey struct {
	id   KeyID
	aead tink.AEAD
}

// cache keeps unwrapped keys, in two generations of half a life each, and never more than its bound.
type cache struct {
	now   func() time.Time
	bound int // of each generation

	mu         sync.RWMutex
	young, old generation
}

type generation struct {
	born    time.Time
	keys    map[KeyRef]tink.AEAD
	current map[Subject]livingKey
	keks    map[kekName]tink.AEAD
}

type kekName struct {
	purpose string
	epoch   uint32
}

func newGeneration(born time.Time) generation {
	return generation{born, map[KeyRef]tink.AEAD{}, map[Subject]livingKey{}, map[kekName]tink.AEAD{}}
}

// fresh says whether all that a generation holds may still be used. A clock that went back makes it no.
func (g *generation) fresh(now time.Time) bool {
	age := now.Sub(g.born)
	return age >= 0 && age < cacheLife
}

func newCache(now func() time.Time, size int) *cache {
	return &cache{now: now, bound: max(size/2, 1), young: newGeneration(now()), old: newGeneration(now())}
}

func (c *cache) key(subject []byte, id KeyID) tink.AEAD {
	c.mu.RLock()
	defer c.mu.RUnlock()
	now := c.now()
	if c.young.fresh(now) {
		if a := c.young.keys[KeyRef{Subject(subject), id}]; a != nil {
			return a
		}
	}
	if c.old.fresh(now) {
		return c.old.keys[KeyRef{Subject(subject), id}]
	}
	return nil
}

func (c *cache) living(subject Subject) (livingKey, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	now := c.now()
	if c.young.fresh(now) {
		if k, ok := c.young.current[subject]; ok {
			return k, true
		}
	}
	if c.old.fresh(now) {
		k, ok := c.old.current[subject]
		return k, ok
	}
	return livingKey{}, false
}

func (c *cache) kek(name kekName) tink.AEAD {
	c.mu.RLock()
	defer c.mu.RUnlock()
	now := c.now()
	if c.young.fresh(now) {
		if a := c.young.keks[name]; a != nil {
			return a
		}
	}
	if c.old.fresh(now) {
		return c.old.keks[name]
	}
	return nil
}

// put runs add on the young generation, which it turns first where it is half a life old, or full.
func (c *cache) put(add func(generation)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	switch age := now.Sub(c.young.born); {
	case age < 0 || age >= cacheLife:
		c.young, c.old = newGeneration(now), newGeneration(now)
	case age >= cacheLife/2 || len(c.young.keys) >= c.bound:
		c.young, c.old = newGeneration(now), c.young
	}
	add(c.young)
}

// forget drops everything.
func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	c.young, c.old = newGeneration(now), newGeneration(now)
}
