package worker

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/traefik/yaegi/interp"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func TestAFailureSaysWhereItIs(t *testing.T) {
	for _, c := range []struct {
		typed        string
		line, column int
	}{
		{"undefinedThing", 1, 1},
		{"x := 1\n  undefinedThing", 2, 3},
		{"x := 1; y := undefinedThing", 1, 14},
		{"func f() int {\n\treturn \"a\"\n}", 2, 9},
		{"1 +* 2)", 1, 7},
		{"fmt.Println(\n\t1,\n\tos.Args)", 3, 2},
		{"1\n\n\"two\"\nPeople = nil", 4, 1},
		{"x := 3\npanic(\"here\")", 2, 1},
		{"func g() {\n\tvar m map[string]int\n\tm[\"a\"] = 1\n}\ng()", 5, 1},
		{"import \"fmt\"\nimport \"os\"", 2, 8},
		{"defer func() {}()", 1, 1},
	} {
		y := newTypist(t)
		_, failure, _ := y.eval(c.typed)
		if failure == nil {
			t.Errorf("%q does not fail", c.typed)
			continue
		}
		if failure.Line != c.line || failure.Column != c.column {
			t.Errorf("%q fails at %d:%d, want %d:%d (%s)", c.typed, failure.Line, failure.Column, c.line, c.column, failure.Message)
		}
	}
}

func TestNoMessageShowsTheInterpreter(t *testing.T) {
	y := newTypist(t)
	for _, typed := range []string{`x := People.Find(999)`, `x`, `func f() { panic("a") }; f()`, `"a" + 1`, `for i := range 3 { i.x() }`, `fmt.Println(`, `any(1).(string)`, `f(1)`, `var f func(); f()`} {
		_, failure, _ := y.eval(typed)
		if failure == nil {
			t.Errorf("%s does not fail", typed)
			continue
		}
		for _, internal := range []string{mark, "yaegi", "reflect", "interp.", "_.go", "main.", "goroutine "} {
			if strings.Contains(failure.Message, internal) {
				t.Errorf("%s fails with %q, which shows %q", typed, failure.Message, internal)
			}
		}
	}
	if y.err.Len() > 0 {
		t.Errorf("standard error holds %q", y.err.String())
	}
}

func TestARefusalKeepsItsRuleAndHint(t *testing.T) {
	y := newTypist(t)
	_, failure, _ := y.eval(`Fatal()`)
	if failure == nil || failure.Kind != wire.ErrRefused || failure.Rule != "write" || failure.Hint != "start with --write" {
		t.Errorf("got %+v", failure)
	}
	_, failure, _ = y.eval(`os.ReadFile("x")`)
	if failure == nil || failure.Kind != wire.ErrRefused || failure.Rule != "import" || failure.Hint == "" {
		t.Errorf("got %+v", failure)
	}
}

func TestAMistakeAnywhereKeepsTheWholeCommandFromRunning(t *testing.T) {
	y := newTypist(t)
	if got := y.text(`fmt.Print("ran"); x := 1; undefinedThing`); strings.Contains(got, "ran") {
		t.Errorf("the beginning ran: %s", got)
	}
	if got, want := y.text(`x`), "runtime: x was not set: command 1 failed"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAnEndlessLoopEndsWithItsTime(t *testing.T) {
	y := newTypist(t)
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer stop()
	_, failure, leftovers := y.in.Eval(ctx, 1, `for { }`)
	if failure == nil || failure.Kind != wire.ErrTimeout || leftovers != 0 {
		t.Errorf("got %+v, %d left over", failure, leftovers)
	}
	if got := y.text(`1 + 1`); got != "2" {
		t.Errorf("afterwards 1 + 1 is %s", got)
	}
}

func TestAnInterruptedCommandIsNotATimeout(t *testing.T) {
	y := newTypist(t)
	ctx, interrupt := context.WithCancel(context.Background())
	interrupt()
	_, failure, _ := y.in.Eval(ctx, 1, `x := 1`)
	if failure == nil || failure.Kind != wire.ErrInterrupted {
		t.Errorf("got %+v", failure)
	}
	if got, want := y.text(`x`), "runtime: x was not set: command 1 failed"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAGoroutineInCompiledCodeIsCounted(t *testing.T) {
	y := newTypist(t)
	_, failure, leftovers := y.eval(`go Wait()`)
	if failure != nil || leftovers != 1 {
		t.Errorf("got %+v, %d left over", failure, leftovers)
	}
	close(y.release)
}

func TestCompiledCodeThatIgnoresTheContextIsCounted(t *testing.T) {
	y := newTypist(t)
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer stop()
	_, failure, leftovers := y.in.Eval(ctx, 1, `Wait()`)
	if failure == nil || failure.Kind != wire.ErrTimeout || leftovers != 1 {
		t.Errorf("got %+v, %d left over", failure, leftovers)
	}
	close(y.release)
}

func TestAPanicInAGoroutineFailsItsCommandOnly(t *testing.T) {
	y := newTypist(t)
	_, failure, _ := y.eval(`done := make(chan bool); go func() { defer close(done); panic("there") }(); <-done`)
	if failure == nil || failure.Message != "in a goroutine: panic: there" {
		t.Errorf("got %+v", failure)
	}
	if got := y.text(`1 + 1`); got != "2" {
		t.Errorf("afterwards 1 + 1 is %s", got)
	}
}

func TestAPanicInAFunctionOfAnEarlierCommandSaysWhich(t *testing.T) {
	y := newTypist(t)
	y.text("func f(a, b int) int {\n\treturn a / b\n}")
	y.text("func g(n int) int { return f(n, 0) + 1 }")
	if got, want := y.text("g(3)"), "runtime: integer divide by zero (in f, typed in command 1, line 1)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := y.text("panic(1)"), "runtime: panic: 1"; got != want {
		t.Errorf("afterwards got %s, want %s", got, want)
	}
}

func TestACommandThatPanickedDoesNotRunAgain(t *testing.T) {
	y := newTypist(t)
	y.text(`n := 0`)
	y.text(`func() { n++; panic("once") }()`)
	for range 3 {
		y.text(`1`)
	}
	if got := y.text(`n`); got != "1" {
		t.Errorf("it ran %s times", got)
	}
}

func TestAnInterpreterNeedsSomewhereToPrint(t *testing.T) {
	if _, err := newInterpreter(interpreterConfig{Exports: interp.Exports{}}); err == nil {
		t.Error("it was made")
	}
	if _, err := newInterpreter(interpreterConfig{Stdout: io.Discard, Stderr: io.Discard, Exports: interp.Exports{"nodir": {}}}); err == nil {
		t.Error("a wrong export was taken")
	}
}

func BenchmarkOnePlusOne(b *testing.B) {
	in, err := newInterpreter(interpreterConfig{Stdout: io.Discard, Stderr: io.Discard})
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		n++
		if _, failure, _ := in.Eval(context.Background(), n, `1 + 1`); failure != nil {
			b.Fatal(failure)
		}
	}
}

func BenchmarkNewInterpreter(b *testing.B) {
	for b.Loop() {
		in, err := newInterpreter(interpreterConfig{Stdout: io.Discard, Stderr: io.Discard})
		if err != nil {
			b.Fatal(err)
		}
		if _, failure, _ := in.Eval(context.Background(), 1, `fmt.Sprint(1)`); failure != nil {
			b.Fatal(failure)
		}
	}
}
