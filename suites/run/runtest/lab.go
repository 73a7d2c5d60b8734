package runtest

import (
	"context"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
	"github.com/passtlab/passtlab/suites/run"
)

// Lab is a run.Lab whose guest has no address, so that choosing nothing is right.
type Lab struct{ StepErr, CloseErr error }

func (l Lab) Step(context.Context, scenarios.Event) error { return l.StepErr }

func (l Lab) Probe(context.Context) (probe.Table, error) { return nil, nil }

func (l Lab) Observe(context.Context) (o selector.Observation, err error) { return o, nil }

func (l Lab) Close() error { return l.CloseErr }

// Builds returns a builder that gives every scenario the lab, and has the
// scenario expect nothing of it.
func Builds(l Lab) run.Builder {
	return func(_ context.Context, sc *scenarios.Scenario, _ sim.Options) (run.Lab, error) {
		sc.Expect.Reachable = nil
		return l, nil
	}
}
