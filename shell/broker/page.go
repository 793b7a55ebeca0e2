package broker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// maxPage bounds a page, in bytes.
const maxPage = 2 << 20

// page reads the next rows of a result. What is sealed in them crosses as a reference, but for what the consent covers:
// that is opened, after it is on record.
func (c *command) page(ctx context.Context, cur *cursor) (response wire.Response, more bool, err error) {
	limits := c.session.broker.Policy.Limits
	var table [][]any
	size, width := 0, len(cur.rows.Columns())
	cells := make([]any, limits.Page*width)
	for more = true; len(table) < limits.Page && size < maxPage; {
		if cur.count == int64(limits.Rows) || cur.bytes > limits.Bytes {
			if more = cur.rows.Next(); more {
				c.cut(cur)
			}
			more = false
			break
		}
		if more = cur.rows.Next(); !more {
			break
		}
		row := cells[:width:width]
		cells = cells[width:]
		if err := cur.rows.Scan(row); err != nil {
			return response, false, errReadRow
		}
		for i, cell := range row {
			row[i] = normal(cell)
			size += sizeOf(row[i])
		}
		cur.count++
		table = append(table, row)
	}
	if err := cur.rows.Err(); err != nil {
		return response, false, err
	}
	cur.bytes += size
	if err := c.unseal(ctx, cur.conn, table); err != nil {
		return response, false, err
	}
	page := make([]byte, 0, size+size/2)
	for _, row := range table {
		if page, err = wire.AppendRow(page, row); err != nil {
			return response, false, err
		}
	}
	response.Rows = page
	return response, more, nil
}

func (c *command) cut(cur *cursor) {
	limits := c.session.broker.Policy.Limits
	if cur.count == int64(limits.Rows) {
		c.notes = append(c.notes, cutNote("rows", limits.Rows))
		return
	}
	c.notes = append(c.notes, cutNote("bytes", limits.Bytes))
}

// normal is a cell as the wire knows it.
func normal(cell any) any {
	switch v := cell.(type) {
	case nil, bool, int64, float64, string, []byte, time.Time:
		return v
	case int:
		return int64(v)
	}
	return fmt.Sprint(cell)
}

func sizeOf(cell any) int {
	switch v := cell.(type) {
	case string:
		return 8 + len(v)
	case []byte:
		return 8 + len(v)
	}
	return 8
}

// found is a sealed value in a page.
type found struct {
	at       *any
	envelope []byte
	header   crypto.Header
}

// unseal replaces the envelopes of a page: by what they hold where the consent covers it, else by a reference.
func (c *command) unseal(ctx context.Context, conn Connection, table [][]any) error {
	var covered, outside []found
	for _, row := range table {
		for i := range row {
			envelope, header, ok := envelopeIn(row[i])
			if !ok {
				continue
			}
			f := found{at: &row[i], envelope: envelope, header: header}
			row[i] = referenceTo(header, envelope)
			if c.session.mode != shell.Decrypted {
				continue
			}
			if c.session.period.covers(header) {
				covered = append(covered, f)
			} else {
				outside = append(outside, f)
			}
		}
	}
	c.outside += len(outside)
	if len(covered)+len(outside) == 0 {
		return nil
	}
	standing, misplaced, err := c.standing(ctx, conn, covered)
	if err != nil {
		return err
	}
	return c.openStanding(ctx, standing, append(c.flags(ruleOutside, "outside the consent", outside), c.flags(ruleMisplaced, "not what stands in the row that it names", misplaced)...))
}

// The rules of flags on sealed values.
const (
	ruleOutside   = "outside-consent"
	ruleMisplaced = "misplaced"
	ruleUnopened  = "unopened"
)

// openStanding opens values, after their disclosure is durable, and replaces their references by plaintext.
func (c *command) openStanding(ctx context.Context, standing []found, events []audit.Event) error {
	envelopes := make([][]byte, len(standing))
	for i, f := range standing {
		envelopes[i] = f.envelope
	}
	opened, err := c.session.broker.Keyring.Open(ctx, envelopes...)
	if err != nil {
		return databaseError("KEYS", "the key store could not be asked: nothing was opened", "")
	}
	var good, bad []found
	for i, o := range opened {
		if o.Err != nil {
			bad = append(bad, standing[i])
		} else {
			good = append(good, standing[i])
		}
	}
	events = append(events, c.flags(ruleUnopened, "it could not be opened: erased, altered, or its key is gone", bad)...)
	values := counted(good)
	if len(values) > 0 {
		events = append(events, audit.Disclosure{Consent: c.session.period.url, Values: values})
	}
	if err := c.record(ctx, events...); err != nil {
		return err
	}
	// From here the values are on record as opened. If we crash now, nobody saw them: the record says too much, never
	// too little.
	for i, o := range opened {
		if o.Err == nil {
			reference := (*standing[i].at).(*wire.Reference)
			*standing[i].at = &wire.Opened{Reference: *reference, Plain: o.Plain, Text: c.session.isText(o.Header.Column)}
		}
	}
	c.disclose(values)
	return nil
}

