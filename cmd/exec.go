package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/vouchsafe/vouchsafe/shell/broker"
	"github.com/vouchsafe/vouchsafe/shell/console"
)

// maxScript bounds what one -f or standard input may hold, in bytes.
const maxScript = 4 << 20

// execFlags are the flags of exec.
type execFlags struct {
	opening  broker.Opening
	expect   string
	consents []string
	inputs   []scriptInput // -e and -f in the order of the command line
}

// scriptInput is one -e, or one -f.
type scriptInput struct {
	text string
	file bool
}

// inputFlag collects -e and -f into one list.
type inputFlag struct {
	into *[]scriptInput
	file bool
}

func (f inputFlag) String() string { return "" }
func (f inputFlag) Type() string {
	if f.file {
		return "FILE"
	}
	return "CODE"
}

func (f inputFlag) Set(text string) error {
	*f.into = append(*f.into, scriptInput{text: text, file: f.file})
	return nil
}

func (p *program) execCommand() *cobra.Command {
	f := &execFlags{}
	c := &cobra.Command{
		Use:   "exec --justification URL (-e CODE | -f FILE)...",
		Short: "Run commands in a session of their own",
		Long: `exec is a session without questions: it opens one, runs the commands in order, stops at the first that does not
succeed, and closes it. Each -e is one command. A -f (- is standard input), and standard input where there is neither -e
nor -f, is split into complete inputs of Go, each one command.

The justification is a link that says why, such as the on-call card; the config says which links count. With --consent and
--for the whole session is one decrypted period: exactly what the scopes name opens, and every value opened is on record.

Scopes:
  messages/981:subject      one column of one record
  messages/981              one record
  people/42/*               all that is sealed under one data subject
  people/3800:email=write   may seal a new value, and opens nothing

A session is read only unless --write is given. Exit status: 0 ok, 1 the typed code failed or the database rejected its
query, 2 usage, 3 refused by policy, 5 the record is unavailable, 6 the database is unavailable, 130 interrupted.`,
		Example: `  vouchsafe exec --justification https://oncall.example/cards/1480 -e 'People.Count()'
  vouchsafe exec --justification https://oncall.example/cards/1480 -e 'p := People.Find(42)' -e 'p.Email.Domain()'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("give code with -e; nothing was run", "exec takes no arguments, and %q is one", args[0])
			}
			return p.exec(cmd.Context(), f)
		},
	}
	flags := c.Flags()
	flags.VarP(inputFlag{&f.inputs, false}, "execute", "e", "one command (repeatable)")
	flags.VarP(inputFlag{&f.inputs, true}, "file", "f", "a file of commands, - is standard input (repeatable)")
	flags.StringVar(&f.opening.Justification, "justification", "", "the link that says why: a `URL`")
	flags.StringVar(&f.opening.Note, "note", "", "a note beside the link: `TEXT`")
	flags.StringArrayVar(&f.consents, "consent", nil, "the link to the person's consent: a `URL`")
	flags.StringArrayVar(&f.opening.Scopes, "for", nil, "what the consent covers: a `SCOPE` (repeatable)")
	flags.StringVar(&f.opening.ConsentedBy, "consented-by", "", "the `ADDRESS` that consented: compared with the person's own")
	flags.BoolVar(&f.opening.Write, "write", false, "allow writes")
	flags.BoolVar(&f.opening.Sandbox, "sandbox", false, "roll everything back at the end")
	flags.StringVar(&f.expect, "expect", "", "roll back, and exit 3, unless exactly `N` rows were touched")
	flags.BoolVar(&p.json, "json", false, "one JSON object a line")
	return c
}

// exec runs a session without questions.
func (p *program) exec(ctx context.Context, f *execFlags) (err error) {
	defer func() {
		if err != nil {
			failed := failureOf(err)
			failed.json = p.json
			err = failed
		}
	}()
	sources, err := p.sources(f.inputs)
	if err != nil {
		return err
	}
	if f.expect != "" {
		n, err := strconv.ParseInt(f.expect, 10, 64)
		if err != nil || n < 0 {
			return usage("--expect 1; nothing was run", "--expect takes a number of rows, not %q", console.Visible(f.expect))
		}
		f.opening.Expect = &n
	}
	switch {
	case len(f.consents) > 1:
		return usage("open one session a consent; nothing was run", "a session has one consent, not %d", len(f.consents))
	case len(f.consents) == 1:
		f.opening.Consent = f.consents[0]
	case f.opening.ConsentedBy != "":
		return usage("add --consent LINK and --for SCOPE; nothing was run", "--consented-by says who gave a consent, and there is none")
	}
	c, err := p.readConfig()
	if err != nil {
		return err
	}
	e, err := p.openEmbedded(ctx, c)
	if err != nil {
		return err
	}
	defer e.close(ctx)
	f.opening.Engineer = c.Engineer
	session, err := e.broker.Open(ctx, f.opening)
	if err != nil {
		return notOpened(err)
	}
	return p.runSession(ctx, session, sources, c.Policy.Limits.Output)
}

// sources are the commands to run, in their order.
func (p *program) sources(inputs []scriptInput) ([]string, error) {
	if len(inputs) == 0 {
		if f, ok := p.stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			return nil, usage("vouchsafe exec … -e 'People.Count()'", "there is nothing to run: no -e, no -f, and standard input is a terminal")
		}
		inputs = []scriptInput{{text: "-", file: true}}
	}
	var sources []string
	for _, in := range inputs {
		if !in.file {
			sources = append(sources, in.text)
			continue
		}
		text, err := p.readScript(in.text)
		if err != nil {
			return nil, err
		}
		for _, input := range console.Split(text) {
			sources = append(sources, input.Source)
		}
	}
	if len(sources) == 0 {
		return nil, usage("vouchsafe exec … -e 'People.Count()'", "there is nothing to run: the input is empty")
	}
	return sources, nil
}

func (p *program) readScript(path string) (string, error) {
	in, name := p.stdin, "standard input"
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return "", usage("nothing was run", "%s cannot be read: %v", console.Visible(path), pathCause(err))
		}
		defer file.Close()
		in, name = file, path
	}
	b, err := io.ReadAll(io.LimitReader(in, maxScript+1))
	switch {
	case err != nil:
		return "", usage("nothing was run", "%s cannot be read: %v", console.Visible(name), pathCause(err))
	case len(b) > maxScript:
		return "", usage("nothing was run; split it", "%s is longer than %d bytes", console.Visible(name), maxScript)
	}
	return string(b), nil
}

// runSession runs the commands and closes the session. What it printed already is said.
func (p *program) runSession(ctx context.Context, session *broker.Session, sources []string, limit int) error {
	out := &execOutput{program: p, limit: limit}
	out.opened(session)
	code, clean, reason := 0, true, "closed"
	for _, source := range sources {
		if ctx.Err() != nil {
			code, clean, reason = exitInterrupted, false, "interrupted"
			break
		}
		result := session.Run(ctx, source)
		out.command(result)
		if result.Err != nil {
			code, clean = exitOf(result.Err), false
			if code == exitInterrupted {
				reason = "interrupted"
			}
			break
		}
		if result.Exit {
			break
		}
	}
	closing, err := session.Close(ctx, reason, clean)
	var failed *failure
	switch {
	case err != nil:
		failed = failureOf(err)
		if failed.code == exitRecord {
			failed.message = "the end of the session could not be recorded: " + failed.message
			failed.hint = fmt.Sprintf("%d rows were written and stand, %d were rolled back", closing.Committed, closing.RolledBack)
		}
	case closing.Refusal != nil:
		failed = failureOf(closing.Refusal)
	}
	if failed != nil {
		code = worse(code, failed.code)
	}
	out.closed(session, closing, failed)
	if err := out.err; err != nil {
		return &failure{code: worse(code, exitCode), kind: "output", message: "standard output: " + plain(err), said: errors.Is(err, io.ErrClosedPipe)}
	}
	if code != 0 {
		return &failure{code: code, said: true}
	}
	return nil
}

// worse is the exit status that comes first: 5, 3, 6, 1; an interruption gives way to a record that failed.
func worse(a, b int) int {
	rank := map[int]int{exitRecord: 6, exitInterrupted: 5, exitRefused: 4, exitDatabase: 3, exitCode: 2, 0: 0}
	if rank[b] > rank[a] {
		return b
	}
	return a
}
