package run

import (
	"context"
	"fmt"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
)

// Lab is what a session needs of the topology of a scenario. Every error is
// the lab's own, never a selector's.
type Lab interface {
	// Step plays one event, completely. Checkpoints are none of its.
	Step(ctx context.Context, e scenarios.Event) error
	// Probe measures the truth table.
	Probe(ctx context.Context) (probe.Table, error)
	// Observe reads what a selector could see in the guest.
	Observe(ctx context.Context) (selector.Observation, error)
	// Close takes the lab down, completely.
	Close() error
}

// Builder builds the lab of a scenario, with no event played yet.
type Builder func(ctx context.Context, sc *scenarios.Scenario, opts sim.Options) (Lab, error)

// Simulated builds a lab with the simulated passt.
func Simulated(ctx context.Context, sc *scenarios.Scenario, opts sim.Options) (Lab, error) {
	l, err := sim.New(ctx, sc, opts)
	if err != nil {
		return nil, err
	}
	return simulated{l}, nil
}

// simulated adds the observation to a sim.Lab, which knows no selector.
type simulated struct{ *sim.Lab }

func (l simulated) Observe(context.Context) (selector.Observation, error) {
	o, err := observe.Read(l.Guest)
	if err != nil {
		return o, fmt.Errorf("observe guest: %w", err)
	}
	o.Guest = l.Guest
	o.Target = l.PeerAddress()
	return o, nil
}
