package crypto_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/crypto/cryptotest"
)

var errDown = errors.New("the key store is down")

func sealed(t *testing.T, k *crypto.Keyring, column crypto.Column, subject crypto.Subject, row crypto.Row, plain string) []byte {
	t.Helper()
	b, err := k.Seal(t.Context(), column, subject, row, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func openOne(t *testing.T, k *crypto.Keyring, envelope []byte) (string, error) {
	t.Helper()
	got, err := k.Open(t.Context(), envelope)
	if err != nil {
		t.Fatal(err)
	}
	return string(got[0].Plain), got[0].Err
}

func TestTwoKeyringsOnOneStoreAgree(t *testing.T) {
	store := cryptotest.NewStore()
	keyset, err := crypto.NewDevelopmentKeyset()
	if err != nil {
		t.Fatal(err)
	}
	var rings []*crypto.Keyring
	for range 2 {
		k, err := crypto.NewKeyring(crypto.Config{Keyset: keyset, Store: store})
		if err != nil {
			t.Fatal(err)
		}
		rings = append(rings, k)
	}
	b := sealed(t, rings[0], "people.email", "people/42", "people/42", "dana")
	if got, err := openOne(t, rings[1], b); got != "dana" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	c := sealed(t, rings[1], "people.name", "people/42", "people/42", "Dana")
	if !bytes.Equal(b[2:6], c[2:6]) {
		t.Error("one subject has two keys")
	}
	d := sealed(t, rings[1], "people.name", "people/43", "people/43", "Dana")
	if bytes.Equal(c[2:6], d[2:6]) {
		t.Error("two subjects have one key")
	}
}

func TestAPageAsksTheStoreOnce(t *testing.T) {
	store := cryptotest.NewStore()
	k := cryptotest.KeyringOn(t, store)
	var plain []crypto.Plain
	for i := range 100 {
		row, err := crypto.NewRow("people", i+1)
		if err != nil {
			t.Fatal(err)
		}
		plain = append(plain, crypto.Plain{Column: "people.email", Subject: crypto.Subject(row), Row: row, Text: []byte{byte(i)}})
	}
	envelopes, err := k.SealMany(t.Context(), plain)
	if err != nil {
		t.Fatal(err)
	}
	k.Forget()
	if _, err := k.Open(t.Context(), envelopes[0]); err != nil { // the KEK
		t.Fatal(err)
	}
	before := store.Queries()
	opened, err := k.Open(t.Context(), envelopes...)
	if err != nil {
		t.Fatal(err)
	}
	if n := store.Queries() - before; n != 1 {
		t.Errorf("%d queries for a page", n)
	}
	for i, o := range opened {
		if o.Err != nil || !bytes.Equal(o.Plain, []byte{byte(i)}) {
			t.Fatalf("%d: %v", i, o)
		}
	}
}

func TestABadEnvelopeHurtsNoOther(t *testing.T) {
	k := cryptotest.Keyring(t)
	good := sealed(t, k, "people.email", "people/1", "people/1", "a")
	damaged := bytes.Clone(good)
	damaged[len(damaged)-1] ^= 1
	foreign := sealed(t, cryptotest.Keyring(t), "people.email", "people/1", "people/1", "b")
	shared := sealed(t, k, "plans.note", "", "plans/1", "c")
	foreignShared := sealed(t, cryptotest.Keyring(t), "plans.note", "", "plans/1", "d")
	got, err := k.Open(t.Context(), []byte("dana"), good, damaged, foreign, shared, foreignShared, []byte(crypto.EncodeText(good)))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{crypto.ErrNotSealed, nil, crypto.ErrDamaged, crypto.ErrNoKey, nil, crypto.ErrNoKey, nil} {
		if !errors.Is(got[i].Err, want) || (want != nil) != (got[i].Plain == nil) {
			t.Errorf("%d: %v, want %v", i, got[i].Err, want)
		}
	}
}

func TestAnEnvelopeOpensForNoOtherHeader(t *testing.T) {
	k := cryptotest.Keyring(t)
	sealed(t, k, "people.email", "people/43", "people/43", "the other has a key too")
	b := sealed(t, k, "people.email", "people/42", "people/42", "dana")
	for _, change := range [][2]string{{"people.email", "people.phone"}, {"people/42", "people/43"}} {
		moved := bytes.Replace(b, []byte(change[0]), []byte(change[1]), 1)
		if got, err := openOne(t, k, moved); err == nil {
			t.Errorf("%s for %s: opened %q", change[1], change[0], got)
		}
	}
	moved := bytes.ReplaceAll(b, []byte("people/42"), []byte("people/43"))
	if got, err := openOne(t, k, moved); !errors.Is(err, crypto.ErrNoKey) {
		t.Errorf("moved to another subject: %q, %v", got, err)
	}
}

func TestAnErasedSubjectOpensNothingAndGetsANewKey(t *testing.T) {
	store := cryptotest.NewStore()
	k := cryptotest.KeyringOn(t, store)
	old := sealed(t, k, "people.email", "people/42", "people/42", "dana")
	if err := store.Erase("people/42"); err != nil {
		t.Fatal(err)
	}
	k.Forget()
	if got, err := openOne(t, k, old); !errors.Is(err, crypto.ErrErased) || got != "" {
		t.Fatalf("%q, %v", got, err)
	}
	fresh := sealed(t, k, "people.email", "people/42", "people/42", "somebody else")
	if bytes.Equal(old[2:6], fresh[2:6]) {
		t.Error("the key id of the erased subject is used again")
	}
	if got, err := openOne(t, k, fresh); got != "somebody else" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	if _, err := openOne(t, k, old); !errors.Is(err, crypto.ErrErased) {
		t.Fatal(err)
	}
}

func TestAKeyIsUsedForAMinuteAtMost(t *testing.T) {
	for _, wait := range []time.Duration{0, 10 * time.Second, 29 * time.Second, 31 * time.Second, 59 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			store := cryptotest.NewStore()
			k := cryptotest.KeyringOn(t, store)
			time.Sleep(wait) // of the bubble's clock
			b := sealed(t, k, "people.email", "people/42", "people/42", "dana")
			erased := time.Now()
			if err := store.Erase("people/42"); err != nil {
				t.Fatal(err)
			}
			for range 200 {
				time.Sleep(500 * time.Millisecond)
				sealed(t, k, "people.email", "people/7", "people/7", "others keep the cache busy")
				_, err := openOne(t, k, b)
				if since := time.Since(erased); err == nil && since >= time.Minute {
					t.Fatalf("opened %v after the erasure", since)
				}
			}
		})
	}
}

