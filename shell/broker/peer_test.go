package broker

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/policy"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// frame is a frame of a length and whatever body.
func frame(length uint32, body string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, length), body...)
}

// Attack: a worker that speaks as no worker of ours does.
// What must hold: it is killed and replaced, nothing it asked for happened, the record says why, and the session goes on.
func TestAWorkerThatSpeaksOutOfTurnIsKilled(t *testing.T) {
	write := execute("update accounts set plan = 'free'")
	for name, attack := range map[string]func(f *fake){
		"a forged nonce": func(f *fake) {
			write.ID, write.Nonce = 1, wire.Nonce{1}
			f.send(write)
		},
		"a replayed id": func(f *fake) {
			f.must(query("select 1"))
			f.last--
			f.ask(write)
		},
		"an id left out": func(f *fake) {
			f.last++
			f.ask(write)
		},
		"an oversize request": func(f *fake) { f.raw.Write(frame(wire.MaxRequest+1, "")) },
		"an oversize answer":  func(f *fake) { f.rawControl.Write(frame(1<<31, "")) },
		"a truncated request": func(f *fake) {
			f.raw.Write(frame(100, "\xa1"))
			f.raw.Close()
		},
		"no CBOR":                func(f *fake) { f.raw.Write(frame(4, "\xff\xff\xff\xff")) },
		"another form":           func(f *fake) { f.raw.Write(frame(1, "\x01")) },
		"an unknown field":       func(f *fake) { f.raw.Write(frame(4, "\xa1\x18\x63\x01")) },
		"an endless array":       func(f *fake) { f.raw.Write(frame(6, "\xa1\x07\x9a\xff\xff\xff")) },
		"an unknown operation":   func(f *fake) { f.ask(wire.Request{Op: 99}) },
		"no operation":           func(f *fake) { f.ask(wire.Request{}) },
		"a save without a row":   func(f *fake) { f.ask(wire.Request{Op: wire.OpSave}) },
		"a create without a row": func(f *fake) { f.ask(wire.Request{Op: wire.OpCreate}) },
		"a fact of nothing":      func(f *fake) { f.ask(wire.Request{Op: wire.OpFact, Fact: "len"}) },
		"an answer to another command": func(f *fake) {
			f.answered = true
			f.control.Send(wire.Control{Done: &wire.Done{Nonce: wire.Nonce{9}}})
		},
		"ready again":   func(f *fake) { f.answered = true; f.control.Send(wire.Control{Ready: &wire.Ready{}}) },
		"a turn":        func(f *fake) { f.answered = true; f.control.Send(wire.Control{Turn: &wire.Turn{}}) },
		"empty control": func(f *fake) { f.answered = true; f.control.Send(wire.Control{}) },
	} {
		t.Run(name, func(t *testing.T) {
			h := fakeHouse(t)
			s := h.open(t, writing)
			r := h.run(t, s, func(f *fake) {
				attack(f)
				<-f.killed
				runtime.Goexit()
			})
			if r.Status != StatusError || r.Err.Kind != wire.ErrKilled || r.Value != nil {
				t.Errorf("%s: %v", r.Status, r.Err)
			}
			if n := h.onPlan(t, "free"); n != 0 {
				t.Errorf("%d rows changed", n)
			}
			if got := h.replacements(t, s); !slices.Equal(got, []string{reasonProtocol}) {
				t.Errorf("on record: %v", got)
			}
			h.ok(t, s, func(f *fake) { f.must(query("select 1")) })
			if h.starts != 2 {
				t.Errorf("%d workers were started", h.starts)
			}
		})
	}
}

// Attack: a worker that goes on when its command has ended. Its frame is seen before the next command, or in it.
// What must hold: it is not served, the worker is replaced, and the record says why.
func TestAWorkerThatSpeaksBetweenCommandsIsKilled(t *testing.T) {
	for name, attack := range map[string]func(f *fake){
		"a request": func(f *fake) {
			r := execute("update accounts set plan = 'free'")
			f.last++
			r.ID, r.Nonce = f.last, f.turn.Nonce
			f.statements.Send(r)
		},
		"done twice":   func(f *fake) { f.done(wire.Done{}) },
		"half a frame": func(f *fake) { f.raw.Write([]byte{0, 0}); f.raw.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			h := fakeHouse(t)
			s := h.open(t, writing)
			ended, sent := make(chan struct{}), make(chan struct{})
			h.ok(t, s, func(f *fake) {
				f.done(wire.Done{})
				<-ended
				attack(f)
				close(sent)
				<-f.killed
				runtime.Goexit()
			})
			close(ended)
			<-sent
			r := h.run(t, s, func(f *fake) { f.must(query("select 1")) })
			if r.Status != StatusOK { // it was seen in the command, which ended for it
				if r.Err.Kind != wire.ErrKilled {
					t.Errorf("%v", r.Err)
				}
				<-h.scripts
				h.ok(t, s, func(f *fake) { f.must(query("select 1")) })
			}
			if got := h.replacements(t, s); !slices.Equal(got, []string{reasonProtocol}) {
				t.Errorf("on record: %v", got)
			}
			if n := h.onPlan(t, "free"); n != 0 {
				t.Errorf("%d rows changed", n)
			}
		})
	}
}

