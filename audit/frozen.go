package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// The frozen forms: what a payload is, as JSON. A field is never renamed nor given another meaning; new ones may come.
// Events whose fields carry JSON tags are their own frozen form.
type (
	openedContent struct {
		Note string `json:"note"`
	}
	openedLedger struct {
		App           string `json:"app"`
		Env           string `json:"env"`
		Build         string `json:"build"`
		Host          string `json:"host"`
		Embedded      bool   `json:"embedded"`
		Justification string `json:"justification"`
		Write         bool   `json:"write"`
		Sandbox       bool   `json:"sandbox"`
		Expect        *int64 `json:"expect,omitempty"`
		Worker        string `json:"worker"`
		Schema        string `json:"schema"`
	}

	refusedContent struct {
		Message string `json:"message"`
		Text    string `json:"text"`
	}
	refusedLedger struct {
		Rule   string `json:"rule"`
		Bytes  int    `json:"bytes"`
		SHA256 string `json:"sha256"`
	}

	intentContent struct {
		Source string `json:"source"`
	}

	statementContent struct {
		SQL  string            `json:"sql"`
		Args []json.RawMessage `json:"args,omitempty"`
	}
	statementLedger struct {
		Rows  int64 `json:"rows"`
		Write bool  `json:"write"`
	}

	outcomeContent struct {
		Error  *frozenText `json:"error,omitempty"`
		Value  *frozenText `json:"value,omitempty"`
		Output *frozenText `json:"output,omitempty"`
	}
	outcomeLedger struct {
		Status     string `json:"status"`
		ErrorKind  string `json:"error_kind,omitempty"`
		DurationUS int64  `json:"duration_us"`
		Statements int    `json:"statements"`
		Rows       int64  `json:"rows"`
		Committed  int64  `json:"committed"`
		RolledBack int64  `json:"rolled_back"`
	}

	questionContent struct {
		Shown *frozenText `json:"shown,omitempty"`
	}
	questionLedger struct {
		Text string `json:"text"`
	}

	frozenText struct {
		Kept     string `json:"kept,omitempty"`
		Cut      int    `json:"cut,omitempty"`
		Withheld int    `json:"withheld,omitempty"`
		Digest   string `json:"digest,omitempty"`
	}

	consentContent struct {
		Note string `json:"note"`
	}
	consentLedger struct {
		Step     string   `json:"step"`
		URL      string   `json:"url"`
		Evidence string   `json:"evidence,omitempty"`
		Subject  string   `json:"subject,omitempty"`
		Scopes   []string `json:"scopes,omitempty"`
		Expires  int64    `json:"expires,omitempty"` // microseconds since 1970 UTC
		Why      string   `json:"why,omitempty"`
	}
)

func (e ServerStarted) parts() (any, any) { return nil, &e }

func (e SessionOpened) parts() (any, any) {
	return &openedContent{Note: e.Note}, &openedLedger{
		App: e.App, Env: e.Env, Build: e.Build, Host: e.Host, Embedded: e.Embedded, Justification: e.Justification,
		Write: e.Write, Sandbox: e.Sandbox, Expect: e.Expect, Worker: e.Worker, Schema: e.Schema,
	}
}

func (e Refused) parts() (any, any) {
	return &refusedContent{Message: e.Message, Text: e.Attempt.Text},
		&refusedLedger{Rule: e.Rule, Bytes: e.Attempt.Bytes, SHA256: e.Attempt.SHA256}
}

func (e Intent) parts() (any, any) { return &intentContent{Source: e.Source}, nil }
func (e Flag) parts() (any, any)   { return nil, &e }

func (e Statement) parts() (any, any) {
	return &statementContent{SQL: e.SQL, Args: e.Args}, &statementLedger{Rows: e.Rows, Write: e.Write}
}

func (e Disclosure) parts() (any, any) { return nil, &e }
func (e Fact) parts() (any, any)       { return nil, &e }

