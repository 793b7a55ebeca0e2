package audit

import (
	"encoding/json"
	"time"
)

// Kind names what an entry records.
type Kind string

// An Event is one thing that happened. Its two parts are the frozen form in which it is stored: content (what was typed
// and which SQL it sent; kept for weeks) and ledger (who, when, whose data; kept for a year). Either may be nil.
type Event interface {
	kind() Kind
	parts() (content, ledger any)
}

// Where places an event: the zero value is the server itself.
type Where struct {
	Session  string // the session's id: a ULID
	Command  int    // the number of the command in its session, from 1; 0 outside commands
	Engineer string // whose session it is, the same in all of its events; who tried, for what was refused before one
	Mode     string // encrypted or decrypted
}

// Text is something typed or printed: kept, or only measured.
type Text struct {
	Kept     string // valid UTF-8; what was not is escaped before
	Cut      int    // bytes left out at the end of Kept
	Withheld int    // > 0: the bytes that are not kept
	Digest   string // of what is withheld: a keyed digest, hex
}

// ServerStarted opens every chain.
type ServerStarted struct {
	Build       string `json:"build"`
	Host        string `json:"host"`
	Policy      string `json:"policy"`      // SHA-256 of the policy, hex
	Confinement string `json:"confinement"` // which layers a worker runs behind
	Database    string `json:"database"`    // dialect and place of the target, never a DSN
	Worker      string `json:"worker"`      // SHA-256 of the worker's binary, hex
	Schema      string `json:"schema"`      // SHA-256 of its schema, hex

	// The newest chain's head as this writer found it. The Log fills these in; what stands here before is ignored.
	PreviousWriter string `json:"previous_writer,omitempty"`
	PreviousSeq    uint64 `json:"previous_seq,omitempty"`
	Previous       string `json:"previous,omitempty"` // its hash, hex
}

// SessionOpened opens a session. Note is content; all else is ledger.
type SessionOpened struct {
	App, Env, Build, Host string
	Embedded              bool
	Justification         string // the link
	Note                  string
	Write, Sandbox        bool
	Expect                *int64 // rows that must be touched, with --expect
	Worker, Schema        string // SHA-256 of binary and schema, hex
}

// Refused is a denial, in a session or before one.
type Refused struct {
	Rule    string // what refused: justification, consent, scope, write, …
	Message string
	Attempt Attempt // what was tried
}

// Attempt is hostile text that was refused: escaped and cut, with its true length and digest.
type Attempt struct {
	Text   string `json:"text"` // the first 2,048 bytes, escaped
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Intent is a command as it was typed, before it runs. Source is content.
type Intent struct {
	Source string
}

// Flag marks a command for the auditor; nothing was stopped.
type Flag struct {
	Rule    string `json:"rule"` // outside-consent, import, …
	Message string `json:"message"`
	Column  string `json:"column,omitempty"`
	Subject string `json:"subject,omitempty"`
	Row     string `json:"row,omitempty"`
	Count   int    `json:"count,omitempty"`
}

// Statement is one SQL statement and what it came to. SQL and Args are content; the rest is ledger.
type Statement struct {
	SQL   string
	Args  []json.RawMessage // as JSON; {"withheld":n} stands for what is not kept
	Rows  int64             // returned or touched
	Write bool
}

// Disclosure is a page of encrypted values that are about to be opened.
type Disclosure struct {
	Consent string  `json:"consent"` // the link
	Values  []Value `json:"values"`
}

// Value is an encrypted value that was opened.
type Value struct {
	Column  string `json:"column"`
	Subject string `json:"subject"`
	Row     string `json:"row"`
	Count   int    `json:"count"` // how many times
}

// Fact is something true of an encrypted value that is about to be told without opening it.
type Fact struct {
	Fact     string `json:"fact"` // present, len, domain, same, is, prefix, eq, …
	Column   string `json:"column"`
	Subject  string `json:"subject,omitempty"`
	Row      string `json:"row,omitempty"`
	Argument string `json:"argument,omitempty"` // keyed digest of what was guessed, hex
	Answer   string `json:"answer,omitempty"`
	Count    int    `json:"count"`
}

// Outcome ends a command. Output, Error and Value are content, withheld for a decrypted period.
type Outcome struct {
	Status     string // ok, error, refused, unfinished
	ErrorKind  string
	Error      *Text
	Value      *Text // as text
	Output     *Text
	Duration   time.Duration
	Statements int   // how many
	Rows       int64 // returned or touched, in all
	Committed  int64 // rows of writes that were committed
	RolledBack int64 // rows of writes that were recorded and then rolled back
}

// Question is what the person at the console is about to be asked before a write commits. Shown is content, withheld for a
// decrypted period.
type Question struct {
	Text  string // commit 12 rows? [y/N]
	Shown *Text  // with it: the rows before and after
}

// Answer is what came of the command's last question.
type Answer struct {
	Answer string `json:"answer"` // yes, no, left, interrupted, expired
}

// WorkerReplaced says that a worker was killed, and why.
type WorkerReplaced struct {
	Reason string `json:"reason"` // timeout, crashed, protocol, memory, leftovers
	Detail string `json:"detail,omitempty"`
}

// Consent is a step in the life of a consent. Note is content.
type Consent struct {
	Step     string // granted, ended
	URL      string
	Note     string
	Evidence string // what supports it: "claimed", and whether the address given matched: "claimed, address matches"
	Subject  string // whose it is
	Scopes   []string
	Expires  time.Time
	Why      string // of ended: closed, expired, …
}

// ModeChange says that a session goes on in another mode.
type ModeChange struct {
	Mode string `json:"mode"` // encrypted, decrypted, write, read
	Why  string `json:"why,omitempty"`
}

// SessionClosed ends a session.
type SessionClosed struct {
	Reason     string `json:"reason"` // closed, interrupted, lost, expect
	Commands   int    `json:"commands"`
	Committed  int64  `json:"committed"`
	RolledBack int64  `json:"rolled_back"`
}

// View says that someone looked at the record.
type View struct {
	Viewer string `json:"viewer"`
	What   string `json:"what"` // sessions, session
	Of     string `json:"of,omitempty"`
}
