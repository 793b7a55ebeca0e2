package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"

	"golang.org/x/sys/unix"
)

// runEditor runs an editor on a terminal and waits for it. It has a process group of its own, which is killed as a whole: an
// editor may be a script that starts another.
func runEditor(ctx context.Context, command *exec.Cmd, terminal *os.File) error {
	fd := int(terminal.Fd())
	found, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return errors.New("an editor needs a terminal: standard input is none")
	}
	command.Stdin, command.Stdout, command.Stderr = terminal, terminal, terminal
	command.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	group := unix.Getpgrp()
	if foreground, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err == nil && foreground == group {
		command.SysProcAttr = &unix.SysProcAttr{Foreground: true, Ctty: fd}
		// To take the terminal back is what a process in the background is stopped for.
		signal.Ignore(unix.SIGTTOU)
		defer signal.Reset(unix.SIGTTOU)
		defer (&tty{fd: fd}).set(*found)
		defer unix.IoctlSetPointerInt(fd, unix.TIOCSPGRP, group)
	} else {
		defer (&tty{fd: fd}).set(*found)
	}
	io.WriteString(terminal, pasteOff)
	if err := (&tty{fd: fd}).set(plainMode(*found)); err != nil {
		return fmt.Errorf("start the editor: %w", err)
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("start the editor: %w", err)
	}
	pid := command.Process.Pid
	kill := context.AfterFunc(ctx, func() { unix.Kill(-pid, unix.SIGKILL) })
	status, err := awaitEditor(pid)
	kill()
	command.Process.Release()
	switch {
	case ctx.Err() != nil:
		io.WriteString(terminal, leftScreen)
		return fmt.Errorf("the editor was ended, and nothing is run: %w", ctx.Err())
	case err != nil:
		return fmt.Errorf("wait for the editor: %w", err)
	case status.Signaled():
		io.WriteString(terminal, leftScreen)
		return fmt.Errorf("the editor was killed by a signal (%s), so nothing is run", status.Signal())
	case status.ExitStatus() != 0:
		return fmt.Errorf("the editor ended with status %d, so nothing is run", status.ExitStatus())
	}
	return nil
}

// leftScreen undoes what an editor that was killed could not: the other screen, colours, the hidden cursor, pastes, the mouse.
const leftScreen = "\x1b[?1049l\x1b[0m\x1b[?25h\x1b[?1000l\x1b[?1006l\x1b[?1l\x1b>" + pasteOff

// awaitEditor waits for its end. There is no shell to come back to from Ctrl-Z, so an editor that stops is told to go on.
func awaitEditor(pid int) (unix.WaitStatus, error) {
	for {
		var status unix.WaitStatus
		_, err := unix.Wait4(pid, &status, unix.WUNTRACED, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return status, err
		case status.Stopped():
			unix.Kill(-pid, unix.SIGCONT)
		default:
			return status, nil
		}
	}
}

// plainMode is how a program expects to find a terminal.
func plainMode(m unix.Termios) unix.Termios {
	m.Iflag |= unix.ICRNL
	m.Oflag |= unix.OPOST | unix.ONLCR
	m.Lflag |= unix.ICANON | unix.ECHO | unix.ECHOE | unix.ECHOK | unix.ISIG | unix.IEXTEN
	m.Cc[unix.VINTR], m.Cc[unix.VEOF], m.Cc[unix.VERASE] = 3, 4, 0x7f
	return m
}
