package console

import (
	"strings"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// entries is a map's view of a value: an object's members if all keys are strings, else pairs.
type entries struct {
	items       []wire.Value
	names       []string // nil for pairs
	open, close byte
}

func entriesOf(v *wire.Value) entries {
	m := entries{items: v.Items[:len(v.Items)/2*2], open: '{', close: '}'}
	names := make([]string, 0, m.len())
	for i := range m.len() {
		if k := m.key(i); k.Kind == wire.KindString {
			names = append(names, k.Text)
		}
	}
	if len(names) < m.len() || m.len() == 0 && strings.HasPrefix(v.Type, "map[") && !strings.HasPrefix(v.Type, "map[string]") {
		m.open, m.close = '[', ']'
		return m
	}
	m.names = distinct(names)
	return m
}

func (m entries) len() int                { return len(m.items) / 2 }
func (m entries) key(i int) *wire.Value   { return &m.items[2*i] }
func (m entries) value(i int) *wire.Value { return &m.items[2*i+1] }
