package crypto

import (
	"bytes"
	stded25519 "crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// A Keyset is what everything else is unlocked with: the root key, and under it the key of columns without a subject, the
// key of the blind index, the seed of the record's signer, and the key of the record's digests. It prints as its name only.
type Keyset struct {
	development bool
	root        tink.AEAD
	columns     tink.AEAD
	columnsID   KeyID
	columnIDs   []KeyID // every key that may open, the current one first
	index       []prf.PRF
	signer      stded25519.PrivateKey
	digest      []byte
	file        keysetFile
}

// keysetFile is the stored form, frozen: version 1.
type keysetFile struct {
	Version     int             `json:"version"`
	Development bool            `json:"development"`
	Root        json.RawMessage `json:"root"`    // a Tink keyset in the clear: only ever in a development keyset
	Columns     []byte          `json:"columns"` // a Tink keyset, encrypted by the root
	Index       []byte          `json:"index"`   // a Tink keyset, encrypted by the root
	Signer      []byte          `json:"signer"`  // an Ed25519 seed, encrypted by the root
	Digest      []byte          `json:"digest"`  // 32 bytes, encrypted by the root
}

const keysetVersion = 1

// associated binds each wrapped part of a keyset to its purpose.
func associated(part string) []byte { return []byte("vouchsafe keyset v1 " + part) }

// NewDevelopmentKeyset makes a keyset whose root key lies beside the data it guards. It says so in its file, and a server
// refuses it.
func NewDevelopmentKeyset() (*Keyset, error) {
	rootHandle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make a root key: %w", err)
	}
	root, err := aead.New(rootHandle)
	if err != nil {
		return nil, fmt.Errorf("make a root key: %w", err)
	}
	file := keysetFile{Version: keysetVersion, Development: true}
	var clear bytes.Buffer
	if err := insecurecleartextkeyset.Write(rootHandle, keyset.NewJSONWriter(&clear)); err != nil {
		return nil, fmt.Errorf("write the root key: %w", err)
	}
	file.Root = bytes.TrimSpace(clear.Bytes())
	if file.Columns, err = newTinkPart(aead.AES256GCMNoPrefixKeyTemplate, root, "columns"); err != nil {
		return nil, err
	}
	if file.Index, err = newTinkPart(prf.HMACSHA256PRFKeyTemplate, root, "index"); err != nil {
		return nil, err
	}
	if file.Signer, err = newRandomPart(root, "signer"); err != nil {
		return nil, err
	}
	if file.Digest, err = newRandomPart(root, "digest"); err != nil {
		return nil, err
	}
	return unlock(file, root)
}

// ParseKeyset reads a keyset as Marshal wrote it. An unknown field or version, and a part that the root does not open, is an
// error that holds no key.
func ParseKeyset(b []byte) (*Keyset, error) {
	var file keysetFile
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, errors.New("the keyset is not a keyset file of Vouchsafe (hint: nothing was changed; restore it from a backup)")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the keyset has something after its end")
	}
	if file.Version != keysetVersion {
		return nil, fmt.Errorf("the keyset is of version %d, and this program reads version %d", file.Version, keysetVersion)
	}
	if !file.Development {
		return nil, errors.New("the keyset is not a development keyset, and no root key was given to open it")
	}
	rootHandle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(file.Root)))
	if err != nil {
		return nil, errors.New("the keyset's root key cannot be read")
	}
	root, err := aead.New(rootHandle)
	if err != nil {
		return nil, errors.New("the keyset's root key is of the wrong kind")
	}
	return unlock(file, root)
}