func TestADownKeyStoreSealsAndOpensNothing(t *testing.T) {
	store := cryptotest.NewStore()
	k := cryptotest.KeyringOn(t, store)
	b := sealed(t, k, "people.email", "people/42", "people/42", "dana")
	k.Forget()
	store.Fail(errDown)
	if _, err := k.Open(t.Context(), b); !errors.Is(err, errDown) {
		t.Errorf("open: %v", err)
	}
	if _, err := k.Seal(t.Context(), "people.email", "people/42", "people/42", nil); !errors.Is(err, errDown) {
		t.Errorf("seal: %v", err)
	}
	if _, err := k.WrapDataKey(t.Context(), make([]byte, 32), nil); !errors.Is(err, errDown) {
		t.Errorf("wrap: %v", err)
	}
	store.Fail(nil)
	if got, err := openOne(t, k, b); got != "dana" || err != nil {
		t.Errorf("afterwards: %q, %v", got, err)
	}
}

func TestARecordKeyOpensForItsAssociatedDataOnly(t *testing.T) {
	k := cryptotest.Keyring(t)
	key := bytes.Repeat([]byte{7}, 32)
	wrapped, err := k.WrapDataKey(t.Context(), key, []byte("session 1"))
	if err != nil {
		t.Fatal(err)
	}
	k.Forget()
	if got, err := k.UnwrapDataKey(t.Context(), wrapped, []byte("session 1")); err != nil || !bytes.Equal(got, key) {
		t.Fatalf("%x, %v", got, err)
	}
	if _, err := k.UnwrapDataKey(t.Context(), wrapped, []byte("session 2")); !errors.Is(err, crypto.ErrDamaged) {
		t.Errorf("another session: %v", err)
	}
	for i := range wrapped {
		changed := bytes.Clone(wrapped)
		changed[i] ^= 1
		if _, err := k.UnwrapDataKey(t.Context(), changed, []byte("session 1")); err == nil {
			t.Errorf("a change at %d was not noticed", i)
		}
	}
	if _, err := k.UnwrapDataKey(t.Context(), nil, nil); err == nil {
		t.Error("nothing was unwrapped")
	}
}

