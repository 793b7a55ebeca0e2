package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// live is the side file by which processes on one machine know each other's writers. A writer is one locked byte of it,
// at a place that follows from its id. The lock belongs to the open file, so it ends with the process, however that ends.
// The file itself stays empty.
type live struct {
	path string

	mu   sync.Mutex
	file *os.File
}

func (l *live) hold(w WriterID) error {
	return l.lock(unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK, Start: offset(w), Len: 1}, true)
}

func (l *live) release(w WriterID) error {
	return l.lock(unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_UNLCK, Start: offset(w), Len: 1}, false)
}

// alive also counts what this very process holds.
func (l *live) alive(w WriterID) (bool, error) {
	// A lock is seen only from another open file than its own.
	file, err := os.OpenFile(l.path, os.O_RDWR, 0)
	if os.IsNotExist(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("is writer %s alive: %w", w, err)
	}
	defer file.Close()
	lock := unix.Flock_t{Type: unix.F_WRLCK, Start: offset(w), Len: 1}
	if err := unix.FcntlFlock(file.Fd(), unix.F_OFD_GETLK, &lock); err != nil {
		return false, fmt.Errorf("is writer %s alive: %w", w, err)
	}
	return lock.Type != unix.F_UNLCK, nil
}

func (l *live) lock(command int, lock *unix.Flock_t, create bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		if !create {
			return nil
		}
		file, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return fmt.Errorf("mark the writer as alive: %w", err)
		}
		l.file = file
	}
	if err := unix.FcntlFlock(l.file.Fd(), command, lock); err != nil {
		return fmt.Errorf("mark the writer as alive in %s: %w", l.path, err)
	}
	return nil
}

// alone waits until no other process is at work on the tables, together lets the next one in.
func (l *live) alone() error {
	return l.lock(unix.F_OFD_SETLKW, &unix.Flock_t{Type: unix.F_WRLCK, Start: aloneAt, Len: 1}, true)
}

func (l *live) together() error {
	return l.lock(unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_UNLCK, Start: aloneAt, Len: 1}, false)
}

// aloneAt is the byte for work on the tables: no writer's offset is as great.
const aloneAt = 1 << 62

func (l *live) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}

func offset(w WriterID) int64 {
	sum := sha256.Sum256(w[:])
	return int64(binary.BigEndian.Uint64(sum[:]) >> 2)
}
