package broker

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// nobodyRuns fails where a worker gets a command.
func (h *house) nobodyRuns(t *testing.T) {
	t.Helper()
	h.scripts <- func(f *fake) { t.Errorf("a worker ran %q", f.turn.Source) }
	t.Cleanup(func() { <-h.scripts })
}

func TestADotCommandIsACommandOnRecord(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	h.nobodyRuns(t)
	typed := []string{".help", ".schema", ".schema people", ".facts", ".facts people", ".history", ".time", ".edit", ".whoami", ".exit", ".help schema", " .whoami\n", ".nothing", ".write", ".encrypt"}
	for i, source := range typed {
		if r := s.Run(t.Context(), source); r.Command != i+1 || (r.Value != nil || r.Output != "") && r.Status != StatusOK {
			t.Errorf("%s: command %d, %s %v", source, r.Command, r.Status, r.Err)
		}
	}
	got := h.onRecord(t, s)
	if len(got.Commands) != len(typed) {
		t.Fatalf("%d commands on record", len(got.Commands))
	}
	for i, c := range got.Commands {
		if c.N != i+1 || *c.Source != typed[i] || c.Status == StatusUnfinished {
			t.Errorf("on record: %d %q %s", c.N, *c.Source, c.Status)
		}
	}
	if n := len(got.Commands[1].Statements); n != len(h.broker.Schema.Tables) { // it counts rows
		t.Errorf("%d statements of .schema on record", n)
	}
}

func TestAnUnrecordedDotCommandShowsNothing(t *testing.T) {
	for _, source := range []string{".help", ".schema", ".facts", ".history", ".time", ".edit", ".whoami", ".exit"} {
		for kind, status := range map[audit.Kind]string{audit.KindIntent: StatusError, audit.KindOutcome: StatusUnfinished} {
			t.Run(fmt.Sprintf("%s, %s", source, kind), func(t *testing.T) {
				both(t, func(t *testing.T, how audittest.How) {
					h := fakeHouse(t)
					s := h.open(t)
					h.ok(t, s, func(*fake) {})
					h.FailOn(kind, 1, how)
					r := s.Run(t.Context(), source)
					wantAudit(t, r, status)
					if r.Edit != nil || r.Exit || len(r.Notes) != 0 {
						t.Errorf("%s: %+v", source, r)
					}
					h.goesOn(t, s)
				})
			})
		}
	}
}

func TestADotCommandWithWhatItDoesNotTakeSaysWhatItTakes(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	h.nobodyRuns(t)
	long := strings.Repeat("x", 200_000)
	for _, source := range []string{
		".whoami x", ".exit now", ".history 3", ".time 1", ".edit x", ".edit 0", ".edit -1", ".edit 99", ".edit 99999999999999999999", ".encrypt people/42",
		".nothing", ".", "..", ".help nothing", ".schema nothing", ".facts nothing", ".Help", ".decrypt!", ".exit; People.Count()", ".encrypt",
		".schema people; drop table people", `.schema people" where 1=1 --`, ".schema sqlite_master", ".schema people aliases",
		".schema \x1b[2J\u202e", ".help \x1b]0;x\a", ".\x1b[31m", ".facts 'people'", ".schema " + long, ".help " + long, "." + long, ".write " + long,
	} {
		r := s.Run(t.Context(), source)
		if r.Status != StatusError || r.Err.Hint == "" || r.Exit || r.Edit != nil || r.Value != nil {
			t.Errorf("%.40q: %s %+v", source, r.Status, r.Err)
			continue
		}
		if told := r.Err.Message + r.Err.Hint; strings.ContainsAny(told, "\x1b\a\u202e") || len(told) > 1000 {
			t.Errorf("%.40q: told %.400q, %d bytes", source, told, len(told))
		}
	}
	if n := h.count(t, "select count(*) from people"); n != 2 {
		t.Errorf("%d people", n)
	}
	h.CheckLog(t)
}

func TestANumberThatBeginsWithAPointIsGo(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	ran := false
	h.typedBy(t, s, ".5 + 1", func(*fake) { ran = true })
	if !ran {
		t.Error("it was taken for a dot command")
	}
}

