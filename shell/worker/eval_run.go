package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"reflect"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"time"

	"github.com/traefik/yaegi/interp"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// The hooks that rewritten code calls.
const (
	hookShow  = "show" + mark
	hookClear = "clear" + mark
	hookFault = "fault" + mark
	hookHold  = "hold" + mark
	hookPlain = "plain" + mark
	hookEqual = "equal" + mark

	hookLetters = "letters" + mark
	hookPrinted = "printed" + mark
	hookNamed   = "named" + mark
	hookSay     = "say" + mark
)

// running is one command while it runs.
type running struct {
	i       *interpreter
	ctx     context.Context
	command int
	before  int // goroutines before it began

	mutex   sync.Mutex
	shown   []any
	methods []printedMethod // of what is shown
	faults  []any

	over   bool          // it has ended: no timer of it calls typed code any more
	timers []*time.Timer // that call typed code
	late   int           // functions of timers that are under way

	cancel  context.CancelFunc
	begun   sync.Once
	held    chan struct{} // closed when the guard stands
	hold    chan struct{} // closed to let it go
	guarded chan struct{} // closed when it is gone
}

func (i *interpreter) hooks() map[string]any {
	return map[string]any{
		hookShow: func(values ...any) {
			r := i.running()
			r.mutex.Lock()
			defer r.mutex.Unlock()
			r.shown = values
		},
		hookClear: func(what any) {
			if v := reflect.ValueOf(what); v.IsValid() {
				v.Clear()
			}
		},
		hookNamed: func(which int, given ...any) {
			r := i.running()
			r.mutex.Lock()
			defer r.mutex.Unlock()
			r.methods = i.printedWith(which, given)
		},
		hookFault: func(fault any) {
			r := i.running()
			r.mutex.Lock() // also without a fault: what the goroutine did is done before the next command
			defer r.mutex.Unlock()
			if fault != nil {
				r.faults = append(r.faults, unwrap(fault))
			}
		},
		hookPlain:   unwrap,
		hookEqual:   same,
		hookLetters: letters,
		hookPrinted: i.printed,
		hookSay:     i.say,
		hookHold: func() {
			r := i.running()
			r.begun.Do(func() { close(r.held) })
			<-r.hold
			// Not back into yaegi: it would read the global frame for a result, which the next command may be resizing.
			runtime.Goexit()
		},
	}
}

func (i *interpreter) running() *running {
	i.nowMutex.Lock()
	defer i.nowMutex.Unlock()
	return i.now
}

func newRunning(i *interpreter, ctx context.Context, command int) *running {
	r := &running{
		i: i, command: command, before: runtime.NumGoroutine(),
		held: make(chan struct{}), hold: make(chan struct{}), guarded: make(chan struct{}),
	}
	r.ctx, r.cancel = context.WithCancel(ctx)
	i.nowMutex.Lock()
	i.now = r
	i.nowMutex.Unlock()
	r.guard()
	return r
}

// guard begins an execution that waits. yaegi can stop only what belongs to the execution that was begun with a context last; as long
// as this one waits, that is everything the command does, its goroutines included. Cancelling r.ctx stops it all.
func (r *running) guard() {
	go func() {
		defer close(r.guarded)
		_, _ = r.i.yaegi.ExecuteWithContext(r.ctx, r.i.waiting)
	}()
	select {
	case <-r.held:
	case <-r.guarded:
	}
}

// ready is a unit as yaegi runs it; nil for a part that it does not have.
type ready struct{ decls, call *interp.Program }

// compileAll compiles every unit before any of them runs: yaegi makes its global frame larger for what it has compiled, and a
// goroutine of an earlier unit may be reading that.
func (r *running) compileAll(units []*unit) *wire.Error {
	if failure := stopped(r.ctx.Err()); failure != nil { // and perhaps the guard does not stand
		return failure
	}
	i := r.i
	for _, u := range units {
		p := u.program
		var err error
		if len(p.decls) > 0 {
			file := &ast.File{Package: p.decls[0].Pos(), Name: &ast.Ident{Name: "main", NamePos: p.decls[0].Pos()}, Decls: p.decls}
			if u.ready.decls, err = i.compile(file); err != nil {
				return i.compileFailure(err)
			}
		}
		if p.call != nil {
			block := &ast.BlockStmt{Lbrace: p.call.Pos(), List: []ast.Stmt{p.call}, Rbrace: p.call.End()}
			if u.ready.call, err = i.compile(block); err != nil {
				return i.at(u.nodes()[0], i.compileFailure(err))
			}
		}
	}
	return nil
}

