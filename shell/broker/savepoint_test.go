package broker

import (
	"errors"
	"testing"
)

func TestASavepointBeginsNoTransaction(t *testing.T) {
	h := fakeHouse(t)
	target, err := h.broker.connectTarget(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := target.Connect(t.Context(), Access{Write: true, Typed: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Begin(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if err := conn.Savepoint(t.Context(), "inside"); err != nil {
		t.Fatalf("inside a transaction: %v", err)
	}
	// What SQLite does by itself when a read fails for want of memory or disk.
	if _, err := conn.Exec(t.Context(), "rollback"); err != nil {
		t.Fatal(err)
	}
	if err := conn.Savepoint(t.Context(), "outside"); !errors.Is(err, errLost) {
		t.Fatalf("outside of one: %v", err)
	}
	if err := conn.Commit(t.Context()); err == nil {
		t.Error("it left a transaction open")
	}
}
