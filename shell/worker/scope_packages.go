package worker

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"reflect"
	"strings"

	"github.com/traefik/yaegi/interp"
	"github.com/traefik/yaegi/stdlib"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// consolePath is the package whose symbols typed code sees without a qualifier.
const consolePath = "console"

// allowed lists the packages of the standard library that typed code may use. They need no import.
func allowed() []string {
	return []string{
		"bytes", "context", "crypto/sha256", "encoding/base64", "encoding/csv", "encoding/hex", "encoding/json", "errors", "fmt", "html", "io",
		"math", "math/big", "math/rand", "net/url", "path", "regexp", "sort", "strconv", "strings", "sync", "text/tabwriter",
		"time", "unicode", "unicode/utf8",
	}
}

// refused says by which names a person may reach for a package that is not there, and why it is not.
func refused() map[string]string {
	const (
		machine = "typed code reaches no files, processes or environment"
		network = "typed code reaches no network"
		inside  = "typed code does not reach into the runtime"
	)
	return map[string]string{
		"os": machine, "exec": machine, "signal": machine, "user": machine, "ioutil": machine, "fs": machine, "filepath": machine, "syscall": machine, "embed": machine, "plugin": machine, "unix": machine,
		"net": network, "http": network, "rpc": network, "smtp": network, "netip": network, "tls": network, "httptest": network, "textproto": network,
		"unsafe": inside, "reflect": inside, "runtime": inside, "debug": inside, "pprof": inside, "trace": inside, "atomic": inside, "C": inside,
		"log": "typed code has no log; fmt.Println and fmt.Printf show their output here, and the whole command is on record", "slog": "typed code has no log; fmt.Println and fmt.Printf show their output here, and the whole command is on record",
		"sql": "the database is reached by db and the repositories",
	}
}

// symbols gathers what yaegi is given: the allowed part of the standard library, the application's exports, and this package's own hooks.
func (i *interpreter) symbols() interp.Exports {
	exports := interp.Exports{}
	for _, p := range allowed() {
		key := p + "/" + path.Base(p)
		names := make(map[string]reflect.Value, len(stdlib.Symbols[key]))
		for name, symbol := range stdlib.Symbols[key] {
			names[name] = symbol
		}
		exports[key] = names
	}
	addRecent(exports)
	for key, names := range i.config.Exports {
		if exports[key] == nil {
			exports[key] = map[string]reflect.Value{}
		}
		for name, symbol := range names {
			exports[key][name] = symbol
		}
	}
	if exports[consolePath+"/"+consolePath] == nil {
		exports[consolePath+"/"+consolePath] = map[string]reflect.Value{}
	}
	for name, hook := range i.hooks() {
		exports[consolePath+"/"+consolePath][name] = reflect.ValueOf(hook)
	}
	exports["time/time"]["AfterFunc"] = reflect.ValueOf(i.afterFunc)
	exports["."] = i.bindPrinting(exports["fmt/fmt"])
	// yaegi takes the key "fmt/fmt" as the sign to compile its own copies of slices and maps, which costs 1.5 ms a worker and serves nobody here.
	exports["fmt/./fmt"] = exports["fmt/fmt"]
	delete(exports, "fmt/fmt")
	return exports
}

// addRecent adds the functions of recent Go that yaegi has no symbols of.
func addRecent(exports interp.Exports) {
	for key, names := range map[string]map[string]any{
		"strings/strings": {
			"Lines": strings.Lines, "SplitSeq": strings.SplitSeq, "SplitAfterSeq": strings.SplitAfterSeq,
			"FieldsSeq": strings.FieldsSeq, "FieldsFuncSeq": strings.FieldsFuncSeq,
		},
		"bytes/bytes": {
			"Lines": bytes.Lines, "SplitSeq": bytes.SplitSeq, "SplitAfterSeq": bytes.SplitAfterSeq,
			"FieldsSeq": bytes.FieldsSeq, "FieldsFuncSeq": bytes.FieldsFuncSeq,
		},
	} {
		for name, function := range names {
			exports[key][name] = reflect.ValueOf(function)
		}
	}
}

// bindPrinting makes fmt print to Stdout. It returns what tells yaegi that these functions look for a String method.
func (i *interpreter) bindPrinting(names map[string]reflect.Value) map[string]reflect.Value {
	out := i.config.Stdout
	with := func(format string, a []any) (string, []any) { return withTypes(format, i.dressed(a)) }
	bound := map[string]any{
		"Print":    func(a ...any) (int, error) { return fmt.Fprint(out, i.dressed(a)...) },
		"Println":  func(a ...any) (int, error) { return fmt.Fprintln(out, i.dressed(a)...) },
		"Sprint":   func(a ...any) string { return fmt.Sprint(i.dressed(a)...) },
		"Sprintln": func(a ...any) string { return fmt.Sprintln(i.dressed(a)...) },
		"Fprint":   func(w io.Writer, a ...any) (int, error) { return fmt.Fprint(w, i.dressed(a)...) },
		"Fprintln": func(w io.Writer, a ...any) (int, error) { return fmt.Fprintln(w, i.dressed(a)...) },
		"Printf": func(format string, a ...any) (int, error) {
			format, a = with(format, a)
			return fmt.Fprintf(out, format, a...)
		},
		"Sprintf": func(format string, a ...any) string {
			format, a = with(format, a)
			return fmt.Sprintf(format, a...)
		},
		"Fprintf": func(w io.Writer, format string, a ...any) (int, error) {
			format, a = with(format, a)
			return fmt.Fprintf(w, format, a...)
		},
	}
	methods := make(map[reflect.Value][]reflect.Type, len(stdlib.MapTypes)+len(bound))
	for function, types := range stdlib.MapTypes {
		methods[function] = types
	}
	for name, function := range bound {
		methods[reflect.ValueOf(function)] = methods[names[name]]
		names[name] = reflect.ValueOf(function)
	}
	for _, name := range []string{"Scan", "Scanf", "Scanln"} { // there is nothing to scan
		delete(names, name)
	}
	return map[string]reflect.Value{"MapTypes": reflect.ValueOf(methods)}
}

// refuseImport is the refusal of a package that typed code may not use.
func refuseImport(name string) *wire.Error {
	why, known := refused()[path.Base(name)]
	if !known {
		why = "it is not among the packages of this console"
	}
	return &wire.Error{
		Kind: wire.ErrRefused, Rule: "import",
		Message: fmt.Sprintf("package %s is not available: %s", name, why),
		Hint:    "nothing ran; these can be used without an import: " + strings.Join(append(allowed(), "cmp", "iter", "maps", "slices"), ", "),
	}
}
