package crypto

import (
	"bytes"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// newTinkPart makes a Tink keyset of one key, wrapped by the root.
func newTinkPart(template func() *tinkpb.KeyTemplate, root tink.AEAD, part string) ([]byte, error) {
	handle, err := keyset.NewHandle(template())
	if err != nil {
		return nil, fmt.Errorf("make the keyset's %s part: %w", part, err)
	}
	var b bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&b), root, associated(part)); err != nil {
		return nil, fmt.Errorf("wrap the keyset's %s part: %w", part, err)
	}
	return b.Bytes(), nil
}

func readTinkPart(wrapped []byte, root tink.AEAD, part string) (*keyset.Handle, error) {
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), root, associated(part))
	if err != nil {
		return nil, fmt.Errorf("the root key does not open the keyset's %s part", part)
	}
	return handle, nil
}
