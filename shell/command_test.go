package shell

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDotCommandsAreThoseOfTheContractAndOneToReadOnlyAgain(t *testing.T) {
	var names []string
	for _, c := range DotCommands() {
		names = append(names, c.Name)
	}
	want := strings.Fields(".help .decrypt .encrypt .write .facts .schema .sql .history .time .edit .whoami .exit .readonly")
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

func TestEachDotCommandSaysWhatItDoes(t *testing.T) {
	for _, c := range DotCommands() {
		if c.Summary == "" || utf8.RuneCountInString(c.Summary) > 60 || strings.HasSuffix(c.Summary, ".") {
			t.Errorf("%s has the summary %q", c.Name, c.Summary)
		}
		if c.Detail == "" || strings.Contains(c.Detail, "\n") {
			t.Errorf("%s has the detail %q", c.Name, c.Detail)
		}
	}
}

func TestADotCommandIsFoundByEachOfItsNames(t *testing.T) {
	for name, want := range map[string]string{
		".decrypt": ".decrypt", "decrypt": ".decrypt", "decrypt!": ".decrypt", "encrypt!": ".encrypt", ".help": ".help",
		"help!": "", ".decrypt!": "", "": "", ".": "", ".nothing": "",
	} {
		if got, found := FindDotCommand(name); got.Name != want || found != (want != "") {
			t.Errorf("%q finds %q", name, got.Name)
		}
	}
}
