package broker

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func encoded(t *testing.T, m any) []byte {
	t.Helper()
	b, err := wire.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A console that does not keep to the protocol is hung up on, and its session is closed on record for that.
func TestAConsoleThatSpeaksOutOfTurnIsHungUpOn(t *testing.T) {
	open := wire.FromConsole{Open: &wire.Open{Version: wire.Version, Justification: justification}}
	for name, attack := range map[string]func(*testing.T, *visitor){
		"open twice":      func(t *testing.T, v *visitor) { v.say(open) },
		"nothing":         func(t *testing.T, v *visitor) { v.say(wire.FromConsole{}) },
		"no message":      func(t *testing.T, v *visitor) { v.raw(websocket.MessageBinary, nil) },
		"not CBOR":        func(t *testing.T, v *visitor) { v.raw(websocket.MessageBinary, []byte("\xff\xff\xff")) },
		"half a message":  func(t *testing.T, v *visitor) { v.raw(websocket.MessageBinary, encoded(t, open)[:10]) },
		"more than one":   func(t *testing.T, v *visitor) { v.raw(websocket.MessageBinary, append(encoded(t, open), 0)) },
		"another's shape": func(t *testing.T, v *visitor) { v.raw(websocket.MessageBinary, encoded(t, []int{1, 2})) },
		"an unknown field": func(t *testing.T, v *visitor) {
			v.raw(websocket.MessageBinary, encoded(t, map[int]any{2: map[int]any{1: "typed"}, 99: true}))
		},
		"deep": func(t *testing.T, v *visitor) { v.raw(websocket.MessageBinary, bytes.Repeat([]byte{0x81}, 100_000)) },
		"a promised size": func(t *testing.T, v *visitor) {
			v.raw(websocket.MessageBinary, []byte{0xa1, 2, 0xa1, 1, 0x7b, 0x7f, 255, 255, 255, 255, 255, 255, 255})
		},
		"a text frame": func(t *testing.T, v *visitor) {
			v.raw(websocket.MessageText, encoded(t, wire.FromConsole{Run: &wire.Run{Source: "typed"}}))
		},
		"cancel and run": func(t *testing.T, v *visitor) { v.say(wire.FromConsole{Cancel: true, Run: &wire.Run{Source: "typed"}}) },
		"run and leave": func(t *testing.T, v *visitor) {
			v.say(wire.FromConsole{Run: &wire.Run{Source: "typed"}, Leave: &wire.Leave{Reason: "closed"}})
		},
		"run while it runs": func(t *testing.T, v *visitor) {
			running := make(chan struct{})
			v.h.scripts <- func(f *fake) {
				f.must(begin)
				f.must(execute("update accounts set plan = 'free'"))
				close(running)
				<-f.killed
				runtime.Goexit()
			}
			v.say(wire.FromConsole{Run: &wire.Run{Source: "typed"}})
			<-running
			v.say(wire.FromConsole{Run: &wire.Run{Source: "typed beside it"}})
		},
		"run in a question": func(t *testing.T, v *visitor) {
			v.say(wire.FromConsole{Run: &wire.Run{Source: ".decrypt"}})
			v.hear()
			v.say(wire.FromConsole{Run: &wire.Run{Source: decrypt42}})
		},
		"in a decrypted period": func(t *testing.T, v *visitor) {
			v.run(decrypt42)
			v.say(open)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := fakeHouse(t)
			d := h.serve(t)
			v := d.enter(t)
			v.run(".write a ticket asks for it")
			attack(t, v)
			told, got := v.closed(d)
			if told.Err == nil || !strings.Contains(told.Err.Message, "out of turn") {
				t.Errorf("told %+v", told)
			}
			if got.ClosedWhy != "protocol" {
				t.Errorf("on record: closed as %q", got.ClosedWhy)
			}
			for _, c := range got.Commands {
				if c.Source != nil && strings.HasPrefix(*c.Source, "typed beside") {
					t.Errorf("it ran: %+v", c)
				}
			}
			for _, c := range got.Consents {
				if c.EndedAt == nil {
					t.Errorf("on record a consent is open: %+v", c)
				}
			}
			if n := h.onPlan(t, "free"); n != 0 {
				t.Errorf("%d rows changed", n)
			}
		})
	}
}

func TestAConsoleOpensBeforeItDoesAnything(t *testing.T) {
	for name, m := range map[string]wire.FromConsole{
		"run":             {Run: &wire.Run{Source: "typed"}},
		"complete":        {Complete: &wire.Complete{ID: 1, Source: "Peo", Cursor: 3}},
		"another version": {Open: &wire.Open{Version: wire.Version + 1, Justification: justification}},
		"no version":      {Open: &wire.Open{Justification: justification}},
	} {
		t.Run(name, func(t *testing.T) {
			h := fakeHouse(t)
			d := h.serve(t)
			v := d.visit(t)
			v.say(m)
			if told, _ := v.closed(d); told.Err == nil || !strings.Contains(told.Err.Message, "one version") {
				t.Errorf("told %+v", told)
			}
			h.CheckLog(t)
		})
	}
}

// What does not fit is the connection's end, wherever it comes.
func TestAFrameThatIsTooLargeEndsTheSession(t *testing.T) {
	h := fakeHouse(t)
	d := h.serve(t)
	v := d.enter(t)
	v.say(wire.FromConsole{Run: &wire.Run{Source: strings.Repeat("x", wire.MaxFromConsole+1)}})
	if _, got := v.closed(d); got.ClosedWhy != "disconnected" || len(got.Commands) != 0 {
		t.Errorf("on record: closed as %q, %d commands", got.ClosedWhy, len(got.Commands))
	}
}

