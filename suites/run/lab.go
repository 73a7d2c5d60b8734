package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
)

// Lab is what a run needs of a scenario's lab. Its errors are never a selector's.
type Lab interface {
	// Step plays one event, completely. It measures nothing at a checkpoint.
	Step(ctx context.Context, e scenarios.Event) error
	// Probe measures the truth table.
	Probe(ctx context.Context) (probe.Table, error)
	// Observe reads what a selector can see in the guest.
	Observe(ctx context.Context) (selector.Observation, error)
	// Close takes the lab down, completely.
	Close() error
}

// Builder builds the lab of a scenario. It plays no event.
type Builder func(ctx context.Context, sc *scenarios.Scenario, opts sim.Options) (Lab, error)

// NewLab builds a lab with the backend of opts.
func NewLab(ctx context.Context, sc *scenarios.Scenario, opts sim.Options) (Lab, error) {
	l, err := sim.New(ctx, sc, opts)
	if err != nil {
		return nil, err
	}
	return observed{l}, nil
}

// observed adds the observation to a sim.Lab, which knows no selector.
type observed struct{ *sim.Lab }

func (l observed) Observe(context.Context) (selector.Observation, error) {
	o, err := observe.Read(l.Guest)
	if err != nil {
		return o, fmt.Errorf("observe guest: %w", err)
	}
	o.Guest = l.Guest
	o.Target = l.PeerAddress()
	for i, a := range o.Addresses {
		o.Addresses[i].Foreign = l.VIP(a.Prefix.Addr())
	}
	return o, nil
}

// configured adds the scenario's configuration to an observation.
func configured(o selector.Observation, sc *scenarios.Scenario) selector.Observation {
	o.APIVersion = selector.APIVersion
	o.Interface = "eth0" // behind passt, in every scenario
	c := sc.Config
	o.Config = selector.Config{
		PodSubnets:        c.PodSubnets,
		ServiceSubnets:    c.ServiceSubnets,
		ValidSubnets:      filters(c.ValidSubnets),
		AdvertisedSubnets: filters(c.AdvertisedSubnets),
		VIPs:              c.VIPs,
		Exclusions:        c.Exclusions,
	}
	o.Hostname = sc.Guest.Hostname
	for _, h := range sc.Guest.Hosts {
		address, names := h.Fields()
		o.Hosts = append(o.Hosts, selector.Host{Address: address, Names: names})
	}
	return o
}

func filters(fs []scenarios.Filter) []string {
	var out []string
	for _, f := range fs {
		out = append(out, string(f))
	}
	return out
}

// forRole returns a copy of o for one role, which a selector may change.
func forRole(o selector.Observation, role scenarios.Role) selector.Observation {
	o.Role = string(role)
	o.Links = slices.Clone(o.Links)
	o.Addresses = slices.Clone(o.Addresses)
	o.Routes = slices.Clone(o.Routes)
	o.Hosts = slices.Clone(o.Hosts)
	c := &o.Config
	c.PodSubnets = slices.Clone(c.PodSubnets)
	c.ServiceSubnets = slices.Clone(c.ServiceSubnets)
	c.ValidSubnets = slices.Clone(c.ValidSubnets)
	c.AdvertisedSubnets = slices.Clone(c.AdvertisedSubnets)
	c.VIPs = slices.Clone(c.VIPs)
	c.Exclusions = slices.Clone(c.Exclusions)
	return o
}
