package console

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// editing runs EditFile with a shell script as the editor, whose first argument is the file.
func editing(t *testing.T, ctx context.Context, script, text string) (saved string, screen string, err error) {
	t.Helper()
	base := memoryDir(t)
	path := filepath.Join(t.TempDir(), "editor")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	control, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	shown := make(chan string)
	go func() {
		var b bytes.Buffer
		b.ReadFrom(control)
		shown <- b.String()
	}()
	before := termiosOf(t, terminal)
	getenv := environment(map[string]string{"XDG_RUNTIME_DIR": base, "EDITOR": path + " --wait 'two words'", "VISUAL": ""})
	saved, err = EditFile(ctx, getenv, terminal, text)
	if termiosOf(t, terminal) != before {
		t.Error("the terminal is not as it was")
	}
	terminal.Close()
	control.Close()
	if left, _ := os.ReadDir(base); len(left) > 0 {
		t.Errorf("%s is left behind", left[0].Name())
	}
	return saved, <-shown, err
}

func termiosOf(t *testing.T, f *os.File) unix.Termios {
	t.Helper()
	m, err := unix.IoctlGetTermios(int(f.Fd()), getTermios)
	if err != nil {
		t.Fatal(err)
	}
	return *m
}

func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

// memoryDir is a directory that only the test uses, on memory-backed storage.
func memoryDir(t *testing.T) string {
	t.Helper()
	if err := isSafeMemory("/dev/shm"); err != nil {
		t.Skipf("no memory-backed storage: %v", err)
	}
	dir, err := os.MkdirTemp("/dev/shm", "console-test-")
	if err != nil {
		t.Skipf("no memory-backed storage: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func TestEditedTextIsReturned(t *testing.T) {
	script := `[ "$1 $2" = "--wait two words" ] || exit 9; file=$3; dir=$(dirname $file)
		ls -ld $dir | grep -q '^drwx------' && ls -l $file | grep -q '^-rw-------' || exit 8
		[ "$TMPDIR" = $dir ] || exit 7
		echo backup > $file~; mkdir $dir/sub; echo swap > $dir/sub/swap; ln -s /etc/passwd $dir/link
		cat $file | tr 1 2 > $dir/new; mv $dir/new $file`
	saved, _, err := editing(t, t.Context(), script, "f(\n\t1)")
	if err != nil || saved != "f(\n\t2)" {
		t.Errorf("got %q, %v", saved, err)
	}
}

func TestEditThatComesToNothingReturnsNothing(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"unchanged", `true`, "left as it was"},
		{"empty", `echo > $3`, "left empty"},
		{"removed", `rm $3`, "no such file"},
		{"failed", `echo x > $3; exit 3`, "status 3"},
		{"killed", `echo x > $3; kill -9 $$`, "killed"},
		{"not text", `printf '\377' > $3`, "not UTF-8"},
		{"too long", `head -c 1100000 /dev/zero > $3`, "1100000 bytes"},
		{"a link", `rm $3; ln -s /etc/passwd $3`, "read what was saved"},
		{"a pipe", `rm $3; mkfifo $3`, "not a file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			saved, _, err := editing(t, t.Context(), test.script, "1+1")
			if err == nil || saved != "" || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, %v", saved, err)
			}
		})
	}
}

func TestEditorEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	flag := filepath.Join(t.TempDir(), "started")
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(flag); err == nil {
				cancel()
			}
			<-time.After(time.Millisecond)
		}
	}()
	saved, _, err := editing(t, ctx, `echo x > $3; touch `+flag+`; sleep 100 & wait; sleep 100`, "1+1")
	if !errors.Is(err, context.Canceled) || saved != "" {
		t.Errorf("got %q, %v", saved, err)
	}
}

func TestPlacesOfDeadConsolesAreRemoved(t *testing.T) {
	base := memoryDir(t)
	getenv := environment(map[string]string{"XDG_RUNTIME_DIR": base})
	living, err := newEditPlace(getenv)
	if err != nil {
		t.Fatal(err)
	}
	dead := filepath.Join(base, editPrefix+"dead")
	other := filepath.Join(base, "other")
	for _, dir := range []string{dead, other} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, editName), []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(other, filepath.Join(base, editPrefix+"link")); err != nil {
		t.Fatal(err)
	}
	next, err := newEditPlace(getenv)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{dead: false, living.path: true, next.path: true, filepath.Join(other, editName): true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	living.remove()
	next.remove()
}

