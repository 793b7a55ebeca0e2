package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// BenchmarkKeyToEcho: from a key at the prompt to its echo on the terminal, of the real console.
func BenchmarkKeyToEcho(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(dir, "vouchsafe")
	build := exec.Command("go", "build", "-o", program, "./vouchsafe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	if out, err := exec.Command(program, "demo", "--dir", filepath.Join(dir, "demo"), "--init-only").CombinedOutput(); err != nil {
		b.Fatalf("make the demo: %v\n%s", err, out)
	}
	c := exec.Command(program, "console", "--config", filepath.Join(dir, "demo", "vouchsafe.yaml"), "--justification", "https://oncall.example/cards/1")
	c.Env = []string{"TERM=xterm-256color", "PATH=" + os.Getenv("PATH")}
	start := time.Now()
	terminal, err := pty.StartWithSize(c, &pty.Winsize{Cols: 100, Rows: 40})
	if err != nil {
		b.Fatal(err)
	}
	defer terminal.Close()
	s := &screen{terminal: terminal, model: vt10x.New(vt10x.WithSize(100, 40)), ended: make(chan error, 1), silent: make(chan struct{})}
	wrote := make(chan int, 1024)
	go func() {
		defer close(s.silent)
		buffer := make([]byte, 4096)
		for {
			n, err := terminal.Read(buffer)
			s.model.Write(buffer[:n])
			wrote <- n
			if err != nil {
				return
			}
		}
	}()
	shown := func(text string) {
		late := time.After(screenTime)
		for !strings.Contains(s.text(), text) {
			select {
			case <-wrote:
			case <-late:
				b.Fatalf("%q is not shown:\n%s", text, s.text())
			}
		}
	}
	shown("demo encrypted>")
	first := time.Since(start)
	for b.Loop() {
	}
	var times []time.Duration
	typed := ""
	for i := range 50 {
		typed += string(rune('a' + i%26))
		key := time.Now()
		if _, err := terminal.WriteString(typed[i:]); err != nil {
			b.Fatal(err)
		}
		shown("demo encrypted> " + typed)
		times = append(times, time.Since(key))
	}
	if _, err := terminal.WriteString("\x15\x04"); err != nil { // Ctrl-U, Ctrl-D
		b.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		b.Fatal(err)
	}
	slices.Sort(times)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(times[25])/float64(time.Millisecond), "ms")
	b.ReportMetric(float64(times[47])/float64(time.Millisecond), "p95-ms")
	b.ReportMetric(float64(first)/float64(time.Millisecond), "start-to-prompt-ms")
}
