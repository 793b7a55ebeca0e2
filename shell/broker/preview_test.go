package broker

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
	"github.com/vouchsafe/vouchsafe/shell/console"
	"github.com/vouchsafe/vouchsafe/shell/policy"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// person answers the questions of a session, and keeps them.
type person struct {
	asked  []wire.Question
	answer func(ctx context.Context, q wire.Question) (string, bool)
}

// askable puts a person at the console of a session, who says this to every question.
func askable(s *Session, says string) *person {
	p := &person{answer: func(context.Context, wire.Question) (string, bool) { return says, true }}
	s.Ask = func(ctx context.Context, q wire.Question) (string, bool) {
		p.asked = append(p.asked, q)
		return p.answer(ctx, q)
	}
	return p
}

// shown is the table of the nth question as a console prints it.
func (p *person) shown(t *testing.T, n int) string {
	t.Helper()
	if len(p.asked) <= n {
		t.Fatalf("%d questions were asked", len(p.asked))
	}
	text, _ := console.Text(p.asked[n].Detail, 1<<20)
	return text
}

// lines fails unless a table has these lines, with the space between their words not looked at.
func lines(t *testing.T, table string, want ...string) {
	t.Helper()
	var got []string
	for line := range strings.Lines(table) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("shown:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const (
	updateThree  = "update accounts set plan = 'free' where id < 4"
	threeRows    = "commit 3 rows? [y/N] "
	saidWaiting  = "Nobody else can write until you answer; two minutes of silence are a no."
	declinedThis = "not committed: you did not say yes; 3 rows were rolled back"
)

func TestAWriteIsShownOnRecordAndAgreedToBeforeItStands(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing)
	p := askable(s, "y")
	p.answer = func(context.Context, wire.Question) (string, bool) {
		if n := h.onPlan(t, "free"); n != 0 {
			t.Errorf("%d rows stand before the answer", n)
		}
		c := h.command(t, s, 1)
		if len(c.Questions) != 1 || c.Questions[0].Text != "commit 3 rows? [y/N]" || c.Questions[0].Answer != "" || len(c.Statements) != 1 {
			t.Errorf("on record before the answer: %+v", c)
		} else if shown := c.Questions[0].Shown.Kept; !strings.Contains(shown, saidWaiting) || !strings.Contains(shown, "accounts/2") || !strings.Contains(shown, "pro") {
			t.Errorf("on record as shown: %s", shown)
		}
		return " Yes ", true
	}
	r := h.ok(t, s, func(f *fake) { f.must(execute(updateThree)) })
	if n := h.onPlan(t, "free"); n != 3 {
		t.Errorf("%d rows changed", n)
	}
	if len(p.asked) != 1 || p.asked[0].Text != threeRows || !p.asked[0].YesNo || p.asked[0].Said != updateThree+"\n"+saidWaiting {
		t.Errorf("asked: %+v", p.asked)
	}
	lines(t, p.shown(t, 0), "row when plan", "accounts/1 before pro", "accounts/1 after free", "accounts/2 before pro", "accounts/2 after free",
		"accounts/3 before pro", "accounts/3 after free", "6 rows")
	if len(r.Notes) != 1 || r.Notes[0] != "3 rows were written" {
		t.Errorf("notes: %q", r.Notes)
	}
	h.checkTouched(t, s, 3)
	if c := h.command(t, s, 1); c.Questions[0].Answer != "yes" {
		t.Errorf("on record: %+v", c.Questions)
	}
}

