package run

import (
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
)

// mainInterface is the guest's interface behind passt, in every scenario.
const mainInterface = "eth0"

// configured adds what a scenario says to what was read in the guest.
func configured(o selector.Observation, sc *scenarios.Scenario) selector.Observation {
	o.APIVersion = selector.APIVersion
	o.Interface = mainInterface
	c := sc.Config
	o.Config = selector.Config{
		PodSubnets:        c.PodSubnets,
		ServiceSubnets:    c.ServiceSubnets,
		ValidSubnets:      filters(c.ValidSubnets),
		AdvertisedSubnets: filters(c.AdvertisedSubnets),
		VIPs:              c.VIPs,
		Exclusions:        c.Exclusions,
	}
	return o
}

func filters(fs []scenarios.Filter) []string {
	var out []string
	for _, f := range fs {
		out = append(out, f.String())
	}
	return out
}

// forRole returns a copy of o for one role that shares no memory with o, so
// that a selector which sorts in place does not change what the next one sees.
func forRole(o selector.Observation, role scenarios.Role) selector.Observation {
	o.Role = string(role)
	o.Links = slices.Clone(o.Links)
	o.Addresses = slices.Clone(o.Addresses)
	o.Routes = slices.Clone(o.Routes)
	c := &o.Config
	c.PodSubnets = slices.Clone(c.PodSubnets)
	c.ServiceSubnets = slices.Clone(c.ServiceSubnets)
	c.ValidSubnets = slices.Clone(c.ValidSubnets)
	c.AdvertisedSubnets = slices.Clone(c.AdvertisedSubnets)
	c.VIPs = slices.Clone(c.VIPs)
	c.Exclusions = slices.Clone(c.Exclusions)
	return o
}
