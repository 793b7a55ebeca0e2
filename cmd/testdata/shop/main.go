// Command console is the shop's own console.
package main

import (
	"github.com/vouchsafe/vouchsafe/cmd"
	"github.com/vouchsafe/vouchsafe/shell"
)

func main() {
	cmd.Main(shell.App{Name: "shop", Environment: "production", Models: Models, Symbols: Symbols})
}
