package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/vouchsafe/vouchsafe/audit"
)

func (p *program) auditCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "audit",
		Short: "Read and verify the record",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("audit sessions, audit show SESSION, audit verify", "there is no command audit %q", args[0])
			}
			return cmd.Help()
		},
		Args: cobra.ArbitraryArgs,
	}
	sessions := &cobra.Command{
		Use:   "sessions",
		Short: "List the sessions, the newest first",
		Long:  "sessions lists the sessions, the newest first. That you looked is on the record.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.look(cmd.Context(), audit.View{What: "sessions"}, p.listSessions)
		},
	}
	show := &cobra.Command{
		Use:   "show SESSION",
		Short: "Show one session: what was typed, which SQL, whose data",
		Long:  "show prints one session: what was typed, which SQL it sent, whose data was opened, what was refused. That you looked is on the record.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("audit sessions lists them", "audit show takes the id of one session")
			}
			return p.look(cmd.Context(), audit.View{What: "session", Of: args[0]}, func(ctx context.Context, r *audit.Reader) error {
				return p.showSession(ctx, r, args[0])
			})
		},
	}
	verify := &cobra.Command{
		Use:   "verify",
		Short: "Check that nothing on the record was changed",
		Long: `verify reads every entry and checks chains, signatures, payloads, numbering, the anchor, and that what the pages show
is what the entries say. It changes nothing. Exit status 7 on any fault.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.verify(cmd.Context()) },
	}
	for _, sub := range []*cobra.Command{sessions, show, verify} {
		sub.Flags().BoolVar(&p.json, "json", false, "print JSON")
		c.AddCommand(sub)
	}
	return c
}

// look opens the record, puts on it that somebody looks, and only then shows.
func (p *program) look(ctx context.Context, view audit.View, show func(context.Context, *audit.Reader) error) error {
	c, err := p.readConfig()
	if err != nil {
		return err
	}
	s, err := openStores(ctx, c, false)
	if err != nil {
		return err
	}
	defer s.close()
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("this host's name: %w", err)
	}
	log, err := s.openLog(ctx, audit.ServerStarted{Build: build(), Host: host, Policy: c.Policy.Digest()})
	if err != nil {
		return failureOf(err)
	}
	defer log.Close(context.WithoutCancel(ctx))
	view.Viewer = c.Auditor
	if _, err := log.Append(ctx, audit.Where{Engineer: c.Auditor}, view); err != nil {
		f := failureOf(err)
		f.hint = "nothing was shown: looking is on the record too"
		return f
	}
	if err := show(ctx, audit.NewReader(s.record, s.keyring)); err != nil {
		if errors.Is(err, audit.ErrNoSession) {
			return usage("audit sessions lists them", "there is no session %s on the record", plain(errors.New(view.Of)))
		}
		return failureOf(err)
	}
	return nil
}

// verify checks the record, on which it leaves no trace.
func (p *program) verify(ctx context.Context) error {
	c, err := p.readConfig()
	if err != nil {
		return err
	}
	s, err := openStores(ctx, c, true)
	if err != nil {
		return err
	}
	defer s.close()
	bar := p.progress("verifying")
	report, err := audit.Verify(ctx, audit.VerifyConfig{
		Store: s.record, Sealer: s.keyring, Public: s.keyset.Signer().Public(), Anchor: s.anchor, Progress: bar.set,
	})
	bar.done()
	if err != nil {
		return &failure{code: exitFault, kind: "verify", message: "the record cannot be read: " + plain(err), hint: "compare it with a backup and with its anchor"}
	}
	if p.json {
		if report.Faults == nil {
			report.Faults = []audit.Fault{}
		}
		if err := p.line(report); err != nil {
			return err
		}
	} else {
		p.printReport(report)
	}
	if n := len(report.Faults) + report.More; n > 0 {
		return &failure{code: exitFault, kind: "verify", message: fmt.Sprintf("%d faults: the record was changed, or is incomplete", n), hint: "each fault names the entry it stands at"}
	}
	return nil
}

func (p *program) printReport(r audit.Report) {
	fmt.Fprintf(p.stdout, "%s in %s, %s, %s\n", plural(r.Entries, "entry"), plural(r.Chains, "chain"), plural(r.Batches, "signed batch"), plural(r.Sessions, "session"))
	if r.Anchor {
		fmt.Fprintf(p.stdout, "anchor: %s vouched for outside the record\n", plural(int(r.Anchored), "entry"))
	} else {
		fmt.Fprintln(p.stdout, "the end of the record is not anchored")
	}
	fmt.Fprintln(p.stdout, "checkpoints: none; witness: none")
	for _, f := range r.Faults {
		fmt.Fprintf(p.stdout, "fault: %s\n", plain(errors.New(f.String())))
	}
	if r.More > 0 {
		fmt.Fprintf(p.stdout, "and %d more\n", r.More)
	}
	if len(r.Faults) == 0 {
		fmt.Fprintln(p.stdout, "no faults")
	}
}
