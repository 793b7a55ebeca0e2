package crypto_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/crypto/cryptotest"
)

// vectors is testdata/vectors.json: a keyset and a key store of its own, what was sealed with them, and what must not open.
type vectors struct {
	Keyset json.RawMessage     `json:"keyset"`
	KEKs   []crypto.KEK        `json:"keks"`
	Keys   []crypto.SubjectKey `json:"keys"`
	Opens  []opens             `json:"opens"`
	Fails  []fails             `json:"fails"`
	Record recordVector        `json:"record"`
	Index  []indexVector       `json:"index"`
}

type opens struct {
	Column, Subject, Row string
	Plain, Envelope      []byte
}

type fails struct {
	Name, Error string
	Envelope    []byte
}

type recordVector struct{ Key, Associated, Wrapped []byte }

type indexVector struct {
	Column, Text string
	Norm         []string
	Index        []byte
}

func failures() map[string]error {
	return map[string]error{"not sealed": crypto.ErrNotSealed, "damaged": crypto.ErrDamaged, "no key": crypto.ErrNoKey, "erased": crypto.ErrErased}
}

var update = flag.Bool("update", false, "write testdata/vectors.json anew: what was sealed before must open for ever, so never for a released version")

func TestWhatWasSealedOpensForEver(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	file, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	keyset, err := crypto.ParseKeyset(v.Keyset)
	if err != nil {
		t.Fatal(err)
	}
	store := cryptotest.NewStore()
	for _, k := range v.KEKs {
		if _, err := store.AddKEK(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.AddKeys(t.Context(), v.Keys); err != nil {
		t.Fatal(err)
	}
	k, err := crypto.NewKeyring(crypto.Config{Keyset: keyset, Store: store})
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Opens) < 10 || len(v.Fails) < 15 {
		t.Fatalf("%d and %d vectors are too few", len(v.Opens), len(v.Fails))
	}
	for _, o := range v.Opens {
		opened, err := k.Open(t.Context(), o.Envelope)
		if err != nil {
			t.Fatal(err)
		}
		h := opened[0].Header
		if opened[0].Err != nil || !bytes.Equal(opened[0].Plain, o.Plain) || string(h.Column) != o.Column || string(h.Subject) != o.Subject || string(h.Row) != o.Row {
			t.Errorf("%s of %s: %+v", o.Column, o.Row, opened[0])
		}
	}
	for _, f := range v.Fails {
		want := failures()[f.Error]
		opened, err := k.Open(t.Context(), f.Envelope)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil || !errors.Is(opened[0].Err, want) || opened[0].Plain != nil {
			t.Errorf("%s: %v, want %v", f.Name, opened[0].Err, want)
		}
	}
	if got, err := k.UnwrapDataKey(t.Context(), v.Record.Wrapped, v.Record.Associated); err != nil || !bytes.Equal(got, v.Record.Key) {
		t.Errorf("the record's key: %v", err)
	}
	for _, i := range v.Index {
		got, err := k.Index(crypto.Column(i.Column), i.Norm, i.Text)
		if err != nil || !bytes.Equal(got[0], i.Index) {
			t.Errorf("index of %q in %s: %x, %v", i.Text, i.Column, got, err)
		}
	}
}

func writeVectors(t *testing.T) {
	keyset, err := crypto.NewDevelopmentKeyset()
	if err != nil {
		t.Fatal(err)
	}
	store := cryptotest.NewStore()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	k, err := crypto.NewKeyring(crypto.Config{Keyset: keyset, Store: store, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	v.Keyset, err = keyset.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	add := func(column, subject, row, plain string) []byte {
		b := sealed(t, k, crypto.Column(column), crypto.Subject(subject), crypto.Row(row), plain)
		v.Opens = append(v.Opens, opens{column, subject, row, []byte(plain), b})
		return b
	}
	email := add("people.email", "people/42", "people/42", "dana@fjord.example")
	note := add("settings.value", "", "settings/mail,smtp", "secret")
	for _, n := range []int{0, 1, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 1000} {
		add("messages.body", "people/42", "messages/981", strings.Repeat("x", n))
	}
	add("people.name", "people/a%2Fb", "people/a%2Fb", "\x80\x00\x00")
	add("räume.öffner", "people/42", "räume/1", "a table with letters of its own")
	v.Opens = append(v.Opens, opens{"people.email", "people/42", "people/42", []byte("dana@fjord.example"), []byte(crypto.EncodeText(email))})
	other := add("people.email", "people/43", "people/43", "eve@fjord.example")

	erased := sealed(t, k, "people.email", "people/44", "people/44", "gone")
	fail := func(name, err string, b []byte) { v.Fails = append(v.Fails, fails{name, err, b}) }
	edit := func(b []byte, at int, by byte) []byte {
		c := bytes.Clone(b)
		c[(at+len(c))%len(c)] ^= by
		return c
	}
	replace := func(b []byte, old, with string) []byte { return bytes.ReplaceAll(b, []byte(old), []byte(with)) }
	fail("another column", "damaged", replace(email, "people.email", "people.phone"))
	fail("another row", "damaged", append(bytes.Clone(email[:29]), replace(email[29:], "people/42", "people/43")...))
	fail("another subject", "no key", replace(email, "people/42", "people/43"))
	fail("another subject's key", "damaged", append(append(bytes.Clone(email[:2]), other[2:6]...), replace(email[6:], "people/42", "people/43")...))
	fail("an unknown key", "no key", edit(email, 2, 0xff))
	fail("an unknown key of the keyset", "no key", edit(note, 2, 0xff))
	fail("a changed nonce", "damaged", edit(email, -60, 1))
	fail("a changed ciphertext", "damaged", edit(email, -20, 1))
	fail("a changed tag", "damaged", edit(email, -1, 1))
	fail("cut short", "not sealed", email[:len(email)-1])
	fail("cut by a block", "damaged", append(bytes.Clone(email[:len(email)-32]), email[len(email)-16:]...))
	fail("a byte more", "not sealed", append(bytes.Clone(email), 0))
	fail("a future version", "not sealed", edit(email, 1, 3))
	fail("no envelope", "not sealed", []byte("dana@fjord.example"))
	fail("nothing", "not sealed", nil)
	fail("text of a future version", "not sealed", []byte("enc:v2:"+crypto.EncodeText(email)[7:]))
	fail("text with a line break", "not sealed", []byte(crypto.EncodeText(email)+"\n"))
	fail("another keyset's", "no key", sealed(t, cryptotest.Keyring(t), "settings.value", "", "settings/1", "x"))
	fail("an erased subject's", "erased", erased)

	v.Record.Key, v.Record.Associated = bytes.Repeat([]byte{7}, 32), []byte("session 1")
	if v.Record.Wrapped, err = k.WrapDataKey(t.Context(), v.Record.Key, v.Record.Associated); err != nil {
		t.Fatal(err)
	}
	for _, i := range []indexVector{{"people.email", "dana@fjord.example", nil, nil}, {"people.email", " Dana@Fjord.example", []string{"lower", "trim"}, nil}, {"people.name", "zoe\u0308", []string{"nfkc"}, nil}} {
		all, err := k.Index(crypto.Column(i.Column), i.Norm, i.Text)
		if err != nil {
			t.Fatal(err)
		}
		i.Index = all[0]
		v.Index = append(v.Index, i)
	}
	for purpose, epoch := range map[string]uint32{"subjects": 1, "record": 202611} {
		kek, _, err := store.KEK(t.Context(), purpose, epoch)
		if err != nil {
			t.Fatal(err)
		}
		v.KEKs = append(v.KEKs, kek)
	}
	if err := store.Erase("people/44"); err != nil {
		t.Fatal(err)
	}
	seen := map[crypto.KeyRef]bool{}
	for _, o := range append(v.Opens, opens{Subject: "people/44", Envelope: erased}) {
		raw, err := crypto.ParseEnvelope(o.Envelope)
		if err != nil {
			t.Fatal(err)
		}
		ref := crypto.KeyRef{Subject: crypto.Subject(o.Subject), ID: raw.Header.KeyID}
		if o.Subject == "" || seen[ref] {
			continue
		}
		seen[ref] = true
		keys, err := store.Keys(t.Context(), []crypto.KeyRef{ref})
		if err != nil {
			t.Fatal(err)
		}
		v.Keys = append(v.Keys, keys...)
	}
	b, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("testdata/vectors.json", append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
