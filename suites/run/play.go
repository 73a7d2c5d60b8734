package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/passtlab/passtlab/internal/limits"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/suites/report"
)

// Played is what the report says of a scenario.
type Played struct {
	Scenario report.Scenario
	Results  []report.Result // selectors × roles

	labFailed bool
	spoilt    error // why a result says nothing about its selector
}

func (p Played) Of(name string) (results []report.Result) {
	for _, res := range p.Results {
		if res.Selector == name {
			results = append(results, res)
		}
	}
	return results
}

// Play builds the lab of a scenario, plays its timeline, and takes the lab down.
//
// If the lab or the scenario is at fault, every result is Error, or Skip where
// the backend cannot play the scenario. Where the environment fails, Play plays the
// scenario once more; what the first play says about a selector stays.
func Play(ctx context.Context, sc *scenarios.Scenario, sels []selector.Selector, opts Options) Played {
	gate := newGate()
	play := func() Played {
		if leave, err := gate.enter(ctx); err == nil {
			defer leave()
		}
		return once(ctx, sc, sels, opts)
	}
	first := play()
	if first.spoilt == nil || ctx.Err() != nil {
		return first
	}
	return first.again(play())
}

// once plays a scenario once. There has to be room for its lab.
func once(ctx context.Context, sc *scenarios.Scenario, sels []selector.Selector, opts Options) (p Played) {
	s := newSession(sc, sels, opts.withDefaults())
	started := s.opts.Now()
	err := s.play(ctx)
	var closeErr error
	if s.lab != nil {
		s.phase(&s.phases.close, func() { closeErr = s.lab.Close() })
	}
	for _, x := range s.subjects {
		closeErr = errors.Join(closeErr, x.disk.Close())
	}
	p.Scenario = s.scenario(s.opts.Now().Sub(started))
	unsupported, skipped := errors.AsType[*sim.UnsupportedError](err)
	if skipped {
		p.Scenario.Skipped, err = unsupported.Reason, nil
	}
	_, p.Scenario.Faulty = errors.AsType[scenarios.Faults](err)
	if p.labFailed = err != nil; !p.Scenario.Faulty { // another play does not help a bad scenario
		p.spoilt = err
	}
	for _, x := range s.subjects {
		var res report.Result
		switch {
		case skipped:
			res = report.Result{Verdict: report.Skip, Reason: unsupported.Reason}
		case err != nil:
			res = report.Result{Verdict: report.Error, Reason: report.Clean(explain(fmt.Errorf("%w: %w", errLab, err)))}
		default:
			if res = s.result(x); res.Verdict == report.Error && p.spoilt == nil {
				p.spoilt = res.Err
			}
		}
		res.Scenario, res.Selector, res.Role = sc.ID, x.sel.Name(), x.role
		res.Reproduce = quote(s.opts.Reproduce(sc, res.Selector))
		p.Results = append(p.Results, res)
	}
	if closeErr != nil {
		p.Scenario.Faulty = false
		err = errors.Join(err, fmt.Errorf("close scenario %s: %w", sc.ID, closeErr))
	}
	if err != nil {
		p.Scenario.Error = explain(err)
	}
	return p
}

// again adds a second play to p. It keeps what p says about selectors.
func (p Played) again(second Played) Played {
	if p.labFailed {
		second.Scenario.Replayed = explain(p.spoilt)
		return second
	}
	p.Scenario.Replayed = explain(p.spoilt)
	for i, res := range second.Results {
		if p.Results[i].Verdict == report.Error {
			p.Results[i] = res
		}
	}
	return p
}

// explain returns the text of an error, with the limit of the machine behind it.
func explain(err error) string { return limits.Explain(err) }
