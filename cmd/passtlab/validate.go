package main

import (
	"fmt"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/sim"
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

// validate reads a scenario and checks that its passt is known and starts, and
// that it can be proved, which takes selectors that come with passtlab.
func validate(file string) error {
	_, err := scenarios.LoadFile(file, sim.Check, proof)
	return err
}

// proof is a scenarios.Check.
func proof(sc *scenarios.Scenario) (faults []scenarios.Fault) {
	for _, p := range []struct{ key, name string }{{"prove.good", sc.Prove.Good}, {"prove.bad", sc.Prove.Bad}} {
		if _, err := builtin.Get(p.name); err != nil {
			faults = append(faults, scenarios.Fault{Key: p.key, Problem: err.Error(),
				Expected: "a selector that comes with passtlab", Next: "correct the name; passtlab list shows all"})
		}
	}
	return faults
}
