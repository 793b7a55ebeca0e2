package console

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// fieldNames returns a name for each item of a struct or a row, all of them different.
func fieldNames(v *wire.Value) []string {
	names := make([]string, len(v.Items))
	for i := range names {
		if i < len(v.Names) {
			names[i] = v.Names[i]
		} else {
			names[i] = "_" + strconv.Itoa(i+1) // no honest worker leaves one out
		}
	}
	return distinct(names)
}

// distinct makes names valid UTF-8 and different from each other: the second "id" becomes "id_2", or, where some column is
// called that already, the next number that is free.
func distinct(names []string) []string {
	names = slices.Clone(names)
	taken := make(map[string]bool, len(names))
	for i, name := range names {
		names[i] = strings.ToValidUTF8(name, "\uFFFD")
		taken[names[i]] = true
	}
	if len(taken) == len(names) {
		return names
	}
	seen := make(map[string]int, len(names))
	for i, name := range names {
		seen[name]++
		if seen[name] == 1 {
			continue
		}
		free := fmt.Sprintf("%s_%d", name, seen[name])
		for taken[free] {
			seen[name]++
			free = fmt.Sprintf("%s_%d", name, seen[name])
		}
		taken[free] = true
		names[i] = free
	}
	return names
}

// fairShare returns the most that each of sizes may take so that together they stay within room, where what one of them
// does not need is shared among the others. If all fit, nothing bounds them.
func fairShare(sizes []int, room int) int {
	sorted := slices.Sorted(slices.Values(sizes))
	for i, size := range sorted {
		share := room / (len(sorted) - i)
		if size > share {
			return share
		}
		room -= size
	}
	return math.MaxInt
}
