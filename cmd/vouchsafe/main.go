// Command vouchsafe is the stock binary: the console over the demo company.
package main

import (
	"github.com/vouchsafe/vouchsafe/cmd"
	"github.com/vouchsafe/vouchsafe/cmd/demo"
)

func main() { cmd.Main(demo.App) }
