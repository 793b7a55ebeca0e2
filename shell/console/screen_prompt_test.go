package console

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func TestPromptSaysTheModeInWords(t *testing.T) {
	left := 14*time.Minute + 52*time.Second + 999*time.Millisecond
	tests := []struct {
		app   string
		state wire.State
		left  time.Duration
		want  string
	}{
		{"demo", wire.State{Mode: "encrypted"}, 0, "demo encrypted> "},
		{"demo", wire.State{Mode: "decrypted"}, left, "demo DECRYPTED 14:52> "},
		{"demo", wire.State{Mode: "decrypted"}, -time.Second, "demo DECRYPTED 00:00> "},
		{"demo", wire.State{Mode: "decrypted"}, 2 * time.Hour, "demo DECRYPTED 120:00> "},
		{"demo", wire.State{Mode: "encrypted", Write: true}, 0, "demo encrypted WRITE> "},
		{"demo", wire.State{Mode: "encrypted", Sandbox: true}, 0, "demo encrypted SANDBOX> "},
		{"demo", wire.State{Mode: "decrypted", Sandbox: true, Write: true}, left, "demo DECRYPTED 14:52 SANDBOX WRITE> "},
		{"demo", wire.State{Mode: "odd\x1b"}, left, `demo ODD\X1B> `},
		{"", wire.State{Mode: "encrypted"}, left, "encrypted> "},
		{"a\x1b\n", wire.State{Mode: "encrypted"}, left, `a\x1b\n encrypted> `},
		{"an application whose name is longer than half a line", wire.State{Mode: "encrypted"}, left, "encrypted> "},
	}
	for _, test := range tests {
		for _, colour := range []bool{false, true} {
			s := Screen{Width: 80, Color: colour}
			got := s.Prompt(test.app, test.state, test.left)
			if unpainted(got) != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if colour == (got == unpainted(got)) {
				t.Errorf("colour %v: %q", colour, got)
			}
			if more := unpainted(s.Continuation(got)); width(more) != width(test.want) || more[len(more)-len("… "):] != "… " {
				t.Errorf("behind %q comes %q", got, more)
			}
		}
	}
}

func TestBannerIsAsInItsGolden(t *testing.T) {
	s := Screen{Width: 80}
	embedded := s.Banner(wire.Welcome{App: "demo", Environment: "production", Engineer: "anna", Embedded: true,
		Confinement: []string{"own process", "namespaces", "an empty root", "Landlock", "seccomp", "limits"}, Topics: []string{"tickets", "models"}})
	remote := s.Banner(wire.Welcome{App: "shop", Engineer: "o'neill\x1b"})
	refused := s.Failed(&wire.Error{Kind: wire.ErrRefused, Rule: "link", Message: "that is no link to a ticket", Hint: "give one such as https://tickets.example/T-1042"})
	said := s.Question(wire.Question{Text: "Change them?", Said: "yes or no", Detail: ptr(list(
		record([]string{"", "id", "plan"}, text("before"), number(42), text("free")),
		record([]string{"", "id", "plan"}, text("after"), number(42), text("pro"))))})
	notices := s.Notice(wire.Notice{Text: "the decrypted period ends in 3 minutes", Warning: true}) + s.Notice(wire.Notice{Text: "the worker was replaced"})
	golden(t, filepath.Join("testdata", "screen", "banner.golden"), embedded+remote+refused+said+notices)
}
