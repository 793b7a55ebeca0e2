package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/vouchsafe/vouchsafe/shell/console"
)

// consoleFlags are the flags of console.
type consoleFlags struct {
	justification string
	note          string
	sandbox       bool
}

func (p *program) consoleCommand() *cobra.Command {
	f := &consoleFlags{}
	c := &cobra.Command{
		Use:   "console [--justification URL]",
		Short: "Open a session at a prompt",
		Long: `console opens a session and takes what is typed: Go against the company's models, and dot commands (.help lists them).
It asks for the link that justifies the session unless --justification gives it; the config says which links count.

A session begins encrypted and read only. .decrypt opens what a person has consented to, for a while; .write lets the
session write. Everything typed is on record before it runs.

Ctrl-C drops a line, or stops the command that runs; Ctrl-D leaves.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.needsTerminal(); err != nil {
				return err
			}
			config, err := p.readConfig()
			if err != nil {
				return err
			}
			return p.console(cmd.Context(), config, *f)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.justification, "justification", "", "the link that says why: a `URL`")
	flags.StringVar(&f.note, "note", "", "a note beside the link: `TEXT`")
	flags.BoolVar(&f.sandbox, "sandbox", false, "roll everything back at the end")
	return c
}

// terminal is the terminal that the program was started at; false without one.
func (p *program) terminal() (*os.File, *os.File, bool) {
	in, ok1 := p.stdin.(*os.File)
	out, ok2 := p.stdout.(*os.File)
	return in, out, ok1 && ok2 && term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd()))
}

func (p *program) needsTerminal() error {
	if _, _, ok := p.terminal(); !ok {
		return usage("exec runs commands from a script; nothing was run", "a console needs a terminal, and standard input or output is none")
	}
	return nil
}

// console holds one session at the terminal.
func (p *program) console(ctx context.Context, c *config, f consoleFlags) error {
	in, out, _ := p.terminal()
	e, err := p.openEmbedded(ctx, c)
	if err != nil {
		return err
	}
	defer e.close(ctx)
	dial, stop := e.serve()
	defer stop()
	// Ctrl-C belongs to what is typed and to what runs, not to the program.
	ctx, restore := signal.NotifyContext(context.WithoutCancel(ctx), syscall.SIGTERM, syscall.SIGHUP)
	defer restore()
	err = console.Run(ctx, console.Config{
		Dial: dial, Input: in, Output: out, Getenv: p.getenv, Justification: f.justification, Note: f.note, Sandbox: f.sandbox,
	})
	switch {
	case errors.Is(err, console.ErrNoSession):
		fmt.Fprintln(p.stderr, "no session was opened: nothing was run")
		return nil
	case ctx.Err() != nil && err == nil:
		return &failure{code: exitInterrupted, said: true}
	case err != nil:
		return notOpened(err)
	}
	return nil
}
