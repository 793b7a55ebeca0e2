package broker

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// interrupting is a target in whose commits an interrupt arrives: they take effect, and say that their context ended, as
// SQLite's driver does.
type interrupting struct {
	Target
	interrupt func()
}

func (i *interrupting) Connect(ctx context.Context, access Access) (Connection, error) {
	c, err := i.Target.Connect(ctx, access)
	return &interruptedConnection{c, i}, err
}

type interruptedConnection struct {
	Connection
	target *interrupting
}

func (c *interruptedConnection) Commit(ctx context.Context) error {
	c.target.interrupt()
	return errors.Join(c.Connection.Commit(context.WithoutCancel(ctx)), ctx.Err())
}

func TestAnInterruptInACommitDoesNotMakeTheRecordLie(t *testing.T) {
	h := fakeHouse(t)
	target, err := h.broker.connectTarget(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	h.broker.target = &interrupting{target, interrupt}
	s := h.open(t, writing)
	h.scripts <- func(f *fake) { f.ask(execute("update accounts set plan = 'free' where id < 4")) }
	r := s.Run(ctx, "typed")
	if r.Err == nil || r.Err.Kind != wire.ErrInterrupted || !strings.Contains(r.Err.Message, "3 rows were written and stand") {
		t.Errorf("told: %s %v", r.Status, r.Err)
	}
	changed := int64(h.onPlan(t, "free"))
	if c := h.command(t, s, 1); changed != 3 || c.Committed != changed || c.RolledBack != 0 {
		t.Errorf("%d rows changed; on record: %d committed, %d rolled back", changed, c.Committed, c.RolledBack)
	}
}

func TestAnInterruptBeforeACommitRollsBack(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing)
	ctx, interrupt := context.WithCancel(t.Context())
	h.scripts <- func(f *fake) {
		f.must(begin)
		f.must(execute("update accounts set plan = 'free' where id < 4"))
		interrupt()
		f.ask(commit)
	}
	s.Run(ctx, "typed")
	changed := int64(h.onPlan(t, "free"))
	if c := h.command(t, s, 1); changed != c.Committed || c.Committed+c.RolledBack != 3 {
		t.Errorf("%d rows changed; on record: %d committed, %d rolled back", changed, c.Committed, c.RolledBack)
	}
}
