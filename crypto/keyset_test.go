package crypto

import (
	"bytes"
	stded25519 "crypto/ed25519"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestAKeysetReadsBackAsItWas(t *testing.T) {
	made := testKey(t)
	file, err := made.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParseKeyset(file)
	if err != nil {
		t.Fatal(err)
	}
	if !read.Development() || !bytes.Contains(file, []byte(`"development": true`)) {
		t.Error("a development keyset does not say so")
	}
	if !bytes.Equal(made.Digest([]byte("x")), read.Digest([]byte("x"))) || bytes.Equal(made.Digest([]byte("x")), testKey(t).Digest([]byte("x"))) {
		t.Error("the digest key differs, or is shared by all keysets")
	}
	signed, _ := made.Signer().Sign([]byte("head"))
	if !stded25519.Verify(read.Signer().Public(), []byte("head"), signed) {
		t.Error("the signer differs")
	}
	wrapped, _ := made.Root().Encrypt([]byte("kek"), nil)
	if got, err := read.Root().Decrypt(wrapped, nil); err != nil || string(got) != "kek" {
		t.Error("the root differs")
	}
	if read.columnsID != made.columnsID {
		t.Error("the columns' key differs")
	}
	again, err := read.Marshal()
	if err != nil || !bytes.Equal(file, again) {
		t.Error("it is written another way the second time")
	}
}

func TestAWrongKeysetIsRefused(t *testing.T) {
	good, _ := testKey(t).Marshal()
	other, _ := testKey(t).Marshal()
	edit := func(change func(map[string]any)) []byte {
		var m, o map[string]any
		json.Unmarshal(good, &m)
		json.Unmarshal(other, &o)
		m["other"] = o
		change(m)
		delete(m, "other")
		b, _ := json.Marshal(m)
		return b
	}
	cases := map[string][]byte{
		"empty":               nil,
		"not JSON":            []byte("keyset"),
		"cut short":           good[:len(good)/2],
		"two of them":         append(bytes.Clone(good), good...),
		"another version":     edit(func(m map[string]any) { m["version"] = 2 }),
		"an unknown field":    edit(func(m map[string]any) { m["extra"] = 1 }),
		"no development mark": edit(func(m map[string]any) { m["development"] = false }),
		"no root":             edit(func(m map[string]any) { delete(m, "root") }),
		"another's root":      edit(func(m map[string]any) { m["root"] = m["other"].(map[string]any)["root"] }),
		"parts swapped":       edit(func(m map[string]any) { m["signer"], m["digest"] = m["digest"], m["signer"] }),
		"keysets swapped":     edit(func(m map[string]any) { m["columns"], m["index"] = m["index"], m["columns"] }),
		"no signer":           edit(func(m map[string]any) { delete(m, "signer") }),
	}
	for name, b := range cases {
		_, err := ParseKeyset(b)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "AesGcmKey") || strings.Contains(err.Error(), "value") {
			t.Errorf("%s: the error shows what is in the file: %v", name, err)
		}
	}
}

func TestKeysNeverPrint(t *testing.T) {
	k := testKey(t)
	ring := &Keyring{keyset: k}
	for _, v := range []any{k, ring, k.Signer(), struct{ K *Keyset }{k}, []*Keyring{ring}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			got := fmt.Sprintf(verb, v)
			for _, secret := range [][]byte{k.digest, k.signer.Seed()} {
				if strings.Contains(got, string(secret)) || strings.Contains(got, fmt.Sprintf("%x", secret)) || strings.Contains(got, fmt.Sprint(secret)) {
					t.Errorf("%s of %T prints a key", verb, v)
				}
			}
		}
	}
	if b, err := json.Marshal(map[string]any{"k": k}); err == nil {
		t.Errorf("JSON of a keyset: %s", b)
	}
	if b, err := json.Marshal(ring); err == nil {
		t.Errorf("JSON of a keyring: %s", b)
	}
}
