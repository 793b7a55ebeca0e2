package console

import (
	"maps"
	"slices"
	"testing"
)

func TestColourIsForTerminalsThatHaveIt(t *testing.T) {
	tests := []struct {
		name     string
		env      map[string]string
		terminal bool
		want     bool
	}{
		{"a terminal", map[string]string{"TERM": "xterm-256color"}, true, true},
		{"a file", map[string]string{"TERM": "xterm-256color"}, false, false},
		{"a terminal of a person who wants none", map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, true, false},
		{"NO_COLOR empty, which says nothing", map[string]string{"TERM": "xterm", "NO_COLOR": ""}, true, true},
		{"a dumb terminal", map[string]string{"TERM": "dumb"}, true, false},
		{"a terminal of no name", nil, true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Colors(func(name string) string { return test.env[name] }, test.terminal); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestColourSaysNothingThatWordsDoNot(t *testing.T) {
	values, results := sampleValues(), sampleResults()
	plain, coloured := Screen{Width: 80}, Screen{Width: 80, Color: true}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		v := values[name]
		if a, b := plain.Value(&v), unpainted(coloured.Value(&v)); a != b {
			t.Errorf("%s: without colour\n%s\nwith colour\n%s", name, a, b)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(results)) {
		r := results[name]
		if a, b := plain.Result(r.source, r.result), unpainted(coloured.Result(r.source, r.result)); a != b {
			t.Errorf("%s: without colour\n%s\nwith colour\n%s", name, a, b)
		}
	}
}
