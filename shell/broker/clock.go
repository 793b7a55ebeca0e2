package broker

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Why a running command is stopped, as the cause of its context.
var (
	errExpired = errors.New("the decrypted period has ended")
	errTimeout = errors.New("the command took too long")
)

// stopwatch stops a command when its time is up, and stands still while a person is asked something.
type stopwatch struct {
	mu     sync.Mutex
	timer  *time.Timer
	left   time.Duration
	since  time.Time
	expiry *time.Timer // of the decrypted period, which waits for nobody; nil outside one
}

// limited is a context that ends when a command's time is up, or, if expires is not zero, its decrypted period.
func limited(ctx context.Context, command, expires time.Duration) (context.Context, *stopwatch, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &stopwatch{left: command, since: time.Now()}
	w.timer = time.AfterFunc(command, func() { cancel(errTimeout) })
	if expires != 0 {
		w.expiry = time.AfterFunc(expires, func() { cancel(errExpired) })
	}
	return ctx, w, func() {
		w.timer.Stop()
		if w.expiry != nil {
			w.expiry.Stop()
		}
		cancel(nil)
	}
}

// pause makes the stopwatch stand still until the function it returns is called.
func (w *stopwatch) pause() (resume func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.timer.Stop() { // the time was up already
		return func() {}
	}
	w.left -= time.Since(w.since)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.since = time.Now()
		w.timer.Reset(max(w.left, 0))
	}
}

func stopReason(ctx context.Context) string {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errExpired):
		return reasonExpired
	case errors.Is(cause, errTimeout), errors.Is(cause, context.DeadlineExceeded):
		return reasonTimeout
	}
	return reasonInterrupt
}
