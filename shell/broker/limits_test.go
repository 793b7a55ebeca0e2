package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
	"github.com/vouchsafe/vouchsafe/shell/policy"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// endless is a statement that ends only when it is stopped.
const endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"

const numbers = "with recursive n(i) as (select 1 union all select i + 1 from n limit %d) select i from n"

func TestAResultIsCutAtItsRows(t *testing.T) {
	for _, c := range []struct{ page, rows, asked, got int }{
		{2, 5, 4, 4}, {2, 5, 5, 5}, {2, 5, 6, 5}, {5, 5, 5, 5}, {5, 5, 100, 5}, {1, 1, 2, 1}, {3, 9, 9, 9}, {3, 9, 10, 9},
	} {
		h := fakeHouse(t, limits(func(l *policy.Limits) { l.Page, l.Rows = c.page, c.rows }))
		s := h.open(t)
		r := h.ok(t, s, func(f *fake) {
			got := f.rows(query(fmt.Sprintf(numbers, c.asked)))
			if len(got) != c.got || got[len(got)-1][0] != int64(c.got) {
				t.Errorf("%+v: %d rows", c, len(got))
			}
		})
		cut := slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "cut") })
		if cut != (c.asked > c.got) || r.Rows != int64(c.got) {
			t.Errorf("%+v: notes %q, %d rows", c, r.Notes, r.Rows)
		}
		if on := h.command(t, s, 1); len(on.Statements) != 1 || on.Statements[0].Rows != int64(c.got) {
			t.Errorf("%+v: on record: %+v", c, on.Statements)
		}
	}
}

func TestAResultIsCutAtItsBytes(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Bytes = 2 << 20 }))
	s := h.open(t)
	r := h.ok(t, s, func(f *fake) {
		got := f.rows(query("with recursive n(i) as (select 1 union all select i + 1 from n limit 100) select hex(zeroblob(50000)) from n"))
		if size := len(got) * 100_000; size < 2<<20 || size > 4<<20 {
			t.Errorf("%d bytes came", size)
		}
	})
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "bytes") {
		t.Errorf("notes: %q", r.Notes)
	}
	h.run(t, s, func(f *fake) { f.denied(query("select zeroblob(1000000000)"), wire.ErrDatabase, "") })
	h.ok(t, s, func(f *fake) { f.must(query("select 1")) })
}

func TestAStatementIsStoppedAfterItsTime(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Statement = 20 * time.Millisecond }))
	for name, open := range map[string][]func(*Opening){"reading": nil, "writing": {writing}, "decrypted": {consenting(consentOf42, "people/42")}, "sandboxed": {sandboxed}} {
		t.Run(name, func(t *testing.T) {
			s := h.open(t, open...)
			h.ok(t, s, func(f *fake) {
				if e := f.denied(query(endless), wire.ErrTimeout, ""); !strings.Contains(e.Message, "statement") {
					t.Errorf("told: %v", e)
				}
				if got := f.rows(query("select count(*) from accounts")); got[0][0] != int64(6) {
					t.Errorf("after it: %v", got)
				}
			})
			if c := h.command(t, s, 1); len(c.Statements) != 2 || c.Mode == "encrypted" && *c.Statements[0].SQL != endless {
				t.Errorf("on record: %+v", c.Statements)
			}
			if _, err := s.Close(t.Context(), "closed", true); err != nil {
				t.Error(err)
			}
		})
	}
}

// Attack: SQLite ends the whole transaction when it interrupts a write in it; what follows would stand unrecorded.
func TestAWriteThatIsStoppedTakesItsTransactionAlong(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Statement = 20 * time.Millisecond }))
	s := h.open(t, writing)
	h.run(t, s, func(f *fake) {
		f.must(begin)
		f.must(execute("update accounts set plan = 'family' where id = 1"))
		f.denied(execute("update accounts set seats = ("+endless+")"), wire.ErrTimeout, "")
		f.ask(execute("update accounts set plan = 'free' where id = 2"))
		f.ask(commit)
	})
	h.checkTouched(t, s, 6-h.onPlan(t, "pro"))
}

func TestACommandsStatementStopsWithIt(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	ctx, interrupt := context.WithCancel(t.Context())
	h.scripts <- func(f *fake) {
		f.last++
		f.statements.Send(wire.Request{ID: f.last, Nonce: f.turn.Nonce, Op: wire.OpQuery, SQL: endless})
		interrupt()
		var r wire.Response
		if err := f.statements.Receive(&r); err != nil || r.Err == nil || r.Err.Kind != wire.ErrInterrupted {
			t.Errorf("told: %+v, %v", r.Err, err)
		}
	}
	s.Run(ctx, "typed")
	if c := h.command(t, s, 1); c.Status == StatusUnfinished {
		t.Errorf("on record: %+v", c)
	}
	h.ok(t, s, func(f *fake) { f.must(query("select 1")) })
}

