package worker

import (
	"database/sql/driver"
	"reflect"
	"time"

	"gorm.io/gorm"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// special shows a value by what it means instead of by what it is made of.
func (s *shower) special(v reflect.Value) (wire.Value, bool) {
	if !v.CanInterface() || nilable(v) && v.IsNil() {
		return wire.Value{}, false
	}
	switch x := v.Interface().(type) {
	case time.Time:
		return wire.Value{Kind: wire.KindTime, Type: "time.Time", Time: &x}, true
	case time.Duration:
		return wire.Value{Kind: wire.KindDuration, Type: "time.Duration", Int: int64(x)}, true
	case *gorm.DB:
		if x.Error != nil {
			return s.text(wire.KindError, "error", x.Error.Error()), true
		}
		return wire.Value{Kind: wire.KindAffected, Int: x.RowsAffected}, true
	case shell.Row:
		return s.record(x), true
	case crypto.SealedText:
		if ref, err := crypto.ParseReference(string(x)); err == nil {
			return sealedValue("crypto.SealedText", ref), true
		}
	case *crypto.Carried:
		return s.sealed("crypto.String", carriedState(x)), true
	case crypto.String:
		return s.sealed("crypto.String", x.State()), true
	case crypto.Bytes:
		return s.sealed("crypto.Bytes", x.State()), true
	case string:
		if s.library.handed.has(x) {
			if ref, err := crypto.ParseReference(x); err == nil {
				return sealedValue("string", ref), true
			}
		}
	}
	return s.byMethod(v)
}

// byMethod shows errors by their text, and optional columns such as sql.NullString by what they hold.
func (s *shower) byMethod(v reflect.Value) (shown wire.Value, ok bool) {
	name := s.library.called(v.Type(), nil)
	defer func() {
		// A method of the company's models may panic; what it panicked with is shown in its place.
		if fault := recover(); fault != nil {
			shown, ok = wire.Value{Kind: wire.KindOpaque, Type: name}, true
		}
	}()
	switch x := v.Interface().(type) {
	case error:
		return s.text(wire.KindError, name, x.Error()), true
	case driver.Valuer:
		if v.Kind() != reflect.Struct {
			return wire.Value{}, false
		}
		held, err := x.Value()
		if err != nil {
			return wire.Value{}, false
		}
		s.items++ // the same value, not one more
		return s.value(reflect.ValueOf(held), nil, 1), true
	}
	if says, made := s.saidBy(v); made {
		return s.text(wire.KindString, name, says), true
	}
	return wire.Value{}, false
}

func carriedState(c *crypto.Carried) crypto.State {
	var carried crypto.String
	if err := carried.Scan(c); err != nil {
		return crypto.State{Null: true}
	}
	return carried.State()
}

// sealed shows a sealed column: its plaintext only where it was opened and may be shown.
func (s *shower) sealed(name string, state crypto.State) wire.Value {
	switch {
	case state.Null:
		return wire.Value{Kind: wire.KindNil, Type: name}
	case state.Revealed && name == "crypto.Bytes":
		return s.list(reflect.ValueOf([]byte(state.Text)), nil, 1)
	case state.Revealed:
		return s.text(wire.KindString, "string", state.Text)
	case state.Sealed:
		return sealedValue(name, state.Reference)
	case state.New:
		return wire.Value{Kind: wire.KindOpaque, Type: "‹to be sealed›"}
	default:
		return wire.Value{Kind: wire.KindOpaque, Type: "‹not sealed›"}
	}
}

func sealedValue(name string, ref crypto.Reference) wire.Value {
	return wire.Value{Kind: wire.KindSealed, Type: name, Sealed: &wire.Reference{Column: ref.Column, Subject: ref.Subject, Row: ref.Row, Digest: ref.Digest}}
}

// record shows a row in the order of its columns.
func (s *shower) record(row shell.Row) wire.Value {
	value := wire.Value{Kind: wire.KindRecord, Type: "Row"}
	for n, cell := range row.Values {
		if s.items <= 0 {
			value.Cut = len(row.Values) - n
			break
		}
		value.Names = append(value.Names, row.Columns[n])
		value.Items = append(value.Items, s.value(reflect.ValueOf(cell), nil, 2))
	}
	return value
}
