package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/worker"
	"github.com/vouchsafe/vouchsafe/shell/worker/confine"
)

// Main is the whole program: it does not return.
func Main(app shell.App) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case confine.Word:
			end(confine.Launch(os.Args[2:]))
		case confine.Work, confine.Describe:
			end(worker.Main(app, os.Args[1]))
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, app, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// end ends a launcher or a worker.
func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "vouchsafe:", err)
		os.Exit(2)
	}
	os.Exit(0)
}

// program is what every command works with.
type program struct {
	app    shell.App
	getenv func(string) string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer

	self   string // the binary that becomes launcher and worker; empty: the one that runs
	config string // --config
	json   bool   // --json
}

// run runs one command and returns the exit status.
func run(ctx context.Context, app shell.App, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{app: app, getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr}
	root := p.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var failed *failure
	if !errors.As(err, &failed) { // cobra's own: a flag or a command that does not exist
		failed = &failure{code: exitUsage, kind: "usage", message: err.Error(), hint: "vouchsafe --help lists what there is; nothing was run"}
	}
	if !failed.said {
		p.say(failed)
	}
	return failed.code
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "vouchsafe",
		Short: "An audited production shell for Go",
		Long: `Vouchsafe is an audited production shell. An engineer opens a session with a link that says why, types Go against the
company's models, and sees encrypted columns as sealed. To open one, the engineer names whose record it is and links
that person's consent. Everything typed is on an append-only record before it runs.`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("vouchsafe --help lists what there is", "there is no command %q", args[0])
			}
			return cmd.Help()
		},
		Args: cobra.ArbitraryArgs,
	}
	root.PersistentFlags().StringVar(&p.config, "config", "", "the config `FILE` (else $VOUCHSAFE_CONFIG, ./vouchsafe.yaml, "+systemConfig+")")
	root.AddCommand(p.demoCommand(), p.consoleCommand(), p.execCommand(), p.auditCommand(), p.generateCommand(), p.versionCommand())
	return root
}

// say prints a failure for a person, or as a line of JSON for a program.
func (p *program) say(f *failure) {
	if f.json {
		p.line(f.asJSON())
	}
	fmt.Fprintf(p.stderr, "vouchsafe: %s\n", f.message)
	if f.hint != "" {
		fmt.Fprintf(p.stderr, "  hint: %s\n", f.hint)
	}
}

// line writes one object a line, as it is: < and > stay themselves.
func (p *program) line(v any) error {
	encoder := json.NewEncoder(p.stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
