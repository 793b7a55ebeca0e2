package broker

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/vouchsafe/vouchsafe/shell/worker/confine"
)

// stockBinary is the stock binary, built once.
type stockBinary struct {
	once sync.Once
	dir  string
	path string
	err  error
}

var stock stockBinary

func TestMain(m *testing.M) {
	code := m.Run()
	if stock.dir != "" {
		os.RemoveAll(stock.dir)
	}
	os.Exit(code)
}

func (b *stockBinary) build() {
	if b.dir, b.err = os.MkdirTemp("", "vouchsafe"); b.err != nil {
		return
	}
	b.path = filepath.Join(b.dir, "vouchsafe")
	command := exec.Command("go", "build", "-o", b.path, "github.com/vouchsafe/vouchsafe/cmd/vouchsafe")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	command.Stderr = os.Stderr
	b.err = command.Run()
}

// startReal starts workers of the stock binary through its launcher.
func startReal(t testing.TB) Start {
	t.Helper()
	stock.once.Do(stock.build)
	if stock.err != nil {
		t.Fatal(stock.err)
	}
	l := confine.Launcher{Self: stock.path, Worker: stock.path}
	return func(ctx context.Context, role string) (*Process, error) {
		p, err := l.Start(ctx, role)
		if err != nil {
			return nil, err
		}
		t.Cleanup(p.Kill)
		return &Process{Control: p.Control, Statements: p.Statements, Stdout: p.Stdout, Stderr: p.Stderr, Kill: p.Kill}, nil
	}
}
