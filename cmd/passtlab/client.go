package main

import (
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
)

var clientUsage = fmt.Sprintf("have `NAME`, one of %v, configure the guest in scenarios that name no client of their own", scenarios.Clients())

// configureBy returns the scenarios with the client that the flag --client
// names, if it names one.
func configureBy(name string, scs []*scenarios.Scenario) ([]*scenarios.Scenario, error) {
	c := scenarios.Client(name)
	switch {
	case name == "":
		return scs, nil
	case !slices.Contains(scenarios.Clients(), c):
		return nil, fmt.Errorf("--client: %q is not one of %v", name, scenarios.Clients())
	}
	return sim.WithClient(c, scs...), nil
}