func TestHelpHasEachDotCommandAndTopic(t *testing.T) {
	h := fakeHouse(t, func(c *Config) {
		c.Schema.Topics = []shell.Topic{{Name: "runbook", Title: "What to look at first", Text: "Look at the invoices.\n"}}
	})
	s := h.open(t)
	all := h.typedOK(t, s, ".help").Says
	for _, d := range shell.DotCommands() {
		if !strings.Contains(all, d.Name) || !strings.Contains(all, d.Summary) {
			t.Errorf("%s is not in .help", d.Name)
		}
		for _, topic := range []string{d.Name, strings.TrimPrefix(d.Name, ".")} {
			if got := h.typedOK(t, s, ".help "+topic).Says; !strings.Contains(got, d.Detail) {
				t.Errorf(".help %s: %s", topic, got)
			}
		}
	}
	if !strings.Contains(all, "runbook") {
		t.Error("a topic is not in .help")
	}
	for _, topic := range []string{"runbook", "Runbook"} {
		if got := h.typedOK(t, s, ".help "+topic).Says; !strings.Contains(got, "Look at the invoices.") {
			t.Errorf(".help %s: %s", topic, got)
		}
	}
}

func TestSchemaShowsWhatIsSealedAndNotItsIndexes(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	for _, name := range []string{"people", "People", "PEOPLE", "Person"} {
		text := h.shown(t, s, ".schema "+name)
		for _, want := range []string{"email", "sealed text", "found by equality", "domain", "primary key"} {
			if !strings.Contains(text, want) {
				t.Errorf(".schema %s has no %q: %s", name, want, text)
			}
		}
	}
	all := h.shown(t, s, ".schema")
	for _, table := range h.broker.Schema.Tables {
		if !strings.Contains(all, table.Name) {
			t.Errorf("no %s: %s", table.Name, all)
		}
	}
}

// A table may be called anything: its name is no SQL.
func TestSchemaQuotesTheNamesOfTables(t *testing.T) {
	const name = `odd" ; drop table accounts; --`
	h := fakeHouse(t, func(c *Config) {
		c.Schema.Tables = append(c.Schema.Tables, shell.Table{Name: name, Model: "Odd", Repository: "Odds", Keys: []string{"id"}, Columns: []shell.TableColumn{{Name: "id", Field: "ID", Type: "int"}}})
	})
	h.change(t, `create table "`+strings.ReplaceAll(name, `"`, `""`)+`" (id integer primary key)`)
	s := h.open(t)
	h.typedOK(t, s, ".schema Odds")
	h.typedOK(t, s, ".schema")
	if n := h.count(t, "select count(*) from accounts"); n != 6 {
		t.Errorf("%d accounts", n)
	}
}

func TestSchemaInADecryptedPeriodShowsNoValue(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	h.decrypted(t, s)
	for _, source := range []string{".schema", ".schema people", ".facts", ".whoami"} {
		text := h.shown(t, s, source)
		for plain := range secrets {
			if strings.Contains(text, plain) {
				t.Errorf("%s shows %q", source, plain)
			}
		}
	}
	if got := h.command(t, s, 3); len(got.Disclosures) != 0 {
		t.Errorf("on record: %+v", got.Disclosures)
	}
}

func TestWhoamiSaysWhereOneIs(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	if text := h.shown(t, s, ".whoami"); !strings.Contains(text, "engineer") || !strings.Contains(text, s.ID) || !strings.Contains(text, justification) ||
		!strings.Contains(text, ".write asks") || !strings.Contains(text, "no evidence") || strings.Contains(text, "consent") {
		t.Errorf("encrypted: %s", text)
	}
	h.typedOK(t, s, ".write a ticket asks for it")
	h.decrypted(t, s)
	if text := h.shown(t, s, ".whoami"); !strings.Contains(text, consentOf42) || !strings.Contains(text, "people/42/*") || !strings.Contains(text, "decrypted") || strings.Contains(text, ".write asks") {
		t.Errorf("decrypted: %s", text)
	}
}