func TestNothingIsWrittenToDisk(t *testing.T) {
	onDisk := t.TempDir()
	if isSafeMemory(onDisk) == nil { // the directory for tests is in memory itself
		var err error
		if onDisk, err = os.Getwd(); err != nil {
			t.Fatal(err)
		}
	}
	err := isSafeMemory(onDisk)
	if err == nil || !strings.Contains(err.Error(), "not on tmpfs") {
		t.Errorf("got %v", err)
	}
	base := memoryDir(t)
	for name, spoil := range map[string]func(string) error{
		"open":  func(dir string) error { return os.Chmod(dir, 0o777) },
		"a b":   func(string) error { return nil },
		"links": func(dir string) error { return errors.Join(os.Remove(dir), os.Symlink("/dev/shm", dir)) },
	} {
		dir := filepath.Join(base, name)
		if err := errors.Join(os.Mkdir(dir, 0o700), spoil(dir)); err != nil {
			t.Fatal(err)
		}
		if err := isSafeMemory(dir); err == nil {
			t.Errorf("%s is taken for safe", name)
		}
	}
}

func TestEditorCommandIsSplitWithoutAShell(t *testing.T) {
	tests := []struct {
		command string
		words   []string
	}{
		{"vi", []string{"vi"}},
		{"code --wait", []string{"code", "--wait"}},
		{`'/opt/my editor/run' "-c" 'set x=1; $(touch /tmp/x)' a\ b`, []string{"/opt/my editor/run", "-c", "set x=1; $(touch /tmp/x)", "a b"}},
		{`e ""`, []string{"e", ""}},
		{`e 'x`, nil},
		{`""`, nil},
	}
	for _, test := range tests {
		words, err := splitCommand(test.command)
		if !slices.Equal(words, test.words) || (err == nil) != (test.words != nil) {
			t.Errorf("%s is %q, %v", test.command, words, err)
		}
	}
	if _, err := editorCommand(t.Context(), environment(map[string]string{"VISUAL": "no-such-editor -x"})); err == nil || !strings.Contains(err.Error(), "set EDITOR") {
		t.Errorf("an editor that is not there: %v", err)
	}
}

func TestVimEditsInMemoryOnly(t *testing.T) {
	path, err := exec.LookPath("vim")
	if err != nil {
		t.Skip("vim is not installed")
	}
	base, home := memoryDir(t), t.TempDir()
	careless := "set undofile swapfile backup writebackup directory=" + home + " undodir=" + home + " backupdir=" + home + " viminfo='10,n" + home + "/info\n"
	if err := os.WriteFile(filepath.Join(home, ".vimrc"), []byte(careless), 0o600); err != nil {
		t.Fatal(err)
	}
	g := newGlass(t, 60, 24, "XDG_RUNTIME_DIR="+base, "VISUAL="+path, "HOME="+home, "VIMINIT=")
	g.types("edit\r")
	g.until("show the file in vim", func(s string) bool { return strings.Contains(s, "People.Count()\n~") })
	g.types("\x1a") // Ctrl-Z must not hang the console
	g.types("Aafter\x1b")
	g.until("show what was typed", func(s string) bool { return strings.Contains(s, "People.Count()after") })
	entries, err := os.ReadDir(base)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d places: %v", len(entries), err)
	}
	g.types(":wq\r")
	g.until("show what was saved", func(s string) bool {
		return strings.Contains(s, `edited "People.Count()after" <nil>`) && strings.HasSuffix(s, "demo> █")
	})
	g.types("run\r")
	g.until("run", func(s string) bool { return strings.Contains(s, "running") })
	g.types("\x03")
	g.until("have a prompt", func(s string) bool { return strings.HasSuffix(s, "interrupted\ndemo> █") })
	left, _ := os.ReadDir(base)
	written, _ := os.ReadDir(home)
	if len(left) != 0 || len(written) != 1 {
		t.Errorf("vim left %v in memory, and %v at home", left, written)
	}
}
