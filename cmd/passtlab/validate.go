package main

import (
	"errors"
	"fmt"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/spf13/cobra"
)

func validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check scenario files and print all that is wrong with them",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			ok := true
			for _, file := range files {
				if err := validate(file); err != nil {
					fmt.Fprintln(c.ErrOrStderr(), err)
					ok = false
					continue
				}
				fmt.Fprintf(c.OutOrStdout(), "%s: ok\n", file)
			}
			if !ok {
				return exit(2)
			}
			return nil
		},
	}
}

// validate reads a scenario and checks that it can be proved, which takes
// selectors that come with passtlab.
func validate(file string) error {
	sc, err := scenarios.LoadFile(file)
	if err != nil {
		return err
	}
	return errors.Join(
		known(file, "prove.good", sc.Prove.Good),
		known(file, "prove.bad", sc.Prove.Bad),
	)
}

func known(file, key, name string) error {
	if _, err := builtin.Get(name); err != nil {
		return fmt.Errorf("%s: %s: %w", file, key, err)
	}
	return nil
}
