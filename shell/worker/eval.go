package worker

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"io"
	"sync"
	"testing/fstest"
	"time"

	"github.com/traefik/yaegi/interp"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// interpreterConfig says what typed code may use, and where it prints to.
type interpreterConfig struct {
	Stdout io.Writer // what fmt.Print and its like write to
	Stderr io.Writer // what the builtin print and println write to

	// Exports are the application's symbols. Those under "console/console" are in scope without a qualifier;
	// any other package "path/name" is in scope as name.
	Exports interp.Exports

	// Protected are further names that cannot be declared again or assigned to. What "console/console" exports always is.
	Protected []string

	// Grace is how long goroutines that outlive their command have to end once they are told to. 100 ms by default.
	Grace time.Duration
}

// interpreter evaluates the commands of one session, one at a time. Each is first read, checked as a Go 1.26 compiler would,
// and rewritten where yaegi would do something else; only then does any of it run.
//
// What a command declares, later commands see. What a command declares and then fails to set does not exist:
// using it is an error that names the command.
type interpreter struct {
	config  interpreterConfig
	yaegi   *interp.Interpreter
	library *library
	scope   scope
	sources sources

	frames     frames          // the functions that the last panic passed
	waiting    *interp.Program // calls the hook that waits
	said       sayings         // the String and Error methods that were typed
	goroutines bool            // whether typed code ever started one
	printings  []*printing     // the calls by which typed code prints values of its own types

	turn     sync.Mutex // held while a command runs
	nowMutex sync.Mutex
	now      *running // the command that runs, for what rewritten code reports back
}

// newInterpreter returns an interpreter with nothing declared yet. It fails where an export is not one that yaegi can use.
func newInterpreter(config interpreterConfig) (*interpreter, error) {
	if config.Stdout == nil || config.Stderr == nil {
		return nil, errors.New("an interpreter needs somewhere to print to")
	}
	if config.Grace == 0 {
		config.Grace = 100 * time.Millisecond
	}
	i := &interpreter{config: config, now: &running{}}
	i.sources.files = map[string]origin{}
	i.yaegi = interp.New(interp.Options{
		// fmt's own Print functions are exported with Stdout bound; what is left to yaegi is the builtin println.
		Stdout:               config.Stderr,
		Stderr:               &i.frames,
		Stdin:                nothing{},
		Args:                 []string{"console"},
		SourcecodeFilesystem: fstest.MapFS{},
	})
	exports := i.symbols()
	if err := i.yaegi.Use(exports); err != nil {
		return nil, fmt.Errorf("exports for typed code: %w", err)
	}
	i.yaegi.ImportUsed()
	if _, err := i.yaegi.Eval(`import . "` + consolePath + `"`); err != nil {
		return nil, fmt.Errorf("exports of %s: %w", consolePath, err)
	}
	waiting, err := i.yaegi.Compile(hookHold + "()")
	if err != nil {
		return nil, fmt.Errorf("prepare the interpreter: %w", err)
	}
	i.waiting = waiting
	i.library = newLibrary(exports)
	i.library.places = i.yaegi.FileSet()
	i.scope = newScope(i.library, config.Protected)
	return i, nil
}

// Eval runs one command. The value is that of its last statement if that is an expression with a value, else nil.
// leftovers counts the goroutines the command started that could not be stopped: with any, this interpreter is not to be used again.
//
// Eval returns when ctx is done, also where compiled code goes on; that then counts as a leftover.
func (i *interpreter) Eval(ctx context.Context, command int, source string) (value *wire.Value, failure *wire.Error, leftovers int) {
	i.turn.Lock()
	defer i.turn.Unlock()
	defer func() {
		if fault := recover(); fault != nil {
			value, failure = nil, beyond(fmt.Sprint(fault))
		}
	}()

	units, failure := i.read(command, source)
	if failure != nil {
		return nil, failure, 0
	}
	// The whole command is checked before any of it runs, so a mistake at its end leaves nothing half done.
	trial, failure := i.check(command, units)
	if failure == nil {
		failure = i.rewriteAll(trial, units)
	}
	if failure != nil {
		i.scope.lose(command, units)
		return nil, failure, 0
	}
	run := newRunning(i, ctx, command)
	// Not earlier: what is compiled before the first execution with a context cannot be stopped where it waits.
	if failure = run.compileAll(units); failure != nil {
		i.scope.lose(command, units)
		units = nil
	}
	for n, u := range units {
		value, failure = run.unit(u)
		if failure != nil {
			i.scope.lose(command, units[n:])
			break
		}
		i.scope.keep(u)
	}
	leftovers = run.end()
	if failure == nil {
		failure = run.fault()
	}
	for _, u := range units {
		i.scope.usedLast(u)
	}
	if failure != nil {
		return nil, failure, leftovers
	}
	if len(units) > 0 {
		i.scope.setLast(units[len(units)-1].kept)
	}
	return value, failure, leftovers
}

// position of a token in what was typed.
func (i *interpreter) position(pos token.Pos) (line, column int) {
	if !pos.IsValid() {
		return 0, 0
	}
	p := i.yaegi.FileSet().PositionFor(pos, false)
	return i.sources.place(p.Filename, p.Offset)
}

// nothing is the standard input of typed code.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }
