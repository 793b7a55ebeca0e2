//go:build race

package worker

// raced says that the race detector watches. It would report what the interpreter's own goroutines do to each other.
const raced = true
