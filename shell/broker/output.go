package broker

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// output gathers what a worker prints, up to a bound; what is more is read and thrown away, so that printing never blocks.
type output struct {
	mu    sync.Mutex
	max   int
	kept  []byte
	cut   int
	pipes []*pipe
}

// pipe is one of a worker's two.
type pipe struct {
	file *os.File
	fd   int
	shut bool
}

func newOutput(max int, files ...*os.File) (*output, error) {
	o := &output{max: max}
	for _, f := range files {
		raw, err := f.SyscallConn()
		if err != nil {
			return nil, fmt.Errorf("worker's output: %w", err)
		}
		p := &pipe{file: f}
		if err := raw.Control(func(fd uintptr) { p.fd = int(fd) }); err != nil {
			return nil, fmt.Errorf("worker's output: %w", err)
		}
		o.pipes = append(o.pipes, p)
		go func() {
			// Waits without a thread until the pipe can be read, and ends when it is closed.
			raw.Read(func(uintptr) bool {
				o.mu.Lock()
				defer o.mu.Unlock()
				o.drain(p)
				return p.shut
			})
			o.mu.Lock()
			defer o.mu.Unlock()
			p.shut = true
		}()
	}
	return o, nil
}

// maxDrain is how often a drain reads at most: some times what a pipe holds.
const maxDrain = 64

// drain reads what is there now. The caller holds the lock.
func (o *output) drain(p *pipe) {
	var buffer [8192]byte
	for range maxDrain { // a worker that writes faster than we read holds nobody up
		if p.shut {
			return
		}
		n, err := unix.Read(p.fd, buffer[:])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return
		case err != nil || n == 0:
			p.shut = true
			return
		}
		keep := min(n, o.max-len(o.kept))
		o.kept = append(o.kept, buffer[:keep]...)
		o.cut += n - keep
	}
}

// take returns what was printed since the last time, all of it that the worker wrote before it answered.
func (o *output) take() (text string, cut int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range o.pipes {
		o.drain(p)
	}
	text, cut = strings.ToValidUTF8(string(o.kept), "\uFFFD"), o.cut
	o.kept, o.cut = nil, 0
	return text, cut
}

// close ends the reading, before the files are closed.
func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range o.pipes {
		o.drain(p)
		p.shut = true
	}
}

// visible is hostile text made fit for a message: control and direction characters shown as escapes.
func visible(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !utf8.ValidString(text[i:min(len(text), i+1)]):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case r == '\n' || r == '\t':
			b.WriteRune(' ')
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