// isText says whether a sealed column holds text.
func (s *Session) isText(column crypto.Column) bool {
	for _, t := range s.broker.Schema.Tables {
		if t.Sealed == nil {
			continue
		}
		for _, known := range t.Sealed.Columns {
			if known.Column == column {
				return !known.Bytes
			}
		}
	}
	return false
}

// counted lists what was found, each value once with its count.
func counted(all []found) []audit.Value {
	at := map[audit.Value]int{}
	var values []audit.Value
	for _, f := range all {
		v := audit.Value{Column: string(f.header.Column), Subject: string(f.header.Subject), Row: string(f.header.Row)}
		i, seen := at[v]
		if !seen {
			i = len(values)
			at[v] = i
			values = append(values, v)
		}
		values[i].Count++
	}
	return values
}

// maxFlags is how many values one page flags by name; more are flagged as one, with their count.
const maxFlags = 20

// flags marks values for the auditor. A header that names no place of the schema is the engineer's own text: it is counted and
// not kept.
func (c *command) flags(rule, message string, all []found) []audit.Event {
	named := slices.Clone(all)
	for i, f := range named {
		if !c.session.broker.knows(f.header) {
			named[i].header = crypto.Header{}
		}
	}
	values := counted(named)
	var events []audit.Event
	for i, v := range values {
		if i == maxFlags {
			rest := 0
			for _, v := range values[i:] {
				rest += v.Count
			}
			return append(events, audit.Flag{Rule: rule, Message: fmt.Sprintf("%d more values: %s", rest, message), Count: rest})
		}
		events = append(events, audit.Flag{Rule: rule, Message: "it stays sealed: " + message, Column: v.Column, Subject: v.Subject, Row: v.Row, Count: v.Count})
	}
	return events
}

// knows says whether a header names a sealed column, a row and a subject as the schema has them.
func (b *Broker) knows(h crypto.Header) bool {
	name, id, _ := strings.Cut(string(h.Row), "/")
	table, ok := b.Schema.Table(name)
	if !ok || h.Column.Table() != name {
		return false
	}
	if _, ok := sealedColumn(table, strings.TrimPrefix(string(h.Column), name+".")); !ok {
		return false
	}
	if _, err := keyOf(table, id); err != nil {
		return false
	}
	kind, subject, _ := strings.Cut(string(h.Subject), "/")
	if kind != table.Sealed.SubjectType {
		return false
	}
	if of, ok := b.Schema.Table(kind); ok {
		_, err := keyOf(of, subject)
		return err == nil
	}
	return true
}

// envelopeIn takes the envelope that a cell holds, if it holds one.
func envelopeIn(cell any) ([]byte, crypto.Header, bool) {
	var b []byte
	switch v := cell.(type) {
	case []byte:
		b = v
	case string:
		if v == "" || v[0] != 'e' && v[0] != 0xE1 { // as no form of an envelope begins: most texts
			return nil, crypto.Header{}, false
		}
		b = []byte(v)
	default:
		return nil, crypto.Header{}, false
	}
	if !crypto.IsEnvelope(b) {
		return nil, crypto.Header{}, false
	}
	envelope, err := crypto.ParseEnvelope(b)
	return b, envelope.Header, err == nil
}

func referenceTo(h crypto.Header, envelope []byte) *wire.Reference {
	sum := sha256.Sum256(envelope)
	return &wire.Reference{Column: string(h.Column), Subject: string(h.Subject), Row: string(h.Row), Digest: sum[:16]}
}

// standing parts values into those whose bytes stand now in the column and row that their header names, and the rest:
// an envelope kept from last month, presented as a literal or moved to another row stays sealed.
func (c *command) standing(ctx context.Context, conn Connection, all []found) (here, elsewhere []found, err error) {
	places := make([]place, len(all))
	for i, f := range all {
		places[i] = place{f.header.Column, f.header.Row}
	}
	now, err := c.session.standNow(ctx, conn, places)
	if err != nil {
		return nil, nil, err
	}
	for i, f := range all {
		if stands := now[places[i]]; stands != nil && bytes.Equal(stands, f.envelope) {
			here = append(here, f)
		} else {
			elsewhere = append(elsewhere, f)
		}
	}
	return here, elsewhere, nil
}
