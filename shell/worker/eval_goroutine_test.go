package worker

import "testing"

// The interpreter makes its memory larger between commands, and no goroutine of an earlier command is left then: the
// goroutine profile says so. The race detector does not take that for word that they have ended, so it is not asked here.

func TestTodaysGoMeansWhatGoMeansInGoroutines(t *testing.T) {
	if raced {
		return
	}
	typeSessions(t, map[string][]said{
		"goroutines": {
			{`func boom(s string) { panic(s) }; func send(ch chan int, v int) { ch <- v }`, ``},
			{`done := make(chan bool); go boom("there"); select { case <-done: case <-time.After(20 * time.Millisecond): }`, `runtime: in a goroutine: panic: there`},
			{`1 + 1`, `2`},
			{`ch := make(chan int, 4); x := 1; go send(ch, x); x = 2; <-ch`, `1`},
			{`go ch.close()`, `syntax: ch.close undefined (type chan int has no field or method close)`},
			{`a, b := 1, 2; ch <- a; ch <- b; c, d := <-ch, <-ch; fmt.Sprint(c, d)`, `"1 2"`},
			{`func two() (chan int, int) { return ch, 9 }; go send(two()); <-ch`, `9`},
			{`func sum() int { var wg sync.WaitGroup; var mu sync.Mutex; n := 0; for i := range 4 { wg.Go(func() { mu.Lock(); defer mu.Unlock(); n += i }) }; wg.Wait(); return n }; sum()`, `6`},
			{`func drain() string { ch := make(chan int, 2); ch <- 1; loop: for { select { case v := <-ch: fmt.Print(v); default: break loop } }; return "end" }; drain()`, `1"end"`},
			{`func inf(n int) int { return inf(n+1) + 1 }; inf(0)`, `runtime: a function calls itself without end, and was stopped`},
			{`ctx, cancel := context.WithCancel(context.Background()); cancel(); ctx.Err() == context.Canceled`, `true`},
			{`close(ch); v, ok := <-ch; fmt.Sprint(v, ok)`, `"0 false"`},
		},
	})
}

func TestAGoroutineThatOutlivesItsCommandIsStopped(t *testing.T) {
	if raced {
		return
	}
	for _, typed := range []string{`go func() { for { } }()`, `ch := make(chan int); go func() { ch <- 1 }()`, `ch := make(chan int); go func() { for range ch { } }()`, `go func() { select {} }()`} {
		y := newTypist(t)
		_, failure, leftovers := y.eval(typed)
		if failure != nil {
			t.Errorf("%s fails: %s", typed, failure.Message)
		}
		if leftovers != 0 {
			t.Errorf("%s leaves %d", typed, leftovers)
		}
		if got := y.text(`1 + 1`); got != "2" {
			t.Errorf("after %s, 1 + 1 is %s", typed, got)
		}
	}
}

// Attack: a timer that one command sets runs in the next one, whose record would then show what it did not do.
func TestATimerEndsWithItsCommand(t *testing.T) {
	if raced {
		return
	}
	y := newTypist(t)
	if got := y.text(`n := 0; t := time.AfterFunc(time.Millisecond, func() { n = 7 }); time.Sleep(100 * time.Millisecond); n`); got != "7" {
		t.Errorf("within its command: %s", got)
	}
	for _, typed := range []string{
		`late := time.AfterFunc(20*time.Millisecond, func() { n = 8 }); _ = late`,
		`t.Reset(20 * time.Millisecond); time.AfterFunc(20*time.Millisecond, func() { panic("late") }); n`,
	} {
		if _, failure, leftovers := y.eval(typed); failure != nil || leftovers != 0 {
			t.Errorf("%s: %v, %d left", typed, failure, leftovers)
		}
	}
	if got := y.text(`time.Sleep(100 * time.Millisecond); n`); got != "7" {
		t.Errorf("in a later command: %s", got)
	}
	if _, failure, leftovers := y.eval(`time.AfterFunc(0, func() { Wait() }); time.Sleep(20 * time.Millisecond)`); failure != nil || leftovers != 1 {
		t.Errorf("one that is under way: %v, %d left", failure, leftovers)
	}
	close(y.release)
}
