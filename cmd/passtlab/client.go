package main

import (
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
)

var clientUsage = fmt.Sprintf("have `NAME`, one of %v, configure the guest in scenarios that name no client of their own", scenarios.Clients())

// configureBy gives scenarios the client that the flag --client names, if it does.
func configureBy(name string, scs []*scenarios.Scenario) error {
	c := scenarios.Client(name)
	switch {
	case name == "":
		return nil
	case !slices.Contains(scenarios.Clients(), c):
		return fmt.Errorf("--client: %q is not one of %v", name, scenarios.Clients())
	}
	sim.WithClient(c, scs...)
	return nil
}
