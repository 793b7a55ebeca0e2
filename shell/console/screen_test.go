package console

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScreenIsLaidOutAsInItsGolden(t *testing.T) {
	values, results := sampleValues(), sampleResults()
	for _, columns := range []int{40, 80, 120} {
		for _, colour := range []bool{false, true} {
			s := Screen{Width: columns, Height: 24, Color: colour}
			name := fmt.Sprintf("%d", columns)
			if colour {
				name += "-colour"
			}
			t.Run(name, func(t *testing.T) {
				var b strings.Builder
				for _, key := range slices.Sorted(maps.Keys(values)) {
					v := values[key]
					fmt.Fprintf(&b, "== %s\n%s", key, s.Value(&v))
				}
				for _, key := range slices.Sorted(maps.Keys(results)) {
					r := results[key]
					fmt.Fprintf(&b, "== result: %s\n%s", key, s.Result(r.source, r.result))
				}
				golden(t, filepath.Join("testdata", "screen", name+".golden"), b.String())
			})
		}
	}
}

// golden compares what was rendered with a file, or writes the file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
