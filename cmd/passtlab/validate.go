package main

import (
	"fmt"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/sim"
	"github.com/spf13/cobra"
)

func validateCommand() *cobra.Command {
	var corpus bool
	c := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check scenario files and print all their faults",
		Long: `Validate reads scenario files and prints all their faults, each with its place
and the next step. Only a lab shows whether an event can happen; passtlab run
reports that at once.`,
		Example: "  passtlab validate mine.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			ok := true
			for _, file := range files {
				checks := []scenarios.Check{sim.Check, proof}
				if corpus {
					checks = append(checks, scenarios.ForCorpus)
				}
				if _, err := scenarios.LoadFile(file, checks...); err != nil {
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
	c.Flags().BoolVar(&corpus, "corpus", false, "also require the keys of passtlab's own corpus: requirement, references, labels and prove")
	return c
}

// proof is a scenarios.Check: the selectors of prove have to be built in.
func proof(sc *scenarios.Scenario) (faults []scenarios.Fault) {
	if sc.Prove == (scenarios.Prove{}) {
		return nil
	}
	for _, p := range []struct{ key, name string }{{"prove.good", sc.Prove.Good}, {"prove.bad", sc.Prove.Bad}} {
		if _, err := builtin.Get(p.name); err != nil {
			faults = append(faults, scenarios.Fault{Key: p.key, Problem: err.Error(),
				Expected: "a selector that comes with passtlab", Next: "correct the name; passtlab list shows all"})
		}
	}
	return faults
}
