package crypto

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// indexSize is the length of a blind index, in bytes.
const indexSize = 16

// Normalize makes texts that a lookup should not tell apart equal: lower (Unicode lower case), trim (white space at both
// ends), nfkc (compatibility composition). They apply in the order nfkc, lower, trim, whatever the order of the list.
func Normalize(text string, norms []string) (string, error) {
	var lower, trim, nfkc bool
	for _, n := range norms {
		switch n {
		case "lower":
			lower = true
		case "trim":
			trim = true
		case "nfkc":
			nfkc = true
		default:
			return "", fmt.Errorf("no normalisation is called %q (hint: lower, trim, nfkc)", n)
		}
	}
	if nfkc {
		text = norm.NFKC.String(text)
	}
	if lower {
		text = strings.ToLower(text)
	}
	if trim {
		text = strings.TrimFunc(text, unicode.IsSpace)
	}
	return text, nil
}

// Index is the blind index of a text in a column, normalised as norms say: with the current key first, then with each older one,
// so that a lookup finds what was written before a rotation. Equal texts of one column have equal indexes; that is all it tells to
// who has the table, and it tells them that.
func (k *Keyring) Index(column Column, norms []string, text string) ([][]byte, error) {
	if !column.valid() {
		return nil, fmt.Errorf("%q cannot name a sealed column: it is table.column", string(column))
	}
	text, err := Normalize(text, norms)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", column, err)
	}
	message := []byte("vouchsafe index v1")
	message = binary.AppendUvarint(message, uint64(len(column)))
	message = append(message, column...)
	message = append(message, text...)
	all := make([][]byte, len(k.keyset.index))
	for i, f := range k.keyset.index {
		if all[i], err = f.ComputePRF(message, indexSize); err != nil {
			return nil, errors.New("compute a blind index: the key refused")
		}
	}
	return all, nil
}
