package audit

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
)

// VerifyConfig is what Verify needs. All fields are required unless they say otherwise.
type VerifyConfig struct {
	Store    Store
	Sealer   Sealer
	Public   ed25519.PublicKey     // of the record's signing key
	Anchor   Anchor                // optional: without it a record whose end was cut off looks whole
	Progress func(done, total int) // optional: entries
}

// A Report is what Verify checked and what it found.
type Report struct {
	Entries  int     `json:"entries"`
	Chains   int     `json:"chains"`
	Batches  int     `json:"batches"`
	Sessions int     `json:"sessions"`
	Anchor   bool    `json:"anchor"`   // there was one
	Anchored int     `json:"anchored"` // entries that the anchor vouches for: nobody can have cut these off
	Faults   []Fault `json:"faults"`
	More     int     `json:"more"` // faults that are not listed
}

// A Fault is something wrong with the record, and where.
type Fault struct {
	Writer  string `json:"writer,omitempty"`  // the chain
	Seq     uint64 `json:"seq,omitempty"`     // the entry in it
	Session string `json:"session,omitempty"` // the session it belongs to
	What    string `json:"what"`
}

func (f Fault) String() string {
	var at []string
	if f.Writer != "" {
		at = append(at, "writer "+f.Writer)
	}
	if f.Seq != 0 {
		at = append(at, fmt.Sprintf("entry %d", f.Seq))
	}
	if f.Session != "" {
		at = append(at, "session "+f.Session)
	}
	if len(at) == 0 {
		return f.What
	}
	return strings.Join(at, ", ") + ": " + f.What
}

// listed is how many faults a Report lists. One is enough to distrust a record.
const listed = 200

func (r *Report) fault(f Fault) {
	if len(r.Faults) == listed {
		r.More++
		return
	}
	r.Faults = append(r.Faults, f)
}

// Verify checks the record from its raw rows, as it stands when Verify begins: that every chain is whole, certified and
// signed to its end, every payload is the one its entry commits to, every session's entries connect and mean something,
// its commands are numbered without gaps, the projections are what the entries come to, the file and its schema are sound,
// and that the record reaches at least as far as the anchor knows. It writes nothing.
//
// What cannot be read is a fault. The error is for what kept Verify from looking at all. Memory grows with the number of
// sessions, chains and consents, not with that of entries.
func Verify(ctx context.Context, cfg VerifyConfig) (Report, error) {
	report := Report{Faults: []Fault{}, Anchor: cfg.Anchor != nil}
	// The anchor is read first: what it knows by then, the snapshot must show.
	anchors := map[WriterID]Head{}
	var known []WriterID
	if cfg.Anchor != nil {
		heads, err := cfg.Anchor.Heads(ctx)
		if err != nil {
			return report, fmt.Errorf("verify: %w", err)
		}
		for _, h := range heads {
			anchors[h.Writer] = h
			known = append(known, h.Writer)
		}
		slices.SortFunc(known, func(a, b WriterID) int { return slices.Compare(a[:], b[:]) })
	}
	view, err := cfg.Store.View(ctx)
	if err != nil {
		return report, fmt.Errorf("verify: %w", err)
	}
	defer view.Close()

	v := &verifier{
		ctx: ctx, view: view, sealer: cfg.Sealer, public: cfg.Public, report: &report, anchors: anchors, known: known,
		progress: cfg.Progress, sessions: map[string]*watched{}, owners: map[string][2]string{},
		writers: map[WriterID]*Writer{}, sum: newRowSum(), server: watched{},
	}
	if v.progress == nil {
		v.progress = func(int, int) {}
	}
	for _, stage := range []func() error{v.file, v.readWriters, v.unanchored, v.chains, v.ends, v.projections} {
		if err := stage(); err != nil {
			if ctx.Err() != nil {
				return report, fmt.Errorf("verify: %w", context.Cause(ctx))
			}
			report.fault(Fault{What: "the record cannot be read: " + err.Error()})
		}
	}
	return report, nil
}

// verifier is one run of Verify.
type verifier struct {
	ctx      context.Context
	view     Snapshot
	sealer   Sealer
	public   ed25519.PublicKey
	report   *Report
	progress func(done, total int)

	writers  map[WriterID]*Writer
	anchors  map[WriterID]Head // those that were not met yet
	known    []WriterID        // all that the anchor knows, in order
	sessions map[string]*watched
	server   watched              // what belongs to no session
	serving  WriterID             // whose keys server has
	owners   map[string][2]string // consent links: subject and engineer
	sum      rowSum
}

func (v *verifier) at(e *Entry, format string, args ...any) {
	v.report.fault(Fault{
		Writer: e.Writer.String(), Seq: e.Seq, Session: e.Session, What: fmt.Sprintf(format, args...),
	})
}

func (v *verifier) file() error {
	found, err := v.view.faults()
	for _, what := range found {
		v.report.fault(Fault{What: what})
	}
	return err
}

func (v *verifier) readWriters() error {
	for w, err := range v.view.writers() {
		if err != nil {
			return err
		}
		if !w.certified(v.public) {
			v.report.fault(Fault{Writer: w.ID.String(), What: "the writer is not certified by the record's signing key"})
			w.Public = nil // nothing that it signs counts
		}
		v.writers[w.ID] = &w
	}
	return nil
}

// ends looks for what should have been met on the way.
func (v *verifier) ends() error {
	missing := make([]Head, 0, len(v.anchors))
	for _, h := range v.anchors {
		missing = append(missing, h)
	}
	slices.SortFunc(missing, func(a, b Head) int { return slices.Compare(a.Writer[:], b.Writer[:]) })
	for _, h := range missing {
		v.report.fault(Fault{Writer: h.Writer.String(), Seq: h.Seq, What: "the anchor knows this entry, and it is gone: " +
			"the end of its chain was cut off, or an older copy of the record was put in place"})
	}
	return nil
}

// unanchored looks for chains that the anchor should know. It may lag behind by the newest ones, after a power cut; one that
// it has forgotten while it knows a newer one was taken out of it, or put into the record.
func (v *verifier) unanchored() error {
	if !v.report.Anchor {
		return nil
	}
	if len(v.known) == 0 {
		if len(v.writers) > 1 {
			v.report.fault(Fault{What: "the anchor is empty, and the record is not: what the anchor knew was taken away"})
		}
		return nil
	}
	newest := v.known[len(v.known)-1]
	for w := range v.writers {
		_, anchored := slices.BinarySearchFunc(v.known, w, func(a, b WriterID) int { return slices.Compare(a[:], b[:]) })
		if !anchored && slices.Compare(w[:], newest[:]) < 0 {
			v.report.fault(Fault{Writer: w.String(), What: "the anchor does not know this chain, though it knows a newer one"})
		}
	}
	return nil
}
