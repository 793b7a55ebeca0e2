package broker

import (
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/shell/policy"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// checkTouched fails unless the rows that changed are those that the record says were committed.
func (h *house) checkTouched(t *testing.T, s *Session, changed int64) {
	t.Helper()
	got := h.onRecord(t, s)
	var committed, written int64
	for _, c := range got.Commands {
		committed += c.Committed
		for _, st := range c.Statements {
			if st.Write {
				written += st.Rows
			}
		}
	}
	if written < changed {
		t.Errorf("%d rows changed, and statements on record touched %d", changed, written)
	}
	if committed != changed {
		t.Errorf("%d rows changed, and the record says %d were committed", changed, committed)
	}
}

func (h *house) onPlan(t *testing.T, plan string) int64 {
	t.Helper()
	return h.count(t, "select count(*) from accounts where plan = ?", plan)
}

func TestATransactionStandsWhenItIsCommitted(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing)
	h.ok(t, s, func(f *fake) {
		f.must(begin)
		if r := f.must(execute("update accounts set plan = 'free' where id <= 2")); r.Affected != 2 {
			t.Errorf("%d rows affected", r.Affected)
		}
		f.must(execute("update accounts set plan = 'free' where id = 3"))
		if n := h.onPlan(t, "free"); n != 0 {
			t.Errorf("%d rows are seen from outside before the commit", n)
		}
		f.must(commit)
	})
	if n := h.onPlan(t, "free"); n != 3 {
		t.Errorf("%d rows changed", n)
	}
	h.checkTouched(t, s, 3)
}

func TestATransactionLeftOpenIsRolledBack(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing)
	r := h.ok(t, s, func(f *fake) {
		f.must(begin)
		f.must(execute("update accounts set plan = 'free'"))
	})
	if n := h.onPlan(t, "free"); n != 0 {
		t.Errorf("%d rows changed", n)
	}
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "rolled back") {
		t.Errorf("notes: %q", r.Notes)
	}
	if c := h.command(t, s, 1); c.Committed != 0 || c.RolledBack != 6 {
		t.Errorf("%d committed, %d rolled back", c.Committed, c.RolledBack)
	}
	h.ok(t, s, func(f *fake) {
		f.denied(commit, wire.ErrDatabase, "") // not in the next command either
		f.must(execute("update accounts set plan = 'family' where id = 1"))
	})
	h.checkTouched(t, s, 1)
}

func TestSavepointsNest(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing)
	h.ok(t, s, func(f *fake) {
		f.must(begin)
		f.must(execute("update accounts set plan = 'free' where id = 1"))
		f.must(execute("SAVEPOINT sp1"))
		f.must(execute("update accounts set plan = 'free' where id in (2, 3)"))
		f.must(execute("SAVEPOINT sp2"))
		f.must(execute("update accounts set plan = 'free' where id = 4"))
		f.must(execute("RELEASE SAVEPOINT sp2"))
		f.denied(execute("ROLLBACK TO SAVEPOINT sp2"), wire.ErrDatabase, "")
		f.must(execute("ROLLBACK TO SAVEPOINT sp1"))
		f.must(execute("update accounts set plan = 'free' where id = 5"))
		f.must(commit)
	})
	if n := h.onPlan(t, "free"); n != 2 {
		t.Errorf("%d rows changed", n)
	}
	h.checkTouched(t, s, 2)
	if c := h.command(t, s, 1); c.RolledBack != 3 {
		t.Errorf("%d rows are on record as rolled back", c.RolledBack)
	}
}

// Attack: SQLite knows savepoints without their case, so a rollback could undo less than what it is counted for.
// Steps: savepoint a, write, savepoint A, rollback to a, commit.
// What must hold: the rows that changed are on record.
func TestSavepointsAreKnownWithoutTheirCase(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing)
	h.ok(t, s, func(f *fake) {
		f.must(begin)
		f.must(execute("savepoint a"))
		f.must(execute("update accounts set plan = 'free'"))
		f.must(execute("savepoint A"))
		f.must(execute("rollback to a"))
		f.must(commit)
	})
	h.checkTouched(t, s, h.onPlan(t, "free"))
}

