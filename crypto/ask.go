package crypto

import (
	"fmt"
	"strconv"
)

// ask answers a fact about a cell: through its Asker where it has one, else by opening it here.
func (c *cell) ask(fact, argument string, other *cell, isBytes bool) (any, error) {
	if c != nil && c.kind == isCarried && c.text == nil {
		if c.from.asker == nil {
			return nil, &SealedError{c.from.ref, "facts are asked of a value that was read as it is, not of an expression"}
		}
		var second *Reference
		if fact == FactSame {
			ref, ok := other.otherReference()
			if !ok {
				return false, nil
			}
			second = &ref
		}
		return c.from.asker.Ask(fact, c.from.ref, argument, second)
	}
	if fact == FactSame && other != nil && other.kind == isCarried && other.text == nil {
		if c != nil && c.kind == isCarried && c.from.asker == nil || c == nil {
			return false, nil
		}
		return other.ask(fact, argument, c, isBytes)
	}
	q := Question{Fact: fact, Argument: argument, Null: c == nil}
	var err error
	if q.Plain, err = c.open(); err != nil {
		return nil, err
	}
	if fact == FactSame && other != nil {
		if q.Other, err = other.open(); err != nil {
			return nil, err
		}
		if q.Other == nil {
			q.Other = []byte{}
		}
	}
	return answer(q, isBytes)
}

// otherReference is what a comparison names the second value by; false for NULL and for values that were never stored.
func (c *cell) otherReference() (Reference, bool) {
	if c == nil || c.kind == isNew {
		return Reference{}, false
	}
	return c.reference()
}

// tell is ask with an answer of one type.
func tell[T any](c *cell, fact, argument string, other *cell, isBytes bool) (T, error) {
	var none T
	got, err := c.ask(fact, argument, other, isBytes)
	if err != nil {
		return none, err
	}
	answer, ok := got.(T)
	if !ok {
		return none, fmt.Errorf("the fact %s was answered with a %T", fact, got)
	}
	return answer, nil
}

// Present says whether the value is neither NULL nor empty.
func (s String) Present() (bool, error) { return tell[bool](s.c, FactPresent, "", nil, false) }

// Len counts the runes; of NULL it is 0.
func (s String) Len() (int64, error) { return tell[int64](s.c, FactLen, "", nil, false) }

// Domain is what follows the last @, trimmed and in lower case.
func (s String) Domain() (string, error) { return tell[string](s.c, FactDomain, "", nil, false) }

// DomainIs says whether the domain is the one that is given.
func (s String) DomainIs(domain string) (bool, error) {
	return tell[bool](s.c, FactDomainIs, domain, nil, false)
}

// Same says whether both values have the same bytes. NULL is the same as nothing.
func (s String) Same(other String) (bool, error) {
	return tell[bool](s.c, FactSame, "", other.c, false)
}

// Is says whether the value has exactly these bytes.
func (s String) Is(text string) (bool, error) { return tell[bool](s.c, FactIs, text, nil, false) }

// Prefix is the first n runes, n ≤ 4.
func (s String) Prefix(n int) (string, error) {
	return tell[string](s.c, FactPrefix, strconv.Itoa(n), nil, false)
}

// Traits lists what the eye does not see: outer space, control, bidi, mixed script, not NFC.
func (s String) Traits() ([]string, error) { return tell[[]string](s.c, FactTraits, "", nil, false) }

// Present says whether the value is neither NULL nor empty.
func (s Bytes) Present() (bool, error) { return tell[bool](s.c, FactPresent, "", nil, true) }

// Len counts the bytes; of NULL it is 0.
func (s Bytes) Len() (int64, error) { return tell[int64](s.c, FactLen, "", nil, true) }

// Same says whether both values have the same bytes. NULL is the same as nothing.
func (s Bytes) Same(other Bytes) (bool, error) { return tell[bool](s.c, FactSame, "", other.c, true) }
