package confine_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vouchsafe/vouchsafe/shell/worker/confine"
)

// seen is what a worker finds in its own process.
type seen struct {
	Environment []string
	Descriptors map[string]string // number → where it leads
	Arguments   []string
	Limits      map[string]uint64
	NoNewPrivs  int
	Dumpable    int
}

// opened is a descriptor that a package's init opens before any line of ours runs.
var opened, _ = os.Open("/etc/hostname")

// TestMain makes this test binary launcher and worker too.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case confine.Word:
			fmt.Fprintln(os.Stderr, confine.Launch(os.Args[2:]))
			os.Exit(2)
		case confine.Work:
			os.Exit(look())
		}
	}
	os.Exit(m.Run())
}

func look() int {
	control, _, err := confine.Enter()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	s := seen{Environment: os.Environ(), Arguments: os.Args, Descriptors: map[string]string{}, Limits: map[string]uint64{}}
	for fd := range 64 {
		var stat unix.Stat_t
		if unix.Fstat(fd, &stat) != nil {
			continue
		}
		s.Descriptors[fmt.Sprint(fd)] = map[uint32]string{
			0: "anonymous", unix.S_IFSOCK: "socket", unix.S_IFIFO: "pipe", unix.S_IFCHR: "device", unix.S_IFREG: "file", unix.S_IFDIR: "directory",
		}[stat.Mode&unix.S_IFMT]
	}
	for name, what := range map[string]int{"core": unix.RLIMIT_CORE, "file": unix.RLIMIT_FSIZE, "descriptors": unix.RLIMIT_NOFILE, "data": unix.RLIMIT_DATA} {
		var limit unix.Rlimit
		if err := unix.Getrlimit(what, &limit); err != nil {
			return 2
		}
		s.Limits[name] = limit.Max
	}
	if s.NoNewPrivs, err = unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err != nil {
		return 2
	}
	if s.Dumpable, err = unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return 2
	}
	if json.NewEncoder(control).Encode(s) != nil {
		return 2
	}
	return 0
}

func start(t *testing.T) *confine.Process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := confine.Launcher{Self: self, Worker: self}.Start(t.Context(), confine.Work)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

func TestAWorkerHasNothingOfTheServers(t *testing.T) {
	t.Setenv("VOUCHSAFE_SECRET", "hunter2")
	// A stray descriptor on a keyset, without close-on-exec: as a server could have been started with.
	keyset := filepath.Join(t.TempDir(), "keyset.json")
	if err := os.WriteFile(keyset, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	stray, err := unix.Open(keyset, unix.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(stray)
	if opened == nil {
		t.Fatal("the init of this package opened nothing")
	}

	p := start(t)
	var s seen
	if err := json.NewDecoder(p.Control).Decode(&s); err != nil {
		t.Fatal(err)
	}
	if len(s.Environment) > 0 {
		t.Errorf("environment %q", s.Environment)
	}
	if slices.ContainsFunc(s.Arguments, func(a string) bool { return strings.Contains(a, keyset) }) {
		t.Errorf("arguments %q", s.Arguments)
	}
	for fd, what := range s.Descriptors {
		want, own := map[string]string{"0": "device", "1": "pipe", "2": "pipe", "3": "socket", "4": "socket"}[fd]
		if own && what != want {
			t.Errorf("descriptor %s is a %s", fd, what)
		}
		// FileConn has duplicated the two sockets; the Go runtime has its poller. No file, whoever opened it.
		if !own && what != "anonymous" && what != "socket" {
			t.Errorf("descriptor %s is a %s", fd, what)
		}
	}
	if sockets := countOf(s.Descriptors, "socket"); sockets > 2 {
		t.Errorf("%d sockets, of two", sockets)
	}
	if s.NoNewPrivs != 1 || s.Dumpable != 0 {
		t.Errorf("no_new_privs %d, dumpable %d", s.NoNewPrivs, s.Dumpable)
	}
	for name, want := range map[string]uint64{"core": 0, "file": 0, "descriptors": 32, "data": 1 << 30} {
		if s.Limits[name] != want {
			t.Errorf("limit %s is %d, not %d", name, s.Limits[name], want)
		}
	}
}

func countOf(descriptors map[string]string, what string) int {
	n := 0
	for _, w := range descriptors {
		if w == what {
			n++
		}
	}
	return n
}

func TestAKilledWorkerIsGone(t *testing.T) {
	p := start(t)
	p.Kill()
	p.Kill() // once more does no harm
	select {
	case <-p.Done():
	default:
		t.Error("Kill returned before the worker was gone")
	}
	if err := unix.Kill(p.Pid(), 0); err != unix.ESRCH {
		t.Errorf("the process is still there: %v", err)
	}
}

func TestTheLauncherStartsNothingElse(t *testing.T) {
	for _, args := range [][]string{nil, {"/bin/true"}, {"/bin/true", "anything"}, {"/bin/true", "work", "more"}} {
		if err := confine.Launch(args); err == nil {
			t.Errorf("launched %q", args)
		}
	}
}

func TestAWorkerThatIsNotThereFailsToStart(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := confine.Launcher{Self: self, Worker: "/nonexistent"}.Start(t.Context(), confine.Work)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	<-p.Done()
	words := make([]byte, 512)
	n, _ := p.Stderr.Read(words)
	if !strings.Contains(string(words[:n]), "/nonexistent") {
		t.Errorf("it said %q", words[:n])
	}
}
