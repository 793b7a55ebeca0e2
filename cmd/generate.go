package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/vouchsafe/vouchsafe/shell/console"
	"github.com/vouchsafe/vouchsafe/shell/generate"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func (p *program) generateCommand() *cobra.Command {
	var config generate.Config
	c := &cobra.Command{
		Use:   "generate PACKAGE...",
		Short: "Write the Go file that puts your GORM models into your own console",
		Long: `generate reads packages of GORM models, as the go command names them, and writes a Go file with Models and Symbols.
With it, this is a whole console:

  package main

  import (
    "github.com/vouchsafe/vouchsafe/cmd"
    "github.com/vouchsafe/vouchsafe/shell"
  )

  func main() {
    cmd.Main(shell.App{Name: "shop", Environment: "production", Models: Models, Symbols: Symbols})
  }

Run it in your module, and again when the models change; the same models give the same file. What was taken for a model
and what was left out is said on standard error.`,
		Example: "  vouchsafe generate -o cmd/console/models.go ./models/...",
		RunE: func(cmd *cobra.Command, args []string) error {
			config.Patterns = args
			return p.generate(cmd.Context(), config)
		},
	}
	c.Flags().StringVarP(&config.Output, "output", "o", "", "write `FILE` instead of standard output")
	c.Flags().StringVar(&config.Package, "package", "main", "the file's package: `NAME`")
	c.Flags().StringSliceVar(&config.Take, "take", nil, "`TYPE` is a model though it does not look it: Rate, or billing.Rate")
	c.Flags().StringSliceVar(&config.Leave, "leave", nil, "`TYPE` is no model though it looks it")
	return c
}

func (p *program) generate(ctx context.Context, c generate.Config) error {
	dir, err := os.Getwd()
	if err != nil {
		return usage("", "the directory cannot be found: %v", err)
	}
	c.Dir = dir
	result, err := generate.Generate(ctx, c)
	var told *generate.Error
	switch {
	case ctx.Err() != nil:
		return &failure{code: exitInterrupted, kind: wire.ErrInterrupted, message: "interrupted", hint: "nothing was written"}
	case errors.As(err, &told):
		return usage(told.Hint, "%s", plain(told))
	case err != nil:
		return err
	}
	for _, line := range result.Report {
		fmt.Fprintln(p.stderr, console.Visible(line))
	}
	if c.Output == "" {
		_, err = p.stdout.Write(result.Source)
		return err
	}
	if err := replaceFile(c.Output, result.Source); err != nil {
		return usage("nothing was written", "%s cannot be written: %v", c.Output, pathCause(err))
	}
	fmt.Fprintf(p.stderr, "wrote %s: %d models\n", c.Output, result.Models)
	return nil
}

// replaceFile makes a file hold b, or leaves it as it was.
func replaceFile(path string, b []byte) error {
	made, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	_, err = made.Write(b)
	if err = errors.Join(err, made.Chmod(0o644), made.Sync(), made.Close()); err == nil {
		err = os.Rename(made.Name(), path)
	}
	if err != nil {
		os.Remove(made.Name())
	}
	return err
}
