package broker

import (
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// Bounds of what a worker says of a text that could go on. It is a claim like any other: names, and what they are.
const (
	completeWait  = 5 * time.Second // for an answer; then the worker is replaced
	maxCandidates = 200
	maxCandidate  = 64  // bytes
	maxDetail     = 160 // bytes
	maxSignature  = 512 // bytes
)

// Complete asks the worker how a text could go on. The gate is shut meanwhile: nothing of the text is evaluated, and the
// database is not asked. It is for between commands.
func (s *Session) Complete(q wire.Complete) wire.Completed {
	none := wire.Completed{ID: q.ID, From: q.Cursor}
	switch {
	case s.pool == nil || s.peer == nil || s.ended != "":
		return none
	case len(q.Source) > s.broker.Policy.Limits.Source || q.Cursor < 0 || q.Cursor > len(q.Source):
		return none
	case s.period != nil && s.period.over(s.broker.Now()) != "":
		return none
	}
	if reason, spoke := s.peer.spoke(); spoke {
		s.loseWorker(reason, "between commands")
		return none
	}
	q.Source = recorded(q.Source)
	wait := completeWait
	if s.period != nil { // which ends for nobody later
		at, _ := s.period.ends()
		wait = min(wait, at.Sub(s.broker.Now()))
	}
	answer, reason := s.peer.complete(q, wait)
	if reason != "" {
		s.loseWorker(reason, "completion")
		return none
	}
	return bounded(answer, q)
}

// complete asks and waits. A reason says why the worker must go.
func (p *peer) complete(q wire.Complete, wait time.Duration) (answer wire.Completed, reason string) {
	if err := p.send(p.control, wire.Control{Complete: &q}); err != nil {
		return answer, reasonCrashed
	}
	late := time.NewTimer(wait)
	defer late.Stop()
	select {
	case r := <-p.answers:
		switch {
		case r.err != nil && !errors.Is(r.err, wire.ErrMalformed):
			return answer, reasonCrashed
		case r.err != nil || r.message.Completed == nil || r.message.Completed.ID != q.ID:
			return answer, reasonProtocol
		}
		return *r.message.Completed, ""
	case r := <-p.requests: // it asks the gate, which no completion does, or ends
		return answer, outOfTurn(r.err)
	case <-late.C:
		return answer, reasonTimeout
	}
}

// bounded is an answer without what no honest worker would say.
func bounded(a wire.Completed, q wire.Complete) wire.Completed {
	b := wire.Completed{ID: q.ID, From: a.From, Signature: cutText(visible(a.Signature), maxSignature)}
	if a.From < 0 || a.From > q.Cursor {
		b.From = q.Cursor
		return b
	}
	for _, c := range a.Candidates[:min(len(a.Candidates), maxCandidates)] {
		if c.Text == "" || len(c.Text) > maxCandidate || strings.ContainsFunc(c.Text, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_.!/:*", r)
		}) {
			continue
		}
		b.Candidates = append(b.Candidates, wire.Candidate{Text: c.Text, Detail: cutText(visible(c.Detail), maxDetail)})
	}
	return b
}
