package cmd_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// runJSON is the command json.
func runJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 4 || len(args) == 4 && args[2] != "~" {
		ts.Fatalf("usage: [!] json LINE PATH [VALUE | ~ REGEXP]")
	}
	got, found, err := jsonAt(ts.ReadFile("stdout"), args[0], args[1])
	ts.Check(err)
	holds := found
	if found && len(args) == 3 {
		holds = got == canonical(args[2])
	} else if found && len(args) == 4 {
		pattern, err := regexp.Compile(args[3])
		ts.Check(err)
		holds = pattern.MatchString(got)
	}
	if holds == neg {
		ts.Fatalf("%s of %s is %s (there at all: %t)", args[1], args[0], got, found)
	}
}

// jsonAt is what stands at a path in one line of out, as JSON; a text is itself, without quotes. The line is "first",
// "end", or the number of a command. Of a path such as .commands[0].flags.# the last part is how many there are; of a text, bytes.
func jsonAt(out, line, path string) (string, bool, error) {
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	var chosen any
	for i, text := range lines {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var v any
		if err := decoder.Decode(&v); err != nil || decoder.More() {
			return "", false, fmt.Errorf("line %d is not one JSON value: %v: %s", i+1, err, text)
		}
		m, _ := v.(map[string]any)
		if line == "first" && i == 0 || line == "end" && i == len(lines)-1 || m["command"] != nil && fmt.Sprint(m["command"]) == line {
			chosen = v
		}
	}
	if chosen == nil {
		return "", false, fmt.Errorf("there is no line %s in %d lines", line, len(lines))
	}
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		switch v := chosen.(type) {
		case map[string]any:
			next, ok := v[part]
			if part == "#" {
				next, ok = json.Number(strconv.Itoa(len(v))), true
			}
			if !ok {
				return "", false, nil
			}
			chosen = next
		case []any:
			if part == "#" {
				chosen = json.Number(strconv.Itoa(len(v)))
				continue
			}
			i, err := strconv.Atoi(part)
			if err != nil {
				return "", false, fmt.Errorf("%s: %s is no place in a list", path, part)
			}
			if i >= len(v) {
				return "", false, nil
			}
			chosen = v[i]
		case string:
			if part != "#" {
				return "", false, nil
			}
			chosen = json.Number(strconv.Itoa(len(v)))
		default:
			return "", false, nil
		}
	}
	return marshalled(chosen), true, nil
}

// canonical is a wanted value in the form of jsonAt.
func canonical(want string) string {
	decoder := json.NewDecoder(strings.NewReader(want))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil || decoder.More() {
		return want
	}
	return marshalled(v)
}

func marshalled(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(b.String(), "\n")
}