func TestAWorkerThatDiesIsReplaced(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, writing)
	r := h.run(t, s, func(f *fake) {
		f.must(execute("update accounts set plan = 'free' where id = 1"))
		f.must(begin)
		f.must(execute("update accounts set plan = 'free' where id = 2"))
		f.raw.Close()
		f.rawControl.Close()
		runtime.Goexit()
	})
	if r.Status != StatusError || r.Err.Kind != wire.ErrKilled || !strings.Contains(strings.Join(r.Notes, ";"), "variables are lost") {
		t.Errorf("%s %v %q", r.Status, r.Err, r.Notes)
	}
	h.checkTouched(t, s, 1) // what committed stands, what was open is rolled back
	if n := h.onPlan(t, "free"); n != 1 {
		t.Errorf("%d rows changed", n)
	}
	if got := h.replacements(t, s); !slices.Equal(got, []string{reasonCrashed}) {
		t.Errorf("on record: %v", got)
	}
	h.ok(t, s, func(f *fake) {})
}

func TestAWorkerThatNeverAnswersIsKilledAfterItsTime(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Command = 20 * time.Millisecond }))
	s := h.open(t)
	r := h.run(t, s, func(f *fake) {
		var c wire.Control
		if f.control.Receive(&c) != nil || c.Cancel == nil || c.Cancel.Nonce != f.turn.Nonce {
			t.Errorf("it was not asked to stop: %+v", c)
		}
		<-f.killed
		runtime.Goexit()
	})
	if r.Status != StatusError || r.Err.Kind != wire.ErrTimeout || !strings.Contains(r.Err.Hint, "lost") {
		t.Errorf("%s %+v", r.Status, r.Err)
	}
	if got := h.replacements(t, s); !slices.Equal(got, []string{reasonTimeout}) {
		t.Errorf("on record: %v", got)
	}
}

func TestAWorkerThatStopsWhenItIsAskedIsKept(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	ctx, interrupt := context.WithCancel(t.Context())
	h.scripts <- func(f *fake) {
		interrupt()
		var c wire.Control
		if f.control.Receive(&c) != nil || c.Cancel == nil {
			t.Errorf("it was not asked to stop: %+v", c)
		}
		f.done(wire.Done{Err: &wire.Error{Kind: wire.ErrRuntime, Message: "stopped"}})
	}
	r := s.Run(ctx, "typed")
	if r.Status != StatusError || r.Err.Kind != wire.ErrInterrupted || !strings.Contains(r.Err.Hint, "kept") {
		t.Errorf("%s %+v", r.Status, r.Err)
	}
	if c := h.command(t, s, 1); c.Status != StatusError || len(c.Replaced) != 0 {
		t.Errorf("on record: %+v", c)
	}
	h.ok(t, s, func(f *fake) {})
	if h.starts != 1 {
		t.Errorf("%d workers were started", h.starts)
	}
}

func TestLeftoversReplaceTheWorker(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t)
	r := h.run(t, s, func(f *fake) {
		f.done(wire.Done{Leftovers: 2, Value: &wire.Value{Kind: wire.KindInt, Int: 1}})
	})
	if r.Status != StatusOK || r.Value == nil {
		t.Errorf("%s %v", r.Status, r.Err)
	}
	if got := h.replacements(t, s); !slices.Equal(got, []string{reasonLeftovers}) {
		t.Errorf("on record: %v", got)
	}
	h.ok(t, s, func(f *fake) {})
	if h.starts != 2 {
		t.Errorf("%d workers were started", h.starts)
	}
}

