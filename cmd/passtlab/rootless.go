package main

import (
	"github.com/passtlab/passtlab/internal/relay"
	"github.com/passtlab/passtlab/sim/userns"
	"github.com/spf13/cobra"
)

// rootlessCommand starts test binaries for make and CI.
func rootlessCommand() *cobra.Command {
	var always bool
	c := &cobra.Command{
		Use:    "rootless -- COMMAND [ARG]...",
		Short:  "Run a command that makes labs, in a user namespace if it has no right without",
		Hidden: true,
		Args:   cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, argv []string) error {
			if !always && userns.Check() == nil {
				return relay.Replace(argv)
			}
			code, err := userns.Exec(argv)
			if err != nil {
				return labFailed(err)
			}
			return exit(code)
		},
	}
	c.Flags().BoolVar(&always, "always", false, "always make a user namespace")
	c.Flags().SetInterspersed(false)
	return c
}
