package crypto

import (
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// cacheLife bounds how long a key is used without asking the key store again. Erasure waits it out.
const cacheLife = 60 * time.Second

// turnEvery is half a life, and a second less for a timer that is late.
const turnEvery = cacheLife/2 - time.Second

// A livingKey is a subject's key, ready for use.
type livingKey struct {
	id   KeyID
	aead tink.AEAD
}

// cache keeps unwrapped keys in two generations, and never many more than its bound. A timer turns them every half life, so that no
// key is in memory for longer than a life after it was fetched, used or not, and looking one up asks no clock.
type cache struct {
	bound int // of each generation; the result of one query may exceed it

	mu         sync.RWMutex
	young, old *generation
	timer      *time.Timer // nil while both are empty
	turns      uint64      // which timer is the running one
}

type generation struct {
	keys    map[KeyRef]tink.AEAD
	current map[Subject]livingKey
	keks    map[kekName]tink.AEAD
}

type kekName struct {
	purpose string
	epoch   uint32
}

func newGeneration() *generation {
	return &generation{map[KeyRef]tink.AEAD{}, map[Subject]livingKey{}, map[kekName]tink.AEAD{}}
}

func (g *generation) empty() bool { return len(g.keys)+len(g.current)+len(g.keks) == 0 }

func newCache(size int) *cache {
	return &cache{bound: max(size/2, 1), young: newGeneration(), old: newGeneration()}
}

func (c *cache) key(subject []byte, id KeyID) tink.AEAD {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if a := c.young.keys[KeyRef{Subject(subject), id}]; a != nil {
		return a
	}
	return c.old.keys[KeyRef{Subject(subject), id}]
}

func (c *cache) living(subject Subject) (livingKey, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if k, ok := c.young.current[subject]; ok {
		return k, true
	}
	k, ok := c.old.current[subject]
	return k, ok
}

func (c *cache) kek(name kekName) tink.AEAD {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if a := c.young.keks[name]; a != nil {
		return a
	}
	return c.old.keks[name]
}

// put runs add on the young generation, which it turns first where it is full.
func (c *cache) put(add func(*generation)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.young.keys) >= c.bound {
		c.turn()
	}
	add(c.young)
	if c.timer == nil {
		c.start()
	}
}

// turn makes the young generation the old one, and drops the old one.
func (c *cache) turn() {
	c.young, c.old = newGeneration(), c.young
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	c.turns++
	if !c.old.empty() {
		c.start()
	}
}

func (c *cache) start() {
	now := c.turns
	c.timer = time.AfterFunc(turnEvery, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.turns == now {
			c.turn()
		}
	})
}

// forget drops everything.
func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn()
	c.turn()
}
