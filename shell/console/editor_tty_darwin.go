package console

import "golang.org/x/sys/unix"

const (
	getTermios  = unix.TIOCGETA
	setTermios  = unix.TIOCSETA // without a flush: what was typed ahead stays
	noCharacter = 0xff
)

// flushInput drops what was typed: 1 is FREAD of sys/fcntl.h.
func flushInput(fd int) { _ = unix.IoctlSetPointerInt(fd, unix.TIOCFLUSH, 1) }
