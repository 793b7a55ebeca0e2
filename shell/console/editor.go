package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"

	"github.com/chzyer/readline"
	"golang.org/x/sys/unix"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// How a Read or an Ask ends without an input. Nothing of what was typed is kept then.
var (
	ErrInterrupted = errors.New("interrupted")     // by Ctrl-C
	ErrAbandoned   = errors.New("input abandoned") // by Abandon

	// ErrDropped is the ErrAbandoned of an input that had begun: its tail may still be typed, see Swallow.
	ErrDropped = fmt.Errorf("%w: what was typed of it is dropped", ErrAbandoned)
)

// maxInput bounds one input, in bytes: with what is around it, it must be one frame.
const maxInput = wire.MaxFromConsole - 4<<10

// Editor reads inputs from a terminal.
//
// An input may have many lines. It is edited as a whole: up and down move between its lines, and beyond them to what was
// typed before. Enter sends it if it can be sent, and begins another line if it cannot yet; Alt-Enter always begins
// another line. A paste is text, whatever is in it, and is never sent by itself.
//
// What is held is what was typed. What is shown is made visible, so nothing that is pasted acts on the terminal.
//
// While no Read and no Ask is under way, what is typed waits for the next Read; an Ask forgets it, so that it is not taken
// for an answer.
type Editor struct {
	config   EditorConfig
	terminal *tty
	readline *readline.Instance

	one      sync.Mutex    // a Read or Ask at a time
	turn     chan struct{} // readline may have the next key
	settled  chan struct{} // readline is done with the last key of an input
	closed   chan struct{}
	pressed  chan os.Signal // Ctrl-C while a command runs
	resized  chan os.Signal
	breaks   chan struct{}
	finished sync.WaitGroup

	// Only the goroutine that has the turn touches these.
	filter keyFilter
	key    key  // the key that readline is at
	burst  bool // a paste was read, and the terminal has not been silent since

	m         sync.Mutex // guards what follows, and writing to the terminal
	ahead     []key      // typed, and not yet given to readline
	reading   bool       // a Read or Ask is under way
	number    int        // of it
	ending    bool       // its last key is with readline
	asking    bool       // it is an Ask
	stop      error      // it is to end with this
	abandoned bool       // the next Read is to end at once
	prompt    string
	draft     draft
	killed    []rune // by Ctrl-K and its like
	history   history
	search    *search // while Ctrl-R looks for something
	tab       completion
	canvas    canvas
	isOver    bool // Close was called
}

// EditorConfig is what an Editor needs.
type EditorConfig struct {
	Input  *os.File  // the terminal
	Output io.Writer // the terminal
	// Complete is asked on Tab, with the whole input so far and a byte offset into it. nil: no completion. It may be given
	// up on, and is then not asked again before it has returned.
	Complete func(source string, cursor int) wire.Completed
	// Typed is told that keys were typed, as soon as they are read, whatever they are. It must not wait. nil: nobody wants it.
	Typed func()
	Color bool // colour and dim text may be used
	// Truncates says that the terminal cuts rows when it becomes narrower, as xterm does, instead of breaking them.
	Truncates bool
}

// NewEditor takes over the terminal. Close gives it back.
func NewEditor(config EditorConfig) (*Editor, error) {
	if config.Input == nil || config.Output == nil {
		return nil, errors.New("an editor needs a terminal")
	}
	t, err := openTTY(config.Input)
	if err != nil {
		return nil, err
	}
	e := &Editor{
		config:   config,
		terminal: t,
		turn:     make(chan struct{}, 1),
		settled:  make(chan struct{}, 1),
		closed:   make(chan struct{}),
		pressed:  make(chan os.Signal, 8),
		resized:  make(chan os.Signal, 1),
		breaks:   make(chan struct{}, 8),
		canvas:   canvas{out: config.Output, reflows: !config.Truncates},
	}
	// readline keeps the text and runs the loop over the keys. It is given keys by Stdin and FuncFilterInputRune, and tells
	// of them by the Listener; all three are in editor_keys.go. It is no longer asked to draw, to search, to complete or to
	// remember: in each of them it has a defect that cannot be mended from outside.
	e.readline, err = readline.NewEx(&readline.Config{
		Stdin:                  io.NopCloser(keys{e}),
		Stdout:                 io.Discard,
		Stderr:                 io.Discard,
		DisableAutoSaveHistory: true,
		HistoryLimit:           -1,
		InterruptPrompt:        "\n",
		EOFPrompt:              "\n",
		Listener:               e,
		FuncFilterInputRune:    e.next,
		FuncIsTerminal:         func() bool { return false },
		FuncMakeRaw:            t.forEditing,
		FuncExitRaw:            t.forCommand,
		FuncGetWidth:           func() int { columns, _ := t.size(); return columns },
		FuncOnWidthChanged:     func(func()) {},
	})
	if err == nil {
		err = t.forCommand()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the terminal: %w", err), t.close())
	}
	signal.Notify(e.pressed, os.Interrupt)
	signal.Notify(e.resized, unix.SIGWINCH)
	e.finished.Add(1)
	go e.watch()
	return e, nil
}

