package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/migrations"
	"github.com/vouchsafe/vouchsafe/shell/worker/confine"
)

// demoConfig is the vouchsafe.yaml of a demo. Its links are of a made-up company.
const demoConfig = `# Console and server in one process: typed code cannot reach keys, files, network or the record. The person who runs
# it can, for they own the files. It shows what Vouchsafe does; it is not evidence against them.
mode: embedded

engineer: engineer # who sits at the console
auditor: auditor # who reads the record

database: app.db # the company's own
record: audit.db # append-only
keys:
  store: keys.db # the data subjects' keys, and the record's anchor
  keyset: keyset.json # a development keyset: never for production

policy:
  links:
    # * is one path segment; nothing else is accepted
    justification:
      - https://oncall.example/cards/*
      - https://app.example/tickets/*
    # {subject} is whose record it is, such as people/42
    consent:
      - https://support.example/conversations/*
      - https://consent.example/{subject}/*
  write: true # sessions may ask to write
`

func (p *program) demoCommand() *cobra.Command {
	var dir string
	var initOnly bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Make a small company to try Vouchsafe on",
		Long: `demo makes a directory with a small company's database, its keys, a config and an empty record. An existing one is
used as it is. At a terminal it then opens a console on it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.demo(cmd.Context(), dir, initOnly) },
	}
	c.Flags().StringVar(&dir, "dir", "./vouchsafe-demo", "the directory: `DIR`")
	c.Flags().BoolVar(&initOnly, "init-only", false, "make the directory, and open nothing")
	return c
}

func (p *program) demo(ctx context.Context, dir string, initOnly bool) error {
	if p.app.Demo == nil {
		return usage("the stock binary has a demo", "%s has no demo", p.app.Name)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return usage("", "--dir: %v", err)
	}
	config := filepath.Join(dir, "vouchsafe.yaml")
	if _, err := os.Stat(config); err != nil {
		if err := p.makeDemo(ctx, dir); err != nil {
			return err
		}
		fmt.Fprintf(p.stderr, "made %s\n", dir)
	} else {
		fmt.Fprintf(p.stderr, "%s is there already and is used as it is\n", dir)
	}
	if initOnly {
		return nil
	}
	if _, _, ok := p.terminal(); !ok {
		return p.tryDemo(config)
	}
	p.config = config
	c, err := p.readConfig()
	if err != nil {
		return err
	}
	return p.console(ctx, c, consoleFlags{})
}

// tryDemo says what can be typed where there is no terminal to open a console on.
func (p *program) tryDemo(config string) error {
	_, err := fmt.Fprintf(p.stdout, `
Embedded: console and server are one process, and the person who runs it owns the files. It shows what Vouchsafe does;
it is not evidence against them. Typed code runs behind: %[2]s.
Namespaces, Landlock and seccomp are not in this version.

Try:
  export VOUCHSAFE_CONFIG=%[1]s
  %[3]s console
  %[3]s exec --justification https://oncall.example/cards/1480 -e 'People.Find(42)'
  %[3]s exec --justification https://oncall.example/cards/1480 \
    --consent https://support.example/conversations/77 --for 'people/42/*' -e 'People.Find(42)'
  %[3]s audit sessions
  %[3]s audit verify
`, shellQuote(config), strings.Join(confine.Layers(), ", "), invocation())
	return err
}

// makeDemo makes the directory beside its place and moves it there when it is whole.
func (p *program) makeDemo(ctx context.Context, dir string) (err error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return usage("choose another --dir, or empty it", "%s is not empty and holds no vouchsafe.yaml", dir)
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return usage("choose another --dir", "%s cannot be used: %v", dir, pathCause(err))
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return usage("choose another --dir", "%s cannot be made: %v", filepath.Dir(dir), pathCause(err))
	}
	made, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-")
	if err != nil {
		return usage("choose another --dir", "%s cannot be made: %v", dir, pathCause(err))
	}
	defer func() {
		if err != nil {
			os.RemoveAll(made)
		}
	}()
	if err := p.fillDemo(ctx, made); err != nil {
		return fmt.Errorf("make the demo: %w", err)
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) { // empty, else it was refused before
		return usage("choose another --dir", "%s cannot be made: %v", dir, pathCause(err))
	}
	if err := os.Rename(made, dir); err != nil {
		return usage("choose another --dir", "%s cannot be made: %v", dir, pathCause(err))
	}
	return nil
}

func (p *program) fillDemo(ctx context.Context, dir string) error {
	at := func(name string) string { return filepath.Join(dir, name) }
	keyset, err := crypto.NewDevelopmentKeyset()
	if err != nil {
		return err
	}
	b, err := keyset.Marshal()
	if err != nil {
		return err
	}
	if err := os.WriteFile(at("keyset.json"), b, 0o600); err != nil {
		return err
	}
	tables, err := migrations.Keys("sqlite")
	if err != nil {
		return err
	}
	keys, err := crypto.OpenSQLiteKeyStore(ctx, at("keys.db"), true, tables)
	if err != nil {
		return err
	}
	defer keys.Close()
	if tables, err = migrations.Audit("sqlite"); err != nil {
		return err
	}
	record, err := audit.OpenSQLite(ctx, at("audit.db"), true, tables)
	if err != nil {
		return err
	}
	if err := record.Close(); err != nil {
		return err
	}
	keyring, err := crypto.NewKeyring(crypto.Config{Keyset: keyset, Store: keys})
	if err != nil {
		return err
	}
	if err := p.buildCompany(ctx, at("app.db"), keyring); err != nil {
		return err
	}
	return os.WriteFile(at("vouchsafe.yaml"), []byte(demoConfig), 0o644)
}

// buildCompany fills the company's database, as its own application would.
func (p *program) buildCompany(ctx context.Context, path string, keyring *crypto.Keyring) error {
	db, err := gorm.Open(sqlite.Dialector{DriverName: "sqlite", DSN: "file:" + path + "?_time_format=sqlite&_pragma=synchronous(off)"},
		&gorm.Config{Logger: logger.Discard, SkipDefaultTransaction: true})
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	if err := db.Use(crypto.NewPlugin(keyring)); err != nil {
		return err
	}
	bar := p.progress("making the company")
	defer bar.done()
	return p.app.Demo.Build(ctx, db, time.Now(), bar.set)
}

// invocation is how this program was called, for examples to copy.
func invocation() string {
	path, err := os.Executable()
	if err == nil && strings.Contains(path, string(filepath.Separator)+"go-build") { // go run: the binary is gone afterwards
		return "go run ./cmd/vouchsafe"
	}
	return shellQuote(os.Args[0])
}

// shellQuote makes a path fit for a shell's command line.
func shellQuote(path string) string {
	for _, r := range path {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '/', r == '.', r == '-', r == '_':
		default:
			return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
		}
	}
	return path
}
