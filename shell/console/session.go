package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// open asks why, until the server takes the answer or the person leaves.
func (s *session) open(ctx context.Context) error {
	link := s.config.Justification
	for {
		given := link != ""
		if !given {
			var err error
			if link, err = s.askWhy(ctx); err != nil {
				return err
			}
		}
		err := s.client.send(ctx, wire.FromConsole{Open: &wire.Open{Version: wire.Version, Justification: link, Note: s.config.Note, Sandbox: s.config.Sandbox}})
		if err != nil {
			return err
		}
		m, err := s.client.hear(ctx)
		switch {
		case err != nil:
			return err
		case m.Session != nil:
			s.become(m.Session.State)
			s.write(s.screen().Opened(*m.Session))
			return nil
		case m.Failed == nil:
			return errGone
		case given && s.config.Justification != "", m.Failed.Kind != wire.ErrRefused:
			return m.Failed
		}
		s.write(s.screen().Failed(m.Failed))
		link = ""
	}
}

// askWhy asks for the link that justifies the session. Enter takes the one that is offered.
func (s *session) askWhy(ctx context.Context) (string, error) {
	prompt := "why? a link, such as the on-call card: "
	if s.welcome.Justification != "" {
		prompt = fmt.Sprintf("why? a link (Enter: %s): ", Visible(s.welcome.Justification))
	}
	for {
		answer, err := s.editor.Ask(ctx, prompt)
		switch answer = strings.TrimSpace(answer); {
		case err != nil && ctx.Err() == nil:
			return "", ErrNoSession
		case err != nil:
			return "", ctx.Err()
		case answer != "":
			return answer, nil
		case s.welcome.Justification != "":
			return s.welcome.Justification, nil
		}
	}
}

// hold reads inputs and runs them until the session ends.
func (s *session) hold(ctx context.Context) error {
	stop := context.AfterFunc(ctx, s.editor.Abandon)
	defer stop()
	for {
		source, err := s.read(ctx)
		switch {
		case ctx.Err() != nil:
			return s.leave(context.WithoutCancel(ctx), "interrupted")
		case errors.Is(err, ErrAbandoned) && s.serverGone():
			return s.lastWord(ctx)
		case errors.Is(err, ErrDropped):
			s.dropped()
			s.say("the line that you were typing was dropped")
			continue
		case errors.Is(err, ErrInterrupted), errors.Is(err, ErrAbandoned):
			continue
		case errors.Is(err, io.EOF):
			return s.leave(ctx, "closed")
		case err != nil:
			s.leave(ctx, "interrupted")
			return fmt.Errorf("read the terminal: %w", err)
		case strings.TrimSpace(source) == "":
			continue
		}
		s.mu.Lock()
		period := s.state.Period
		s.mu.Unlock()
		s.editor.Remember(source, period)
		for next := &source; next != nil; { // .edit gives another
			r, err := s.run(ctx, *next)
			switch {
			case ctx.Err() != nil:
				return s.leave(context.WithoutCancel(ctx), "interrupted")
			case err != nil:
				return err
			case r.Exit:
				return s.leave(ctx, "closed")
			}
			next = s.edited(ctx, r)
		}
	}
}

func (s *session) read(ctx context.Context) (string, error) {
	s.swallow(ctx)
	s.setReading(true)
	defer s.setReading(false)
	if s.serverGone() { // before anything was read that could be abandoned
		return "", ErrAbandoned
	}
	return s.editor.Read(s.prompt())
}

func (s *session) setReading(reading bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reading = reading
}

// run sends one input and waits for what it came to. Ctrl-C stops it.
func (s *session) run(ctx context.Context, source string) (wire.Result, error) {
	if err := s.client.send(ctx, wire.FromConsole{Run: &wire.Run{Source: source}}); err != nil {
		return wire.Result{}, err
	}
	for {
		var m wire.ToConsole
		select {
		case heard, ok := <-s.client.heard:
			if !ok {
				return wire.Result{}, errGone
			}
			m = heard
		case <-s.editor.Interrupts():
			if err := s.client.send(ctx, wire.FromConsole{Cancel: true}); err != nil {
				return wire.Result{}, err
			}
			continue
		case <-ctx.Done():
			return wire.Result{}, ctx.Err()
		}
		for m.Question != nil { // one may give way to the next
			var err error
			if m, err = s.answer(ctx, *m.Question); err != nil {
				return wire.Result{}, err
			}
		}
		switch {
		case m.Result != nil:
			s.show(ctx, source, *m.Result)
			return *m.Result, nil
		case m.Closed != nil:
			return wire.Result{}, closedOf(*m.Closed)
		}
	}
}

