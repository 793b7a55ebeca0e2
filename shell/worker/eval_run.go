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
)

// running is one command while it runs.
type running struct {
	i       *interpreter
	ctx     context.Context
	command int
	before  int // goroutines before it began

	mutex  sync.Mutex
	shown  []any
	faults []any
	hold   chan struct{}
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
		hookFault: func(fault any) {
			r := i.running()
			r.mutex.Lock()
			defer r.mutex.Unlock()
			r.faults = append(r.faults, fault)
		},
		hookHold: func() {
			if hold := i.running().hold; hold != nil {
				<-hold
			}
		},
	}
}

func (i *interpreter) running() *running {
	i.nowMutex.Lock()
	defer i.nowMutex.Unlock()
	return i.now
}

func newRunning(i *interpreter, ctx context.Context, command int) *running {
	r := &running{i: i, ctx: ctx, command: command, before: runtime.NumGoroutine()}
	i.nowMutex.Lock()
	i.now = r
	i.nowMutex.Unlock()
	i.noise.take()
	return r
}

// unit runs one unit.
func (r *running) unit(u *unit) (*wire.Value, *wire.Error) {
	if failure := stopped(r.ctx.Err()); failure != nil {
		return nil, failure
	}
	p, failure := r.i.rewrite(u)
	if failure != nil {
		return nil, failure
	}
	r.shown = nil
	if len(p.decls) > 0 {
		if failure := r.execute(&ast.File{Package: p.decls[0].Pos(), Name: &ast.Ident{Name: "main", NamePos: p.decls[0].Pos()}, Decls: p.decls}); failure != nil {
			return nil, failure
		}
	}
	if p.call != nil {
		if failure := r.execute(&ast.BlockStmt{Lbrace: p.call.Pos(), List: []ast.Stmt{p.call}, Rbrace: p.call.End()}); failure != nil {
			return nil, failure
		}
	}
	if u.shown == nil {
		return nil, nil
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	value, failure := result(u, r.shown)
	if !u.last {
		value = nil
	}
	return value, failure
}

func (r *running) execute(node ast.Node) *wire.Error {
	compiled, err := r.compile(node)
	if err != nil {
		return r.i.compileFailure(err)
	}
	// Goroutines inherit the label, so what outlives the command can be told from everything else in the process.
	pprof.SetGoroutineLabels(pprof.WithLabels(r.ctx, pprof.Labels(goroutineLabel, strconv.Itoa(r.command))))
	_, err = r.i.yaegi.ExecuteWithContext(r.ctx, compiled)
	pprof.SetGoroutineLabels(r.ctx)
	if err != nil {
		return r.i.runFailure(err)
	}
	return nil
}

func (r *running) compile(node ast.Node) (p *interp.Program, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%v", fault)
		}
	}()
	return r.i.yaegi.CompileAST(node)
}

const goroutineLabel = "vouchsafe command"

// end stops the goroutines that the command left behind, and counts those that do not stop.
func (r *running) end() int {
	if !r.i.goroutines && r.ctx.Err() == nil && runtime.NumGoroutine() <= r.before {
		return 0
	}
	left := r.left()
	if left == 0 {
		return 0
	}
	r.stop()
	// They stop at their next step; compiled code that waits or computes does not.
	deadline := time.NewTimer(r.i.config.Grace)
	defer deadline.Stop()
	for wait := 100 * time.Microsecond; ; wait *= 2 {
		if left = r.left(); left == 0 {
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

// stop tells every interpreted goroutine to end. yaegi does so when an execution is cancelled, so one is begun that waits for it.
func (r *running) stop() {
	r.hold = make(chan struct{})
	defer close(r.hold)
	p, err := r.i.yaegi.Compile(hookHold + "()")
	if err != nil {
		return
	}
	cancelled, cancel := context.WithCancel(context.WithoutCancel(r.ctx))
	cancel()
	_, _ = r.i.yaegi.ExecuteWithContext(cancelled, p)
}

// left counts the goroutines that carry this command's label.
func (r *running) left() int {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return 1 // uncounted is not none
	}
	count := 0
	label := regexp.MustCompile(`(?m)^(\d+) @.*\n# labels: \{.*"` + goroutineLabel + `":"` + strconv.Itoa(r.command) + `".*\}`)
	for _, m := range label.FindAllStringSubmatch(profile.String(), -1) {
		n, _ := strconv.Atoi(m[1])
		count += n
	}
	return count
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
