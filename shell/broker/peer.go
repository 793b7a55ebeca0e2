package broker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// peer is a worker as its session holds it: a process that belongs to the person who types.
type peer struct {
	process    *Process
	control    *wire.Conn
	statements *wire.Conn
	output     *output
	noise      *output // standard error

	answers  chan received[wire.Control]
	requests chan received[wire.Request]
	gone     chan struct{} // closed by kill, so that the readers end
	last     uint64        // the id of its last request
}

type received[T any] struct {
	message T
	err     error
}

// Bounds of time between broker and worker.
const (
	readyWait = 30 * time.Second       // from start to the first prompt
	stopWait  = 500 * time.Millisecond // from a cancel to the answer, then it is killed
	sendWait  = 10 * time.Second       // for a worker to take an answer
)

// startPeer makes a worker of this process, which has begun, and waits until it is ready.
func startPeer(process *Process, hello wire.Hello, maxOutput int) (*peer, error) {
	var err error
	p := &peer{process: process, answers: make(chan received[wire.Control]), requests: make(chan received[wire.Request]), gone: make(chan struct{})}
	fail := func(err error) (*peer, error) {
		words := lastWords(process.Stderr)
		process.Kill()
		return nil, fmt.Errorf("start worker: %w%s", err, words)
	}
	if p.control, err = wire.NewConn(process.Control, wire.MaxControl); err != nil {
		return fail(err)
	}
	if p.statements, err = wire.NewConn(process.Statements, wire.MaxRequest); err != nil {
		return fail(err)
	}
	if err := p.control.SetDeadline(time.Now().Add(readyWait)); err != nil {
		return fail(err)
	}
	if err := p.control.Send(wire.Control{Hello: &hello}); err != nil {
		return fail(err)
	}
	var first wire.Control
	if err := p.control.Receive(&first); err != nil {
		return fail(err)
	}
	if first.Ready == nil || first.Ready.Version != wire.Version {
		return fail(errors.New("it is of another version than the server: use one build of both"))
	}
	if err := p.control.SetDeadline(time.Time{}); err != nil {
		return fail(err)
	}
	if p.output, err = newOutput(maxOutput, process.Stdout); err != nil {
		return fail(err)
	}
	if p.noise, err = newOutput(maxOutput, process.Stderr); err != nil {
		return fail(err)
	}
	go read(p.control, p.answers, p.gone)
	go read(p.statements, p.requests, p.gone)
	return p, nil
}

// read hands on frames until the first error, which it hands on too.
func read[T any](conn *wire.Conn, to chan<- received[T], gone <-chan struct{}) {
	for {
		var r received[T]
		r.err = conn.Receive(&r.message)
		select {
		case to <- r:
		case <-gone:
			return
		}
		if r.err != nil {
			return
		}
	}
}

// kill ends the worker at once.
func (p *peer) kill() {
	select {
	case <-p.gone:
		return
	default:
	}
	close(p.gone)
	p.output.close()
	p.noise.close()
	p.process.Kill()
}

// printed returns what the command printed. What a dying worker says of itself is left out.
func (p *peer) printed(alive bool) (text string, cut int) {
	text, cut = p.output.take()
	more, moreCut := p.noise.take()
	if alive {
		text, cut = text+more, cut+moreCut
	}
	return text, cut
}

// spoke says whether the worker sent something, or ended, while no command was open.
func (p *peer) spoke() (string, bool) {
	select {
	case r := <-p.answers:
		return outOfTurn(r.err), true
	case r := <-p.requests:
		return outOfTurn(r.err), true
	default:
		return "", false
	}
}

func outOfTurn(err error) string {
	if err != nil && !errors.Is(err, wire.ErrMalformed) {
		return reasonCrashed
	}
	return reasonProtocol
}

// Why a worker was replaced.
const (
	reasonTimeout    = "timeout"
	reasonInterrupt  = "interrupted"
	reasonCrashed    = "crashed"
	reasonProtocol   = "protocol"
	reasonLeftovers  = "leftovers"
	reasonExpired    = "expired"
	reasonIdle       = "idle"
	reasonUnrecorded = "unrecorded"
)

// ending says how a turn ended without an answer.
type ending struct {
	reason string
	err    *wire.Error
}

