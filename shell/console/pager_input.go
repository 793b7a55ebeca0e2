package console

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// glance is how often the terminal is asked for its size while nobody types.
const glance = 100 * time.Millisecond

// pagerInput waits for what is typed without reading ahead: a key that is not for the pager stays in the terminal.
type pagerInput struct {
	ctx      context.Context
	in       *os.File
	done     *os.File // readable as soon as ctx is done
	stop     func() bool
	waker    *os.File
	leftover []byte // the beginning of a key
}

// listen begins to wait on a terminal, until ctx is done.
func listen(ctx context.Context, in *os.File) (*pagerInput, error) {
	done, waker, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	i := &pagerInput{ctx: ctx, in: in, done: done, waker: waker}
	i.stop = context.AfterFunc(ctx, func() { _, _ = waker.Write([]byte{0}) })
	return i, nil
}

// close frees what listen took; the terminal stays open.
func (i *pagerInput) close() {
	i.stop()
	_ = i.done.Close()
	_ = i.waker.Close()
}

// next returns what was typed, or nothing as soon as changed says that the screen is no longer what it was. Its error is the
// context's once that is done, and io.EOF where the terminal is gone.
func (i *pagerInput) next(changed func() bool) ([]pagerKey, error) {
	for {
		if err := i.ctx.Err(); err != nil {
			return nil, err
		}
		if changed() {
			return nil, nil
		}
		ready, err := i.wait()
		switch {
		case errors.Is(err, unix.EINTR) || err == nil && !ready:
			continue
		case err != nil:
			return nil, err
		}
		typed := make([]byte, 256)
		n, err := unix.Read(int(i.in.Fd()), typed)
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.EAGAIN):
			continue
		case err != nil || n == 0:
			return nil, io.EOF
		}
		keys, rest := pagerKeys(append(i.leftover, typed[:n]...))
		i.leftover = append([]byte(nil), rest...)
		return keys, nil
	}
}

// wait waits a glance for something typed. Select and not poll: macOS cannot poll a terminal.
func (i *pagerInput) wait() (ready bool, err error) {
	in, done := int(i.in.Fd()), int(i.done.Fd())
	var set unix.FdSet
	set.Set(in)
	set.Set(done)
	pause := unix.NsecToTimeval(int64(glance))
	if _, err := unix.Select(max(in, done)+1, &set, nil, nil, &pause); err != nil {
		return false, err
	}
	return set.IsSet(in) && i.ctx.Err() == nil, nil
}
