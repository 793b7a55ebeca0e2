package demo

import "strings"

// filler is repeated to any length. It says nothing, in ASCII.
const filler = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua. " +
	"Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo consequat. " +
	"Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur. " +
	"Excepteur sint occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit anim id est laborum. "

// lorem is a filler of exactly n runes, all of them ASCII.
func lorem(n int) string {
	return strings.Repeat(filler, n/len(filler)+1)[:n]
}
