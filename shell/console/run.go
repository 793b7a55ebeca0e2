package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// Config is what a console needs. Every field is required unless its comment says otherwise.
type Config struct {
	Dial   func(context.Context) (*websocket.Conn, error) // connects to the server
	Input  *os.File                                       // a terminal
	Output *os.File                                       // the same terminal
	Getenv func(string) string

	Justification string // the link; asked for where it is empty
	Note          string // beside the link; may be empty
	Sandbox       bool   // nothing that is written will stand
}

// ErrNoSession is a person who left before there was a session. Nothing was run.
var ErrNoSession = errors.New("no session was opened")

// valueLimit bounds what is rendered of one value, in bytes. The server bounds it first.
const valueLimit = 4 << 20

// Run holds one session: it asks why, reads inputs and shows what they come to, until the person leaves, ctx ends or the
// server goes. A refusal of the justification in c, and whatever keeps a session from opening, is a *wire.Error.
func Run(ctx context.Context, c Config) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	socket, err := c.Dial(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer socket.CloseNow()
	s := &session{config: c, color: Colors(c.Getenv, true), clock: time.Now}
	s.client = newClient(socket, s.notice, s.gone)
	// Reading goes on when ctx ends, so that the session's end is heard.
	go s.client.listen(context.WithoutCancel(ctx))

	first, err := s.client.hear(ctx)
	switch {
	case err != nil:
		return err
	case first.Closed != nil && first.Closed.Err != nil:
		return first.Closed.Err
	case first.Welcome == nil || first.Welcome.Version != wire.Version:
		return errors.New("console and server are of different versions: use one build of both")
	}
	s.welcome = *first.Welcome
	s.editor, err = NewEditor(EditorConfig{
		Input: c.Input, Output: c.Output, Color: s.color, Truncates: c.Getenv("XTERM_VERSION") != "",
		Typed:    s.typed,
		Complete: func(source string, cursor int) wire.Completed { return s.client.complete(ctx, source, cursor) },
	})
	if err != nil {
		return err
	}
	defer s.editor.Close()
	s.write(s.screen().Banner(s.welcome))
	if err := s.open(ctx); err != nil {
		return err
	}
	stop := s.ticking(ctx)
	defer stop()
	return s.hold(ctx)
}

// session is the console's end of a session: what the person sits at.
type session struct {
	config  Config
	color   bool
	client  *client
	editor  *Editor
	welcome wire.Welcome

	mu      sync.Mutex
	state   wire.State
	ends    time.Time          // of the decrypted period, by this clock
	period  context.Context    // ends with the decrypted period
	over    context.CancelFunc // ends it
	reading bool               // the prompt is shown
	isGone  bool               // the server has closed the session, or has gone
	lent    bool               // something else has the terminal
	held    []string           // notices that came meanwhile
	tail    bool               // what is typed now is the tail of what was meant for a period that is over
	clock   func() time.Time
	told    time.Time // when the server was told last that somebody types
}

func (s *session) screen() Screen {
	width, height := s.editor.Size()
	return Screen{Width: width, Height: height, Color: s.color, Limit: valueLimit}
}

// write prints a text that ends its line.
func (s *session) write(text string) {
	if text == "" {
		return
	}
	io.WriteString(s.config.Output, strings.TrimSuffix(text, "\n")+"\n") // a terminal that has gone is noticed by the next read
}

// become takes on the state that the server says. What was typed in a decrypted period that is over is forgotten.
func (s *session) become(state wire.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Period != 0 && state.Period != s.state.Period {
		s.over()
		s.editor.Forget()
		if s.reading { // what is typed there was meant for the period
			s.editor.Abandon()
		}
	}
	if state.Period != 0 && state.Period != s.state.Period {
		s.period, s.over = context.WithCancel(context.Background())
	}
	if state.Period == 0 {
		s.period = context.Background()
	}
	s.state, s.ends = state, time.Now().Add(state.Left)
}

// inPeriod is ctx, bounded by the decrypted period if one is open.
func (s *session) inPeriod(ctx context.Context) (context.Context, context.CancelFunc) {
	s.mu.Lock()
	period := s.period
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(period, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

func (s *session) prompt() string {
	screen := s.screen()
	s.mu.Lock()
	defer s.mu.Unlock()
	return screen.Prompt(placeOf(s.welcome), s.state, max(time.Until(s.ends), 0))
}

// notice shows what happened beside what is typed.
func (s *session) notice(n wire.Notice) {
	if s.editor == nil {
		return
	}
	if text := s.screen().Notice(n); !s.keep(text) {
		s.editor.Print(text)
	}
	s.become(n.State)
}

// gone ends a prompt that nobody would hear the answer of.
func (s *session) gone() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isGone = true
	if s.reading {
		s.editor.Abandon()
	}
}

// ticking keeps the time that is left in the prompt.
func (s *session) ticking(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		clock := time.NewTicker(time.Second)
		defer clock.Stop()
		for {
			select {
			case <-clock.C:
				s.mu.Lock()
				shown := s.state.Period != 0 && s.reading
				s.mu.Unlock()
				if shown {
					s.editor.SetPrompt(s.prompt())
				}
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}