func (e Outcome) parts() (any, any) {
	ledger := &outcomeLedger{
		Status: e.Status, ErrorKind: e.ErrorKind, DurationUS: e.Duration.Microseconds(), Statements: e.Statements,
		Rows: e.Rows, Committed: e.Committed, RolledBack: e.RolledBack,
	}
	if e.Error == nil && e.Value == nil && e.Output == nil {
		return nil, ledger
	}
	return &outcomeContent{Error: freeze(e.Error), Value: freeze(e.Value), Output: freeze(e.Output)}, ledger
}

func (e Question) parts() (any, any) {
	ledger := &questionLedger{Text: e.Text}
	if e.Shown == nil {
		return nil, ledger
	}
	return &questionContent{Shown: freeze(e.Shown)}, ledger
}

func (e Answer) parts() (any, any) { return nil, &e }

func (e WorkerReplaced) parts() (any, any) { return nil, &e }

func (e Consent) parts() (any, any) {
	ledger := &consentLedger{
		Step: e.Step, URL: e.URL, Evidence: e.Evidence, Subject: e.Subject, Scopes: e.Scopes, Why: e.Why,
	}
	if !e.Expires.IsZero() {
		ledger.Expires = e.Expires.UnixMicro()
	}
	if e.Note == "" {
		return nil, ledger
	}
	return &consentContent{Note: e.Note}, ledger
}

func (e ModeChange) parts() (any, any)    { return nil, &e }
func (e SessionClosed) parts() (any, any) { return nil, &e }
func (e View) parts() (any, any)          { return nil, &e }

func freeze(t *Text) *frozenText {
	if t == nil {
		return nil
	}
	f := frozenText(*t)
	return &f
}

// formsOf gives empty frozen forms to read a payload of kind into; nil where the kind has no such part.
func formsOf(k Kind) (content, ledger any, err error) {
	switch k {
	case KindServerStarted:
		return nil, &ServerStarted{}, nil
	case KindSessionOpened:
		return &openedContent{}, &openedLedger{}, nil
	case KindRefused:
		return &refusedContent{}, &refusedLedger{}, nil
	case KindIntent:
		return &intentContent{}, nil, nil
	case KindFlag:
		return nil, &Flag{}, nil
	case KindStatement:
		return &statementContent{}, &statementLedger{}, nil
	case KindDisclosure:
		return nil, &Disclosure{}, nil
	case KindFact:
		return nil, &Fact{}, nil
	case KindOutcome:
		return &outcomeContent{}, &outcomeLedger{}, nil
	case KindQuestion:
		return &questionContent{}, &questionLedger{}, nil
	case KindAnswer:
		return nil, &Answer{}, nil
	case KindWorkerReplaced:
		return nil, &WorkerReplaced{}, nil
	case KindConsent:
		return &consentContent{}, &consentLedger{}, nil
	case KindModeChange:
		return nil, &ModeChange{}, nil
	case KindSessionClosed:
		return nil, &SessionClosed{}, nil
	case KindView:
		return nil, &View{}, nil
	}
	return nil, nil, fmt.Errorf("unknown kind %q", k)
}

// marshal is the payload's plaintext, nil for no form. Text that is not UTF-8 is refused: JSON would replace what it cannot hold, and a
// record must not say something else than what was typed.
func marshal(form any) ([]byte, error) {
	if form == nil {
		return nil, nil
	}
	b, err := json.Marshal(form)
	if err != nil {
		return nil, err
	}
	if replaced(b) {
		return nil, errors.New("text is not valid UTF-8; escape it before")
	}
	return b, nil
}

// replaced tells whether encoding/json wrote \ufffd, which it does for invalid bytes only.
func replaced(b []byte) bool {
	for rest, mark := b, []byte(`\ufffd`); ; {
		at := bytes.Index(rest, mark)
		if at < 0 {
			return false
		}
		slashes := 0
		for i := at - 1; i >= 0 && rest[i] == '\\'; i-- {
			slashes++
		}
		if slashes%2 == 0 {
			return true
		}
		rest = rest[at+len(mark):]
	}
}

func validText(s string) bool       { return utf8.ValidString(s) }
func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }
