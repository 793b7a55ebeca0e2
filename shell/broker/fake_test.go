package broker

import (
	"errors"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// fake is a worker that does what a script says: it belongs to an attacker.
type fake struct {
	t          testing.TB
	control    *wire.Conn
	statements *wire.Conn
	rawControl net.Conn
	raw        net.Conn // of statements
	stdout     *os.File

	turn     wire.Turn // the command that runs
	last     uint64
	answered bool
	killed   <-chan struct{}
}

// startFake starts a fake worker whose commands take their scripts from a channel.
func startFake(t testing.TB, scripts <-chan func(*fake)) (*Process, error) {
	control, theirControl, err5 := sockets()
	statements, theirStatements, err6 := sockets()
	stdout, stdoutWrite, err1 := os.Pipe()
	stderr, stderrWrite, err2 := os.Pipe()
	f := &fake{t: t, rawControl: theirControl, raw: theirStatements, stdout: stdoutWrite}
	var err3, err4 error
	f.control, err3 = wire.NewConn(theirControl, wire.MaxControl)
	f.statements, err4 = wire.NewConn(theirStatements, wire.MaxResponse)
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return nil, err
	}
	killed, done := make(chan struct{}), make(chan struct{})
	f.killed = killed
	go func() {
		defer close(done)
		f.live(scripts)
	}()
	var once sync.Once
	kill := func() {
		once.Do(func() {
			close(killed)
			for _, c := range []net.Conn{control, statements, theirControl, theirStatements} {
				c.Close()
			}
			<-done
			for _, p := range []*os.File{stdout, stderr, stdoutWrite, stderrWrite} {
				p.Close()
			}
		})
	}
	t.Cleanup(kill)
	return &Process{Control: control, Statements: statements, Stdout: stdout, Stderr: stderr, Kill: kill}, nil
}

// sockets is a pair of connected sockets, as a real worker has them: what is sent does not wait for who reads.
func sockets() (net.Conn, net.Conn, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	var ends [2]net.Conn
	for i, fd := range fds {
		file := os.NewFile(uintptr(fd), "socket")
		end, connErr := net.FileConn(file)
		ends[i], err = end, errors.Join(err, connErr, file.Close())
	}
	return ends[0], ends[1], err
}

func (f *fake) live(scripts <-chan func(*fake)) {
	var c wire.Control
	if f.control.Receive(&c) != nil || f.control.Send(wire.Control{Ready: &wire.Ready{Version: wire.Version}}) != nil {
		return
	}
	for {
		var c wire.Control
		if f.control.Receive(&c) != nil {
			return
		}
		if c.Turn == nil {
			continue // a cancel
		}
		f.turn, f.answered = *c.Turn, false
		select {
		case script := <-scripts:
			script(f)
		case <-f.killed:
			return
		}
		if !f.answered && f.done(wire.Done{}) != nil {
			return
		}
	}
}

// done ends the command.
func (f *fake) done(d wire.Done) error {
	f.answered = true
	d.Nonce = f.turn.Nonce
	return f.control.Send(wire.Control{Done: &d})
}

// ask asks the gate as an honest worker does. Where the worker is killed for it, the script ends.
func (f *fake) ask(r wire.Request) wire.Response {
	f.last++
	r.ID, r.Nonce = f.last, f.turn.Nonce
	return f.send(r)
}

// send sends a request as it is.
func (f *fake) send(r wire.Request) wire.Response {
	var response wire.Response
	if f.statements.Send(r) != nil || f.statements.Receive(&response) != nil {
		runtime.Goexit()
	}
	return response
}

// must asks for what has to be granted.
func (f *fake) must(r wire.Request) wire.Response {
	f.t.Helper()
	response := f.ask(r)
	if response.Err != nil {
		f.t.Errorf("%s: %v", r.SQL, response.Err)
	}
	return response
}

// denied asks for what has to fail in this way.
func (f *fake) denied(r wire.Request, kind, rule string) *wire.Error {
	f.t.Helper()
	response := f.ask(r)
	if response.Err == nil {
		f.t.Errorf("granted: %+v", r)
		return &wire.Error{}
	}
	if response.Err.Kind != kind || response.Err.Rule != rule {
		f.t.Errorf("%s %s: want %s %s, got %s %s: %v", r.SQL, r.Fact, kind, rule, response.Err.Kind, response.Err.Rule, response.Err)
	}
	return response.Err
}

func query(sql string, args ...any) wire.Request {
	return wire.Request{Op: wire.OpQuery, SQL: sql, Args: args}
}

func execute(sql string, args ...any) wire.Request {
	return wire.Request{Op: wire.OpExec, SQL: sql, Args: args}
}

// on is a request on the worker's nth connection, where a transaction may be open.
func on(conn uint32, r wire.Request) wire.Request {
	r.Conn = conn
	return r
}

var (
	begin    = wire.Request{Op: wire.OpBegin}
	commit   = wire.Request{Op: wire.OpCommit}
	rollback = wire.Request{Op: wire.OpRollback}
)

// rows asks for all the rows of a result.
func (f *fake) rows(r wire.Request) [][]any {
	f.t.Helper()
	response := f.must(r)
	width := len(response.Columns)
	var all [][]any
	for {
		for page := wire.NewRowReader(response.Rows); len(page.Rest()) > 0; {
			cells := make([]any, width)
			if err := page.Read(cells); err != nil {
				f.t.Error(err)
				return all
			}
			all = append(all, cells)
		}
		if response.Cursor == 0 {
			return all
		}
		response = f.must(wire.Request{Op: wire.OpNext, Cursor: response.Cursor})
	}
}
