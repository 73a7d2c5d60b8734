package main

import (
	"github.com/passtlab/passtlab/sim/userns"
	"github.com/spf13/cobra"
)

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "passtlab",
		Short: "Which IPv6 address does a node component pick behind KubeVirt's passt, and does it work?",
		Long: `passtlab builds small labs out of network namespaces, measures which IPv6
addresses of a guest behind passt work, and judges what selectors pick.

Exit status: 0 fine; 1 a selector failed; 2 wrong usage, a bad scenario or
nothing selected; 3 the lab failed.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		// Without a subcommand: help, and wrong usage.
		RunE: func(c *cobra.Command, _ []string) error {
			c.SetOut(c.ErrOrStderr())
			_ = c.Help()
			return exit(2)
		},
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.AddCommand(
		runCommand(), listCommand(), validateCommand(), schemaCommand(),
		upCommand(), execCommand(), reportCommand(), releasesCommand(), wireCommand(), selectorsCommand(), rootlessCommand(), versionCommand(),
		observeCommand(), pickCommand(), adviseCommand(), regressCommand(), bisectCommand(),
	)
	return root
}

// withRights runs f, which may be ended by a signal, if this process may make
// labs, and otherwise the whole command again in a user namespace.
func withRights(c *cobra.Command, f func() error) error {
	ran, code, err := userns.Reexec()
	switch {
	case err != nil:
		return labFailed(err)
	case ran:
		return exit(code)
	}
	// What f has come to by then is worth more than that a signal has come.
	defer catchSignals(c)()
	return f()
}