// unit runs one unit.
func (r *running) unit(u *unit) (*wire.Value, *wire.Error) {
	if failure := stopped(r.ctx.Err()); failure != nil {
		return nil, failure
	}
	r.shown, r.methods = nil, nil
	if u.ready.decls != nil {
		if failure := r.execute(u.ready.decls); failure != nil {
			return nil, failure
		}
		r.i.scope.last.made(u.kept)
		for t, copies := range u.copies {
			t.copies = append(t.copies[:len(t.copies):len(t.copies)], copies...)
		}
	}
	if u.ready.call != nil {
		if failure := r.execute(u.ready.call); failure != nil {
			return nil, r.i.at(u.nodes()[0], failure)
		}
	}
	if u.shown == nil {
		return nil, nil
	}
	value, failure := r.result(u)
	if !u.last {
		value = nil
	}
	return value, failure
}

func (r *running) execute(p *interp.Program) *wire.Error {
	r.i.frames.forget()
	ended := make(chan error, 1)
	go func() {
		// Goroutines inherit the label, so what outlives the command can be told from everything else in the process.
		pprof.SetGoroutineLabels(pprof.WithLabels(r.ctx, pprof.Labels(goroutineLabel, r.label())))
		_, err := r.i.yaegi.Execute(p)
		ended <- err
	}()
	look := time.NewTicker(depthTime)
	defer look.Stop()
	for {
		select {
		case <-r.ctx.Done():
			return stopped(r.ctx.Err())
		case <-look.C:
			if deep() {
				r.cancel()
				<-ended // each call that is under way ends at its next step
				return endless()
			}
		case err := <-ended:
			if failure := stopped(r.ctx.Err()); failure != nil {
				return failure // a stopped execution ends without an error
			}
			if err != nil {
				return r.inFunction(r.i.runFailure(err))
			}
			return nil
		}
	}
}

func (i *interpreter) compile(node ast.Node) (p *interp.Program, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%v", fault)
		}
	}()
	return i.yaegi.CompileAST(node)
}

const goroutineLabel = "vouchsafe command"

// label tells this command from every other in the process.
func (r *running) label() string { return fmt.Sprintf("%d %p", r.command, r) }

// end stops the goroutines that the command left behind, and counts those that do not stop.
func (r *running) end() int {
	defer r.cancel()
	left := 0
	late := r.stopTimers()
	// The guard is two goroutines.
	if late > 0 || r.i.goroutines || r.ctx.Err() != nil || runtime.NumGoroutine() > r.before+2 {
		left = r.left()
	}
	if left > 0 { // what is about to end, or to report that it panicked, may do so
		left = r.wait(endingTime)
	}
	if left > 0 {
		r.cancel()
		<-r.guarded
	}
	close(r.hold)
	<-r.guarded
	if left == 0 {
		return 0
	}
	// They stop at their next step; compiled code that waits or computes does not.
	return r.wait(r.i.config.Grace)
}

// endingTime is how long a command's goroutines may take to end by themselves once it has ended.
const endingTime = 50 * time.Millisecond

// wait waits until none of the command's goroutines is left, or for so long, and counts those that are.
func (r *running) wait(long time.Duration) int {
	deadline := time.NewTimer(long)
	defer deadline.Stop()
	for wait := 100 * time.Microsecond; ; wait *= 2 {
		left := r.left()
		if left == 0 {
			return 0
		}
		pause := time.NewTimer(wait)
		select {
		case <-deadline.C:
			pause.Stop()
			return r.left()
		case <-pause.C:
		}
	}
}

// left counts the goroutines that carry this command's label, and the timers' functions that are under way.
func (r *running) left() int {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return 1 // uncounted is not none
	}
	count := 0
	label := regexp.MustCompile(`(?m)^(\d+) @.*\n# labels: \{.*"` + goroutineLabel + `":"` + r.label() + `".*\}`)
	for _, m := range label.FindAllStringSubmatch(profile.String(), -1) {
		n, _ := strconv.Atoi(m[1])
		count += n
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return count + r.late
}

// fault is the failure of a goroutine that panicked while the command ran.
func (r *running) fault() *wire.Error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.faults) == 0 {
		return nil
	}
	failure := fromPanic(r.faults[0])
	failure.Message = "in a goroutine: " + failure.Message
	return failure
}

// stopped says in words why a context is done.
func stopped(err error) *wire.Error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return &wire.Error{Kind: wire.ErrTimeout, Message: "the command took too long and was stopped", Hint: "what it had committed stays; ask for less, or in smaller steps"}
	default:
		return &wire.Error{Kind: wire.ErrInterrupted, Message: "the command was interrupted", Hint: "what it had committed stays"}
	}
}