func unlock(file keysetFile, root tink.AEAD) (*Keyset, error) {
	k := &Keyset{development: file.Development, root: root, file: file}
	columns, err := readTinkPart(file.Columns, root, "columns")
	if err != nil {
		return nil, err
	}
	if k.columns, err = aead.New(columns); err != nil {
		return nil, errors.New("the keyset's columns part is of the wrong kind")
	}
	primary := columns.KeysetInfo().GetPrimaryKeyId()
	binary.BigEndian.PutUint32(k.columnsID[:], primary)
	k.columnIDs = []KeyID{k.columnsID}
	for _, key := range columns.KeysetInfo().GetKeyInfo() {
		if key.GetKeyId() != primary {
			k.columnIDs = append(k.columnIDs, KeyID(binary.BigEndian.AppendUint32(nil, key.GetKeyId())))
		}
	}
	index, err := readTinkPart(file.Index, root, "index")
	if err != nil {
		return nil, err
	}
	set, err := prf.NewPRFSet(index)
	if err != nil {
		return nil, errors.New("the keyset's index part is of the wrong kind")
	}
	k.index = []prf.PRF{set.PRFs[set.PrimaryID]}
	older := index.KeysetInfo().GetKeyInfo() // in the order in which they were added
	for _, key := range slices.Backward(older) {
		if f, ok := set.PRFs[key.GetKeyId()]; ok && key.GetKeyId() != set.PrimaryID {
			k.index = append(k.index, f)
		}
	}
	seed, err := readRandomPart(file.Signer, root, "signer")
	if err != nil {
		return nil, err
	}
	k.signer = stded25519.NewKeyFromSeed(seed)
	if k.digest, err = readRandomPart(file.Digest, root, "digest"); err != nil {
		return nil, err
	}
	return k, nil
}

// Marshal writes the keyset as it is kept. A development keyset holds its root key in the clear: give the file mode 0600.
func (k *Keyset) Marshal() ([]byte, error) {
	b, err := json.MarshalIndent(k.file, "", "\t")
	if err != nil {
		return nil, fmt.Errorf("write the keyset: %w", err)
	}
	return append(b, '\n'), nil
}

// Development says whether the root key lies in the keyset's own file.
func (k *Keyset) Development() bool { return k.development }

// Root is the root key. It wraps key-encryption keys and nothing else.
func (k *Keyset) Root() tink.AEAD { return k.root }

// Signer is the record's signing key.
func (k *Keyset) Signer() *Signer { return &Signer{k.signer} }

// Digest is a keyed digest (HMAC-SHA-256, 32 bytes): who has the record and not the keyset cannot try guesses against it.
func (k *Keyset) Digest(message []byte) []byte {
	h := hmac.New(sha256.New, k.digest)
	h.Write(message)
	return h.Sum(nil)
}

// Format keeps keys out of every way of printing.
func (k *Keyset) Format(f fmt.State, _ rune) { io.WriteString(f, k.String()) }

// String names the keyset, and whether it is a development keyset.
func (k *Keyset) String() string {
	if k.development {
		return "keyset (development)"
	}
	return "keyset"
}

// MarshalJSON refuses: Marshal is the only way to write a keyset.
func (k *Keyset) MarshalJSON() ([]byte, error) {
	return nil, errors.New("a keyset is written by Marshal only")
}

// A Signer signs for the record with Ed25519.
type Signer struct{ key stded25519.PrivateKey }

// Public is the key that signatures are checked with.
func (s *Signer) Public() stded25519.PublicKey { return s.key.Public().(stded25519.PublicKey) }

// Sign signs a message (RFC 8032, pure Ed25519).
func (s *Signer) Sign(message []byte) ([]byte, error) { return stded25519.Sign(s.key, message), nil }

// Format keeps the key out of every way of printing.
func (s *Signer) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "signer %x", []byte(s.Public())) }

func newRandomPart(root tink.AEAD, part string) ([]byte, error) {
	secret := make([]byte, 32)
	rand.Read(secret)
	wrapped, err := root.Encrypt(secret, associated(part))
	if err != nil {
		return nil, fmt.Errorf("wrap the keyset's %s part: %w", part, err)
	}
	return wrapped, nil
}

func readRandomPart(wrapped []byte, root tink.AEAD, part string) ([]byte, error) {
	secret, err := root.Decrypt(wrapped, associated(part))
	if err != nil || len(secret) != 32 {
		return nil, fmt.Errorf("the root key does not open the keyset's %s part", part)
	}
	return secret, nil
}