// Attack: a statement that fails and rolls the broker's transaction back, so that what follows would commit by itself.
// Steps: insert or rollback a key that is there, then update, then commit or not.
// What must hold: nothing changes that is not on record, and a sandbox leaves nothing.
func TestAStatementThatEndsTheTransactionEndsItForAll(t *testing.T) {
	const ends = "insert or rollback into accounts (id, plan) values (1, 'x')"
	t.Run("a transaction", func(t *testing.T) {
		h := fakeHouse(t)
		s := h.open(t, writing)
		h.run(t, s, func(f *fake) {
			f.must(begin)
			f.must(execute("update accounts set plan = 'family' where id = 2"))
			f.denied(execute(ends), wire.ErrDatabase, "")
			f.denied(execute("update accounts set plan = 'free'"), wire.ErrDatabase, "")
			f.denied(commit, wire.ErrDatabase, "")
		})
		h.checkTouched(t, s, 6-h.onPlan(t, "pro"))
		if n := h.onPlan(t, "pro"); n != 6 {
			t.Errorf("%d rows changed", 6-n)
		}
	})
	t.Run("a sandbox", func(t *testing.T) {
		h := fakeHouse(t)
		s := h.open(t, sandboxed)
		h.run(t, s, func(f *fake) { f.denied(execute(ends), wire.ErrDatabase, "") })
		h.run(t, s, func(f *fake) { f.denied(execute("update accounts set plan = 'free'"), wire.ErrDatabase, "") })
		h.run(t, s, func(f *fake) {
			f.denied(begin, wire.ErrDatabase, "")
			f.denied(query("select 1"), wire.ErrDatabase, "")
		})
		closing, err := s.Close(t.Context(), "closed", true)
		if n := h.onPlan(t, "pro"); n != 6 || closing.Committed != 0 {
			t.Errorf("%d rows changed in a sandbox; %+v, %v", 6-n, closing, err)
		}
	})
}

// Attack: a statement that fails in its middle and keeps what it did so far.
// What must hold: what a failed statement changed does not stand.
func TestAStatementThatFailsLeavesNothing(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing)
	h.ok(t, s, func(f *fake) {
		f.must(begin)
		f.must(execute("update accounts set plan = 'family' where id = 6"))
		f.denied(execute("update or fail accounts set plan = 'free', id = case when id < 4 then id else 1 end"), wire.ErrDatabase, "")
		f.must(commit)
	})
	if n := h.onPlan(t, "free"); n != 0 {
		t.Errorf("a failed statement left %d rows", n)
	}
	h.checkTouched(t, s, 1)
}

// Attack: a write that returns rows is counted when its rows have been read, and they are not read.
// What must hold: rows that changed are on record, and before they stand.
func TestAWriteThatReturnsRowsIsCountedAtOnce(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Page = 2 }))
	const update = "update accounts set plan = 'free' returning id"
	t.Run("in a transaction", func(t *testing.T) {
		s := h.open(t, writing)
		h.ok(t, s, func(f *fake) {
			f.must(begin)
			f.denied(query(update), wire.ErrDatabase, "")
			f.must(commit)
		})
		h.checkTouched(t, s, h.onPlan(t, "free"))
		h.change(t, "update accounts set plan = 'pro'")
	})
	t.Run("alone", func(t *testing.T) {
		s := h.open(t, writing)
		h.ok(t, s, func(f *fake) { f.denied(query(update), wire.ErrDatabase, "") })
		h.checkTouched(t, s, h.onPlan(t, "free"))
		if rows := h.onPlan(t, "free"); rows != 0 {
			t.Errorf("%d rows changed", rows)
		}
	})
	t.Run("one page", func(t *testing.T) {
		s := h.open(t, writing)
		h.ok(t, s, func(f *fake) {
			if got := f.rows(query(update[:len(update)-len(" returning id")] + " where id = 5 returning id, plan")); len(got) != 1 || got[0][1] != "free" {
				t.Errorf("returned %v", got)
			}
		})
		h.checkTouched(t, s, h.onPlan(t, "free"))
		if rows := h.onPlan(t, "free"); rows != 1 {
			t.Errorf("%d rows changed", rows)
		}
	})
}

// Attack: code that ignores the refusal of too many rows, and commits.
func TestTooManyRowsDoNotStandWhateverTheCodeDoes(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Touched = 4 }))
	s := h.open(t, writing)
	r := h.run(t, s, func(f *fake) {
		f.must(begin)
		f.must(execute("update accounts set plan = 'family' where id = 1"))
		f.denied(execute("update accounts set plan = 'free'"), wire.ErrRefused, ruleTouched)
		f.ask(commit)
	})
	if n := h.onPlan(t, "free"); n != 0 {
		t.Errorf("%d rows stand, and one command may write 4", n)
	}
	if r.Status != StatusRefused || r.Err.Rule != ruleTouched {
		t.Errorf("%s %v", r.Status, r.Err)
	}
	h.checkTouched(t, s, h.onPlan(t, "family"))
	h.run(t, s, func(f *fake) { f.denied(execute("update accounts set plan = 'free'"), wire.ErrRefused, ruleTouched) })
	h.run(t, s, func(f *fake) { // by parts it is the same
		f.must(execute("update accounts set seats = 1 where id < 4"))
		f.denied(execute("update accounts set seats = 1 where id > 3"), wire.ErrRefused, ruleTouched)
	})
	if n := h.onPlan(t, "free"); n != 0 {
		t.Errorf("%d rows stand, and one command may write 4", n)
	}
}

