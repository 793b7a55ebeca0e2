//go:build !linux

package confine

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// Launch is the launcher's whole life: args are the words after Word. Here it only execs the worker.
func Launch(args []string) error {
	if len(args) != 2 || (args[1] != Work && args[1] != Describe) {
		return errors.New("launch is for the server only: it starts a worker")
	}
	return syscall.Exec(args[0], []string{"vouchsafe-worker", args[1]}, nil)
}

// Enter is the first thing a worker does.
func Enter() (control, statements net.Conn, err error) {
	if control, err = net.FileConn(os.NewFile(controlFD, "control")); err != nil {
		return nil, nil, err
	}
	statements, err = net.FileConn(os.NewFile(statementFD, "statements"))
	return control, statements, err
}

// Layers names the walls that this build puts around a worker.
func Layers() []string { return []string{"own process", "empty environment"} }