// Read reads one complete input. The error is ErrInterrupted after Ctrl-C, io.EOF after Ctrl-D on an empty line or when the
// terminal is gone, and ErrAbandoned after Abandon: ErrDropped if something was typed.
func (e *Editor) Read(prompt string) (string, error) {
	return e.read(context.Background(), prompt, false)
}

// Ask reads one line as the answer to a question. What was typed before the question was asked is forgotten. When ctx
// is done, it returns its error at once.
func (e *Editor) Ask(ctx context.Context, prompt string) (string, error) {
	return e.read(ctx, prompt, true)
}

// read has errors of its own besides those of Read: what ctx was ended by.
func (e *Editor) read(ctx context.Context, prompt string, asking bool) (string, error) {
	e.one.Lock()
	defer e.one.Unlock()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	number, err := e.begin(prompt, asking)
	if err != nil {
		return "", err
	}
	defer context.AfterFunc(ctx, func() { e.end(number, ctx.Err()) })()

	line, err := e.readline.Readline()
	<-e.settled
	return e.conclude(line, err)
}

func (e *Editor) begin(prompt string, asking bool) (number int, err error) {
	e.m.Lock()
	defer e.m.Unlock()
	if e.isOver {
		return 0, io.EOF
	}
	if asking {
		e.dropAhead()
	}
	for !asking && len(e.breaks) > 0 { // they were for what ran
		<-e.breaks
	}
	e.number++
	e.reading, e.ending, e.asking, e.stop = true, false, asking, nil
	if e.abandoned && !asking {
		e.abandoned, e.stop = false, ErrAbandoned
	}
	e.prompt, e.draft, e.search, e.tab = prompt, draft{}, nil, completion{busy: e.tab.busy}
	e.history.rest()
	io.WriteString(e.config.Output, pasteOn)
	return e.number, nil
}

// A terminal brackets pastes between these two.
const (
	pasteOn  = "\x1b[?2004h"
	pasteOff = "\x1b[?2004l"
)

// conclude ends a Read or an Ask: what it came to is shown as it is.
func (e *Editor) conclude(line string, err error) (string, error) {
	e.m.Lock()
	defer e.m.Unlock()
	columns, rows := e.terminal.size()
	mark := ""
	switch {
	case e.stop == ErrAbandoned: // its prompt is no longer true
		line, err = "", e.stop
		if len(e.draft.text) > 0 || len(e.ahead) > 0 {
			err = ErrDropped
		}
		e.canvas.clear(columns)
	case e.stop != nil:
		line, err = "", e.stop
		e.draft = draft{}
	case errors.Is(err, readline.ErrInterrupt):
		line, err = "", ErrInterrupted
		mark = "^C"
	case err != nil:
		line = ""
	}
	e.draft.pos = len(e.draft.text)
	if e.stop != ErrAbandoned {
		l := e.layout(columns)
		if err != nil {
			l = l.fit(columns, rows) // what is dropped need not be shown whole
		}
		e.canvas.leave(l, mark, columns)
	}
	e.reading, e.search, e.draft = false, nil, draft{}
	e.readline.ResetHistory() // it keeps the last text there, whatever it is told
	if e.stop == ErrAbandoned {
		e.dropAhead()
	}
	e.drain()
	return line, err
}

// SetPrompt changes the prompt of the Read under way, and leaves that of an Ask. It is safe from another goroutine.
func (e *Editor) SetPrompt(prompt string) {
	e.m.Lock()
	defer e.m.Unlock()
	if e.reading && !e.asking && e.prompt != prompt {
		e.prompt = prompt
		e.redraw()
	}
}

// Print writes text above what is being edited, or just writes it if nothing is. It is written as it is, colours included.
// It is safe from another goroutine.
func (e *Editor) Print(text string) {
	e.m.Lock()
	defer e.m.Unlock()
	columns, _ := e.terminal.size()
	e.canvas.above(text, columns)
	e.redraw()
}

// Size is the terminal's, in columns and rows: 80 by 24 where it says nothing.
func (e *Editor) Size() (width, height int) { return e.terminal.size() }

// Close ends the Read or Ask under way with io.EOF and gives the terminal back as it was found.
func (e *Editor) Close() error {
	e.m.Lock()
	over := e.isOver
	e.isOver = true
	e.m.Unlock()
	if over {
		return nil
	}
	e.end(0, io.EOF)

	e.one.Lock() // from here no Read is under way
	defer e.one.Unlock()
	signal.Stop(e.pressed)
	signal.Stop(e.resized)
	close(e.closed)
	e.finished.Wait()
	e.readline.Config.Stdin.Close()
	e.readline.Terminal.KickRead() // so that it sees the end, if nothing was read yet
	io.WriteString(e.config.Output, pasteOff)
	return e.terminal.close()
}