func TestATransactionThatTellsAFactStillCommits(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing)
	h.ok(t, s, func(f *fake) {
		f.must(begin)
		f.must(execute("update accounts set plan = 'free'"))
		f.must(wire.Request{Op: wire.OpLookup, Column: "people.email", Text: "dana.reyes@fjord.example"})
		f.must(commit)
	})
	h.checkTouched(t, s, 6)
	if n := h.onPlan(t, "free"); n != 6 {
		t.Errorf("%d rows changed", n)
	}
}

func TestAReadSessionsTransactionOnlyReads(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	h.run(t, s, func(f *fake) {
		f.must(begin)
		f.must(query("select 1"))
		f.denied(begin, wire.ErrDatabase, "")
		f.denied(execute("update accounts set plan = 'free'"), wire.ErrRefused, ruleWrite)
		f.must(commit)
		f.denied(rollback, wire.ErrDatabase, "")
	})
	h.checkTouched(t, s, 0)
}

func TestASandboxLeavesNothing(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, sandboxed)
	h.ok(t, s, func(f *fake) { f.must(execute("update accounts set plan = 'free'")) })
	h.ok(t, s, func(f *fake) {
		if got := f.rows(query("select count(*) from accounts where plan = 'free'")); got[0][0] != int64(6) {
			t.Errorf("the session does not see what it did: %v", got)
		}
		f.must(begin)
		f.must(execute("update accounts set plan = 'family' where id = 1"))
		f.denied(on(1, begin), wire.ErrDatabase, "")
		f.must(rollback)
		if got := f.rows(query("select plan from accounts where id = 1")); got[0][0] != "free" {
			t.Errorf("the rollback undid %v", got)
		}
	})
	closing, err := s.Close(t.Context(), "closed", true)
	if err != nil || closing.Committed != 0 || closing.RolledBack != 7 || closing.Refusal != nil {
		t.Errorf("%+v, %v", closing, err)
	}
	if n := h.onPlan(t, "pro"); n != 6 {
		t.Errorf("%d rows changed", 6-n)
	}
	if got := h.onRecord(t, s); got.ClosedWhy != "closed" {
		t.Errorf("on record: %s", got.ClosedWhy)
	}
}

func TestExpectKeepsExactlyTheExpectedRows(t *testing.T) {
	for _, c := range []struct {
		name   string
		expect int64
		clean  bool
		kept   int64
		why    string
	}{
		{"as expected", 3, true, 3, "closed"},
		{"too few", 2, true, 0, "expect"},
		{"too many", 4, true, 0, "expect"},
		{"none expected", 0, true, 0, "expect"},
		{"a command failed", 3, false, 0, "closed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := fakeHouse(t)
			s := h.open(t, expecting(c.expect))
			h.ok(t, s, func(f *fake) { f.must(execute("update accounts set plan = 'free' where id < 3")) })
			h.ok(t, s, func(f *fake) { f.must(execute("update accounts set plan = 'free' where id = 3")) })
			if n := h.onPlan(t, "free"); n != 0 {
				t.Errorf("%d rows stand before the end", n)
			}
			closing, err := s.Close(t.Context(), "closed", c.clean)
			if err != nil {
				t.Fatal(err)
			}
			if n := h.onPlan(t, "free"); n != c.kept || closing.Committed != c.kept || closing.RolledBack != 3-c.kept {
				t.Errorf("%d rows stand; %+v", n, closing)
			}
			if (closing.Refusal != nil) != (c.why == "expect") {
				t.Errorf("refusal: %v", closing.Refusal)
			}
			got := h.onRecord(t, s)
			if got.ClosedWhy != c.why || len(got.Refusals) != map[bool]int{true: 1}[c.why == "expect"] {
				t.Errorf("on record: %s, refusals %v", got.ClosedWhy, got.Refusals)
			}
		})
	}
}

func TestASecondWriterOfOneSessionIsToldAtOnce(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing)
	h.ok(t, s, func(f *fake) {
		f.must(on(1, begin))
		f.must(on(1, execute("update accounts set plan = 'free' where id = 1")))
		e := f.denied(on(2, execute("update accounts set plan = 'free' where id = 2")), wire.ErrDatabase, "")
		if !strings.Contains(e.Message, "transaction is open") {
			t.Errorf("told: %v", e)
		}
		f.must(on(1, commit))
		f.must(on(2, execute("update accounts set plan = 'free' where id = 2")))
	})
	h.checkTouched(t, s, 2)
}
