package console

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// tty reads what is typed, and knows the three ways in which a terminal is used: as it was found, for a command that
// runs, and for editing.
//
// In the last two nothing is echoed, and what is typed waits, byte by byte, until it is read. While a command runs Ctrl-C is a
// signal; while a line is edited it is a key. Output is the same in all three.
type tty struct {
	file  *os.File
	fd    int
	found unix.Termios

	wakeRead, wakeWrite *os.File // a byte here ends a wait
	waking              sync.Mutex
	woken               bool
}

func openTTY(file *os.File) (*tty, error) {
	t := &tty{file: file, fd: int(file.Fd())}
	found, err := unix.IoctlGetTermios(t.fd, getTermios)
	if err != nil {
		return nil, errors.New("standard input is no terminal: run one command with exec -e, or pipe them into exec")
	}
	t.found = *found
	if t.wakeRead, t.wakeWrite, err = os.Pipe(); err != nil {
		return nil, fmt.Errorf("read the terminal: %w", err)
	}
	return t, nil
}

func (t *tty) close() error {
	return errors.Join(t.set(t.found), t.wakeRead.Close(), t.wakeWrite.Close())
}

func (t *tty) set(mode unix.Termios) error {
	for {
		err := unix.IoctlSetTermios(t.fd, setTermios, &mode)
		if err != unix.EINTR {
			return err
		}
	}
}

// forCommand is how the terminal stands while a command runs, and forEditing while a line is edited.
func (t *tty) forCommand() error { return t.set(t.mode(true)) }
func (t *tty) forEditing() error { return t.set(t.mode(false)) }

func (t *tty) mode(signals bool) unix.Termios {
	m := t.found
	m.Iflag &^= unix.ICRNL | unix.INLCR | unix.IGNCR | unix.IXON | unix.ISTRIP // Ctrl-S does not stop the output
	m.Oflag |= unix.OPOST | unix.ONLCR
	m.Lflag &^= unix.ICANON | unix.ECHO | unix.ECHONL | unix.IEXTEN | unix.ISIG
	if signals {
		m.Lflag |= unix.ISIG
	}
	m.Cc[unix.VMIN], m.Cc[unix.VTIME] = 1, 0
	m.Cc[unix.VINTR] = 3 // Ctrl-C, whatever it was
	// Nobody wants to leave a terminal behind in which nothing is echoed.
	m.Cc[unix.VSUSP], m.Cc[unix.VQUIT] = noCharacter, noCharacter
	return m
}

// read waits for what is typed. It returns nothing, without an error, after wake.
func (t *tty) read(b []byte) (int, error) {
	for {
		typed, woken, err := t.wait(nil)
		switch {
		case err != nil:
			return 0, err
		case woken:
			return 0, nil
		case typed:
			return t.take(b)
		}
	}
}

// readNow is read for what has been typed already: nothing, if nothing has.
func (t *tty) readNow(b []byte) (int, error) { return t.readWithin(0, b) }

// readWithin reads what comes within so long; nothing is no error.
func (t *tty) readWithin(long time.Duration, b []byte) (int, error) {
	left := unix.NsecToTimeval(long.Nanoseconds())
	typed, _, err := t.wait(&left)
	if err != nil || !typed {
		return 0, err
	}
	return t.take(b)
}

func (t *tty) take(b []byte) (int, error) {
	n, err := unix.Read(t.fd, b)
	switch {
	case err == unix.EINTR || err == unix.EAGAIN:
		return 0, nil
	case err != nil || n <= 0: // EIO: it hung up
		return 0, io.EOF
	}
	return n, nil
}

// wait waits until something is typed, or until wake, or for a time. It is select, as poll knows no terminals on macOS.
func (t *tty) wait(timeout *unix.Timeval) (typed, woken bool, err error) {
	wake := int(t.wakeRead.Fd())
	for {
		var ready unix.FdSet
		ready.Zero()
		ready.Set(t.fd)
		if timeout == nil {
			ready.Set(wake)
		}
		_, err := unix.Select(max(t.fd, wake)+1, &ready, nil, nil, timeout)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return false, false, fmt.Errorf("read the terminal: %w", err)
		}
		if timeout == nil && ready.IsSet(wake) {
			t.waking.Lock()
			t.woken = false
			_, err = unix.Read(wake, make([]byte, 1))
			t.waking.Unlock()
			return false, true, err
		}
		return ready.IsSet(t.fd), false, nil
	}
}

// wake ends the read under way, or the next one.
func (t *tty) wake() {
	t.waking.Lock()
	defer t.waking.Unlock()
	if !t.woken {
		t.woken = true
		t.wakeWrite.Write([]byte{0}) // one byte always fits
	}
}

// drop forgets what was typed and not read.
func (t *tty) drop() { flushInput(t.fd) }

// size is the terminal's, or 80 by 24 where it does not say.
func (t *tty) size() (columns, rows int) {
	columns, rows = 80, 24
	if s, err := unix.IoctlGetWinsize(t.fd, unix.TIOCGWINSZ); err == nil {
		if s.Col > 0 {
			columns = int(s.Col)
		}
		if s.Row > 0 {
			rows = int(s.Row)
		}
	}
	return columns, rows
}
