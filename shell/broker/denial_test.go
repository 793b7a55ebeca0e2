package broker

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/shell/policy"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// refusedBefore are the rules of denials before a session, as the record holds them.
func (h *house) refusedBefore(t *testing.T) []string {
	t.Helper()
	h.CheckLog(t)
	db, err := sql.Open("sqlite", "file:"+h.Path()+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("select rule, engineer from refusals where session = '' order by writer, seq")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var rules []string
	for rows.Next() {
		var rule, engineer string
		if err := rows.Scan(&rule, &engineer); err != nil {
			t.Fatal(err)
		}
		if engineer != "engineer" {
			t.Errorf("tried by %q", engineer)
		}
		rules = append(rules, rule)
	}
	return rules
}

func TestADenialBeforeASessionIsOnRecord(t *testing.T) {
	for name, c := range map[string]struct {
		rule string
		open func(*Opening)
	}{
		"no justification":                          {policy.RuleJustification, func(o *Opening) { o.Justification = "" }},
		"another host":                              {policy.RuleJustification, func(o *Opening) { o.Justification = "https://elsewhere.example/cards/1" }},
		"bytes that are no text":                    {policy.RuleJustification, func(o *Opening) { o.Justification = "\xff\x1b[31m" }},
		"a long one":                                {policy.RuleJustification, func(o *Opening) { o.Justification = justification + strings.Repeat("x", 10_000) }},
		"a consent without a scope":                 {ruleScope, consenting(consentOf42)},
		"a scope without a consent":                 {ruleConsent, consenting("", "people/42")},
		"another spelling":                          {ruleScope, consenting(consentOf42, "people/042")},
		"no such table":                             {ruleScope, consenting(consentOf42, "nobody/42")},
		"nothing sealed there":                      {ruleScope, consenting(consentOf42, "invoices/1")},
		"no such column":                            {ruleScope, consenting(consentOf42, "people/42:shoe")},
		"a column that is not sealed":               {ruleScope, consenting(consentOf42, "people/42:role")},
		"no such record":                            {ruleScope, consenting("https://consents.example/people/42/7", "messages/999")},
		"a key of another kind":                     {ruleScope, consenting(consentOf42, "people/dana")},
		"a key of two columns":                      {ruleScope, consenting(consentOf42, "people/42,43")},
		"no data subjects":                          {ruleScope, consenting(consentOf42, "invoices/1/*")},
		"another's consent":                         {ruleConsent, consenting(consentOf42, "people/43")},
		"another's consent, known by the data only": {ruleConsent, consenting(consentOf42, "messages/981")},
		"two subjects":                              {ruleConsent, consenting(consentOf42, "people/42", "people/43/*")},
		"two subjects by the data":                  {ruleConsent, consenting(consentOf42, "people/42", "messages/981")},
	} {
		t.Run(name, func(t *testing.T) {
			h := fakeHouse(t)
			_, err := h.tryOpen(t, c.open)
			wantRefusal(t, err, c.rule)
			if got := h.refusedBefore(t); !slices.Equal(got, []string{c.rule}) {
				t.Errorf("on record: %v", got)
			}
			if h.starts != 0 {
				t.Error("a worker was started")
			}
		})
	}
	t.Run("writing", func(t *testing.T) {
		h := fakeHouse(t, func(c *Config) { c.Policy.Write = false })
		_, err := h.tryOpen(t, writing)
		wantRefusal(t, err, ruleWrite)
		if got := h.refusedBefore(t); !slices.Equal(got, []string{ruleWrite}) {
			t.Errorf("on record: %v", got)
		}
	})
}

func TestAConsentBelongsToWhoUsedItFirst(t *testing.T) {
	h := fakeHouse(t)
	h.open(t, consenting(consentOf42, "people/42"))
	h.open(t, consenting(consentOf42, "people/42:email")) // again, by the same engineer
	_, err := h.tryOpen(t, consenting(consentOf42, "people/42"), func(o *Opening) { o.Engineer = "another" })
	wantRefusal(t, err, ruleConsent)
	h.CheckLog(t)
}

func TestTheAddressThatConsentedIsCompared(t *testing.T) {
	for address, want := range map[string]string{
		"dana.reyes@fjord.example": "claimed; address matches: yes", " DANA.reyes@fjord.example ": "claimed; address matches: yes",
		"emil@fjord.example": "claimed; address matches: no", "": "claimed",
	} {
		h := fakeHouse(t)
		s := h.open(t, consenting(consentOf42, "people/42"), func(o *Opening) { o.ConsentedBy = address })
		if got := h.onRecord(t, s).Consents; len(got) != 1 || got[0].Evidence != want || got[0].Subject != "people/42" {
			t.Errorf("%q: %+v", address, got)
		}
	}
	h := fakeHouse(t)
	h.change(t, "update people set email = (select email from people where id = 43) where id = 42") // moved there
	s := h.open(t, consenting(consentOf42, "people/42"), func(o *Opening) { o.ConsentedBy = "emil@fjord.example" })
	if got := h.onRecord(t, s).Consents; len(got) != 1 || got[0].Evidence != "claimed; address matches: unknown" {
		t.Errorf("%+v", got)
	}
}

func TestEachDenialOfACommandIsOnRecordAtIt(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Source = 1024 }))
	s := h.open(t)
	h.ok(t, s, func(f *fake) {})
	r := h.run(t, s, func(f *fake) {
		f.denied(execute("update accounts set plan = 'free'"), wire.ErrRefused, ruleWrite)
		f.denied(query("pragma journal_mode"), wire.ErrRefused, ruleSQL)
		f.denied(query("savepoint x"), wire.ErrRefused, ruleSQL)
		f.denied(wire.Request{Op: wire.OpFact, Fact: "len", Reference: reference("aliases.nothing", "aliases/7", "people/42")}, wire.ErrDatabase, "")
		f.done(wire.Done{Value: &wire.Value{Kind: wire.KindString, Text: "as if nothing had been"}})
	})
	if r.Status != StatusRefused || r.Err.Rule != ruleWrite || r.Value != nil {
		t.Errorf("a command that hides its denials: %s %v %v", r.Status, r.Err, r.Value)
	}
	if r := s.Run(t.Context(), strings.Repeat("x", 1025)); r.Status != StatusRefused || r.Err.Rule != ruleSource {
		t.Errorf("a long command: %s %v", r.Status, r.Err)
	}
	r = h.run(t, s, func(f *fake) { // what the worker refuses by itself
		f.done(wire.Done{Err: &wire.Error{Kind: wire.ErrRefused, Rule: "import", Message: "os is not there"}})
	})
	if r.Status != StatusRefused || r.Command != 3 {
		t.Errorf("%d: %s %v", r.Command, r.Status, r.Err)
	}
	type denial struct {
		command int
		rule    string
	}
	want := []denial{{2, ruleWrite}, {2, ruleSQL}, {2, ruleSQL}, {0, ruleSource}, {3, "import"}}
	var got []denial
	record := h.onRecord(t, s)
	for _, r := range record.Refusals {
		got = append(got, denial{r.Command, r.Rule})
	}
	if !slices.Equal(got, want) {
		t.Errorf("on record: %v, want %v", got, want)
	}
	if a := record.Refusals[0].Attempt; a.Text != "update accounts set plan = 'free'" || a.Bytes != len(a.Text) {
		t.Errorf("attempt: %+v", a)
	}
	if a := record.Refusals[3].Attempt; a.Bytes != 1025 || len(a.Text) > maxAttempt {
		t.Errorf("attempt: %+v", a)
	}
}

