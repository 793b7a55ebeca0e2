package console

import (
	"strconv"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// cell is a value on one line.
type cell struct {
	text string
	ink  ink
	wide int
}

const zeroTime = "zero time" // the time that was never set: 0001-01-01 tells less

// cellOf is a value as a table's cell has it: row and column are known, so a sealed value need not name them.
func cellOf(v *wire.Value) cell {
	switch v.Kind {
	case wire.KindString:
		if v.Text == zeroTime {
			return cell{text: quoted(v.Text) + cutBytes(v)}
		}
		return cell{text: bare(v)}
	case wire.KindNil:
		return cell{text: "nil", ink: inkDim}
	case wire.KindSealed:
		return cell{text: sealedShort(v.Sealed), ink: inkSealed}
	case wire.KindError:
		return cell{text: oneLine(v, 4*cellWidth), ink: inkFault}
	case wire.KindBytes:
		const enough = 14 // columns to tell one from another; a block has all of them
		return cell{text: shorten(byteString(v), enough)}
	case wire.KindList, wire.KindMap, wire.KindStruct, wire.KindRecord:
		return cell{text: oneLine(v, 4*cellWidth)}
	case wire.KindTime:
		if timeOf(v).IsZero() {
			return cell{text: zeroTime, ink: inkDim}
		}
	case wire.KindOpaque, wire.KindCycle:
		return cell{text: screenLeaf(v), ink: inkDim}
	}
	return cell{text: screenLeaf(v)}
}

// oneLine is a value on one line, cut where it is longer than so many bytes.
func oneLine(v *wire.Value, limit int) string {
	p := page{limit: limit, leaf: screenLeaf}
	p.line(v, 0)
	if p.full {
		return p.b.String() + "…"
	}
	return p.b.String()
}

// screenLeaf is what leaf is on record, where a terminal gets something that is easier to read.
func screenLeaf(v *wire.Value) string {
	switch {
	case v.Kind == wire.KindFloat:
		return decimal(v)
	case v.Kind == wire.KindDuration:
		return lasting(time.Duration(v.Int))
	case v.Kind == wire.KindTime && timeOf(v).IsZero():
		return zeroTime
	}
	return leaf(v)
}

// decimal is a float as fmt prints it: with an exponent only where the digits would be too many to count.
func decimal(v *wire.Value) string {
	form := strconv.FormatFloat(v.Float, 'e', -1, floatBits(v))
	if _, power, found := strings.Cut(form, "e"); found {
		if n, err := strconv.Atoi(power); err == nil && n >= -4 && n < 21 {
			return strconv.FormatFloat(v.Float, 'f', -1, floatBits(v))
		}
	}
	return form
}

// sealedShort is a sealed value where its row and column are known. Whose it is is said where that is not the row.
func sealedShort(r *wire.Reference) string {
	switch {
	case r == nil || r.Subject == r.Row:
		return "‹sealed›"
	case r.Subject == "":
		return "‹sealed of nobody›"
	default:
		return "‹sealed of " + visibleLine(r.Subject) + "›"
	}
}
