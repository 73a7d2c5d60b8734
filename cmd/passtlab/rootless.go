package main

import (
	"github.com/passtlab/passtlab/internal/relay"
	"github.com/passtlab/passtlab/sim/userns"
	"github.com/spf13/cobra"
)

// rootlessCommand is what make and CI start test binaries with.
func rootlessCommand() *cobra.Command {
	var always bool
	c := &cobra.Command{
		Use:    "rootless -- COMMAND [ARG]...",
		Short:  "Run a command where labs can be made: as it is with the right, otherwise in a user namespace",
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
	c.Flags().BoolVar(&always, "always", false, "make a user namespace even with the right")
	c.Flags().SetInterspersed(false)
	return c
}
