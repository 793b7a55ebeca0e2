package worker

import "time"

// afterFunc is time.AfterFunc for typed code: what it begins belongs to its command, and does not run in a later one.
func (i *interpreter) afterFunc(d time.Duration, f func()) *time.Timer {
	r := i.running()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	t := time.AfterFunc(d, func() {
		if !r.enter() {
			return
		}
		defer r.leave()
		f()
	})
	r.timers = append(r.timers, t)
	return t
}

// enter says whether a timer's function may run: not when its command has ended.
func (r *running) enter() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.over {
		return false
	}
	r.late++
	return true
}

// leave ends a timer's function, and keeps its panic from taking the worker down.
func (r *running) leave() {
	fault := recover()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.late--
	if fault != nil {
		r.faults = append(r.faults, unwrap(fault))
	}
}

// stopTimers stops what has not begun, and counts the functions that are under way.
func (r *running) stopTimers() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.over = true
	for _, t := range r.timers {
		t.Stop()
	}
	return r.late
}
