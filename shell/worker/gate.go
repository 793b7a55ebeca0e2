package worker

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// gate is the worker's end of the statement socket: whatever typed code wants of the database or of a sealed value, it
// asks here, one question at a time.
type gate struct {
	conn   *wire.Conn
	handed handed

	asking sync.Mutex
	last   uint64 // the id of the last request

	turn  sync.Mutex
	nonce *wire.Nonce // of the command that is running; nil between commands
}

// errNoCommand is what code gets that outlives its command.
var errNoCommand = &wire.Error{Kind: wire.ErrRefused, Rule: "command", Message: "no command is running: the database answers only to a recorded command"}

func (g *gate) open(nonce wire.Nonce) {
	g.turn.Lock()
	defer g.turn.Unlock()
	g.nonce = &nonce
}

// shut waits for a question under way, so that none arrives after the command's answer.
func (g *gate) shut() {
	g.asking.Lock()
	defer g.asking.Unlock()
	g.turn.Lock()
	defer g.turn.Unlock()
	g.nonce = nil
}

// ask sends one request and waits for its answer. A failure that the broker reports is a *wire.Error.
func (g *gate) ask(request wire.Request) (wire.Response, error) {
	g.asking.Lock()
	defer g.asking.Unlock()
	g.turn.Lock()
	nonce := g.nonce
	g.turn.Unlock()
	if nonce == nil {
		return wire.Response{}, errNoCommand
	}
	g.last++
	request.ID, request.Nonce = g.last, *nonce
	if err := g.conn.Send(request); err != nil {
		return wire.Response{}, err
	}
	var response wire.Response
	if err := g.conn.Receive(&response); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the server has gone")
		}
		return wire.Response{}, err
	}
	if response.ID != request.ID {
		return wire.Response{}, fmt.Errorf("%w: answer %d to question %d", wire.ErrMalformed, response.ID, request.ID)
	}
	if response.Err != nil {
		return wire.Response{}, response.Err
	}
	return response, nil
}

// lookup asks for the keys of the rows whose blind index matches.
func (g *gate) lookup(equal crypto.Equal) ([][]any, error) {
	response, err := g.ask(wire.Request{Op: wire.OpLookup, Column: string(equal.Column), Text: equal.Text()})
	return response.Keys, err
}

// Shown hears of the display form of a sealed value that was made.
func (g *gate) Shown(text string) { g.handed.add(text) }

// Ask asks for a fact of a sealed value.
func (g *gate) Ask(fact string, ref crypto.Reference, argument string, other *crypto.Reference) (any, error) {
	request := wire.Request{Op: wire.OpFact, Fact: fact, Text: argument, Reference: reference(ref)}
	if other != nil {
		request.Other = reference(*other)
	}
	response, err := g.ask(request)
	return response.Answer, err
}
