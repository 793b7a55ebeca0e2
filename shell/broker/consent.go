package broker

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
)

// period is a decrypted period: what a consent opens, and until when.
type period struct {
	url     string
	subject crypto.Subject
	scopes  shell.Scopes
	expires time.Time
	idle    time.Duration // after so long in which nothing is typed it ends before that
	used    time.Time     // when the last command ended, or something was typed
}

// ends is when a period ends if nothing more is typed, and why it will have.
func (p *period) ends() (at time.Time, why string) {
	if idle := p.used.Add(p.idle); idle.Before(p.expires) {
		return idle, reasonIdle
	}
	return p.expires, reasonExpired
}

// over says why a period has ended; empty while it lasts.
func (p *period) over(now time.Time) string {
	if at, why := p.ends(); !now.Before(at) {
		return why
	}
	return ""
}

// ended is the entry that ends a period.
func (p *period) ended(why string) audit.Event {
	return audit.Consent{Step: "ended", URL: p.url, Subject: string(p.subject), Scopes: p.scopes.Strings(), Why: why}
}

// asking is what a person says when they ask for a decrypted period.
type asking struct {
	url    string
	note   string
	by     string // the address that consented, to be compared with the subject's; may be empty
	scopes []string
}

// covers says whether a sealed value may be opened: its scope names it, and it is the consenting person's by its own
// authenticated header, whatever the row around it says now.
func (p *period) covers(h crypto.Header) bool {
	return h.Subject == p.subject && p.scopes.Covers(string(h.Column), string(h.Subject), string(h.Row))
}

// coversWrite says likewise whether a new value may be sealed.
func (p *period) coversWrite(column crypto.Column, subject crypto.Subject, row crypto.Row) bool {
	return subject == p.subject && p.scopes.CoversWrite(string(column), string(subject), string(row))
}

// scopes reads the scopes that are asked for and refuses those that name nothing that can open.
func (b *Broker) scopes(a asking) (shell.Scopes, error) {
	scopes, err := b.Policy.Scopes(a.url, a.scopes)
	if err != nil {
		return nil, err
	}
	for _, scope := range scopes {
		if err := b.checkScope(scope); err != nil {
			return nil, err
		}
	}
	if len(scopes) == 0 {
		return nil, nil
	}
	// Where all the scopes say by themselves whose they are, the link is asked before the database.
	subject, err := b.subjectWithout(scopes)
	if err != nil {
		return nil, err
	}
	if subject != "" {
		err = b.Policy.Consent(a.url, a.note, string(subject))
	}
	return scopes, err
}

func (b *Broker) checkScope(scope shell.Scope) error {
	if scope.Subject {
		for _, t := range b.Schema.Tables {
			if t.Sealed != nil && t.Sealed.SubjectType == scope.Table {
				return nil
			}
		}
		return refuse(ruleScope, "people/42/*", "%s are no data subjects here", visible(scope.Table))
	}
	table, ok := b.Schema.Table(scope.Table)
	if !ok || table.Sealed == nil {
		return refuse(ruleScope, "", "there is no table %s with sealed columns", visible(scope.Table))
	}
	if scope.Column != "" {
		if _, ok := sealedColumn(table, scope.Column); !ok {
			return refuse(ruleScope, "", "%s has no sealed column %s", table.Name, visible(scope.Column))
		}
	}
	if _, err := keyOf(table, scope.ID); err != nil {
		return refuse(ruleScope, "", "%s: %v", visible(scope.String()), err)
	}
	return nil
}

// subjectWithout is the one data subject of the scopes as far as they tell without the database; empty where they do not.
func (b *Broker) subjectWithout(scopes shell.Scopes) (crypto.Subject, error) {
	var one crypto.Subject
	for _, scope := range scopes {
		table, _ := b.Schema.Table(scope.Table)
		var subject crypto.Subject
		switch {
		case scope.Subject:
			subject = crypto.Subject(scope.Table + "/" + scope.ID)
		case len(table.Keys) == 1 && table.Sealed.SubjectColumn == table.Keys[0]:
			subject = crypto.Subject(table.Sealed.SubjectType + "/" + scope.ID)
		default:
			return "", nil
		}
		if one != "" && subject != one {
			return "", twoSubjects()
		}
		one = subject
	}
	return one, nil
}

func twoSubjects() *Refusal {
	return refuse(ruleConsent, "open one period a person", "a consent is one person's: these scopes are of several data subjects")
}

func consentTaken() *Refusal {
	return refuse(ruleConsent, "ask for a consent of its own", "this consent link was first used for another data subject, or by another engineer")
}

