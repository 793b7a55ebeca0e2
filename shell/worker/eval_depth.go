package worker

import (
	"runtime/metrics"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

const (
	deepest   = 96 << 20 // bytes of stack; beyond 1 GiB the Go runtime would end the worker, with all its variables
	depthTime = 10 * time.Millisecond
)

// deep tells whether the goroutines of the process are deeper in calls than any program that means it.
func deep() bool {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Kind() == metrics.KindUint64 && sample[0].Value.Uint64() > deepest
}

// endless is the failure of a recursion that was stopped.
func endless() *wire.Error {
	return &wire.Error{Kind: wire.ErrRuntime, Message: "a function calls itself without end, and was stopped", Hint: "what it had committed stays; give the recursion an end"}
}
