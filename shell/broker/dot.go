package broker

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// dotRun runs one dot command with what was typed behind it.
type dotRun func(ctx context.Context, rest string) (*wire.Value, error)

// dotCommand finds what a dot command does; false for Go, and for .sql, which the worker runs.
func (c *command) dotCommand() (run dotRun, rest string, ok bool) {
	word, rest, ok := splitDot(c.source)
	if !ok || word == ".sql" {
		return nil, "", false
	}
	run, ok = map[string]dotRun{
		".help": c.help, ".decrypt": c.decrypt, ".encrypt": c.encrypt, ".write": c.writing, ".readonly": c.readingOnly, ".facts": c.factList, ".schema": c.schema,
		".history": c.history, ".time": c.time, ".edit": c.editing, ".whoami": c.whoami, ".exit": c.leaveSession,
	}[word]
	if !ok {
		return func(context.Context, string) (*wire.Value, error) {
			return nil, &wire.Error{Kind: wire.ErrSyntax, Message: "there is no dot command " + named(word), Hint: ".help lists what there is"}
		}, rest, true
	}
	return run, rest, true
}

// splitDot splits ".schema people" into its word and its rest. What console1984's users type for two of the words is taken too.
func splitDot(source string) (word, rest string, ok bool) {
	source = strings.TrimSpace(source)
	switch source {
	case "decrypt!":
		return ".decrypt", "", true
	case "encrypt!":
		return ".encrypt", "", true
	}
	if !strings.HasPrefix(source, ".") || len(source) > 1 && source[1] >= '0' && source[1] <= '9' { // .5 is a number
		return "", "", false
	}
	word = source
	if at := strings.IndexAny(source, " \t\r\n"); at >= 0 {
		word, rest = source[:at], source[at+1:]
	}
	return word, strings.TrimSpace(rest), true
}

// named is a name that was typed, as a message names it.
func named(typed string) string { return visible(cutText(typed, 64)) }

// usageError is a dot command with something behind it that it does not take.
func usageError(word string) *wire.Error {
	for _, d := range shell.DotCommands() {
		if d.Name == word {
			return &wire.Error{Kind: wire.ErrSyntax, Message: fmt.Sprintf("%s does not take that", word), Hint: strings.TrimSpace(word+" "+d.Arguments) + ": " + d.Summary}
		}
	}
	return &wire.Error{Kind: wire.ErrSyntax, Message: fmt.Sprintf("%s does not take that", word), Hint: ".help " + strings.TrimPrefix(word, ".")}
}

func (c *command) leaveSession(_ context.Context, rest string) (*wire.Value, error) {
	if rest != "" {
		return nil, usageError(".exit")
	}
	c.exit = true
	return nil, nil
}

func (c *command) history(_ context.Context, rest string) (*wire.Value, error) {
	if rest != "" {
		return nil, usageError(".history")
	}
	return c.session.past.history(), nil
}

// time tells where the time of the last command went.
func (c *command) time(_ context.Context, rest string) (*wire.Value, error) {
	if rest != "" {
		return nil, usageError(".time")
	}
	last, ok := c.session.past.typed(0)
	if !ok {
		return nil, &wire.Error{Kind: wire.ErrRuntime, Message: "no command has run yet", Hint: "People.Count(), then .time"}
	}
	v := record("command", number(int64(last.n)), "typed", text(last.source), "total", duration(last.duration),
		"in the database", duration(last.took), "statements", number(int64(last.count)), "evaluation, recording and the way between", duration(max(last.duration-last.took, 0)))
	return &v, nil
}

// editing hands the console the text to begin with: a command by its number, or the last one.
func (c *command) editing(_ context.Context, rest string) (*wire.Value, error) {
	if c.session.Ask == nil {
		return nil, &wire.Error{Kind: wire.ErrSyntax, Message: "there is no terminal to edit at", Hint: "exec -f FILE runs what an editor saved"}
	}
	n := 0
	if rest != "" {
		var err error
		if n, err = strconv.Atoi(rest); err != nil || n < 1 {
			return nil, usageError(".edit")
		}
	}
	last, ok := c.session.past.typed(n)
	if !ok && n > 0 {
		return nil, &wire.Error{Kind: wire.ErrRuntime, Message: fmt.Sprintf("there is no command %d to edit", n), Hint: ".history lists them"}
	}
	c.edit = &last.source
	return nil, nil
}

// record is a row of a dot command's answer: names and values in turn.
func record(pairs ...any) wire.Value {
	v := wire.Value{Kind: wire.KindRecord}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Names = append(v.Names, pairs[i].(string))
		v.Items = append(v.Items, pairs[i+1].(wire.Value))
	}
	return v
}

func text(s string) wire.Value            { return wire.Value{Kind: wire.KindString, Text: s} }
func number(n int64) wire.Value           { return wire.Value{Kind: wire.KindInt, Int: n} }
func yesNo(b bool) wire.Value             { return text(map[bool]string{true: "yes", false: "no"}[b]) }
func duration(d time.Duration) wire.Value { return wire.Value{Kind: wire.KindDuration, Int: int64(d)} }
func moment(t time.Time) wire.Value       { return wire.Value{Kind: wire.KindTime, Time: &t} }