func TestAnythingButYesRollsBack(t *testing.T) {
	for name, c := range map[string]struct {
		says   string
		ok     bool
		stop   error
		answer string
	}{
		"no":             {"n", true, nil, "no"},
		"Enter":          {"", true, nil, "no"},
		"another word":   {"yesterday", true, nil, "no"},
		"left":           {"y", false, nil, "left"},
		"Ctrl-C":         {"", false, context.Canceled, "interrupted"},
		"Ctrl-C and yes": {"y", true, context.Canceled, "interrupted"},
		"expired":        {"y", true, errExpired, "expired"},
	} {
		t.Run(name, func(t *testing.T) {
			h := fakeHouse(t)
			s := h.open(t, writing)
			ctx, stop := context.WithCancelCause(t.Context())
			p := askable(s, c.says)
			p.answer = func(context.Context, wire.Question) (string, bool) {
				if c.stop != nil {
					stop(c.stop)
				}
				return c.says, c.ok
			}
			h.scripts <- func(f *fake) {
				if e := f.ask(execute(updateThree)).Err; e == nil {
					t.Error("the worker was told that it was written")
				} else {
					f.done(wire.Done{Err: e})
				}
			}
			r := s.Run(ctx, "typed")
			if c.answer == "expired" { // which is told before all else
				if r.Status != StatusError || r.Err.Kind != wire.ErrKilled {
					t.Errorf("%s: %v", r.Status, r.Err)
				}
			} else if r.Status != StatusError || r.Err.Kind != wire.ErrInterrupted || r.Err.Message != strings.Replace(declinedThis, "you did not say yes", map[bool]string{true: "you said no", false: "you did not say yes"}[c.answer == "no"], 1) {
				t.Errorf("%s: %v", r.Status, r.Err)
			}
			h.checkTouched(t, s, 0)
			if n := h.onPlan(t, "free"); n != 0 {
				t.Errorf("%d rows stand", n)
			}
			got := h.command(t, s, 1)
			if len(got.Questions) != 1 || got.Questions[0].Answer != c.answer || got.RolledBack != 3 || len(p.asked) != 1 {
				t.Errorf("on record: %+v", got)
			}
		})
	}
}

// Attack: code that ignores the no and tries again, also with fewer rows.
func TestAfterANoTheCommandWritesNothing(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing)
	p := askable(s, "n")
	h.run(t, s, func(f *fake) {
		for range 3 {
			f.denied(execute(updateThree), wire.ErrInterrupted, "")
		}
		f.denied(execute("update accounts set plan = 'free' where id = 1"), wire.ErrInterrupted, "")
		f.must(begin)
		f.must(execute(updateThree))
		f.denied(commit, wire.ErrInterrupted, "")
		f.denied(save("accounts", 1, put("plan", "free")), wire.ErrInterrupted, "")
	})
	if len(p.asked) != 1 {
		t.Errorf("asked %d times", len(p.asked))
	}
	h.checkTouched(t, s, 0)
	if n := h.onPlan(t, "pro"); n != 6 {
		t.Errorf("%d rows stand", 6-n)
	}
	p.answer = func(context.Context, wire.Question) (string, bool) { return "y", true }
	h.ok(t, s, func(f *fake) { f.must(execute(updateThree)) }) // the next command is asked anew
	h.checkTouched(t, s, 3)
}

func TestNobodyIsAskedWhereNothingHasToBe(t *testing.T) {
	update := func(n int) func(*fake) {
		return func(f *fake) { f.must(execute("update accounts set plan = 'free' where id <= ?", int64(n))) }
	}
	for _, c := range []struct {
		name string
		open func(*Opening)
		rows int
		note string
	}{
		{"below the number", writing, 1, "1 row was written"},
		{"in a sandbox", sandboxed, 3, "3 rows were written: the end of the session rolls them back"},
		{"under an expectation", expecting(3), 3, "3 rows were written: whether they stand is decided when the session ends"},
		{"no row touched", writing, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := fakeHouse(t)
			s := h.open(t, c.open)
			p := askable(s, "n")
			if r := h.ok(t, s, update(c.rows)); strings.Join(r.Notes, "; ") != c.note {
				t.Errorf("notes: %q", r.Notes)
			}
			if len(p.asked) != 0 {
				t.Errorf("asked: %+v", p.asked)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		h := fakeHouse(t)
		s := h.open(t, writing)
		h.ok(t, s, update(3))
		h.checkTouched(t, s, 3)
	})
	t.Run("another number", func(t *testing.T) {
		h := fakeHouse(t, limits(func(l *policy.Limits) { l.Confirm = 4 }))
		s := h.open(t, writing)
		p := askable(s, "y")
		h.ok(t, s, update(3))
		h.ok(t, s, update(4))
		if len(p.asked) != 1 {
			t.Errorf("asked: %+v", p.asked)
		}
	})
}

// Promise: nothing is shown or written unrecorded. The record fails at the question, and at the answer.
func TestAnUnrecordedQuestionOrAnswerWritesNothing(t *testing.T) {
	for _, c := range []struct {
		kind  audit.Kind
		asked int
		told  string
	}{
		{audit.KindStatement, 0, "nobody was asked: rolled back"},
		{audit.KindQuestion, 0, "nobody was asked: rolled back"},
		{audit.KindAnswer, 1, "the answer could not be recorded: rolled back"},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			both(t, func(t *testing.T, how audittest.How) {
				h := fakeHouse(t)
				s := h.open(t, writing)
				p := askable(s, "y")
				h.FailOn(c.kind, 1, how)
				r := h.run(t, s, func(f *fake) {
					f.denied(execute(updateThree), wire.ErrAudit, "")
					f.denied(execute("update accounts set plan = 'free' where id = 1"), wire.ErrAudit, "")
				})
				wantAudit(t, r, StatusError)
				if !strings.Contains(r.Err.Message, c.told) || len(p.asked) != c.asked {
					t.Errorf("told: %s; asked %d times", r.Err.Message, len(p.asked))
				}
				if n := h.onPlan(t, "free"); n != 0 {
					t.Errorf("%d rows stand", n)
				}
				h.checkTouched(t, s, 0)
				s.Ask = nil
				h.goesOn(t, s)
			})
		})
	}
}

