package crypto

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// places generates headers that the sealer accepts.
func places(t *rapid.T) Header {
	table := rapid.StringMatching(`[a-z][a-z0-9_]{0,20}`)
	id := rapid.StringMatching(`[A-Za-z0-9._-]{1,20}`)
	h := Header{Column: Column(table.Draw(t, "table") + "." + table.Draw(t, "column")), Row: Row(table.Draw(t, "rows") + "/" + id.Draw(t, "row"))}
	copy(h.KeyID[:], rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "key"))
	if rapid.Bool().Draw(t, "subject") {
		h.Subject = Subject(table.Draw(t, "subjects") + "/" + id.Draw(t, "subject id"))
	}
	return h
}

func testKey(t rapid.TB) *Keyset {
	k, err := NewDevelopmentKeyset()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestASealedValueOpensToItself(t *testing.T) {
	key := testKey(t).columns
	rapid.Check(t, func(t *rapid.T) {
		h, plain := places(t), rapid.SliceOfN(rapid.Byte(), 0, 1000).Draw(t, "plain")
		b, err := seal(key, h, plain)
		if err != nil {
			t.Fatal(err)
		}
		e, err := ParseEnvelope(b)
		if err != nil || e.Header != h || e.Text {
			t.Fatalf("parsed %+v, %v", e, err)
		}
		p, err := parse(b)
		if err != nil {
			t.Fatal(err)
		}
		got, err := open(key, p)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("opened %q, %v", got, err)
		}
		if len(b) != 2+4+3+len(h.Column)+len(h.Subject)+len(h.Row)+12+paddedLen(len(plain))+16 {
			t.Fatalf("an envelope of %d bytes", len(b))
		}
	})
}