func TestASessionHoldsSoManyConnections(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Page = 1 }))
	s := h.open(t)
	many := fmt.Sprintf(numbers, 10)
	h.ok(t, s, func(f *fake) {
		var cursors []uint64
		for range maxConnections {
			cursors = append(cursors, f.must(query(many)).Cursor)
		}
		f.denied(query(many), wire.ErrDatabase, "")
		f.denied(on(7, begin), wire.ErrDatabase, "")
		f.must(wire.Request{Op: wire.OpClose, Cursor: cursors[0]})
		f.must(query("select 1"))
		f.denied(wire.Request{Op: wire.OpNext, Cursor: cursors[0]}, wire.ErrDatabase, "")
		f.denied(wire.Request{Op: wire.OpNext, Cursor: 99}, wire.ErrDatabase, "")
		f.must(wire.Request{Op: wire.OpClose, Cursor: 99})
	})
	h.ok(t, s, func(f *fake) { // those left open are closed with their command
		f.denied(wire.Request{Op: wire.OpNext, Cursor: 2}, wire.ErrDatabase, "")
		for range maxConnections {
			f.must(query(many))
		}
	})
	for n := range 2 {
		if c := h.command(t, s, n+1); len(c.Statements) < maxConnections {
			t.Errorf("%d statements on record", len(c.Statements))
		}
	}
}

func TestACursorOfATransactionEndsWithIt(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Page = 2 }))
	s := h.open(t, writing)
	h.ok(t, s, func(f *fake) {
		f.must(begin)
		cursor := f.must(query("select id from accounts order by id")).Cursor
		f.must(execute("update accounts set plan = 'free' where id = 1"))
		f.must(wire.Request{Op: wire.OpNext, Cursor: cursor})
		f.must(commit)
		f.denied(wire.Request{Op: wire.OpNext, Cursor: cursor}, wire.ErrDatabase, "")
	})
	h.checkTouched(t, s, 1)
}

func TestADatabaseThatIsAwayIsToldAsThat(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	missing := filepath.Join(dir, "missing.db")
	for name, path := range map[string]string{"missing": missing, "a directory": dir, "no database": write("text.db", strings.Repeat("no database at all\n", 100)), "empty": write("empty.db", "")} {
		t.Run(name, func(t *testing.T) {
			h := fakeHouse(t)
			h.path = path
			_, err := h.tryOpen(t)
			if !errors.Is(err, ErrNoDatabase) {
				t.Errorf("told: %v", err)
			}
			h.CheckLog(t)
		})
	}
	if _, err := os.Stat(missing); !errors.Is(err, os.ErrNotExist) {
		t.Error("the missing database was made")
	}
	t.Run("refusals need none", func(t *testing.T) {
		h := fakeHouse(t)
		h.path = missing
		_, err := h.tryOpen(t, func(o *Opening) { o.Justification = "" })
		wantRefusal(t, err, policy.RuleJustification)
	})
	t.Run("in the middle", func(t *testing.T) {
		h := fakeHouse(t)
		s := h.open(t)
		h.path = missing
		h.broker.target.(*SQLite).path = missing
		r := h.run(t, s, func(f *fake) {
			f.denied(query("select 1"), wire.ErrDatabase, "")
			f.done(wire.Done{Err: &wire.Error{Kind: wire.ErrRuntime, Message: "it failed"}})
		})
		if r.Err == nil || r.Err.Code != "UNAVAILABLE" {
			t.Errorf("told: %+v", r.Err)
		}
		h.CheckLog(t)
	})
}

// Every place where the store can fail, in a session that does a little of everything: the record stays whole, and the rows
// that changed are those on record.
func TestTheRecordIsWholeWhereverTheStoreFails(t *testing.T) {
	for _, kind := range []audit.Kind{audit.KindIntent, audit.KindRefused, audit.KindStatement, audit.KindFact, audit.KindOutcome, audit.KindWorkerReplaced, audit.KindSessionClosed} {
		for nth := 1; nth <= 3; nth++ {
			for _, how := range []audittest.How{audittest.Lost, audittest.Kept} {
				t.Run(fmt.Sprintf("%s %d %d", kind, nth, how), func(t *testing.T) {
					h := fakeHouse(t)
					s := h.open(t, writing)
					h.FailOn(kind, nth, how)
					for range 3 {
						h.run(t, s, func(f *fake) {
							f.ask(execute("update accounts set seats = seats + 100 where id = 1"))
							f.ask(execute("insert into people (id) values (1)"))
							f.ask(wire.Request{Op: wire.OpLookup, Column: "people.email", Text: "x"})
							f.ask(begin)
							f.ask(execute("update accounts set seats = seats + 100 where id = 2"))
							f.ask(query("select * from accounts"))
							f.ask(commit)
						})
						for len(h.scripts) > 0 {
							<-h.scripts // of a command that did not run
						}
					}
					h.run(t, s, func(f *fake) { f.raw.Close(); f.rawControl.Close(); runtime.Goexit() })
					for len(h.scripts) > 0 {
						<-h.scripts
					}
					s.Close(t.Context(), "closed", true)
					changed := h.count(t, "select sum(seats) / 100 from accounts")
					got := h.onRecord(t, s)
					var written int64
					for i, c := range got.Commands {
						if c.N != i+1 {
							t.Errorf("command %d is numbered %d", i+1, c.N)
						}
						for _, st := range c.Statements {
							if st.Write {
								written += st.Rows
							}
						}
					}
					if written < changed {
						t.Errorf("%d rows changed, %d are on record", changed, written)
					}
				})
			}
		}
	}
}

func TestManySmallStatementsAreOneCommand(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	h.ok(t, s, func(f *fake) {
		for range 1500 {
			f.must(query("select id, name, plan, state, region, seats from accounts where id = ?", int64(1)))
		}
	})
	if c := h.command(t, s, 1); len(c.Statements) != 1500 {
		t.Errorf("%d statements on record", len(c.Statements))
	}
}
