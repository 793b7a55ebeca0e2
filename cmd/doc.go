// Package cmd is the command line of Vouchsafe.
//
// A company links its own models into a console binary of its own:
//
//	package main
//
//	import (
//		"github.com/vouchsafe/vouchsafe/cmd"
//		"github.com/vouchsafe/vouchsafe/shell"
//	)
//
//	func main() {
//		cmd.Main(shell.App{Name: "shop", Environment: "production", Models: Models, Symbols: Symbols})
//	}
//
// Models and Symbols stand in the file that `vouchsafe generate` writes.
//
// The same binary is server, launcher and worker; which of them a process is, its first argument says.
//
// Data goes to standard output, everything else to standard error. Exit status: 0 ok; 1 the typed code failed, or the
// database rejected its query; 2 usage or config; 3 refused by policy; 5 the record is unavailable, and nothing was run,
// written or shown without it; 6 the database is unavailable; 7 verification found a fault; 130 interrupted.
package cmd
