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

// staff is the fake workers of a house, and what they do.
type staff struct {
	scripts  chan func(*fake)           // one a command, whoever runs it
	complete func(*fake, wire.Complete) // what they answer between commands; an empty answer if nil

	mu      sync.Mutex
	workers []*fake // those that began, in their order
}

// living counts the workers that are not dead.
func (s *staff) living() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.workers {
		if !f.dead() {
			n++
		}
	}
	return n
}

// last is the worker that began last.
func (s *staff) last() *fake {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.workers[len(s.workers)-1]
}

func (f *fake) dead() bool {
	select {
	case <-f.killed:
		return true
	default:
		return false
	}
}

// startFake starts a fake worker.
func startFake(t testing.TB, staff *staff) (*Process, error) {
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
	staff.mu.Lock()
	staff.workers = append(staff.workers, f)
	staff.mu.Unlock()
	go func() {
		defer close(done)
		f.live(staff)
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

func (f *fake) live(staff *staff) {
	var c wire.Control
	if f.control.Receive(&c) != nil || c.Hello == nil {
		return
	}
	if f.control.Send(wire.Control{Ready: &wire.Ready{Version: wire.Version}}) != nil {
		return
	}
	for {
		var c wire.Control
		if f.control.Receive(&c) != nil {
			return
		}
		switch {
		case c.Complete != nil && staff.complete != nil:
			staff.complete(f, *c.Complete)
			continue
		case c.Complete != nil:
			f.completed(wire.Completed{ID: c.Complete.ID, From: c.Complete.Cursor})
			continue
		case c.Turn == nil:
			continue // a cancel
		}
		f.turn, f.answered = *c.Turn, false
		select {
		case script := <-staff.scripts:
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

// completed answers how a text could go on.
func (f *fake) completed(c wire.Completed) { f.control.Send(wire.Control{Completed: &c}) }

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
