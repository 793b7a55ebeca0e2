package worker

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"runtime"
	"strings"

	"github.com/traefik/yaegi/interp"

	"github.com/vouchsafe/vouchsafe/crypto"
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
	return fromPanic(fault.Value) // what yaegi says of the place is no more than the beginning of a function
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
	value = unwrap(value)
	if err, ok := value.(error); ok {
		var known *wire.Error
		if errors.As(err, &known) && known != nil {
			copied := *known
			return &copied
		}
		var sealed *crypto.SealedError
		if errors.As(err, &sealed) {
			return &wire.Error{Kind: wire.ErrRuntime, Message: strings.TrimSuffix(err.Error(), " (hint: "+sealed.Hint+")"), Hint: openHint(sealed.Reference)}
		}
		var internal runtime.Error
		message := tidy(err.Error())
		if errors.As(err, &internal) {
			message = tidy(strings.TrimPrefix(message, "runtime error: "))
		}
		return &wire.Error{Kind: wire.ErrRuntime, Message: message}
	}
	message := fmt.Sprint(value)
	if text := tidy(message); text != message && strings.HasPrefix(message, "reflect") {
		return &wire.Error{Kind: wire.ErrRuntime, Message: text}
	}
	return &wire.Error{Kind: wire.ErrRuntime, Message: "panic: " + tidy(message)}
}

// unwrap takes a value out of the reflect.Value in which yaegi hands it on.
func unwrap(value any) any {
	for {
		v, ok := value.(reflect.Value)
		if !ok {
			return value
		}
		if !v.IsValid() || !v.CanInterface() {
			return nil
		}
		value = v.Interface()
	}
}

// bare takes a value also out of what yaegi makes it fit a compiled interface with.
func bare(value any) any {
	value = unwrap(value)
	v := reflect.ValueOf(value)
	if v.Kind() == reflect.Struct && v.NumField() > 0 && v.Type().Field(0).Name == "IValue" && strings.HasPrefix(v.Type().Name(), "_") {
		return bare(v.Field(0).Interface())
	}
	return value
}

// tidy takes out of a message what only yaegi understands.
func tidy(message string) string {
	message = unmark(withoutSpots(message))
	reflected := strings.HasPrefix(message, "reflect: ") || strings.HasPrefix(message, "reflect.")
	switch {
	case strings.Contains(message, "invalid memory address"),
		reflected && (strings.Contains(message, "zero Value") || strings.Contains(message, "nil")):
		return "nil pointer dereference"
	case reflected && strings.Contains(message, "index out of range"):
		return "index out of range"
	case reflected && strings.Contains(message, "out of bounds"):
		return "slice bounds out of range"
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