func TestTimeTellsOfTheLastCommandThatWasNone(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	if r := s.Run(t.Context(), ".time"); r.Status != StatusError || r.Err.Hint == "" {
		t.Errorf("%s %v", r.Status, r.Err)
	}
	h.typedBy(t, s, "People.Count()", func(f *fake) { f.must(query("select 1")); f.must(query("select 2")) })
	h.typedOK(t, s, ".whoami")
	if text := h.shown(t, s, ".time"); !strings.Contains(text, "People.Count()") || !strings.Contains(text, "2") {
		t.Errorf("%s", text)
	}
}

func TestEditBeginsWithWhatWasTyped(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	if r := h.open(t).Run(t.Context(), ".edit"); r.Err == nil || !strings.Contains(r.Err.Message, "no terminal") {
		t.Errorf("where there is nobody to edit: %v", r.Err)
	}
	s.Ask = answering()
	if r := h.typedOK(t, s, ".edit"); r.Edit == nil || *r.Edit != "" {
		t.Errorf("at first: %v", r.Edit)
	}
	h.typedBy(t, s, "People.Count()", func(*fake) {})
	h.typedBy(t, s, "Aliases.Count()", func(*fake) {})
	for source, want := range map[string]string{".edit": "Aliases.Count()", ".edit 2": "People.Count()", ".edit 1": ".edit"} {
		if r := h.typedOK(t, s, source); r.Edit == nil || *r.Edit != want {
			t.Errorf("%s: %v", source, r.Edit)
		}
	}
}

// A session is asked about so much at most: who types much has only themselves to thank that they forget.
func TestThePastIsBounded(t *testing.T) {
	var p past
	large := strings.Repeat("x", 200<<10)
	for n := range 200 {
		p.add(&command{}, Result{Command: n, Source: large, Mode: shell.Encrypted})
	}
	size := 0
	for _, c := range p.commands {
		size += len(c.source)
	}
	if size > maxPastBytes || size < maxPastBytes/2 {
		t.Errorf("%d bytes are kept", size)
	}
	for n := range 3 * maxPast {
		p.add(&command{}, Result{Command: n, Source: fmt.Sprint(n), Mode: shell.Encrypted})
	}
	if last, ok := p.typed(0); len(p.commands) != maxPast || !ok || last.n != 3*maxPast-1 {
		t.Errorf("%d commands are kept, the last is %+v", len(p.commands), last)
	}
}

func TestASandboxAndAPeriodDoNotMix(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, func(o *Opening) { o.Sandbox = true })
	h.decrypted(t, s)
	if r := s.Run(t.Context(), ".write a ticket asks for it"); r.Status != StatusRefused || r.Err.Rule != ruleWrite || s.State().Write {
		t.Errorf("%s %v", r.Status, r.Err)
	}
	if r := s.Run(t.Context(), decrypt42); r.Status != StatusRefused || r.Err.Rule != ruleConsent || h.living() != 2 {
		t.Errorf("a period in a period: %s %v", r.Status, r.Err)
	}
	h.typedOK(t, s, ".encrypt")
	h.typedOK(t, s, ".write a ticket asks for it")
	h.ok(t, s, func(f *fake) { f.must(execute("update accounts set plan = 'free'")) })
	if r := s.Run(t.Context(), decrypt42); r.Status != StatusRefused || r.Err.Rule != ruleConsent || h.living() != 1 {
		t.Errorf("%s %v", r.Status, r.Err)
	}
	closing, err := s.Close(t.Context(), "closed", true)
	if err != nil || closing.RolledBack != 6 || h.onPlan(t, "free") != 0 {
		t.Errorf("%+v %v", closing, err)
	}
	if got := h.onRecord(t, s); len(got.Refusals) != 3 {
		t.Errorf("on record: %+v", got.Refusals)
	}
}

