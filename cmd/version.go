package cmd

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is the version of this binary: the module's, and the commit it was built from.
func build() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	if version == "" {
		version = "(devel)"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			version += " " + s.Value[:min(12, len(s.Value))]
		}
	}
	return version
}

func (p *program) versionCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if p.json {
				return p.line(map[string]string{"version": build()})
			}
			_, err := fmt.Fprintln(p.stdout, "vouchsafe", build())
			return err
		},
	}
	c.Flags().BoolVar(&p.json, "json", false, "print JSON")
	return c
}