// A command that is as long as a frame may be is refused by its own limit, and recorded so.
func TestACommandThatFitsAFrameMayStillBeTooLong(t *testing.T) {
	h := fakeHouse(t)
	d := h.serve(t)
	v := d.enter(t)
	if r := v.run(strings.Repeat("x", wire.MaxFromConsole-100)); r.Status != StatusRefused || r.Err.Rule != ruleSource {
		t.Errorf("%s %+v", r.Status, r.Err)
	}
}

func TestATypedTextThatIsNotUTF8IsRecordedAndRunEscaped(t *testing.T) {
	h := fakeHouse(t)
	d := h.serve(t)
	v := d.enter(t)
	h.scripts <- func(f *fake) {
		if f.turn.Source != `\xff\xfe` {
			t.Errorf("it ran %q", f.turn.Source)
		}
	}
	v.raw(websocket.MessageBinary, []byte{0xa1, 2, 0xa1, 1, 0x62, 0xff, 0xfe})
	if m := v.hear(); m.Result == nil || m.Result.Status != StatusOK {
		t.Errorf("%+v", m)
	}
	if got := h.command(t, v.session(), 1); *got.Source != `\xff\xfe` {
		t.Errorf("on record: %q", *got.Source)
	}
}

func TestWhatComesTooLateIsPassedOver(t *testing.T) {
	h := fakeHouse(t)
	d := h.serve(t)
	v := d.enter(t)
	for range 100 {
		v.say(wire.FromConsole{Cancel: true}) // nothing runs
		v.say(wire.FromConsole{Answer: &wire.Answer{ID: 1, Text: "nobody asked"}})
	}
	if r := v.runBy("typed", func(*fake) {}); r.Status != StatusOK {
		t.Errorf("%+v", r)
	}
	v.say(wire.FromConsole{Run: &wire.Run{Source: ".decrypt"}})
	q := v.hear().Question
	for range 100 {
		v.say(wire.FromConsole{Cancel: true})
	}
	v.say(wire.FromConsole{Answer: &wire.Answer{ID: q.ID, Text: consentOf42}})
	if r := v.hear().Result; r == nil || r.Status != StatusError || r.Err.Kind != wire.ErrInterrupted || r.State.Mode != "encrypted" {
		t.Errorf("%+v", r)
	}
	v.say(wire.FromConsole{Answer: &wire.Answer{ID: q.ID, Text: consentOf42}})
	if r := v.runBy("typed", func(*fake) {}); r.Status != StatusOK || r.Mode != "encrypted" {
		t.Errorf("%+v", r)
	}
}

func TestCompletionWhileACommandRunsSaysNothing(t *testing.T) {
	h := fakeHouse(t)
	h.complete = func(f *fake, q wire.Complete) {
		f.completed(wire.Completed{ID: q.ID, Candidates: []wire.Candidate{{Text: "People"}}})
	}
	d := h.serve(t)
	v := d.enter(t)
	complete := wire.FromConsole{Complete: &wire.Complete{ID: 7, Source: "Peo", Cursor: 3}}
	v.say(complete)
	if m := v.hear(); m.Completed == nil || m.Completed.ID != 7 || len(m.Completed.Candidates) != 1 {
		t.Errorf("%+v", m)
	}
	running := make(chan struct{})
	v.h.scripts <- func(*fake) { <-running }
	v.say(wire.FromConsole{Run: &wire.Run{Source: "typed"}})
	v.say(complete)
	if m := v.hear(); m.Completed == nil || m.Completed.ID != 7 || len(m.Completed.Candidates) != 0 {
		t.Errorf("%+v", m)
	}
	close(running)
	if m := v.hear(); m.Result == nil || m.Result.Status != StatusOK {
		t.Errorf("%+v", m)
	}
}

func TestAResultThatIsTooLargeForAConsoleLosesItsValueAndNotTheConsole(t *testing.T) {
	h := fakeHouse(t)
	d := h.serve(t)
	v := d.enter(t)
	long := "select 1 -- " + strings.Repeat("x", 200_000)
	r := v.runBy("typed", func(f *fake) {
		for range 60 {
			f.must(query(long))
		}
		f.done(wire.Done{Value: &wire.Value{Kind: wire.KindString, Text: strings.Repeat("x", 7<<20)}})
	})
	if r.Status != StatusOK || r.Value != nil || len(r.Statements)+r.More != 60 || len(r.Statements) == 0 || len(r.Notes) == 0 {
		t.Errorf("%s %+v: %d statements, %d more, %q", r.Status, r.Err, len(r.Statements), r.More, r.Notes)
	}
	if r := v.runBy("typed", func(*fake) {}); r.Status != StatusOK {
		t.Errorf("%+v", r)
	}
}

func TestAConsoleThatAsksAndDoesNotReadIsHungUpOn(t *testing.T) {
	h := fakeHouse(t)
	h.complete = func(f *fake, q wire.Complete) {
		many := make([]wire.Candidate, maxCandidates)
		for i := range many {
			many[i] = wire.Candidate{Text: "x", Detail: strings.Repeat("x", maxDetail)}
		}
		f.completed(wire.Completed{ID: q.ID, Candidates: many})
	}
	d := h.serve(t)
	v := d.visit(t, narrow)
	v.open()
	for range 2000 {
		v.say(wire.FromConsole{Complete: &wire.Complete{ID: 1, Source: "x", Cursor: 1}})
	}
	d.empty(t)
	if got := h.onRecord(t, v.session()); got.ClosedWhy != "disconnected" {
		t.Errorf("on record: closed as %q", got.ClosedWhy)
	}
}
