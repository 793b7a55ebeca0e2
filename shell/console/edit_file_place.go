package console

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// editPlace is a directory for one file that is edited, on memory-backed storage. While it is in use it is locked; one that
// is not locked was left behind by a console that died.
type editPlace struct {
	path string
	dir  *os.File // locked
	root *os.Root
}

const (
	editPrefix = "vouchsafe-edit-"
	editName   = "input.go"
)

// newEditPlace makes a place, and removes those that dead consoles of this user left.
func newEditPlace(getenv func(string) string) (*editPlace, error) {
	var reasons []string
	for _, base := range []string{getenv("XDG_RUNTIME_DIR"), "/dev/shm"} {
		if !filepath.IsAbs(base) {
			continue
		}
		if err := isSafeMemory(base); err != nil {
			reasons = append(reasons, err.Error())
			continue
		}
		clearEditPlaces(base)
		for range 3 { // another console may take one that is new for one that was left
			p, err := openEditPlace(filepath.Join(base, editPrefix+rand.Text()))
			if err == nil {
				return p, nil
			}
			reasons = append(reasons, err.Error())
		}
	}
	return nil, fmt.Errorf("there is no memory-backed storage to edit in, and nothing was written to a disk (%s): "+
		"set XDG_RUNTIME_DIR to a directory of yours on tmpfs, or paste the input", strings.Join(reasons, "; "))
}

// isSafeMemory says why base is no place: not in memory, others could exchange what is in it, or an editor could read its
// name as something else.
func isSafeMemory(base string) error {
	if strings.ContainsFunc(base, func(r rune) bool { return !isWord(r) && !strings.ContainsRune("/.-", r) }) {
		return fmt.Errorf("%s is not a plain name", quoted(base))
	}
	fd, err := unix.Open(base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", visibleLine(base), err)
	}
	defer unix.Close(fd)
	var s unix.Stat_t
	if err := unix.Fstat(fd, &s); err != nil {
		return fmt.Errorf("%s: %w", visibleLine(base), err)
	}
	othersWrite := s.Mode&0o022 != 0 && s.Mode&unix.S_ISVTX == 0
	switch {
	case int(s.Uid) != os.Geteuid() && s.Uid != 0:
		return fmt.Errorf("%s belongs to another user", visibleLine(base))
	case othersWrite:
		return fmt.Errorf("others can write to %s", visibleLine(base))
	case !isMemory(fd):
		return fmt.Errorf("%s is not on tmpfs", visibleLine(base))
	}
	return nil
}

func openEditPlace(path string) (*editPlace, error) {
	if err := os.Mkdir(path, 0o700); err != nil {
		return nil, err
	}
	dir, err := lockEditPlace(path)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return &editPlace{path: path, dir: dir, root: root}, nil
}

// lockEditPlace opens and locks a directory that is this user's alone. The lock ends with the process.
func lockEditPlace(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	dir := os.NewFile(uintptr(fd), path)
	var s, named unix.Stat_t
	err = unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		err = errors.Join(unix.Fstat(fd, &s), unix.Lstat(path, &named))
	}
	if err == nil && (int(s.Uid) != os.Geteuid() || s.Mode&0o077 != 0 || s.Ino != named.Ino || s.Dev != named.Dev) {
		err = errors.New("it is not this user's alone")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), dir.Close())
	}
	return dir, nil
}

// clearEditPlaces removes what dead consoles of this user left. What cannot be removed is in nobody's way.
func clearEditPlaces(base string) {
	entries, err := os.ReadDir(base)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), editPrefix) {
			continue
		}
		path := filepath.Join(base, entry.Name())
		dir, err := lockEditPlace(path)
		if err != nil {
			continue // in use, or another's
		}
		if root, err := os.OpenRoot(path); err == nil {
			(&editPlace{path: path, dir: dir, root: root}).remove()
		} else {
			dir.Close()
		}
	}
}

func (p *editPlace) file() string { return filepath.Join(p.path, editName) }

func (p *editPlace) write(text string) error {
	f, err := p.root.OpenFile(editName, os.O_WRONLY|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("write what is to be edited: %w", err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write what is to be edited: %w", err)
	}
	return nil
}

// read returns what was saved. Some editors put a new file in the place of the old one, so it is looked at anew.
func (p *editPlace) read() (string, error) {
	f, err := p.root.OpenFile(editName, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return "", fmt.Errorf("read what was saved: %w", err)
	}
	defer f.Close()
	var s unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &s); err != nil {
		return "", fmt.Errorf("read what was saved: %w", err)
	}
	if s.Mode&unix.S_IFMT != unix.S_IFREG || int(s.Uid) != os.Geteuid() {
		return "", errors.New("what was saved is not a file of this user, so nothing is run")
	}
	if s.Size > maxInput {
		return "", tooLong(s.Size)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxInput+1))
	if err != nil {
		return "", fmt.Errorf("read what was saved: %w", err)
	}
	if len(text) > maxInput {
		return "", tooLong(int64(len(text)))
	}
	return string(text), nil
}

// remove overwrites every file in the place, whoever made it, and removes it.
func (p *editPlace) remove() {
	_ = fs.WalkDir(p.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			p.wipe(name)
		}
		return nil
	})
	p.root.Close()
	os.RemoveAll(p.path)
	p.dir.Close()
}

func (p *editPlace) wipe(name string) {
	f, err := p.root.OpenFile(name, os.O_WRONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if s, err := f.Stat(); err == nil && s.Mode().IsRegular() {
		zeros := make([]byte, 64<<10)
		for left := min(s.Size(), 64<<20); left > 0; left -= int64(len(zeros)) {
			if _, err := f.Write(zeros[:min(left, int64(len(zeros)))]); err != nil {
				break
			}
		}
		f.Truncate(0)
	}
}