// turn hands one recorded command to the worker and serves its requests until it answers. Where it does not answer, or
// speaks out of turn, the ending says so and the worker is dead. Where ctx ends with the decrypted period, the worker ends
// with it at once. Ahead is called after each answer, with what it was.
func (p *peer) turn(ctx context.Context, command int, source string,
	serve func(context.Context, wire.Request) (wire.Response, error), ahead func(context.Context, wire.Response)) (*wire.Done, *ending) {
	var nonce wire.Nonce
	rand.Read(nonce[:]) // never fails
	dead := func(reason string, err *wire.Error) (*wire.Done, *ending) {
		p.kill()
		return nil, &ending{reason: reason, err: err}
	}
	if err := p.send(p.control, wire.Control{Turn: &wire.Turn{Nonce: nonce, Command: command, Source: source}}); err != nil {
		return dead(reasonCrashed, crashed())
	}
	cancelled := ctx.Done()
	var giveUp <-chan time.Time
	for {
		select {
		case r := <-p.answers:
			switch {
			case r.err != nil && errors.Is(r.err, wire.ErrMalformed):
				return dead(reasonProtocol, spokeOutOfTurn())
			case r.err != nil:
				return dead(reasonCrashed, crashed())
			case r.message.Done == nil || r.message.Done.Nonce != nonce:
				return dead(reasonProtocol, spokeOutOfTurn())
			}
			if stopReason(ctx) == reasonExpired { // it answered too late
				return dead(reasonExpired, stopError(ctx, true))
			}
			done := r.message.Done
			switch {
			case ctx.Err() == nil:
				return done, nil
			case stopReason(ctx) == reasonExpired:
				return dead(reasonExpired, stopError(ctx, true))
			}
			done.Value, done.Err = nil, stopError(ctx, false) // why it was stopped, the broker knows better
			return done, nil
		case r := <-p.requests:
			switch {
			case r.err != nil && errors.Is(r.err, wire.ErrMalformed):
				return dead(reasonProtocol, spokeOutOfTurn())
			case r.err != nil:
				return dead(reasonCrashed, crashed())
			case r.message.Nonce != nonce || r.message.ID != p.last+1:
				return dead(reasonProtocol, spokeOutOfTurn())
			}
			p.last++
			response, err := serve(ctx, r.message)
			if err != nil {
				return dead(reasonProtocol, spokeOutOfTurn())
			}
			response.ID = r.message.ID
			if err := p.send(p.statements, response); err != nil {
				return dead(reasonCrashed, crashed())
			}
			ahead(ctx, response)
		case <-cancelled:
			if stopReason(ctx) == reasonExpired {
				return dead(reasonExpired, stopError(ctx, true))
			}
			cancelled = nil
			if err := p.send(p.control, wire.Control{Cancel: &wire.Cancel{Nonce: nonce}}); err != nil {
				return dead(reasonCrashed, crashed())
			}
			timer := time.NewTimer(stopWait)
			defer timer.Stop()
			giveUp = timer.C
		case <-giveUp:
			return dead(stopReason(ctx), stopError(ctx, true))
		}
	}
}

func (p *peer) send(conn *wire.Conn, message any) error {
	if err := conn.SetSendDeadline(time.Now().Add(sendWait)); err != nil {
		return err
	}
	return conn.Send(message)
}

func crashed() *wire.Error {
	return &wire.Error{Kind: wire.ErrKilled, Message: "the worker died while it ran this command", Hint: "your variables are lost; the session goes on"}
}

func spokeOutOfTurn() *wire.Error {
	return &wire.Error{Kind: wire.ErrKilled, Message: "the worker spoke out of turn and was killed", Hint: "your variables are lost; the session goes on"}
}

const (
	hintKept = "your variables are kept"
	hintLost = "it did not stop by itself, so its worker was replaced: your variables are lost"
)

// stopError is what a command comes to that was stopped; killed says that its worker had to go with it.
func stopError(ctx context.Context, killed bool) *wire.Error {
	hint := hintKept
	if killed {
		hint = hintLost
	}
	switch stopReason(ctx) {
	case reasonExpired:
		return &wire.Error{Kind: wire.ErrKilled, Message: "the decrypted period ended while this command ran: nothing of it is shown", Hint: "ask for a new one"}
	case reasonTimeout:
		return &wire.Error{Kind: wire.ErrTimeout, Message: "the command took too long and was stopped", Hint: hint}
	}
	return &wire.Error{Kind: wire.ErrInterrupted, Message: "the command was interrupted", Hint: hint}
}

// startPeer takes the worker that stands by, or starts one.
func (b *Broker) startPeer(ctx context.Context, target Target) (*peer, error) {
	if p := b.spare.take(); p != nil {
		defer b.StandBy(ctx)
		if _, spoke := p.spoke(); !spoke {
			return p, nil
		}
		p.kill() // it died while it waited
	}
	process, err := b.Start(ctx, "work")
	if err != nil {
		return nil, err
	}
	return startPeer(process, hello(target), b.Policy.Limits.Output)
}

// hello is what a fresh worker is told: nothing of the session that it will be for.
func hello(target Target) wire.Hello {
	return wire.Hello{Version: wire.Version, Dialect: target.Dialect(), Server: target.Version()}
}
