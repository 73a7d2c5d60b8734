package main

import (
	"fmt"
	"strings"

	"github.com/passtlab/passtlab/internal/near"
	"github.com/passtlab/passtlab/sim/record"
	"github.com/passtlab/passtlab/sim/userns"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/spf13/cobra"
)

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "passtlab",
		Short: "Which IPv6 address does a node component pick behind KubeVirt's passt, and does it work?",
		Long: `passtlab builds small labs out of network namespaces, measures which IPv6
addresses of a guest work behind passt or on another network, and judges what
selectors pick.

Exit status: 0 fine; 1 a selector failed; 2 wrong usage, a bad scenario or
nothing selected; 3 the lab failed.`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Version:           version(),
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.AddCommand(
		newRun(nil), listCommand(), newCommand(), validateCommand(), schemaCommand(),
		upCommand(), execCommand(), reportCommand(), releasesCommand(), wireCommand(), selectorsCommand(), kernelsCommand(), rootlessCommand(), versionCommand(),
		observeCommand(), pickCommand(), reproduceCommand(), newAdvise(nil), newRegress(nil), bisectCommand(),
	)
	root.SetVersionTemplate(versions())
	return root
}

// group makes c and its subcommands end with status 2, and not with 0 as in cobra, if a
// subcommand is unknown or missing. If it is missing, the command prints its help. Errors
// about the number of arguments get the usage line.
func group(c *cobra.Command) {
	for _, sub := range c.Commands() {
		group(sub)
	}
	if check := c.Args; check != nil { // cobra's message only counts the arguments
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return fmt.Errorf("%w; usage: %s", err, c.UseLine())
			}
			return nil
		}
	}
	if c.Name() == "help" && c.HasParent() && !c.Parent().HasParent() {
		help := c.Run
		c.Run = nil
		c.RunE = func(c *cobra.Command, args []string) error {
			topic, rest, err := c.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return unknownCommand(topic, rest[0])
			}
			help(c, args)
			return nil
		}
	}
	if !c.HasSubCommands() || c.Runnable() {
		return
	}
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(c, args[0])
		}
		c.SetOut(c.ErrOrStderr())
		_ = c.Help()
		return exit(report.StatusUsage)
	}
}

func unknownCommand(c *cobra.Command, name string) error {
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return fmt.Errorf("unknown command %q for %q%s; there are %s", name, c.CommandPath(), near.Hint(name, names), strings.Join(names, ", "))
}

// withRights runs f if this process may make labs, and otherwise the whole command again
// in a user namespace. A signal cancels the context of c while f runs.
func withRights(c *cobra.Command, f func() error) error {
	ran, code, err := userns.Reexec()
	switch {
	case err != nil:
		return labFailed(err)
	case ran:
		return exit(code)
	}
	_ = record.Sweep(record.Folder()) // removes records of killed labs; nothing depends on it
	defer catchSignals(c)()           // the result of f counts, also if a signal has come
	return f()
}
