package worker

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"runtime"
	"strings"

	"github.com/traefik/yaegi/interp"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// beyond is the failure of Go that is right but that the interpreter cannot run.
func beyond(detail string) *wire.Error {
	return &wire.Error{Kind: wire.ErrSyntax, Message: "this is right Go, but more than the console's interpreter can run: " + tidy(detail), Hint: "write it in simpler steps, or with named functions and types"}
}

// compileFailure is what yaegi says of code that the type checker has passed.
func (i *interpreter) compileFailure(err error) *wire.Error {
	failure := beyond(err.Error())
	i.locate(failure, err.Error())
	return failure
}

// runFailure is what a running command failed with.
func (i *interpreter) runFailure(err error) *wire.Error {
	if failure := stopped(contextError(err)); failure != nil {
		return failure
	}
	var fault interp.Panic
	if !errors.As(err, &fault) {
		return i.compileFailure(err)
	}
	failure := fromPanic(fault.Value)
	i.locate(failure, i.noise.take())
	return failure
}

func contextError(err error) error {
	var fault interp.Panic
	if errors.As(err, &fault) {
		return nil // typed code may panic with a context's error of its own
	}
	return err
}

// fromPanic makes one sentence of a recovered value. A failure from the driver or a repository keeps its kind, rule and hint.
func fromPanic(value any) *wire.Error {
	for {
		v, ok := value.(reflect.Value)
		if !ok {
			break
		}
		if !v.IsValid() || !v.CanInterface() {
			value = "nil"
			break
		}
		value = v.Interface()
	}
	if err, ok := value.(error); ok {
		var known *wire.Error
		if errors.As(err, &known) && known != nil {
			copied := *known
			return &copied
		}
		var internal runtime.Error
		message := tidy(err.Error())
		if errors.As(err, &internal) {
			message = tidy(strings.TrimPrefix(message, "runtime error: "))
		}
		return &wire.Error{Kind: wire.ErrRuntime, Message: message}
	}
	return &wire.Error{Kind: wire.ErrRuntime, Message: "panic: " + tidy(fmt.Sprint(value))}
}

// tidy takes out of a message what only yaegi understands.
func tidy(message string) string {
	message = unmark(withoutSpots(message))
	if strings.HasPrefix(message, "reflect: ") || strings.HasPrefix(message, "reflect.") {
		if strings.Contains(message, "zero Value") || strings.Contains(message, "nil") {
			return "nil pointer dereference"
		}
	}
	if strings.Contains(message, "invalid memory address") {
		return "nil pointer dereference"
	}
	return regexp.MustCompile(`\bmain\.`).ReplaceAllString(message, "")
}

// locate sets the position of a failure to the first place that a text names.
func (i *interpreter) locate(failure *wire.Error, text string) {
	if failure.Line != 0 {
		return
	}
	for _, s := range spots(text) {
		if line, column := i.sources.spot(s); line != 0 {
			failure.Line, failure.Column = line, column
			return
		}
	}
}