func TestAClosedSessionTakesNoCommands(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	if _, err := s.Close(t.Context(), "closed", true); err != nil {
		t.Fatal(err)
	}
	if r := s.Run(t.Context(), "typed"); r.Status != StatusRefused || r.Err.Rule != ruleSession {
		t.Errorf("%s %v", r.Status, r.Err)
	}
	if _, err := s.Close(t.Context(), "closed", true); err == nil {
		t.Error("closed twice")
	}
	h.CheckLog(t)
}

func TestBytesThatAreNoTextAreEscapedAndRecorded(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	h.scripts <- func(f *fake) {
		if f.turn.Source != `a\xffb` {
			t.Errorf("the worker got %q", f.turn.Source)
		}
	}
	if r := s.Run(t.Context(), "a\xffb"); r.Status != StatusOK || r.Source != `a\xffb` {
		t.Errorf("%s %q", r.Status, r.Source)
	}
	if c := h.command(t, s, 1); *c.Source != `a\xffb` {
		t.Errorf("on record: %q", *c.Source)
	}
}

func TestABrokerIsNotMadeWithoutWhatItNeeds(t *testing.T) {
	h := fakeHouse(t)
	for name, take := range map[string]func(*Config){
		"record":   func(c *Config) { c.Log = nil },
		"keyring":  func(c *Config) { c.Keyring = nil },
		"worker":   func(c *Config) { c.Start = nil },
		"database": func(c *Config) { c.Target = nil },
		"render":   func(c *Config) { c.Render = nil },
		"schema":   func(c *Config) { c.Schema.Tables = nil },
	} {
		config := h.broker.Config
		take(&config)
		if _, err := New(config); err == nil {
			t.Errorf("made without its %s", name)
		}
	}
	config := h.broker.Config
	config.Policy = policy.Policy{}
	b, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Open(t.Context(), Opening{Engineer: "engineer", Justification: justification})
	wantRefusal(t, err, policy.RuleJustification)
}
