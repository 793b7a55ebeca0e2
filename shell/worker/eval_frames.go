package worker

import (
	"bytes"
	"fmt"
	"regexp"
	"sync"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// frames takes the line that yaegi writes for each function that a panic passes, the innermost first, and keeps the beginning.
type frames struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

const mostFrames = 4 << 10 // bytes

func (f *frames) Write(b []byte) (int, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if room := mostFrames - f.text.Len(); room > 0 {
		f.text.Write(b[:min(len(b), room)])
	}
	return len(b), nil
}

func (f *frames) forget() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.text.Reset()
}

// innermost is what yaegi calls the first function of the top level that the panic passed, if it says so.
func (f *frames) innermost() string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	found := regexp.MustCompile(`panic: main\.([^\s(]*` + mark + `\d+)\(`).FindSubmatch(f.text.Bytes())
	if found == nil {
		return ""
	}
	return string(found[1])
}

// inFunction says in which function a command failed, where that was typed in an earlier one: the place of the failure is only that of the call.
func (r *running) inFunction(failure *wire.Error) *wire.Error {
	internal := r.i.frames.innermost()
	if failure.Kind != wire.ErrRuntime || internal == "" {
		return failure
	}
	for name, b := range r.i.scope.names {
		if b.internal == internal && b.command != r.command {
			failure.Message += fmt.Sprintf(" (in %s, typed in command %d, line %d)", name, b.command, b.line)
		}
	}
	return failure
}
