package audit_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
)

// forget takes anchors away, as the owner of the key store would.
func forget(t *testing.T, h *audittest.Harness, which string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(h.Dir, "keys.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'anchors'`)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	rows.Close()
	for _, name := range names {
		if _, err := db.Exec("DROP TRIGGER " + name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec("DELETE FROM anchors " + which); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyNoticesAnAnchorThatWasEmptied(t *testing.T) {
	h := audittest.New(t)
	h.Session(t, "dana", "OPS-1").Run(t, "1")
	h.Log.Close(t.Context())
	h.Open(t)
	h.Log.Close(t.Context())
	h.CheckLog(t)
	forget(t, h, "")
	wants(t, h.Verify(t), "the anchor is empty")
}

func TestVerifyNoticesAChainThatTheAnchorWasMadeToForget(t *testing.T) {
	h := audittest.New(t)
	h.Session(t, "dana", "OPS-1").Run(t, "1")
	h.Log.Close(t.Context())
	h.Open(t)
	h.Log.Close(t.Context())
	h.Open(t)
	h.Log.Close(t.Context())
	forget(t, h, "WHERE writer = (SELECT min(writer) FROM anchors)")
	wants(t, h.Verify(t), "does not know this chain")
}

func TestAnAnchorThatLagsBehindIsNoFault(t *testing.T) {
	h := audittest.New(t)
	h.Session(t, "dana", "OPS-1").Run(t, "1")
	h.Log.Close(t.Context())
	h.Open(t)
	h.Log.Close(t.Context())
	forget(t, h, "WHERE writer = (SELECT max(writer) FROM anchors)") // as a power cut may
	h.CheckLog(t)
	h.Open(t) // tells the anchor what it had not heard
	h.Log.Close(t.Context())
	h.Open(t)
	h.CheckLog(t)
}

// deaf is an anchor that cannot be told anything for a while.
type deaf struct {
	audit.Anchor
	until int // how many times it does not hear
}

func (d *deaf) Advance(ctx context.Context, h audit.Head) error {
	if d.until--; d.until >= 0 {
		return errors.New("the key store is locked")
	}
	return d.Anchor.Advance(ctx, h)
}

func TestChainsThatTheAnchorDidNotHearOfAreToldLater(t *testing.T) {
	h := audittest.New(t)
	h.Session(t, "dana", "OPS-1").Run(t, "1")
	h.Log.Close(t.Context())
	for range 3 {
		config := h.Config
		config.Anchor = &deaf{Anchor: h.Anchor, until: 100}
		if log, err := audit.Open(t.Context(), config); err == nil {
			log.Close(t.Context())
			t.Fatal("a log opened that its anchor knows nothing of")
		}
	}
	h.Open(t)
	h.Log.Close(t.Context())
	h.CheckLog(t)
	forget(t, h, "WHERE writer = (SELECT min(writer) FROM anchors)")
	wants(t, h.Verify(t), "does not know this chain")
}
