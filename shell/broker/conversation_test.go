package broker

import (
	"context"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/audit/audittest"
	"github.com/vouchsafe/vouchsafe/shell/policy"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func TestAConsolesSession(t *testing.T) {
	h := fakeHouse(t)
	d := h.serve(t)
	v := d.visit(t)
	v.say(wire.FromConsole{Open: &wire.Open{Version: wire.Version, Justification: "https://elsewhere.example/1"}})
	if m := v.hear(); m.Failed == nil || m.Failed.Kind != wire.ErrRefused || m.Failed.Hint == "" {
		t.Errorf("a bad link: %+v", m)
	}
	v.open()
	r := v.runBy("1 + 1", func(f *fake) { f.done(wire.Done{Value: &wire.Value{Kind: wire.KindInt, Int: 2}}) })
	if r.Command != 1 || r.Status != StatusOK || r.Value == nil || r.Value.Int != 2 || r.State.Mode != "encrypted" {
		t.Errorf("%+v", r)
	}
	if r := v.run(".exit"); !r.Exit {
		t.Errorf("%+v", r)
	}
	v.say(wire.FromConsole{Leave: &wire.Leave{Reason: "closed"}})
	told, got := v.closed(d)
	if told.Commands != 2 || told.Err != nil || got.ClosedWhy != "closed" || len(got.Commands) != 2 {
		t.Errorf("told %+v; on record closed as %q, %d commands", told, got.ClosedWhy, len(got.Commands))
	}
}

func TestAConsoleDecryptsByQuestions(t *testing.T) {
	h := fakeHouse(t)
	d := h.serve(t)
	v := d.enter(t)
	v.say(wire.FromConsole{Run: &wire.Run{Source: ".decrypt"}})
	for i, answer := range []string{consentOf42, "people/42/*", ""} {
		q := v.hear().Question
		if q == nil || q.ID != uint64(i+1) || q.Text == "" {
			t.Fatalf("asked %+v", q)
		}
		for _, wrong := range []uint64{0, q.ID - 1, q.ID + 1, 1 << 63} { // to questions that are not open
			v.say(wire.FromConsole{Answer: &wire.Answer{ID: wrong, Text: "wrong"}})
		}
		v.say(wire.FromConsole{Answer: &wire.Answer{ID: q.ID, Text: answer}})
		v.say(wire.FromConsole{Answer: &wire.Answer{ID: q.ID, Text: "once more"}})
	}
	r := v.hear().Result
	if r == nil || r.Status != StatusOK || r.State.Mode != "decrypted" || r.State.Subject != "people/42" || r.State.Period != 1 {
		t.Fatalf("%+v", r)
	}
	opened := v.runBy("p.Name", func(f *fake) { f.must(query("select name from people where id = 42")) })
	if opened.Disclosed != 1 || opened.Mode != "decrypted" {
		t.Errorf("%+v", opened)
	}
	v.say(wire.FromConsole{Leave: &wire.Leave{Reason: "closed"}})
	_, got := v.closed(d)
	if got.ClosedWhy != "closed" || len(got.Consents) != 1 || got.Consents[0].EndedAt == nil || got.Consents[0].EndedWhy != "closed" {
		t.Errorf("on record: %q %+v", got.ClosedWhy, got.Consents)
	}
}

// However a console goes, and wherever in its session: the session is closed on record, and its workers are dead.
func TestAConsoleThatHasGoneLeavesNothing(t *testing.T) {
	places := map[string]func(*testing.T, *house, *visitor){
		"between commands": func(*testing.T, *house, *visitor) {},
		"in a command": func(t *testing.T, h *house, v *visitor) {
			running := make(chan struct{})
			h.scripts <- func(f *fake) {
				f.must(begin)
				f.must(execute("update accounts set plan = 'free' where id < 4"))
				close(running)
				<-f.killed
				runtime.Goexit()
			}
			v.say(wire.FromConsole{Run: &wire.Run{Source: "typed"}})
			<-running
		},
		"in a question": func(t *testing.T, h *house, v *visitor) {
			v.say(wire.FromConsole{Run: &wire.Run{Source: ".decrypt " + consentOf42}})
			if m := v.hear(); m.Question == nil {
				t.Errorf("%+v", m)
			}
		},
		"in a decrypted period": func(t *testing.T, h *house, v *visitor) { v.run(decrypt42) },
		"in a command of a decrypted period": func(t *testing.T, h *house, v *visitor) {
			v.run(decrypt42)
			running := make(chan struct{})
			h.scripts <- func(f *fake) {
				f.must(query("select name from people where id = 42"))
				close(running)
				<-f.killed
				runtime.Goexit()
			}
			v.say(wire.FromConsole{Run: &wire.Run{Source: "typed"}})
			<-running
		},
	}
	goings := map[string]struct {
		leave func(*door, *visitor)
		why   string
	}{
		"closed":              {func(_ *door, v *visitor) { v.say(wire.FromConsole{Leave: &wire.Leave{Reason: "closed"}}) }, "closed"},
		"interrupted":         {func(_ *door, v *visitor) { v.say(wire.FromConsole{Leave: &wire.Leave{Reason: "interrupted"}}) }, "interrupted"},
		"a claim":             {func(_ *door, v *visitor) { v.say(wire.FromConsole{Leave: &wire.Leave{Reason: "approved"}}) }, "closed"},
		"disconnected":        {func(_ *door, v *visitor) { v.socket.CloseNow() }, "disconnected"},
		"hung up":             {func(_ *door, v *visitor) { v.socket.Close(websocket.StatusNormalClosure, "") }, "disconnected"},
		"a server that stops": {func(d *door, v *visitor) { d.stop() }, "interrupted"},
	}
	for where, place := range places {
		for how, going := range goings {
			t.Run(where+", "+how, func(t *testing.T) {
				h := fakeHouse(t)
				d := h.serve(t)
				v := d.enter(t)
				v.run(".write a ticket asks for it")
				place(t, h, v)
				going.leave(d, v)
				told, got := v.closed(d)
				if connected := going.why != "disconnected"; connected && (told.Commands != len(got.Commands) || told.Err != nil) {
					t.Errorf("told %+v", told)
				}
				if got.ClosedWhy != going.why || got.ClosedAt == nil {
					t.Errorf("on record: closed as %q", got.ClosedWhy)
				}
				for _, c := range got.Consents {
					if c.EndedAt == nil {
						t.Errorf("on record a consent is open: %+v", c)
					}
				}
				if strings.Contains(where, "question") && len(got.Consents) != 0 {
					t.Errorf("on record: %+v", got.Consents)
				}
				h.broker.Close()
				if n := h.living(); n != 0 {
					t.Errorf("%d workers live", n)
				}
				if n := h.onPlan(t, "free"); n != 0 {
					t.Errorf("%d rows changed", n)
				}
			})
		}
	}
}

func TestASessionWhoseEndIsNotOnRecordSaysSo(t *testing.T) {
	both(t, func(t *testing.T, how audittest.How) {
		h := fakeHouse(t)
		d := h.serve(t)
		v := d.enter(t)
		h.FailOn(audit.KindSessionClosed, 1, how)
		v.say(wire.FromConsole{Leave: &wire.Leave{Reason: "closed"}})
		if told, _ := v.closed(d); told.Err == nil || told.Err.Kind != wire.ErrAudit {
			t.Errorf("told %+v", told)
		}
	})
}

func TestAPeriodEndsBetweenTheMessagesOfAConsole(t *testing.T) {
	for name, c := range map[string]struct {
		idle bool
		why  string
	}{"idle": {true, reasonIdle}, "expired": {false, reasonExpired}} {
		t.Run(name, func(t *testing.T) {
			h := fakeHouse(t, func(config *Config) {
				if !c.idle {
					config.Policy.Limits.Idle = config.Policy.Limits.Decrypted
				}
			})
			d := h.serve(t)
			v := d.enter(t)
			v.run(decrypt42)
			var within *fake
			v.runBy("typed", func(f *fake) { within = f })
			h.clock.pass(h.broker.Policy.Limits.Decrypted)
			m := v.hear()
			if m.Notice == nil || !m.Notice.Warning || m.Notice.State.Mode != "encrypted" || !strings.Contains(m.Notice.Text, "ended") || !within.dead() {
				t.Fatalf("%+v", m)
			}
			v.say(wire.FromConsole{Leave: &wire.Leave{Reason: "closed"}})
			_, got := v.closed(d)
			if got.Consents[0].EndedWhy != c.why {
				t.Errorf("on record: %+v", got.Consents)
			}
		})
	}
}

func TestAPeriodIsWarnedOfAtItsMarks(t *testing.T) {
	h := fakeHouse(t, limits(func(l *policy.Limits) { l.Idle = l.Decrypted }))
	d := h.serve(t)
	v := d.enter(t)
	v.run(decrypt42)
	h.clock.pass(h.broker.Policy.Limits.Decrypted - 3*time.Minute)
	for _, left := range []string{"3 minutes", "a minute", "ended"} {
		if m := v.hear(); m.Notice == nil || !strings.Contains(m.Notice.Text, left) || (m.Notice.State.Mode == "encrypted") != (left == "ended") {
			t.Errorf("%s: %+v", left, m)
		}
		if left == "3 minutes" {
			h.clock.pass(2 * time.Minute)
		} else {
			h.clock.pass(time.Minute)
		}
	}
}

// It must not keep its period open by not reading: the worker dies at the end all the same.
func TestAConsoleThatDoesNotReadDoesNotKeepItsPeriodOpen(t *testing.T) {
	h := fakeHouse(t)
	d := h.serve(t)
	v := d.visit(t, narrow)
	v.open()
	v.run(decrypt42)
	large := strings.Repeat("x", 7<<20) // more than the connection holds
	answered := make(chan *fake, 1)
	h.scripts <- func(f *fake) {
		f.done(wire.Done{Value: &wire.Value{Kind: wire.KindString, Text: large}})
		answered <- f
	}
	v.say(wire.FromConsole{Run: &wire.Run{Source: "large"}}) // and its result is not read
	within := <-answered
	for len(h.onRecord(t, v.session()).Commands) < 2 || h.onRecord(t, v.session()).Commands[1].Status != StatusOK {
		runtime.Gosched()
	}
	h.clock.pass(h.broker.Policy.Limits.Decrypted)
	select {
	case <-within.killed:
	case <-time.After(writeWait / 3):
		t.Error("the period's worker lives on while the console does not read")
	}
	v.socket.CloseNow()
	d.empty(t)
	if got := h.onRecord(t, v.session()); got.Consents[0].EndedAt == nil || got.ClosedWhy != "disconnected" {
		t.Errorf("on record: %q %+v", got.ClosedWhy, got.Consents)
	}
}

func TestNobodyIsTurnedAway(t *testing.T) {
	h := fakeHouse(t)
	d := h.serve(t)
	for name, c := range map[string]struct {
		header, value string
		want          int
	}{
		"nobody":                  {"Authorization", "nobody", http.StatusUnauthorized},
		"a page":                  {"Origin", "https://elsewhere.example", http.StatusForbidden},
		"a page of nowhere":       {"Origin", "null", http.StatusForbidden},
		"a page of the same host": {"Origin", d.server.URL, http.StatusForbidden}, // a name that points here makes any page one
	} {
		t.Run(name, func(t *testing.T) {
			socket, response, err := websocket.Dial(t.Context(), d.server.URL+SessionPath, &websocket.DialOptions{HTTPHeader: http.Header{c.header: {c.value}}})
			if err == nil {
				socket.CloseNow()
				t.Fatal("it is let in")
			}
			if response == nil || response.StatusCode != c.want {
				t.Errorf("%v", err)
			}
			if body, _ := io.ReadAll(response.Body); strings.Contains(string(body), "nobody") && c.value == "nobody" {
				t.Errorf("told why: %s", body)
			}
		})
	}
	response, err := http.Get(d.server.URL + SessionPath) // no websocket
	if err != nil || response.StatusCode < 400 {
		t.Errorf("%v %+v", err, response)
	}
	response.Body.Close()
	if h.starts != 0 {
		t.Errorf("%d workers were started", h.starts)
	}
}

func TestAConversationLeavesNoGoroutines(t *testing.T) {
	h := fakeHouse(t)
	d := h.serve(t)
	visit := func() {
		v := d.enter(t)
		v.run(decrypt42)
		v.runBy("typed", func(*fake) {})
		v.run(".encrypt")
		v.say(wire.FromConsole{Leave: &wire.Leave{Reason: "closed"}})
		v.closed(d)
	}
	visit()
	before := runtime.NumGoroutine()
	for range 10 {
		visit()
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for runtime.NumGoroutine() > before+3 { // a connection's own end a little later
		if ctx.Err() != nil {
			buffer := make([]byte, 1<<20)
			t.Fatalf("%d goroutines before, %d now:\n%s", before, runtime.NumGoroutine(), buffer[:runtime.Stack(buffer, true)])
		}
		runtime.Gosched()
	}
}

// A fault of the server's own ends its session and lets go of the database; other sessions go on.
func TestAFaultOfTheServerEndsItsSessionOnly(t *testing.T) {
	var faulty atomic.Bool
	h := fakeHouse(t, func(c *Config) {
		now := c.Now
		c.Now = func() time.Time {
			if faulty.Load() {
				panic("the clock stopped")
			}
			return now()
		}
	})
	s := h.open(t, writing)
	c := &conversation{broker: h.broker, session: s, results: make(chan Result, 1)}
	h.scripts <- func(f *fake) {
		f.must(on(1, wire.Request{Op: wire.OpBegin}))
		f.must(on(1, execute("update accounts set plan = 'broken'")))
		faulty.Store(true)
		f.ask(on(1, save("people", 42, put("role", "admin"))))
	}
	c.run(t.Context(), "typed")
	r := <-c.results
	faulty.Store(false)
	if r.Status != StatusUnfinished || !strings.Contains(r.Err.Message, "the clock stopped") {
		t.Errorf("%s: %v", r.Status, r.Err)
	}
	if r := s.Run(t.Context(), "typed again"); r.Err == nil || r.Err.Rule != ruleSession {
		t.Errorf("%s: %v", r.Status, r.Err)
	}
	if n := h.onPlan(t, "broken"); n != 0 {
		t.Errorf("%d rows stand", n)
	}
	h.change(t, "update accounts set plan = 'free' where id = 1") // the lock is free
	if _, err := s.Close(t.Context(), "closed", true); err != nil {
		t.Error(err)
	}
	h.ok(t, h.open(t), func(f *fake) {})
	h.CheckLog(t)
}

// Who types is there, and the period goes on; but never longer than it was granted for.
func TestTypingKeepsAPeriodFromBeingIdleAndNoLonger(t *testing.T) {
	h := fakeHouse(t)
	limits := h.broker.Policy.Limits
	d := h.serve(t)
	v := d.enter(t)
	v.run(decrypt42)
	for passed := time.Duration(0); passed+limits.Idle-time.Second < limits.Decrypted; passed += limits.Idle - time.Second {
		h.clock.pass(limits.Idle - time.Second)
		v.say(wire.FromConsole{Active: true})
		v.say(wire.FromConsole{Complete: &wire.Complete{ID: 1}}) // its answer says that the first message was taken
		for m := v.hear(); m.Completed == nil; m = v.hear() {
			if m.Notice == nil || m.Notice.State.Mode != "decrypted" {
				t.Fatalf("%+v", m)
			}
		}
	}
	h.clock.pass(limits.Idle - time.Second)
	v.say(wire.FromConsole{Active: true})
	m := v.hear()
	for m.Notice != nil && m.Notice.State.Mode == "decrypted" { // a warning
		m = v.hear()
	}
	if m.Notice == nil || m.Notice.State.Mode != "encrypted" || !strings.Contains(m.Notice.Text, "its time is over") {
		t.Errorf("%+v", m)
	}
}
