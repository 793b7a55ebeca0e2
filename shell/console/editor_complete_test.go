package console

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func TestManyCandidatesFillTheWidth(t *testing.T) {
	candidates := []wire.Candidate{{Text: "AVeryLongMethodNameThatIsWiderThanHalfOfTheTerminalIs"}}
	for i := range 30 {
		candidates = append(candidates, wire.Candidate{Text: fmt.Sprintf("Method%d", i)})
	}
	for _, columns := range []int{20, 79, 80, 200} {
		got := (&Editor{}).list(candidates, columns)
		lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
		if columns >= 79 && len(lines) > 15 {
			t.Errorf("%d rows at %d columns:\n%s", len(lines), columns, got)
		}
		seen := 0
		for _, line := range lines {
			seen += len(strings.Fields(line))
			if width(line) >= columns {
				t.Errorf("%d columns of %d: %q", width(line), columns, line)
			}
		}
		if seen != len(candidates) {
			t.Errorf("%d of %d are listed", seen, len(candidates))
		}
	}
}

func TestWhatWasEditedIsShownAsItWouldBeTyped(t *testing.T) {
	e, _, _, _ := onTerminal(t)
	if got, want := e.Shown("demo encrypted> ", "for {\n\x1b[2J}"), "demo encrypted> for {\n            ... \\x1b[2J}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEditorsFailureSaysOnceThatNothingIsRun(t *testing.T) {
	for _, err := range []error{fmt.Errorf("the file was left empty, so nothing is run"), fmt.Errorf("start the editor: no such file")} {
		got := Screen{Width: 80}.Failed(notEdited(err))
		if strings.Count(got, "nothing") != 1 {
			t.Errorf("it says %q", got)
		}
	}
}
