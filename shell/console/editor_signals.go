package console

import "github.com/chzyer/readline"

// drain looks for a Ctrl-C among what was typed between the end of an input and the change of the terminal's mode. What
// comes after that, the terminal makes a signal.
func (e *Editor) drain() {
	b := make([]byte, 4096)
	for {
		n, err := e.terminal.readNow(b)
		if n == 0 || err != nil {
			break
		}
		e.ahead = append(e.ahead, e.filter.feed(b[:n])...)
		if len(e.ahead) > len(b) {
			break // the rest waits in the terminal
		}
	}
	for i := len(e.ahead) - 1; i >= 0; i-- {
		if e.ahead[i].code == readline.CharInterrupt {
			e.ahead = e.ahead[i+1:]
			e.interrupt()
			return
		}
	}
}

func (e *Editor) interrupt() {
	select {
	case e.breaks <- struct{}{}:
	default:
	}
}

// watch takes the signals.
func (e *Editor) watch() {
	defer e.finished.Done()
	for {
		select {
		case <-e.closed:
			return
		case <-e.resized:
			e.m.Lock()
			e.redraw()
			e.m.Unlock()
		case <-e.pressed:
			e.m.Lock()
			if e.reading { // it was pressed, or sent, just before
				e.ahead = append([]key{{code: readline.CharInterrupt}}, e.ahead...)
				e.terminal.wake()
			} else {
				e.ahead, e.filter, e.burst = nil, keyFilter{}, false // as the terminal drops what it holds
				e.interrupt()
			}
			e.m.Unlock()
		}
	}
}

// Interrupts delivers a value for each Ctrl-C that is pressed while no Read and no Ask is under way. It drops what was typed
// ahead. The next Read drops values that nobody took.
func (e *Editor) Interrupts() <-chan struct{} { return e.breaks }
