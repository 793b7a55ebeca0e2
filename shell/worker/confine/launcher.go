package confine

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Word is the first argument that makes a binary the launcher, and Work and Describe are those that make it a worker.
const (
	Word     = "launch"
	Work     = "work"     // run typed commands
	Describe = "describe" // say what the models are, before any typed code, and end
)

// The descriptors of a worker beside its standard ones.
const (
	controlFD   = 3
	statementFD = 4
	lastFD      = statementFD
)

// Launcher starts workers.
type Launcher struct {
	Self   string // the binary that becomes the launcher: the server's own
	Worker string // the binary that becomes the worker
}

// Process is a worker as the broker holds it.
type Process struct {
	Control    net.Conn // turns
	Statements net.Conn // requests to the gate
	Stdout     *os.File // the read ends of its pipes
	Stderr     *os.File

	cmd    *exec.Cmd
	killed sync.Once
	done   chan struct{}
}

// Start starts a worker for role, Work or Describe, through the launcher. The context ends the start, not the worker.
func (l Launcher) Start(ctx context.Context, role string) (*Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := &Process{done: make(chan struct{})}
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			f.Close()
		}
	}()
	fail := func(what string, err error) (*Process, error) {
		p.closeOurs()
		return nil, fmt.Errorf("start worker: %s: %w", what, err)
	}

	null, err := os.Open(os.DevNull)
	if err != nil {
		return fail("standard input", err)
	}
	theirs = append(theirs, null)
	var control, statements *os.File
	if p.Control, control, err = socket("control"); err != nil {
		return fail("control socket", err)
	}
	theirs = append(theirs, control)
	if p.Statements, statements, err = socket("statements"); err != nil {
		return fail("statement socket", err)
	}
	theirs = append(theirs, statements)
	stdout, stdoutWrite, err := os.Pipe()
	if err != nil {
		return fail("output pipe", err)
	}
	p.Stdout, theirs = stdout, append(theirs, stdoutWrite)
	stderr, stderrWrite, err := os.Pipe()
	if err != nil {
		return fail("error pipe", err)
	}
	p.Stderr, theirs = stderr, append(theirs, stderrWrite)

	p.cmd = &exec.Cmd{
		Path:        l.Self,
		Args:        []string{"vouchsafe", Word, l.Worker, role},
		Env:         []string{}, // not nil: nil would mean ours
		Dir:         "/",
		Stdin:       null,
		Stdout:      stdoutWrite,
		Stderr:      stderrWrite,
		ExtraFiles:  []*os.File{control, statements}, // from descriptor 3 on
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := p.cmd.Start(); err != nil {
		return fail("exec the launcher", err)
	}
	go func() {
		p.cmd.Wait() // how it ended says nothing that its sockets do not
		close(p.done)
	}()
	return p, nil
}

// Kill ends the worker at once, and everything that it started with it. It returns when the process is gone.
func (p *Process) Kill() {
	p.killed.Do(func() {
		// The worker leads a process group of its own. It cannot have been reaped while it is not done.
		select {
		case <-p.done:
		default:
			unix.Kill(-p.cmd.Process.Pid, unix.SIGKILL)
			p.cmd.Process.Kill()
		}
		<-p.done
		p.closeOurs()
	})
	<-p.done
}

// Done is closed when the worker's process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Pid is the process's id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

func (p *Process) closeOurs() {
	for _, c := range []net.Conn{p.Control, p.Statements} {
		if c != nil {
			c.Close()
		}
	}
	for _, f := range []*os.File{p.Stdout, p.Stderr} {
		if f != nil {
			f.Close()
		}
	}
}

// socket makes a pair of connected sockets: our end as a connection, theirs as a file to pass on.
func socket(name string) (net.Conn, *os.File, error) {
	syscall.ForkLock.RLock() // no other exec may run between the two calls and inherit them
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		syscall.ForkLock.RUnlock()
		return nil, nil, err
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	syscall.ForkLock.RUnlock()
	ours, theirs := os.NewFile(uintptr(fds[0]), name), os.NewFile(uintptr(fds[1]), name)
	defer ours.Close() // FileConn duplicates it
	conn, err := net.FileConn(ours)
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return conn, theirs, nil
}
