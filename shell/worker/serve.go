package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path"
	"reflect"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/traefik/yaegi/interp"
	"gorm.io/gorm"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
	"github.com/vouchsafe/vouchsafe/shell/worker/confine"
)

// Main is the whole life of a worker's process: role is confine.Work or confine.Describe. It returns when the broker
// has gone.
func Main(app shell.App, role string) error {
	controlStream, statementStream, err := confine.Enter()
	if err != nil {
		return err
	}
	control, err := wire.NewConn(controlStream, wire.MaxControl)
	if err != nil {
		return err
	}
	if role == confine.Describe {
		return describe(app, control)
	}
	statements, err := wire.NewConn(statementStream, wire.MaxResponse)
	if err != nil {
		return err
	}
	log.SetOutput(io.Discard) // the interpreter logs its own faults there; they are reported with the command
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(768 << 20) // collect harder before the kernel's limit ends us
	return serve(app, control, &gate{conn: statements}, os.Stdout, os.Stderr)
}

// describe says what the models are and ends.
func describe(app shell.App, control *wire.Conn) error {
	schema, err := shell.Describe(app)
	if err != nil {
		return err
	}
	if app.Topics != nil {
		if schema.Topics, err = app.Topics(); err != nil {
			return fmt.Errorf("describe: topics: %w", err)
		}
	}
	b, err := json.Marshal(schema)
	if err != nil {
		return fmt.Errorf("describe: %w", err)
	}
	return control.Send(wire.Control{Ready: &wire.Ready{Version: wire.Version, Description: b}})
}

// serve answers the broker's turns.
func serve(app shell.App, control *wire.Conn, g *gate, stdout, stderr io.Writer) error {
	var first wire.Control
	if err := control.Receive(&first); err != nil {
		return err
	}
	if first.Hello == nil || first.Hello.Version != wire.Version {
		return errors.New("server and worker are of different versions: use one build of both")
	}
	w, err := newWorker(app, *first.Hello, g, stdout, stderr)
	if err != nil {
		return err
	}
	if err := control.Send(wire.Control{Ready: &wire.Ready{Version: wire.Version}}); err != nil {
		return err
	}

	asked := make(chan wire.Control)
	var busy atomic.Bool // from the arrival of a turn to its end
	go func() {
		// Reading on while a command runs is what lets a cancel arrive. When the broker has gone there is nothing
		// left to do, whatever the command is at.
		for {
			var c wire.Control
			if err := control.Receive(&c); err != nil {
				os.Exit(0)
			}
			switch {
			case c.Turn != nil:
				busy.Store(true)
				asked <- c
			case c.Complete != nil && !busy.Load():
				asked <- c
			case c.Cancel != nil:
				w.cancel(c.Cancel.Nonce)
			}
		}
	}()
	for c := range asked {
		var answer wire.Control
		if c.Turn != nil {
			answer.Done = w.run(*c.Turn)
			busy.Store(false)
		} else {
			answer.Completed = w.completer.Complete(*c.Complete)
		}
		if err := control.Send(answer); err != nil {
			return err
		}
	}
	return nil
}

// worker evaluates the commands of one session.
type worker struct {
	gate        *gate
	db          *gorm.DB
	interpreter *interpreter
	completer   *completer

	mu      sync.Mutex
	running wire.Nonce
	stop    context.CancelFunc
}

func newWorker(app shell.App, hello wire.Hello, g *gate, stdout, stderr io.Writer) (*worker, error) {
	schema, err := shell.Describe(app)
	if err != nil {
		return nil, err
	}
	db, err := openGORM(hello.Dialect, hello.Server, schema, g)
	if err != nil {
		return nil, err
	}
	exports, protected := symbols(app, schema, db)
	in, err := newInterpreter(interpreterConfig{Stdout: stdout, Stderr: stderr, Exports: exports, Protected: protected})
	if err != nil {
		return nil, err
	}
	in.library.handed = &g.handed
	return &worker{gate: g, db: db, interpreter: in, completer: newCompleter(app, schema, in)}, nil
}

// symbols is what typed code finds without an import, and the names among it that it may not redefine.
func symbols(app shell.App, schema shell.Schema, db *gorm.DB) (interp.Exports, []string) {
	table := func(name string) *shell.Rows {
		key := "id"
		if t, ok := schema.Table(name); ok && len(t.Keys) == 1 {
			key = t.Keys[0]
		}
		return shell.NewRows(db, name, key)
	}
	console := map[string]reflect.Value{
		"db":       reflect.ValueOf(db),
		"Table":    reflect.ValueOf(table),
		"Row":      reflect.ValueOf((*shell.Row)(nil)),
		"ErrNoRow": reflect.ValueOf(shell.ErrNoRow),
	}
	protected := []string{"db", "Table", "Row", "ErrNoRow"}
	types := map[string]int{}
	for _, m := range app.Models {
		types[m.Type.Name()]++
	}
	for _, m := range app.Models {
		if name := m.Type.Name(); types[name] == 1 { // else only its package tells which is meant
			console[name] = reflect.Zero(reflect.PointerTo(m.Type))
			protected = append(protected, name)
		}
		console[m.Repository] = reflect.ValueOf(m.Bind(db))
		protected = append(protected, m.Repository)
	}
	exports := interp.Exports{
		"console/console": console,
		"gorm.io/gorm/gorm": {
			"DB":                reflect.ValueOf((*gorm.DB)(nil)),
			"Model":             reflect.ValueOf((*gorm.Model)(nil)),
			"DeletedAt":         reflect.ValueOf((*gorm.DeletedAt)(nil)),
			"Session":           reflect.ValueOf((*gorm.Session)(nil)),
			"Expr":              reflect.ValueOf(gorm.Expr),
			"ErrRecordNotFound": reflect.ValueOf(gorm.ErrRecordNotFound),
		},
		"crypto/crypto": {
			"Seal":   reflect.ValueOf(crypto.Seal),
			"Eq":     reflect.ValueOf(crypto.Eq),
			"String": reflect.ValueOf((*crypto.String)(nil)),
			"Bytes":  reflect.ValueOf((*crypto.Bytes)(nil)),
			"Equal":  reflect.ValueOf((*crypto.Equal)(nil)),
		},
	}
	for key, names := range app.Symbols {
		// Without an import yaegi knows a package by the end of its path only, so that is made to be its name.
		key = path.Base(key) + "/" + path.Base(key)
		if exports[key] == nil { // the console's own names stand
			exports[key] = names
		}
	}
	return exports, protected
}

// run runs one recorded command.
func (w *worker) run(turn wire.Turn) *wire.Done {
	ctx, stop := context.WithCancel(context.Background()) // how long it may take, the broker knows
	defer stop()
	w.mu.Lock()
	w.running, w.stop = turn.Nonce, stop
	w.mu.Unlock()
	w.gate.open(turn.Nonce)

	done := &wire.Done{Nonce: turn.Nonce}
	if word, rest, ok := dotCommand(turn.Source); ok {
		w.dot(word, rest, done)
	} else {
		done.Value, done.Err, done.Leftovers = w.interpreter.Eval(ctx, turn.Command, turn.Source)
	}
	w.gate.shut()

	w.mu.Lock()
	w.running, w.stop = wire.Nonce{}, nil
	w.mu.Unlock()
	return done
}

// cancel stops the command with this nonce, if it is the one that runs.
func (w *worker) cancel(nonce wire.Nonce) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stop != nil && w.running == nonce {
		w.stop()
	}
}
