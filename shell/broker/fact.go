package broker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// maxLookup is how many rows one lookup by blind index may find.
const maxLookup = 1000

// lookup answers which rows' blind index matches a text, after the question and how many it finds are on record.
func (c *command) lookup(ctx context.Context, column, text string) (wire.Response, error) {
	name, dbName, _ := strings.Cut(column, ".")
	table, _ := c.session.broker.Schema.Table(name)
	sealed, ok := sealedColumn(table, dbName)
	if !ok || sealed.Index == "" {
		return wire.Response{}, databaseError("", visible(column)+" has no blind index", "")
	}
	index, err := c.session.broker.Keyring.Index(sealed.Column, sealed.Norm, text)
	if err != nil {
		return wire.Response{}, databaseError("", "the text cannot be looked up", "")
	}
	args := make([]any, len(index))
	for i, b := range index {
		args[i] = b
	}
	conn, done, err := c.reading(ctx)
	if err != nil {
		return wire.Response{}, err
	}
	defer done()
	keys, err := c.keysBy(ctx, conn, table, sealed.Index, args)
	if err != nil {
		return wire.Response{}, err
	}
	found := fmt.Sprint(len(keys))
	if len(keys) > maxLookup {
		found = fmt.Sprintf("more than %d", maxLookup)
	}
	err = c.record(ctx, audit.Fact{Fact: "eq", Column: column, Argument: c.session.digest(text), Answer: found, Count: 1})
	if err != nil {
		return wire.Response{}, err
	}
	// From here the answer is on record. If we crash now, nobody got it.
	c.facts++
	if len(keys) > maxLookup {
		return wire.Response{}, databaseError("", fmt.Sprintf("more than %d rows match", maxLookup), "")
	}
	return wire.Response{Keys: keys}, nil
}

func (c *command) keysBy(ctx context.Context, conn Connection, table shell.Table, index string, args []any) ([][]any, error) {
	quoted := make([]string, len(table.Keys))
	for i, k := range table.Keys {
		quoted[i] = quote(k)
	}
	rows, err := conn.Query(ctx, fmt.Sprintf("select %s from %s where %s in (%s) order by %s limit %d",
		strings.Join(quoted, ", "), quote(table.Name), quote(index), strings.TrimSuffix(strings.Repeat("?, ", len(args)), ", "),
		strings.Join(quoted, ", "), maxLookup+1), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var keys [][]any
	for rows.Next() {
		key := make([]any, len(quoted))
		into := make([]any, len(quoted))
		for i := range key {
			into[i] = &key[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, errReadRow
		}
		for i := range key {
			key[i] = normal(key[i])
		}
		keys = append(keys, key)
	}
	if rows.Err() != nil {
		return nil, errReadRow
	}
	return keys, nil
}

// reading is a connection that sees what the session sees.
func (c *command) reading(ctx context.Context) (Connection, func(), error) {
	if c.session.whole != nil {
		return c.session.whole.conn, func() {}, nil
	}
	for _, tx := range c.open {
		return tx.conn, func() {}, nil
	}
	conn, err := c.session.pool.reader(ctx)
	if err != nil {
		return nil, nil, err
	}
	return conn, func() { c.session.pool.put(conn) }, nil
}

// fact answers something true of a sealed value without opening it to the worker: if the value stands now where its
// reference says, if the column's tag allows the question, and after question and answer are on record.
func (c *command) fact(ctx context.Context, r wire.Request) (wire.Response, error) {
	name, dbName, _ := strings.Cut(r.Reference.Column, ".")
	table, _ := c.session.broker.Schema.Table(name)
	sealed, ok := sealedColumn(table, dbName)
	if !ok {
		return wire.Response{}, databaseError("", visible(r.Reference.Column)+" is no sealed column", "")
	}
	if _, ok := sealed.Allows(r.Fact); !ok {
		_, err := crypto.Answer(sealed, crypto.Question{Fact: r.Fact}) // says which are allowed
		return wire.Response{}, refuse(ruleFact, "", "%s", plainError(err))
	}
	conn, done, err := c.reading(ctx)
	if err != nil {
		return wire.Response{}, err
	}
	defer done()
	question := crypto.Question{Fact: r.Fact, Argument: r.Text}
	if question.Plain, err = c.openFor(ctx, conn, r.Reference); err != nil {
		return wire.Response{}, err
	}
	argument := ""
	if r.Text != "" {
		argument = c.session.digest(r.Text)
	}
	if r.Other != nil {
		if !c.session.mayCompare(r.Other.Column) {
			return wire.Response{}, refuse(ruleFact, "", "%s may not be compared: its tag does not allow same", visible(r.Other.Column))
		}
		if question.Other, err = c.openFor(ctx, conn, r.Other); err != nil {
			return wire.Response{}, err
		}
		if question.Other == nil {
			question.Other = []byte{}
		}
		argument = r.Other.Column + " " + r.Other.Row
	}
	answer, err := crypto.Answer(sealed, question)
	if err != nil {
		return wire.Response{}, refuse(ruleFact, "", "%s", plainError(err))
	}
	err = c.record(ctx, audit.Fact{
		Fact: r.Fact, Column: r.Reference.Column, Subject: r.Reference.Subject, Row: r.Reference.Row,
		Argument: argument, Answer: fmt.Sprint(answer), Count: 1,
	})
	if err != nil {
		return wire.Response{}, err
	}
	// From here question and answer are on record. If we crash now, nobody got it.
	c.facts++
	return wire.Response{Answer: answer}, nil
}

// mayCompare says whether the second value of a comparison may be one: what is told of the first is told of it too.
func (s *Session) mayCompare(column string) bool {
	name, dbName, _ := strings.Cut(column, ".")
	table, _ := s.broker.Schema.Table(name)
	sealed, ok := sealedColumn(table, dbName)
	if !ok {
		return false
	}
	_, ok = sealed.Allows(crypto.FactSame)
	return ok
}

// openFor opens, for the broker alone, the value that stands where a reference says.
func (c *command) openFor(ctx context.Context, conn Connection, r *wire.Reference) ([]byte, error) {
	now, err := c.session.stands(ctx, conn, crypto.Column(r.Column), crypto.Row(r.Row))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(now)
	if now == nil || len(r.Digest) > 0 && !bytes.Equal(r.Digest, sum[:16]) {
		return nil, databaseError("", fmt.Sprintf("%s of %s is not what it was when it was read", visible(r.Column), visible(r.Row)), "read the row again")
	}
	opened, err := c.session.broker.Keyring.Open(ctx, now)
	if err != nil {
		return nil, databaseError("KEYS", "the key store could not be asked", "")
	}
	h := opened[0].Header
	switch {
	case errors.Is(opened[0].Err, crypto.ErrErased):
		return nil, databaseError("", fmt.Sprintf("%s of %s was erased", visible(r.Column), visible(r.Row)), "")
	case opened[0].Err != nil:
		return nil, databaseError("", fmt.Sprintf("%s of %s cannot be opened", visible(r.Column), visible(r.Row)), "")
	case string(h.Column) != r.Column || string(h.Row) != r.Row || string(h.Subject) != r.Subject:
		return nil, databaseError("", fmt.Sprintf("what stands in %s of %s belongs elsewhere", visible(r.Column), visible(r.Row)), "")
	}
	return opened[0].Plain, nil
}

func plainError(err error) string {
	if err == nil {
		return "this question is not allowed"
	}
	return visible(err.Error())
}