func TestAnyChangedByteIsNoticed(t *testing.T) {
	key := testKey(t).columns
	rapid.Check(t, func(t *rapid.T) {
		b, err := seal(key, places(t), []byte("dana@fjord.example"))
		if err != nil {
			t.Fatal(err)
		}
		i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		b[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		p, err := parse(b)
		if err != nil {
			return
		}
		if plain, err := open(key, p); err == nil {
			t.Fatalf("opened %q after a change at %d", plain, i)
		}
	})
}

func TestPaddingHidesTheLengthWithinItsStep(t *testing.T) {
	for n, want := range map[int]int{0: 16, 15: 16, 16: 32, 31: 32, 32: 64, 63: 64, 64: 128, 127: 128, 128: 256, 255: 256, 256: 512, 511: 512, 512: 768, 65535: 65536} {
		if got := paddedLen(n); got != want {
			t.Errorf("%d bytes are padded to %d, not %d", n, got, want)
		}
		padded := appendPadded(nil, bytes.Repeat([]byte{0x80}, n))
		if plain, ok := unpad(padded); len(padded) != want || !ok || len(plain) != n {
			t.Errorf("%d bytes: padded to %d, unpadded %d %v", n, len(padded), len(plain), ok)
		}
	}
	for _, wrong := range [][]byte{nil, make([]byte, 16), append(bytes.Repeat([]byte{1}, 15), 1), append([]byte{0x80}, make([]byte, 31)...), append(bytes.Repeat([]byte{1}, 16), 0x80)} {
		if _, ok := unpad(wrong); ok {
			t.Errorf("padding %x was accepted", wrong)
		}
	}
}

func TestEnvelopesThatAreNoneAreRefused(t *testing.T) {
	key := testKey(t).columns
	good, err := seal(key, Header{Column: "people.email", Subject: "people/42", Row: "people/42"}, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	head := func(names ...string) []byte {
		b := []byte{0xE1, 1, 0, 0, 0, 0}
		for _, n := range names {
			b = append(binary.AppendUvarint(b, uint64(len(n))), n...)
		}
		return append(b, make([]byte, 12+16+16)...)
	}
	if _, err := ParseEnvelope(head("people.email", "people/42", "people/42")); err != nil {
		t.Fatal("the frame of these cases is wrong itself: ", err)
	}
	text := EncodeText(good)
	longLength := bytes.Replace(good, []byte{12, 'p', 'e', 'o', 'p', 'l', 'e', '.'}, []byte{0x8c, 0, 'p', 'e', 'o', 'p', 'l', 'e', '.'}, 1)
	cases := map[string][]byte{
		"nothing":                       nil,
		"plain text":                    []byte("dana@fjord.example, who lives in a house by the sea, far from here"),
		"a future version":              append([]byte{0xE1, 2}, good[2:]...),
		"cut short":                     good[:len(good)-1],
		"one byte too many":             append(bytes.Clone(good), 0),
		"a block too many of padding":   append(bytes.Clone(good), make([]byte, 32)...),
		"no ciphertext":                 good[:len(good)-16],
		"a length that is not minimal":  longLength,
		"a length beyond the end":       append(bytes.Clone(good[:6]), append([]byte{0xff, 0x7f}, good[6:]...)...),
		"no column":                     head("", "people/42", "people/42"),
		"a column without a table":      head("email", "people/42", "people/42"),
		"a column with a space":         head("people.e mail", "people/42", "people/42"),
		"a subject without an id":       head("people.email", "people/", "people/42"),
		"a subject spelled another way": head("people.email", "people/%41", "people/42"),
		"lower-case percent-encoding":   head("people.email", "people/%c3%b6", "people/42"),
		"no row":                        head("people.email", "people/42", ""),
		"a row with a slash":            head("people.email", "people/42", "people/4/2"),
		"a composite with an empty key": head("people.email", "people/42", "people/4,,2"),
		"text with a line break":        []byte(text[:20] + "\n" + text[20:]),
		"text with padding":             []byte(text + "="),
		"text in standard base64":       []byte(textPrefix + base64.RawStdEncoding.EncodeToString(bytes.Repeat([]byte{0xff}, 90))),
		"text of another version":       []byte("enc:v2:" + text[len(textPrefix):]),
		"text within text":              []byte(EncodeText([]byte(text))),
	}
	for name, b := range cases {
		if e, err := ParseEnvelope(b); err == nil {
			t.Errorf("%s: accepted as %+v", name, e.Header)
		}
	}
	if mark := pending(false); !IsEnvelope(mark) {
		t.Error("a mark would not pass the CHECK")
	} else if _, err := ParseEnvelope(mark); err == nil {
		t.Error("a mark is accepted as an envelope")
	}
}

func TestTheTextFormIsTheSameEnvelope(t *testing.T) {
	good, err := seal(testKey(t).columns, Header{Column: "people.email", Row: "people/42"}, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := ParseEnvelope(good)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseEnvelope([]byte(EncodeText(good)))
	if err != nil || a.Header != b.Header || !b.Text || !bytes.Equal(a.Ciphertext, b.Ciphertext) || !IsEnvelope([]byte(EncodeText(good))) {
		t.Fatalf("%+v, %v", b, err)
	}
}

func FuzzParseEnvelope(f *testing.F) {
	key := testKey(f).columns
	for _, h := range []Header{{Column: "people.email", Subject: "people/42", Row: "people/42"}, {Column: "a.b.c", Row: "t/1,x%20y"}} {
		b, err := seal(key, h, []byte(strings.Repeat("x", 20)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add([]byte(EncodeText(b)))
	}
	f.Add(pending(false))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEnvelope(b)
		if err != nil {
			return
		}
		again := appendHead(nil, e.Header)
		again = append(append(append(again, e.Nonce...), e.Ciphertext...), e.Tag...)
		if e.Text {
			again = []byte(EncodeText(again))
		}
		if !bytes.Equal(b, again) {
			t.Fatalf("two encodings of one value:\n%q\n%q", b, again)
		}
		if !IsEnvelope(b) {
			t.Fatal("IsEnvelope says no to an envelope")
		}
	})
}
