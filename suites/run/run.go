package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/passtlab/passtlab/internal/limits"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/suites/report"
	"golang.org/x/sync/errgroup"
)

// DefaultParallel is how many labs are up at once. Labs wait more than they compute:
// 32 keep two processors busy. They fit in 1024 open files and in two thirds of the
// kernel's neighbour table.
const DefaultParallel = 32

// MaxParallel is the most labs that may be up at once: the kernel's IPv6
// neighbour table (gc_thresh3) is shared by all namespaces of a machine.
const MaxParallel = 64

// ErrNoRoom is returned by All when the machine has no room for a single lab.
var ErrNoRoom = errors.New("no lab can be built")

// ErrNothingSelected is returned by All when there is nothing to judge.
var ErrNothingSelected = errors.New("nothing selected")

// Config says what to run.
type Config struct {
	// Scenarios are reported in this order. Those that take real time begin first.
	Scenarios []*scenarios.Scenario
	Selectors []selector.Selector // asked one after the other at each checkpoint
	Parallel  int                 // labs up at once, at most MaxParallel; default: DefaultParallel
	Shard     *report.Shard       // for the report, where the scenarios are a part of a run
	Notes     []string            // remarks for the report
	Progress  func(Progress)      // called after each scenario, never twice at a time
	Options                       // for every scenario
}

// Progress says how many scenarios are done.
type Progress struct {
	Done, Total int            // scenarios
	Scenario    string         // the last one done
	Verdict     report.Verdict // its worst verdict
}

// All asks every selector in the lab of every scenario. Labs that fail are errors in
// the report. All returns an error if it could run nothing (no report), or if ctx
// ended before the run did (a report with the rest as errors).
func All(ctx context.Context, cfg Config) (*report.Report, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.Options = cfg.Options.withDefaults()
	rep := report.New(sim.KernelRelease(), cfg.Now(), cfg.Seed)
	rep.Shard, rep.Notes = cfg.Shard, append(rep.Notes, cfg.Notes...)
	if cfg.Backend.Real() {
		rep.Backend, rep.Program = report.BackendReal, cfg.Backend.Program
		if own, as := cfg.Backend.Release, cfg.Backend.Behaves(); as != own {
			rep.Notes = append(rep.Notes, fmt.Sprintf("passt %s is newer than the last known release, and its scenarios are those of %s", own, as))
		}
	}
	if err := cfg.fit(rep); err != nil {
		return nil, err
	}
	r := runner{cfg: cfg, gate: newGate()}
	for _, p := range r.run(ctx) {
		rep.Add(p.Scenario, p.Results...)
	}
	if r.gate.full != "" {
		rep.Notes = append(rep.Notes, "labs had to wait for room: "+r.gate.full)
	}
	rep.Finish(cfg.Now())
	if err := context.Cause(ctx); err != nil {
		return rep, fmt.Errorf("run: %w", err)
	}
	return rep, nil
}

// check finds faults of the configuration, and fills in the number of labs.
func (c *Config) check() error {
	switch {
	case len(c.Scenarios) == 0:
		return fmt.Errorf("run: %w: no scenario", ErrNothingSelected)
	case len(c.Selectors) == 0:
		return fmt.Errorf("run: %w: no selector", ErrNothingSelected)
	case c.Parallel < 0 || c.Parallel > MaxParallel:
		return fmt.Errorf("run: %d labs in parallel: want 1 to %d", c.Parallel, MaxParallel)
	case c.Parallel == 0:
		c.Parallel = DefaultParallel
	}
	for i, sc := range c.Scenarios {
		if slices.ContainsFunc(c.Scenarios[:i], func(o *scenarios.Scenario) bool { return o.ID == sc.ID }) {
			return fmt.Errorf("run: scenario %s is selected twice", sc.ID)
		}
	}
	for i, s := range c.Selectors {
		if slices.ContainsFunc(c.Selectors[:i], func(o selector.Selector) bool { return o.Name() == s.Name() }) {
			return fmt.Errorf("run: two selectors are called %s", s.Name())
		}
	}
	return nil
}

// fit lowers the number of labs to what the machine has room for, and notes that in
// the report.
func (c *Config) fit(rep *report.Report) error {
	programs := 0
	for _, s := range c.Selectors {
		if s.Traits().Program {
			programs++
		}
	}
	n, why, err := limits.Labs(c.Parallel, programs)
	if err != nil {
		return fmt.Errorf("run: %w: %w", ErrNoRoom, err)
	}
	if n < min(c.Parallel, len(c.Scenarios)) {
		rep.Notes = append(rep.Notes, fmt.Sprintf("%d of %d labs at once: %s", n, c.Parallel, why))
	}
	c.Parallel = n
	return nil
}

// quieter divides the number of labs at once when scenarios are played again.
const quieter = 8

// runner is the state that the labs of a run share.
type runner struct {
	cfg  Config
	gate *gate
	mu   sync.Mutex
	done int
}

// run plays every scenario, and plays those again where the environment failed.
func (r *runner) run(ctx context.Context) []Played {
	all := make([]Played, len(r.cfg.Scenarios))
	order := begin(r.cfg.Scenarios)
	each := func(parallel int, play func(i int, sc *scenarios.Scenario)) {
		var g errgroup.Group
		g.SetLimit(parallel)
		for _, i := range order {
			g.Go(func() error { play(i, r.cfg.Scenarios[i]); return nil })
		}
		_ = g.Wait() // what goes wrong is in the results
	}
	each(r.cfg.Parallel, func(i int, sc *scenarios.Scenario) {
		all[i] = r.once(ctx, sc)
		if all[i].spoilt == nil {
			r.progress(all[i])
		}
	})
	each(max(1, r.cfg.Parallel/quieter), func(i int, sc *scenarios.Scenario) {
		if all[i].spoilt == nil {
			return
		}
		if second := r.once(ctx, sc); second.Results != nil { // ctx has not ended before
			all[i] = all[i].again(second)
		}
		r.progress(all[i])
	})
	return all
}

// begin returns the order in which scenarios begin. Those that take seconds come
// first: an address expires there, or a program configures the guest.
func begin(scs []*scenarios.Scenario) (order []int) {
	var quick []int
	for i, sc := range scs {
		if sc.Slow() || sc.Guest.Client != scenarios.ClientKernel {
			order = append(order, i)
		} else {
			quick = append(quick, i)
		}
	}
	return append(order, quick...)
}

// once plays a scenario once, when there is room for its lab.
func (r *runner) once(ctx context.Context, sc *scenarios.Scenario) Played {
	leave, err := r.gate.enter(ctx)
	if err != nil {
		s := newSession(sc, nil, r.cfg.Options).scenario(0)
		s.Error = fmt.Sprintf("not run: %v", err)
		return Played{Scenario: s}
	}
	defer leave()
	return once(ctx, sc, r.cfg.Selectors, r.cfg.Options)
}

func (r *runner) progress(p Played) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	if r.cfg.Progress != nil {
		worst := (&report.Report{Scenarios: []report.Scenario{p.Scenario}, Results: p.Results}).Worst()
		r.cfg.Progress(Progress{Done: r.done, Total: len(r.cfg.Scenarios), Scenario: p.Scenario.ID, Verdict: worst})
	}
}
