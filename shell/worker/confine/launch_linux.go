package confine

import (
	"errors"
	"fmt"
	"math"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// The limits of a worker.
const (
	limitData  = 1 << 30 // bytes of private writable memory
	limitFiles = 32      // descriptors
)

// Launch is the launcher's whole life: args are the words after Word. It puts up the walls that outlive an exec and
// becomes the worker; it returns only with an error.
func Launch(args []string) error {
	if len(args) != 2 || (args[1] != Work && args[1] != Describe) {
		return errors.New("launch is for the server only: it starts a worker")
	}
	worker, role := args[0], args[1]
	if err := passOnlyOwn(); err != nil {
		return err
	}
	for _, l := range []struct {
		what int
		name string
		max  uint64
	}{
		{unix.RLIMIT_CORE, "core size", 0},
		{unix.RLIMIT_FSIZE, "file size", 0},
		{unix.RLIMIT_NOFILE, "descriptors", limitFiles},
		{unix.RLIMIT_DATA, "memory", limitData},
	} {
		if err := unix.Setrlimit(l.what, &unix.Rlimit{Cur: l.max, Max: l.max}); err != nil {
			return fmt.Errorf("limit %s: %w", l.name, err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	err := unix.Exec(worker, []string{"vouchsafe-worker", role}, nil)
	return fmt.Errorf("exec the worker %s: %w", worker, err)
}

// Enter is the first thing a worker does: from here on it has its two sockets, its two pipes and nothing else.
func Enter() (control, statements net.Conn, err error) {
	if err := closeAllButOwn(); err != nil {
		return nil, nil, err
	}
	// Not dumpable: no other process of the same user may read or trace it.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return nil, nil, fmt.Errorf("not dumpable: %w", err)
	}
	if control, err = inherited(controlFD, "control"); err != nil {
		return nil, nil, err
	}
	if statements, err = inherited(statementFD, "statements"); err != nil {
		return nil, nil, err
	}
	return control, statements, nil
}

// Layers names the walls that this build puts around a worker.
func Layers() []string {
	return []string{"own process", "empty environment", "own descriptors", "limits", "no_new_privs", "not dumpable"}
}

// passOnlyOwn marks every descriptor but the worker's own to be closed by the exec to come. Closing them here could take
// the Go runtime's poller away from under it.
func passOnlyOwn() error {
	err := unix.CloseRange(lastFD+1, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC)
	if err == nil {
		return nil
	}
	// Before Linux 5.11: one by one, up to the highest that can be.
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("descriptor limit: %w", err)
	}
	for fd := lastFD + 1; uint64(fd) < min(limit.Cur, 1<<20); fd++ {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC); err != nil && !errors.Is(err, unix.EBADF) {
			return fmt.Errorf("descriptor %d: %w", fd, err)
		}
	}
	return nil
}

// closeAllButOwn closes what a package's init may have opened: files, sockets, pipes, devices. What has no file type is an
// anonymous inode (the Go runtime's poller among them), made inside the walls and leading nowhere.
func closeAllButOwn() error {
	for fd := lastFD + 1; fd < limitFiles; fd++ {
		var stat unix.Stat_t
		if err := unix.Fstat(fd, &stat); errors.Is(err, unix.EBADF) {
			continue
		} else if err != nil {
			return fmt.Errorf("descriptor %d: %w", fd, err)
		}
		if stat.Mode&unix.S_IFMT == 0 {
			continue
		}
		if err := unix.Close(fd); err != nil {
			return fmt.Errorf("close descriptor %d: %w", fd, err)
		}
	}
	return nil
}

func inherited(fd uintptr, name string) (net.Conn, error) {
	f := os.NewFile(fd, name)
	if f == nil {
		return nil, fmt.Errorf("no %s socket: a worker is started by the server only", name)
	}
	defer f.Close() // FileConn duplicates it
	conn, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("no %s socket: a worker is started by the server only", name)
	}
	return conn, nil
}