func TestAPeriodInASessionThatMayWriteCarriesNothingOut(t *testing.T) {
	for name, typed := range map[string][]string{
		"it may write before": {".write a ticket asks for it", decrypt42 + " people/42:email=write"},
		"it asks in between":  {decrypt42 + " people/42:email=write", ".write a ticket asks for it"},
	} {
		t.Run(name, func(t *testing.T) {
			h := fakeHouse(t)
			s := h.open(t)
			h.run(t, s, func(f *fake) { f.denied(execute("update accounts set plan = 'free'"), wire.ErrRefused, ruleWrite) })
			for _, source := range typed {
				h.typedOK(t, s, source)
			}
			h.run(t, s, func(f *fake) {
				f.must(query("select name from people where id = 42"))
				f.denied(execute("update accounts set name = 'Dana Reyes' where id = 1"), wire.ErrRefused, ruleCarry)
				f.denied(query("update accounts set name = 'Dana Reyes' where id = 1 returning id"), wire.ErrRefused, ruleCarry)
				f.denied(save("people", 42, put("role", "Dana Reyes")), wire.ErrRefused, ruleCarry)
				f.denied(create("accounts", put("name", "Dana Reyes")), wire.ErrRefused, ruleCarry)
				f.denied(save("people", 43, seal("email", "dana.reyes@fjord.example")), wire.ErrRefused, ruleSealed)
			})
			h.ok(t, s, func(f *fake) { f.must(save("people", 42, seal("email", "new@fjord.example"))) })
			h.typedOK(t, s, ".encrypt")
			h.ok(t, s, func(f *fake) { f.must(execute("update accounts set plan = 'free' where id = 1")) }) // it may write still
			if n := h.count(t, "select count(*) from accounts where name like '%Dana%'"); n != 0 {
				t.Errorf("%d rows carry what was opened", n)
			}
			if got := h.onRecord(t, s); !got.Write {
				t.Errorf("on record: %+v", got)
			}
		})
	}
}

func TestASessionThatWroteCanReadOnlyAgain(t *testing.T) {
	both(t, func(t *testing.T, how audittest.How) {
		h := fakeHouse(t)
		s := h.open(t)
		if r := s.Run(t.Context(), ".readonly"); r.Err == nil || !strings.Contains(r.Err.Message, "already") {
			t.Errorf("%v", r.Err)
		}
		h.typedOK(t, s, ".write because")
		h.ok(t, s, func(f *fake) { f.must(execute("update accounts set plan = 'free' where id = 1")) })
		h.FailOn(audit.KindModeChange, 1, how)
		if r := s.Run(t.Context(), ".readonly"); r.Err == nil || r.Err.Kind != wire.ErrAudit || !s.State().Write {
			t.Errorf("%v; it may write: %v", r.Err, s.State().Write)
		}
		h.typedOK(t, s, ".readonly")
		h.run(t, s, func(f *fake) {
			f.denied(execute("update accounts set plan = 'free' where id = 2"), wire.ErrRefused, ruleWrite)
		})
		if n := h.onPlan(t, "free"); n != 1 || s.State().Write {
			t.Errorf("%d rows changed; it may write: %v", n, s.State().Write)
		}
		h.CheckLog(t)
	})
}

// What another console takes is told in the words of this one, and never where it did something.
func TestOldHabitsAreTold(t *testing.T) {
	h := realHouse(t)
	s := h.open(t)
	for typed, want := range map[string]string{
		"exit": ".exit", "quit": ".exit", "help": ".help", `\d people`: ".schema, or .schema with a table",
		"select * from people": ".sql and then the statement", "https://consents.example/people/42/7": ".decrypt LINK SCOPE, if this is a consent",
		"exits := 1": "", "1 + 1": "", "nosuch": "",
	} {
		if r := s.Run(t.Context(), typed); strings.Join(r.Suggestions, "|") != want {
			t.Errorf("%s: %v, error %v", typed, r.Suggestions, r.Err)
		}
	}
}

// A comparison with ciphertext finds nothing, and that is no answer: it is said each time.
func TestWhatSQLSeesOfASealedColumnIsSaid(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	for statement, want := range map[string]bool{
		"select id from people where email = 'dana@fjord.example'": true, "select id from people where role = 'owner' and email like '%fjord%'": true,
		"select id from people order by name": true, "select count(*) from people group by phone": true,
		"select id from people where email is not null": false, "select email from people where id = 42": false, "select id from accounts where name = 'x'": false,
	} {
		for range 2 {
			r := h.ok(t, s, func(f *fake) { f.must(query(statement)) })
			if got := strings.Contains(strings.Join(r.Notes, "|"), "ciphertext"); got != want {
				t.Errorf("%s: %v", statement, r.Notes)
			}
		}
	}
}