func TestTheEndOfAPeriodKillsItsWorkerInTheMiddle(t *testing.T) {
	h := fakeHouse(t, func(c *Config) { c.Policy.Limits.Idle = c.Policy.Limits.Decrypted })
	s := h.open(t, consenting(consentOf42, "people/42"))
	h.clock.pass(h.broker.Policy.Limits.Decrypted - 30*time.Millisecond)
	r := h.run(t, s, func(f *fake) {
		f.must(query("select name from people where id = 42"))
		fmt.Fprint(f.stdout, "Dana Reyes")
		<-f.killed // it is not asked to stop
		runtime.Goexit()
	})
	if r.Status != StatusError || r.Err.Kind != wire.ErrKilled || r.Output != "" || r.Value != nil {
		t.Errorf("%s %v: shown %q", r.Status, r.Err, r.Output)
	}
	h.clock.pass(time.Second)
	starts := h.starts
	if r := s.Run(t.Context(), "typed"); r.Status != StatusRefused || r.Err.Rule != ruleConsent {
		t.Errorf("after the end: %s %v", r.Status, r.Err)
	}
	if h.starts != starts {
		t.Error("a worker was started after the end")
	}
	if got := h.replacements(t, s); !slices.Equal(got, []string{reasonExpired}) {
		t.Errorf("on record: %v", got)
	}
	if got := h.onRecord(t, s); len(got.Refusals) != 1 || got.Refusals[0].Rule != ruleConsent {
		t.Errorf("on record: %+v", got.Refusals)
	}
}

func TestTheEndOfAPeriodBetweenCommandsKillsItsWorker(t *testing.T) {
	h := fakeHouse(t)
	s := h.open(t, consenting(consentOf42, "people/42"))
	var killed <-chan struct{}
	h.ok(t, s, func(f *fake) { killed = f.killed })
	h.clock.pass(h.broker.Policy.Limits.Decrypted)
	if r := s.Run(t.Context(), "typed"); r.Status != StatusRefused || r.Err.Rule != ruleConsent {
		t.Errorf("%s %v", r.Status, r.Err)
	}
	<-killed
	if got := h.replacements(t, s); !slices.Equal(got, []string{reasonExpired}) {
		t.Errorf("on record: %v", got)
	}
}

func TestWhatAWorkerPrintsIsBounded(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Output = 1000 }))
	s := h.open(t)
	const printed = 1 << 20 // more than the pipe holds: it must not block
	r := h.ok(t, s, func(f *fake) {
		f.stdout.Write(bytes.Repeat([]byte("é\xff"), printed/3))
		f.stdout.Write([]byte("end"))
	})
	if len(r.Output) > 3*1000 || r.OutputCut+1000 != printed/3*3+3 || !strings.HasPrefix(r.Output, "é\ufffdé") {
		t.Errorf("%d bytes kept, %d cut", len(r.Output), r.OutputCut)
	}
	if r := h.ok(t, s, func(f *fake) { fmt.Fprint(f.stdout, "next") }); r.Output != "next" || r.OutputCut != 0 {
		t.Errorf("the next command printed %q, %d cut", r.Output, r.OutputCut)
	}
	if c := h.command(t, s, 1); c.Output == nil || c.Output.Cut != r.OutputCut {
		t.Errorf("on record: %+v", c.Output)
	}
}

func TestWhatAWorkerClaimsOfAFailureIsBounded(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Output = 1000 }))
	s := h.open(t)
	long := strings.Repeat("é", 100_000)
	for _, kind := range []string{"", wire.ErrAudit, wire.ErrKilled, "whatever", wire.ErrRefused} {
		r := h.run(t, s, func(f *fake) {
			f.done(wire.Done{Value: &wire.Value{Kind: wire.KindInt, Int: 1}, Err: &wire.Error{Kind: kind, Message: long, Hint: long, Rule: long, Code: long}})
		})
		want := wire.ErrRuntime
		if kind == wire.ErrRefused {
			want = kind
		}
		if r.Err == nil || r.Err.Kind != want || len(r.Err.Message) > 1000 || len(r.Err.Hint)+len(r.Err.Rule)+len(r.Err.Code) > 3*maxName || r.Value != nil {
			t.Errorf("%q: %s, %d bytes", kind, r.Err.Kind, len(r.Err.Message))
		}
	}
	h.CheckLog(t)
}

func TestASessionWithoutAWorkerDoesNotOpen(t *testing.T) {
	h := fakeHouse(t, func(c *Config) {
		inner := c.Start
		c.Start = func(ctx context.Context, role string) (*Process, error) {
			p, err := inner(ctx, role)
			if err != nil {
				return nil, err
			}
			p.Control.Close() // its hello goes nowhere
			return p, nil
		}
	})
	if _, err := h.tryOpen(t); err == nil {
		t.Error("a session opened without a worker")
	}
	h.CheckLog(t)
}

func TestAWorkerIsToldNothingOfItsSession(t *testing.T) {
	if got, want := hello(&SQLite{version: "3"}), (wire.Hello{Version: wire.Version, Dialect: "sqlite", Server: "3"}); got != want {
		t.Errorf("%+v", got)
	}
}
