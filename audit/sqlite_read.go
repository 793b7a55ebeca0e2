package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// reader is what both a transaction and a snapshot can ask.
type reader struct{ *connection }

// query is not prepared ahead: a prepared statement can be read from once at a time.
func (r reader) query(query string, args ...any) (*sql.Rows, error) {
	return r.QueryContext(context.Background(), query, args...)
}

// one scans the first row, if there is one.
func (r reader) one(query string, args []any, into ...any) (bool, error) {
	s, err := r.statement(query)
	if err != nil {
		return false, err
	}
	err = s.QueryRow(args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Newest looks at entries too: a forged one must not make a later writer's id the smaller.
func (r reader) Newest() (Head, error) {
	var head Head
	var writer, byEntry []byte
	if _, err := r.one(`SELECT id FROM writers ORDER BY id DESC LIMIT 1`, nil, &writer); err != nil {
		return head, fmt.Errorf("find the newest writer: %w", err)
	}
	copy(head.Writer[:], writer)
	var seq int64
	var hash []byte
	found, err := r.one(`SELECT writer, seq, hash, at FROM entries ORDER BY writer DESC, seq DESC LIMIT 1`, nil,
		&byEntry, &seq, &hash, &head.At)
	if err != nil {
		return head, fmt.Errorf("find the newest entry: %w", err)
	}
	if found && string(byEntry) >= string(writer) {
		copy(head.Writer[:], byEntry)
		copy(head.Hash[:], hash)
		head.Seq = uint64(seq)
	}
	return head, nil
}

func (r reader) owner(url string) (subject, engineer string, known bool, err error) {
	known, err = r.one(`SELECT subject, engineer FROM consents WHERE url = ? ORDER BY writer, seq LIMIT 1`,
		[]any{url}, &subject, &engineer)
	if err != nil {
		err = fmt.Errorf("find whose consent it is: %w", err)
	}
	return subject, engineer, known, err
}

func (r reader) folded(session string) (*folded, error) {
	f := &folded{}
	found, err := r.sessionInto(&f.session, sessionsTable.read+` WHERE id = ?`, session)
	if err != nil || !found {
		return nil, err
	}
	c := &f.command
	var intent, outcome []byte
	var outcomeSeq sql.NullInt64
	_, err = r.one(commandsTable.read+` WHERE session = ? ORDER BY n DESC LIMIT 1`, []any{session},
		&c.session, &c.n, &intent, &c.intent.seq, &c.at, &c.mode, &c.status, &c.errorKind, &c.durationUS, &c.statements,
		&c.sum, &c.committed, &c.rolledBack, &outcome, &outcomeSeq)
	if err != nil {
		return nil, fmt.Errorf("read the latest command of %s: %w", session, err)
	}
	copy(c.intent.writer[:], intent)
	copy(c.outcome.writer[:], outcome)
	c.outcome.seq = uint64(outcomeSeq.Int64)
	c.stored = true

	rows, err := r.query(consentsTable.read+` WHERE session = ? AND ended_at IS NULL ORDER BY writer, seq`, session)
	if err != nil {
		return nil, fmt.Errorf("read the consents of %s: %w", session, err)
	}
	defer rows.Close()
	for rows.Next() {
		var c consentRow
		var granted []byte
		var expires, ended sql.NullInt64
		if err := rows.Scan(&granted, &c.granted.seq, &c.session, &c.url, &c.subject, &c.engineer, &c.evidence, &c.scopes,
			&c.grantedAt, &expires, &ended, &c.endedWhy); err != nil {
			return nil, fmt.Errorf("read the consents of %s: %w", session, err)
		}
		copy(c.granted.writer[:], granted)
		c.expiresAt, c.endedAt, c.stored = expires.Int64, ended.Int64, true
		f.consents = append(f.consents, c)
	}
	return f, rows.Err()
}

func (r reader) sessionInto(s *sessionRow, query string, args ...any) (bool, error) {
	rows, err := r.query(query, args...)
	if err != nil {
		return false, fmt.Errorf("read a session: %w", err)
	}
	defer rows.Close()
	if !rows.Next() {
		return false, rows.Err()
	}
	return true, scanSession(rows, s)
}

func scanSession(rows *sql.Rows, s *sessionRow) error {
	var opened, last, head []byte
	var closed sql.NullInt64
	err := rows.Scan(&s.id, &opened, &s.opened.seq, &s.engineer, &s.app, &s.env, &s.build, &s.host, &s.embedded, &s.writes,
		&s.sandbox, &s.justification, &s.openedAt, &closed, &s.closedWhy, &s.mode, &s.commands, &s.disclosures, &s.facts,
		&s.flags, &s.refusals, &s.committed, &s.rolledBack, &s.state, &s.entries, &last, &head)
	if err != nil {
		return fmt.Errorf("read a session: %w", err)
	}
	copy(s.opened.writer[:], opened)
	copy(s.lastWriter[:], last)
	copy(s.head[:], head)
	s.closedAt = closed.Int64
	return nil
}