func TestAQuestionWaitsLongerThanACommandMayTake(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Command, l.Statement = 2*stopWait, 2*stopWait }))
	s := h.open(t, writing)
	p := askable(s, "y")
	p.answer = func(ctx context.Context, _ wire.Question) (string, bool) {
		limit, cancel := context.WithTimeout(ctx, 3*stopWait)
		defer cancel()
		<-limit.Done()
		return "y", true
	}
	h.ok(t, s, func(f *fake) { f.must(execute(updateThree)) })
	h.checkTouched(t, s, 3)
}

func TestEveryWayToWriteIsShown(t *testing.T) {
	one := func(l *policy.Limits) { l.Confirm = 1 }
	for _, c := range []struct {
		name   string
		script func(*fake)
		want   []string
	}{
		{"a save", func(f *fake) { f.must(save("accounts", 2, put("plan", "free"), put("seats", int64(9)))) },
			[]string{"row when plan seats", "accounts/2 before pro 1", "accounts/2 after free 9", "2 rows"}},
		{"a new row", func(f *fake) { f.must(create("accounts", put("name", "New"), put("plan", "x\x1b[2J"))) },
			[]string{"row when name plan state region seats sso_domain billing_person_id created_at", `accounts/7 new New "x\x1b[2J" nil nil nil nil nil nil`, "1 row"}},
		{"a delete", func(f *fake) { f.must(execute("delete from invoices where id = 6")) },
			[]string{"row when account_id number period amount_cents currency status provider_ref idempotency_key", `invoices/6 gone 1 INV-6 2026-10 1000 EUR open "" ""`, "1 row"}},
		{"two statements of one transaction", func(f *fake) {
			f.must(begin)
			f.must(execute("update accounts set plan = 'x' where id = 1"))
			f.must(execute("update accounts set plan = 'free' where id = 1"))
			f.must(execute("update invoices set status = 'paid' where id = 6"))
			f.must(commit)
		}, []string{"row when plan status", "accounts/1 before pro -", "accounts/1 after free -", "invoices/6 before - open", "invoices/6 after - paid", "4 rows"}},
		{"what was undone is not", func(f *fake) {
			f.must(begin)
			f.must(execute("update accounts set plan = 'x' where id = 1"))
			f.must(execute("savepoint a"))
			f.must(execute("update accounts set plan = 'y' where id < 3"))
			f.must(execute("delete from accounts where id = 3"))
			f.must(execute("rollback to a"))
			f.must(execute("insert into accounts (id, plan) values (9, 'x')"))
			f.must(execute("delete from accounts where id = 9"))
			f.denied(execute("insert into accounts (id, plan) values (10, 'x'), (1, 'x')"), wire.ErrDatabase, "")
			f.must(commit)
		}, []string{"row when plan", "accounts/1 before pro", "accounts/1 after x", "2 rows"}},
		{"what is as it was", func(f *fake) {
			f.must(execute("update accounts set plan = case when id = 3 then 'x' else plan end where id < 4"))
		},
			[]string{"row when plan", "accounts/3 before pro", "accounts/3 after x", "accounts/1 unchanged pro", "accounts/2 unchanged pro", "4 rows"}},
		{"comments and quoted names", func(f *fake) {
			f.must(execute(`/* update invoices */ update "accounts" set "plan" = 'free' /* where id = 2 */ where id = 3 -- or id = 4`))
		}, []string{"row when plan", "accounts/3 before pro", "accounts/3 after free", "2 rows"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := fakeHouse(t, limits(one))
			s := h.open(t, writing)
			p := askable(s, "y")
			h.ok(t, s, c.script)
			lines(t, p.shown(t, 0), c.want...)
		})
	}
}

