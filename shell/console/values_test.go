package console

import (
	"math"
	"time"

	"pgregory.net/rapid"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// Values as a worker makes them.

func text(s string) wire.Value  { return wire.Value{Kind: wire.KindString, Type: "string", Text: s} }
func number(n int64) wire.Value { return wire.Value{Kind: wire.KindInt, Type: "int", Int: n} }
func fraction(f float64) wire.Value {
	return wire.Value{Kind: wire.KindFloat, Type: "float64", Float: f}
}
func list(v ...wire.Value) wire.Value {
	return wire.Value{Kind: wire.KindList, Type: "[]any", Items: v}
}
func dict(v ...wire.Value) wire.Value { return wire.Value{Kind: wire.KindMap, Items: v} }
func null() wire.Value                { return wire.Value{Kind: wire.KindNil} }

func at(t time.Time) wire.Value { return wire.Value{Kind: wire.KindTime, Time: &t} }

func sealedIn(column, row, subject string) wire.Value {
	return wire.Value{Kind: wire.KindSealed, Sealed: &wire.Reference{Column: column, Row: row, Subject: subject, Digest: []byte("sixteen bytes of")}}
}

func record(names []string, items ...wire.Value) wire.Value {
	return wire.Value{Kind: wire.KindRecord, Names: names, Items: items}
}

func person(id int64, name string, plan wire.Value) wire.Value {
	return wire.Value{
		Kind: wire.KindStruct, Type: "Person", Names: []string{"ID", "Name", "Email", "Plan", "CreatedAt"},
		Items: []wire.Value{
			number(id), text(name), sealedIn("people.email", "people/42", "people/42"), plan,
			at(time.Date(2026, 11, 20, 14, 52, 0, 0, time.UTC)),
		},
	}
}

// anyValue draws trees of every kind, also such as no honest worker makes: without names, with half a pair, of unknown kind.
func anyValue() *rapid.Generator[wire.Value] {
	return rapid.Custom(func(t *rapid.T) wire.Value {
		if rapid.Bool().Draw(t, "alone") {
			return drawValue(t, 0)
		}
		v := wire.Value{Kind: wire.Kind(rapid.IntRange(int(wire.KindList), int(wire.KindRecord)).Draw(t, "of"))}
		drawItems(t, &v, 8, 4)
		return v
	})
}

// drawItems fills v with up to most values.
func drawItems(t *rapid.T, v *wire.Value, most, depth int) {
	for range rapid.IntRange(0, most).Draw(t, "items") {
		v.Items = append(v.Items, drawValue(t, depth-1))
	}
	v.Names = rapid.SliceOfN(rapid.SampledFrom([]string{"id", "id", "id_2", "", "a\n", "\xff"}), 0, most+1).Draw(t, "names")
}

func drawValue(t *rapid.T, depth int) wire.Value {
	v := wire.Value{
		Kind: wire.Kind(rapid.IntRange(0, int(wire.KindCycle)+1).Draw(t, "kind")),
		Type: rapid.SampledFrom([]string{"", "Person", "map[int]string", "float32", "a\x1bb"}).Draw(t, "type"),
	}
	if depth == 0 && v.Kind >= wire.KindList && v.Kind <= wire.KindRecord {
		v.Kind = wire.KindInt
	}
	if rapid.IntRange(0, 9).Draw(t, "omits") == 0 {
		v.Cut = rapid.IntRange(1, 5).Draw(t, "cut")
	}
	switch v.Kind {
	case wire.KindString, wire.KindError, wire.KindComplex:
		v.Text = rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z\x00-\x1f]{0,200}`), rapid.Just("a\xffb")).Draw(t, "text")
	case wire.KindFloat:
		v.Float = rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0.1})).Draw(t, "float")
	case wire.KindBytes:
		v.Bytes = rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "bytes")
	case wire.KindTime:
		if rapid.Bool().Draw(t, "timed") {
			when := time.Unix(rapid.Int64Range(-1<<36, 1<<36).Draw(t, "time"), 0).UTC()
			v.Time = &when
		}
	case wire.KindSealed:
		if rapid.Bool().Draw(t, "named") {
			v.Sealed = &wire.Reference{Column: "people.email", Row: rapid.String().Draw(t, "row")}
		}
	case wire.KindList, wire.KindMap, wire.KindStruct, wire.KindRecord:
		drawItems(t, &v, 6, depth)
	default:
		v.Int = rapid.Int64().Draw(t, "int")
		v.Uint = rapid.Uint64().Draw(t, "uint")
	}
	return v
}