// answer asks the person. Whatever is no answer leaves the question. What the server says meanwhile ends it: the command is
// over, or asks something else.
func (s *session) answer(ctx context.Context, q wire.Question) (meanwhile wire.ToConsole, err error) {
	ctx, cancel := s.inPeriod(ctx)
	defer cancel()
	s.write(s.screen().Question(q))
	var text string
	var left error
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		text, left = s.editor.Ask(ctx, visibleLine(q.Text))
	}()
	select {
	case <-answered:
	case heard, ok := <-s.client.heard:
		cancel()
		<-answered
		s.dropped()
		if !ok {
			return heard, errGone
		}
		return heard, nil
	}
	if ctx.Err() != nil {
		s.dropped()
	}
	return wire.ToConsole{}, s.client.send(context.WithoutCancel(ctx), wire.FromConsole{Answer: &wire.Answer{ID: q.ID, Text: text, Left: left != nil}})
}

// show shows a result: at once, or a screenful at a time.
func (s *session) show(ctx context.Context, source string, r wire.Result) {
	screen := s.screen()
	body, tail := screen.result(source, r)
	s.become(r.State)
	if text := body + tail; isPrinted(Lines(text, screen.Width), screen.Height) {
		s.write(text)
		return
	}
	ctx, cancel := s.inPeriod(ctx)
	defer cancel()
	back := s.lend()
	pager := Pager{In: s.config.Input, Out: s.config.Output, Size: s.editor.Size, Color: s.color, Tail: tail, Typed: s.typed}
	err := pager.Show(ctx, body)
	if ctx.Err() != nil {
		s.dropped()
	}
	back()
	if err != nil && ctx.Err() == nil {
		s.write(body + tail)
	}
}

// isPrinted reports whether so many lines are printed at once: a pager for the last few of them is a trouble.
func isPrinted(lines, height int) bool { return lines <= height+height/2 }

// edited opens the editor where .edit asks for it, and returns what is to run; nil where nothing is.
func (s *session) edited(ctx context.Context, r wire.Result) *string {
	if r.Edit == nil {
		return nil
	}
	ctx, cancel := s.inPeriod(ctx)
	defer cancel()
	back, stop := s.lend(), s.using(ctx)
	text, err := EditFile(ctx, s.config.Getenv, s.config.Input, *r.Edit)
	stop()
	back()
	switch {
	case ctx.Err() != nil:
		s.dropped()
		s.say("the editor was closed: what stood in it is gone, and " + nothingRun)
		return nil
	case err != nil:
		s.write(s.screen().Failed(notEdited(err)))
		return nil
	}
	text = strings.TrimRight(text, "\n")
	s.write(s.editor.Shown(s.prompt(), text))
	s.editor.Remember(text, r.State.Period)
	return &text
}

// closeWait is how long the server may take to close a session.
const closeWait = 15 * time.Second

// leave ends the session and says how.
func (s *session) leave(ctx context.Context, reason string) error {
	ctx, cancel := context.WithTimeout(ctx, closeWait)
	defer cancel()
	if err := s.client.send(ctx, wire.FromConsole{Leave: &wire.Leave{Reason: reason}}); err != nil {
		return err
	}
	for {
		m, err := s.client.hear(ctx)
		switch {
		case err != nil:
			return errGone
		case m.Closed != nil:
			s.write(s.screen().Closed(*m.Closed))
			return closedOf(*m.Closed)
		}
	}
}

func (s *session) serverGone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isGone
}

// lastWord says how the server ended the session by itself.
func (s *session) lastWord(ctx context.Context) error {
	m, err := s.client.hear(ctx)
	if err != nil || m.Closed == nil {
		return errGone
	}
	s.write(s.screen().Closed(*m.Closed))
	return closedOf(*m.Closed)
}

func closedOf(m wire.Closed) error {
	if m.Err == nil {
		return nil
	}
	return m.Err
}