func TestMoreRowsAndColumnsThanAreShownAreSaid(t *testing.T) {
	h := fakeHouse(t)
	h.change(t, "create table wide (id integer primary key, a, b, c, d, e, f, g, h, i, j)")
	s := h.open(t, writing)
	p := askable(s, "y")
	h.ok(t, s, func(f *fake) {
		f.must(execute("with recursive n(n) as (select 1 union all select n + 1 from n where n < 100) insert into wide (a) select n from n"))
	})
	if want := "with recursive n(n) as (select 1 union all select n + 1 from n where n < 100) insert into wide (a) select n from n\n5 of the 100 rows are shown. Columns that are not shown: 2. " + saidWaiting; p.asked[0].Said != want {
		t.Errorf("said: %s", p.asked[0].Said)
	}
	if n := len(p.asked[0].Detail.Items); n != 5 {
		t.Errorf("%d rows are shown", n)
	}
}

// Attack: plaintext, blind indexes and broken envelopes in what is shown, in both modes.
func TestSealedStaysSealedInAPreview(t *testing.T) {
	one := limits(func(l *policy.Limits) { l.Confirm = 1 })
	checked := func(t *testing.T, h *house, p *person, c audit.Command, plain ...string) {
		t.Helper()
		b, err := wire.Encode(p.asked[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range append(plain, "email_index", "Dana", "fjord.example") {
			if strings.Contains(string(b), text) || strings.Contains(c.Questions[0].Shown.Kept, text) {
				t.Errorf("shown or on record: %q", text)
			}
		}
	}
	t.Run("encrypted", func(t *testing.T) {
		h := fakeHouse(t, one)
		h.change(t, "update people set phone = cast(x'e101' || 'no envelope' as blob), name = cast(x'e101' || 'Dana' as blob) where id = 43")
		s := h.open(t, writing)
		p := askable(s, "y")
		h.ok(t, s, func(f *fake) { f.must(execute("delete from people where id in (42, 43)")) })
		checked(t, h, p, h.command(t, s, 1), "no envelope")
		lines(t, p.shown(t, 0),
			"row when account_id name email phone role locale state import_batch",
			"people/42 gone 1 ‹sealed people.name people/42› ‹sealed people.email people/42› ‹sealed people.phone people/42› owner \"\" active nil",
			"people/43 gone 1 ‹sealed people.name people/43› ‹sealed people.email people/43› ‹sealed people.phone people/43› member \"\" active nil", "2 rows")
	})
	t.Run("decrypted", func(t *testing.T) {
		h := fakeHouse(t, one)
		s := h.open(t, writing, consenting(consentOf42, "people/42:email=write", "people/42:email"))
		p := askable(s, "y")
		h.ok(t, s, func(f *fake) {
			f.must(query("select email from people where id = 42"))
			f.must(save("people", 42, seal("email", "dana@new.example")))
		})
		c := h.command(t, s, 1)
		checked(t, h, p, c, "new.example")
		if q := c.Questions[0]; q.Shown.Withheld == 0 || q.Shown.Kept != "" || q.Shown.Digest == "" || q.Answer != "yes" {
			t.Errorf("on record: %+v", q)
		}
		lines(t, p.shown(t, 0), "row when email", "people/42 before ‹sealed people.email people/42›", "people/42 after ‹sealed people.email people/42›", "2 rows")
	})
	t.Run("in a column that is not sealed", func(t *testing.T) {
		h := fakeHouse(t, one)
		s := h.open(t, writing)
		p := askable(s, "y")
		h.ok(t, s, func(f *fake) {
			f.must(execute("update accounts set plan = (select email from people where id = 42) where id = 1"))
		})
		lines(t, p.shown(t, 0), "row when plan", "accounts/1 before pro", "accounts/1 after ‹sealed people.email people/42›", "2 rows")
	})
}

// Attack: columns called like ours, and names that are no text.
func TestAColumnCalledLikeOursIsAnother(t *testing.T) {
	h := fakeHouse(t)
	h.change(t, `create table odd (id integer primary key, "row" text, "when" text, "row_2" text)`)
	h.change(t, `insert into odd values (1, 'a', 'b', 'c'), (2, 'a', 'b', 'c')`)
	s := h.open(t, writing)
	p := askable(s, "y")
	h.ok(t, s, func(f *fake) {
		f.must(execute(`update odd set "row" = 'invoices/6', "when" = 'after', row_2 = char(27) || '[2J'`))
	})
	if got := fmt.Sprintf("%q", p.asked[0].Detail.Items[0].Names); got != `["row" "when" "row_2" "when_2" "row_2_2"]` {
		t.Errorf("columns: %s", got)
	}
	if text := p.shown(t, 0); strings.ContainsRune(text, 27) {
		t.Errorf("shown: %q", text)
	}
}

func TestTriggersAndCascadesAreShownAsCaused(t *testing.T) {
	h := fakeHouse(t)
	h.change(t, "create table log (id integer primary key autoincrement, said text)")
	h.change(t, "create trigger told after update on accounts begin insert into log (said) values ('plan ' || new.plan); end")
	h.change(t, "create table parents (id integer primary key); ")
	h.change(t, "create table children (id integer primary key, parent references parents on delete cascade)")
	h.change(t, "insert into parents values (1)")
	h.change(t, "insert into children values (7, 1)")
	s := h.open(t, writing)
	p := askable(s, "y")
	h.ok(t, s, func(f *fake) { f.must(execute("update accounts set plan = 'free' where id < 3")) })
	lines(t, p.shown(t, 0), "row when plan said", "accounts/1 before pro -", "accounts/1 after free -", "accounts/2 before pro -", "accounts/2 after free -",
		"log/1 new (caused) - plan free", "log/2 new (caused) - plan free", "6 rows")
	if !strings.HasPrefix(p.asked[0].Said, "update accounts set plan = 'free' where id < 3\nWhat a trigger, a foreign key or an index did by itself is marked as caused.") {
		t.Errorf("said: %s", p.asked[0].Said)
	}
	h.ok(t, s, func(f *fake) { f.must(execute("delete from parents")) })
	lines(t, p.shown(t, 1), "row when parent", "parents/1 gone -", "children/7 gone (caused) 1", "2 rows")
}

// A loop that saves row by row is asked about too, and not at each of its rows.
func TestALoopOfSmallWritesIsAskedAbout(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing)
	p := askable(s, "y")
	h.ok(t, s, func(f *fake) {
		for i := range 3 {
			f.must(execute(fmt.Sprintf("update accounts set plan = 'free' where id = %d", i+1)))
		}
		for i := range 3 {
			f.must(execute(fmt.Sprintf("update accounts set plan = 'pro' where id = %d", i+1)))
		}
	})
	if len(p.asked) != 2 || !strings.Contains(p.asked[1].Said, "This command has written 3 rows before, which stand.") {
		t.Errorf("asked: %+v", p.asked)
	}
	p = askable(s, "n")
	r := h.run(t, s, func(f *fake) {
		f.must(execute("update accounts set plan = 'free' where id = 1"))
		f.denied(execute("update accounts set plan = 'free' where id = 2"), wire.ErrInterrupted, "")
		f.denied(execute("update accounts set plan = 'free' where id = 3"), wire.ErrInterrupted, "")
	})
	if r.Status != StatusError || len(p.asked) != 1 || h.onPlan(t, "free") != 1 {
		t.Errorf("%s: %v; asked %d times, %d rows stand", r.Status, r.Err, len(p.asked), h.onPlan(t, "free"))
	}
}
