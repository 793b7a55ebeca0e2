package crypto

import (
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Column names a sealed column: people.email.
type Column string

// Subject names the person, or thing, that data is about: people/42. It is empty where a column has no subject.
type Subject string

// Row names one row by its table and primary key: messages/981.
type Row string

// maxName bounds each name in a header, in bytes.
const maxName = 1024

// Table is what stands before the first slash, or before the last dot.
func (c Column) Table() string {
	i := strings.LastIndexByte(string(c), '.')
	if i < 0 {
		return ""
	}
	return string(c[:i])
}

// NewRow names the row of a table whose primary key, in the order of the schema, is keys.
func NewRow(table string, keys ...any) (Row, error) {
	name, err := tableID(table, keys...)
	return Row(name), err
}

// NewSubject names the data subject of a kind, which is the name of its table, with its key.
func NewSubject(kind string, keys ...any) (Subject, error) {
	name, err := tableID(kind, keys...)
	return Subject(name), err
}

func tableID(table string, keys ...any) (string, error) {
	if !validTable(table) {
		return "", fmt.Errorf("%q cannot be the name of a table here", table)
	}
	if len(keys) == 1 { // the common case, without a second copy
		if n, ok := keys[0].(int64); ok {
			b := make([]byte, 0, len(table)+12)
			b = append(b, table...)
			b = append(b, '/')
			return string(strconv.AppendInt(b, n, 10)), nil
		}
	}
	id, err := CanonicalID(keys...)
	if err != nil {
		return "", fmt.Errorf("%s: %w", table, err)
	}
	return table + "/" + id, nil
}

// CanonicalID is the one spelling of a primary key: each key as text, percent-encoded (upper-case hex) outside
// [A-Za-z0-9._-], composite keys joined by a comma. A key that is NULL, empty or of a kind that has no one spelling
// is an error.
func CanonicalID(keys ...any) (string, error) {
	if len(keys) == 0 {
		return "", errors.New("a row needs a key")
	}
	var b []byte
	for i, key := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		text, err := keyText(key)
		if err != nil {
			return "", err
		}
		if text == "" {
			return "", errors.New("a key is empty")
		}
		b = appendEscaped(b, text)
	}
	if len(b) > maxName/2 {
		return "", fmt.Errorf("a key of %d bytes is too long", len(b))
	}
	return string(b), nil
}

func keyText(key any) (string, error) {
	switch k := key.(type) {
	case nil:
		return "", errors.New("a key is NULL")
	case string:
		return k, nil
	case []byte:
		return string(k), nil
	case int64:
		return strconv.FormatInt(k, 10), nil
	}
	v := reflect.ValueOf(key)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "", errors.New("a key is NULL")
		}
		return keyText(v.Elem().Interface())
	}
	if valuer, ok := key.(driver.Valuer); ok {
		stored, err := valuer.Value()
		if err != nil {
			return "", fmt.Errorf("read the key: %w", err)
		}
		if _, again := stored.(driver.Valuer); again {
			return "", fmt.Errorf("a %T cannot be a key", key)
		}
		return keyText(stored)
	}
	switch v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10), nil
	case reflect.String:
		return v.String(), nil
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return string(v.Bytes()), nil
		}
	}
	return "", fmt.Errorf("a %T cannot be a key", key)
}

const upperHex = "0123456789ABCDEF"

func appendEscaped(b []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if c := text[i]; plainInID(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return b
}

func plainInID(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || c == '.' || c == '_' || c == '-'
}

// validID says whether id is spelled as CanonicalID spells it.
func validID(id string) bool {
	if id == "" || id[0] == ',' {
		return false
	}
	for i := 0; i < len(id); i++ {
		switch c := id[i]; {
		case plainInID(c):
		case c == ',':
			if i+1 == len(id) || id[i+1] == ',' {
				return false
			}
		case c == '%':
			if i+2 >= len(id) || !isUpperHex(id[i+1]) || !isUpperHex(id[i+2]) {
				return false
			}
			var one [1]byte
			if _, err := hex.Decode(one[:], []byte(id[i+1:i+3])); err != nil || plainInID(one[0]) {
				return false
			}
			i += 2
		default:
			return false
		}
	}
	return true
}

func isUpperHex(c byte) bool { return '0' <= c && c <= '9' || 'A' <= c && c <= 'F' }

// validTable says whether a table's name may stand in a header: letters, digits, _, -, $ and dots between them.
func validTable(name string) bool {
	if name == "" || len(name) > maxName/2 {
		return false
	}
	ascii := true
	for i := 0; i < len(name); i++ {
		if c := name[i]; c >= utf8.RuneSelf {
			ascii = false
		} else if !plainInID(c) && c != '$' {
			return false
		}
	}
	if ascii {
		return true
	}
	if !utf8.ValidString(name) {
		return false
	}
	for _, r := range name {
		if r >= utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return true
}

func validPlace(place string) bool {
	if len(place) > maxName {
		return false
	}
	table, id, ok := strings.Cut(place, "/")
	return ok && validTable(table) && validID(id)
}

func (c Column) valid() bool {
	i := strings.LastIndexByte(string(c), '.')
	return len(c) <= maxName && i > 0 && i+1 < len(c) && validTable(string(c))
}
func (s Subject) valid() bool { return s == "" || validPlace(string(s)) }
func (r Row) valid() bool     { return validPlace(string(r)) }
