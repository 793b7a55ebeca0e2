// Command console is a console for the programs of Bluesky's indigo.
package main

import (
	"github.com/vouchsafe/vouchsafe/cmd"
	"github.com/vouchsafe/vouchsafe/shell"
)

func main() {
	cmd.Main(shell.App{Name: "relay", Environment: "production", Models: Models, Symbols: Symbols})
}