// grant checks a consent against data and record, and returns its period, which nobody is in yet, and the events that open it.
func (s *Session) grant(ctx context.Context, a asking, scopes shell.Scopes) (*period, []audit.Event, error) {
	b := s.broker
	subject, err := s.subjectOf(ctx, scopes)
	if err != nil {
		return nil, nil, err
	}
	if err := b.Policy.Consent(a.url, a.note, string(subject)); err != nil {
		return nil, nil, err
	}
	owner, engineer, known, err := b.Log.ConsentBelongsTo(ctx, a.url)
	if err != nil {
		return nil, nil, &audit.NotRecorded{Cause: err}
	}
	if known && (owner != string(subject) || engineer != s.Opening.Engineer) {
		return nil, nil, consentTaken()
	}
	now := b.Now()
	opened := &period{
		url: a.url, subject: subject, scopes: scopes, expires: now.Add(b.Policy.Limits.Decrypted), idle: b.Policy.Limits.Idle, used: now,
	}
	var events []audit.Event
	evidence := "claimed"
	if a.by != "" {
		answer, fact, err := s.compareAddress(ctx, subject, a.by)
		if err != nil {
			return nil, nil, err
		}
		evidence = "claimed; address matches: " + answer
		if fact != nil {
			events = append(events, *fact)
		}
	}
	events = append(events, audit.Consent{
		Step: "granted", URL: a.url, Note: a.note, Evidence: evidence, Subject: string(subject),
		Scopes: scopes.Strings(), Expires: opened.expires,
	})
	return opened, events, nil
}

// subjectOf is the one data subject that all the scopes are of.
func (s *Session) subjectOf(ctx context.Context, scopes shell.Scopes) (crypto.Subject, error) {
	conn, err := s.pool.reader(ctx)
	if err != nil {
		return "", err
	}
	defer s.pool.put(conn)
	var one crypto.Subject
	for _, scope := range scopes {
		subject := crypto.Subject(scope.Table + "/" + scope.ID)
		if table, ok := s.broker.Schema.Table(scope.Table); ok { // a subject may have no table of its own
			key, err := keyOf(table, scope.ID)
			if err != nil {
				return "", refuse(ruleScope, "", "%s: %v", visible(scope.String()), err)
			}
			row, err := fetchRow(ctx, conn, table, key)
			if err != nil {
				return "", err
			}
			if row == nil {
				return "", refuse(ruleScope, "", "there is no record %s/%s", visible(scope.Table), visible(scope.ID))
			}
			if !scope.Subject {
				if subject, err = subjectOfRow(table, row); err != nil {
					return "", err
				}
			}
		}
		if one != "" && subject != one {
			return "", twoSubjects()
		}
		one = subject
	}
	return one, nil
}

// compareAddress asks whether an address is the subject's own: yes, no or unknown.
func (s *Session) compareAddress(ctx context.Context, subject crypto.Subject, address string) (string, *audit.Fact, error) {
	tableName, id, _ := strings.Cut(string(subject), "/")
	table, ok := s.broker.Schema.Table(tableName)
	if !ok || table.Sealed == nil {
		return "unknown", nil, nil
	}
	var column crypto.SealedColumn
	for _, c := range table.Sealed.Columns {
		if _, ok := c.Allows(crypto.FactIs); ok && c.Index != "" {
			column = c
			break
		}
	}
	key, err := keyOf(table, id)
	if column.DBName == "" || err != nil {
		return "unknown", nil, nil
	}
	conn, err := s.pool.reader(ctx)
	if err != nil {
		return "", nil, err
	}
	defer s.pool.put(conn)
	row, err := fetchRow(ctx, conn, table, key)
	if err != nil {
		return "", nil, err
	}
	sealed := sealedBytes(row[column.DBName])
	if sealed == nil {
		return "unknown", nil, nil
	}
	opened, err := s.broker.Keyring.Open(ctx, sealed)
	if err != nil {
		return "", nil, fmt.Errorf("key store: %w", err)
	}
	h := opened[0].Header
	if opened[0].Err != nil || h.Column != column.Column || h.Subject != subject || string(h.Row) != string(subject) {
		return "unknown", nil, nil // erased, altered, or another's
	}
	answer := "no"
	given, err1 := crypto.Normalize(address, column.Norm)
	kept, err2 := crypto.Normalize(string(opened[0].Plain), column.Norm)
	if errors.Join(err1, err2) == nil && given == kept {
		answer = "yes"
	}
	return answer, &audit.Fact{
		Fact: crypto.FactIs, Column: string(column.Column), Subject: string(subject), Row: string(opened[0].Header.Row),
		Argument: s.digest(address), Answer: answer, Count: 1,
	}, nil
}

// keyOf turns the canonical id of a record into the values of its key columns.
func keyOf(table shell.Table, id string) ([]any, error) {
	parts := strings.Split(id, ",")
	if len(parts) != len(table.Keys) {
		return nil, fmt.Errorf("%s has a key of %d columns", table.Name, len(table.Keys))
	}
	key := make([]any, len(parts))
	for i, part := range parts {
		text, err := url.PathUnescape(part)
		if err != nil {
			return nil, fmt.Errorf("%q is no key", part)
		}
		column, _ := table.Column(table.Keys[i])
		switch column.Type {
		case "int", "uint":
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil || strconv.FormatInt(n, 10) != text {
				return nil, fmt.Errorf("%s has numbers for keys", table.Name)
			}
			key[i] = n
		default:
			key[i] = text
		}
	}
	return key, nil
}

func sealedColumn(table shell.Table, name string) (crypto.SealedColumn, bool) {
	if table.Sealed == nil {
		return crypto.SealedColumn{}, false
	}
	return table.Sealed.Sealed(name)
}

// subjectOfRow is whose row it is.
func subjectOfRow(table shell.Table, row map[string]any) (crypto.Subject, error) {
	if table.Sealed.SubjectColumn == "" {
		return "", nil
	}
	return crypto.NewSubject(table.Sealed.SubjectType, row[table.Sealed.SubjectColumn])
}
