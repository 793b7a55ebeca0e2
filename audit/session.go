package audit

import (
	"encoding/json"
	"time"
)

// A Session is what an auditor sees of one, as JSON and in pages. Lists are empty, not null. Times are UTC.
type Session struct {
	ID            string        `json:"id"`
	Engineer      string        `json:"engineer"`
	App           string        `json:"app"`
	Env           string        `json:"env"`
	Build         string        `json:"build"`
	Host          string        `json:"host"`
	Embedded      bool          `json:"embedded"`
	OpenedAt      time.Time     `json:"opened_at"`
	ClosedAt      *time.Time    `json:"closed_at"` // nil: it goes on
	ClosedWhy     string        `json:"closed_why,omitempty"`
	Mode          string        `json:"mode"` // decrypted, if any period was
	Write         bool          `json:"write"`
	Sandbox       bool          `json:"sandbox"`
	Justification Justification `json:"justification"`
	Consents      []Granted     `json:"consents"`
	Commands      []Command     `json:"commands,omitzero"` // nil in lists
	Flags         []Flag        `json:"flags,omitzero"`    // those outside commands; nil in lists
	Refusals      []Refusal     `json:"refusals"`          // all of them
	Reviews       []Review      `json:"reviews"`
	State         string        `json:"state"` // pending, approved, flagged or asked
	Committed     int64         `json:"committed"`
	RolledBack    int64         `json:"rolled_back"`
	Head          string        `json:"head"` // hash of its last entry, hex
}

// Justification is why a session was opened.
type Justification struct {
	URL  string  `json:"url"`
	Note *string `json:"note"` // nil: destroyed
}

// Granted is a consent that was granted in a session.
type Granted struct {
	URL       string     `json:"url"`
	Note      *string    `json:"note"` // nil: destroyed
	Evidence  string     `json:"evidence"`
	Subject   string     `json:"subject"`
	Scopes    []string   `json:"scopes"`
	GrantedAt time.Time  `json:"granted_at"`
	ExpiresAt *time.Time `json:"expires_at"`
	EndedAt   *time.Time `json:"ended_at"`
	EndedWhy  string     `json:"ended_why,omitempty"`
}

// Command is one that was typed.
type Command struct {
	N           int                `json:"n"`
	At          time.Time          `json:"at"`
	Source      *string            `json:"source"` // nil: destroyed
	Mode        string             `json:"mode"`
	Status      string             `json:"status"` // ok, error, refused, unfinished
	DurationMS  float64            `json:"duration_ms"`
	Statements  []CommandStatement `json:"statements"`
	Disclosures []Value            `json:"disclosures"` // each value once, with how often
	Facts       []Fact             `json:"facts"`
	Flags       []Flag             `json:"flags"`
	Questions   []CommandQuestion  `json:"questions,omitempty"`
	Rows        int64              `json:"rows"`
	Committed   int64              `json:"committed"`
	RolledBack  int64              `json:"rolled_back"`
	Value       *Text              `json:"value"`
	Output      *Text              `json:"output"` // nil: unfinished
	Error       *CommandError      `json:"error"`
	Modes       []CommandMode      `json:"modes,omitempty"` // changes of mode in this command, or after it and before the next
	Replaced    []WorkerReplaced   `json:"worker_replaced,omitempty"`
}

// CommandStatement is one that a command sent.
type CommandStatement struct {
	SQL   *string           `json:"sql"`  // nil: destroyed
	Args  []json.RawMessage `json:"args"` // {"withheld":n} stands for what is not kept
	Rows  int64             `json:"rows"`
	Write bool              `json:"write"`
}

// CommandQuestion is what the person was asked before a write committed.
type CommandQuestion struct {
	At     time.Time `json:"at"`
	Text   string    `json:"text"`
	Shown  *Text     `json:"shown"`  // nil: destroyed
	Answer string    `json:"answer"` // yes, no, left, interrupted, expired; empty: none came
}

// CommandMode is a change of mode.
type CommandMode struct {
	At   time.Time `json:"at"`
	Mode string    `json:"mode"` // encrypted, decrypted, write
	Why  string    `json:"why"`
}

// CommandError is what a command failed with.
type CommandError struct {
	Kind    string `json:"kind"`
	Message *Text  `json:"message"`
}

// Refusal is a denial.
type Refusal struct {
	At      time.Time `json:"at"`
	Command int       `json:"command,omitempty"`
	Rule    string    `json:"rule"`
	Message *string   `json:"message"` // nil: destroyed
	Attempt Attempt   `json:"attempt"`
}

// Review is an auditor's word on a session.
type Review struct {
	Auditor  string    `json:"auditor"`
	Decision string    `json:"decision"` // approved, flagged or asked
	Note     *string   `json:"note"`     // nil: destroyed
	At       time.Time `json:"at"`
}

// MarshalJSON is the text itself, or how many bytes were withheld, or what was kept of a longer text and what it lacks.
func (t Text) MarshalJSON() ([]byte, error) {
	switch {
	case t.Withheld > 0:
		return json.Marshal(map[string]int{"withheld": t.Withheld})
	case t.Cut > 0:
		return json.Marshal(struct {
			Kept string `json:"kept"`
			Cut  int    `json:"cut"`
		}{t.Kept, t.Cut})
	}
	return json.Marshal(t.Kept)
}

func timeIf(micros int64) *time.Time {
	if micros == 0 {
		return nil
	}
	t := timeOf(micros)
	return &t
}