func TestTheMonthOfARecordKeyIsItsEpoch(t *testing.T) {
	store := cryptotest.NewStore()
	keyset, err := crypto.NewDevelopmentKeyset()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 30, 23, 59, 59, 0, time.UTC)
	k, err := crypto.NewKeyring(crypto.Config{Keyset: keyset, Store: store, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	november, err := k.WrapDataKey(t.Context(), make([]byte, 32), nil)
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Second)
	december, err := k.WrapDataKey(t.Context(), make([]byte, 32), nil)
	if err != nil {
		t.Fatal(err)
	}
	for epoch, wrapped := range map[uint32][]byte{202611: november, 202612: december} {
		if _, ok, err := store.KEK(context.Background(), "record", epoch); !ok || err != nil {
			t.Errorf("no key for %d: %v", epoch, err)
		}
		if _, err := k.UnwrapDataKey(t.Context(), wrapped, nil); err != nil {
			t.Errorf("%d: %v", epoch, err)
		}
	}
}

func TestEqualTextsHaveEqualIndexesInOneColumnOnly(t *testing.T) {
	k := cryptotest.Keyring(t)
	index := func(column crypto.Column, norms []string, text string) string {
		all, err := k.Index(column, norms, text)
		if err != nil || len(all) != 1 || len(all[0]) != 16 {
			t.Fatalf("%x, %v", all, err)
		}
		return string(all[0])
	}
	norms := []string{"lower", "trim"}
	if index("people.email", norms, " Dana@Fjord.example\u00a0") != index("people.email", norms, "dana@fjord.example") {
		t.Error("case or outer space matters")
	}
	if index("people.email", nil, "Dana") == index("people.email", nil, "dana") {
		t.Error("case does not matter without lower")
	}
	if index("people.email", norms, "dana") == index("people.phone", norms, "dana") {
		t.Error("two columns share an index")
	}
	if index("people.email", []string{"nfkc"}, "zoe\u0308") != index("people.email", []string{"nfkc"}, "zo\u00eb") {
		t.Error("composition matters with nfkc")
	}
	if _, err := k.Index("people.email", []string{"upper"}, "x"); err == nil {
		t.Error("an unknown normalisation passes")
	}
	if _, err := k.Index("email", nil, "x"); err == nil {
		t.Error("a column without a table passes")
	}
}

func TestWhatCannotBeSafeIsRefused(t *testing.T) {
	keyset, err := crypto.NewDevelopmentKeyset()
	if err != nil {
		t.Fatal(err)
	}
	for _, cfg := range []crypto.Config{{}, {Keyset: keyset}, {Store: cryptotest.NewStore()}, {Keyset: keyset, Store: cryptotest.NewStore(), Cache: -1}} {
		if _, err := crypto.NewKeyring(cfg); err == nil {
			t.Errorf("%v made a keyring", cfg)
		}
	}
	k := cryptotest.Keyring(t)
	for _, p := range []crypto.Plain{{Column: "email", Row: "people/1"}, {Column: "people.email"}, {Column: "people.email", Row: "people/042 "}, {Column: "people.email", Subject: "people", Row: "people/1"}} {
		if _, err := k.SealMany(t.Context(), []crypto.Plain{p}); err == nil {
			t.Errorf("%v was sealed", p)
		}
	}
}
