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

// DefaultParallel is how many labs are up at once unless said otherwise. Labs
// wait more than they compute, so it does not depend on the number of cores.
const DefaultParallel = 16

// MaxParallel is the most labs that may be up at once: the kernel's IPv6
// neighbour table (gc_thresh3) is shared by all namespaces of a machine.
const MaxParallel = 64

// ErrNoRoom is returned by Run when the machine has no room for a single lab.
var ErrNoRoom = errors.New("no lab can be built")

// ErrNothingSelected is returned by Run when there is nothing to judge.
var ErrNothingSelected = errors.New("nothing selected")

// Config says what to run.
type Config struct {
	// Scenarios are run in this order, as far as Parallel allows.
	Scenarios []*scenarios.Scenario
	// Selectors are asked one after the other at each checkpoint of each
	// scenario's lab.
	Selectors []selector.Selector
	// Parallel is the number of labs up at once, at most MaxParallel.
	// Default: DefaultParallel.
	Parallel int
	// Shard is noted in the report, where the scenarios are a part of a run.
	Shard *report.Shard
	// Progress is called after each scenario, never twice at a time.
	Progress func(Progress)

	// Options are those of every session.
	Options
}

// Progress is how far a run has come.
type Progress struct {
	Done, Total int            // scenarios
	Scenario    string         // the last one done
	Verdict     report.Verdict // its worst verdict
}

// Run asks every selector in the lab of every scenario. The report is whole
// when the error is nil: labs that failed are in it, as errors. The error says
// that nothing could be run (no report), or that ctx ended before the run did
// (what is known so far, the rest as errors).
func All(ctx context.Context, cfg Config) (*report.Report, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.Options = cfg.Options.withDefaults()
	rep := report.New(sim.KernelRelease(), cfg.Now(), cfg.Seed)
	rep.Shard = cfg.Shard
	if cfg.Backend.Real() {
		rep.Backend, rep.Program = report.BackendReal, cfg.Backend.Program
	}
	if err := cfg.fit(rep); err != nil {
		return nil, err
	}
	r := runner{cfg: cfg, gate: newGate()}
	for _, c := range r.run(ctx) {
		rep.Add(c.scenario, c.results...)
	}
	rep.Finish(cfg.Now())
	if err := context.Cause(ctx); err != nil {
		return rep, fmt.Errorf("run: %w", err)
	}
	return rep, nil
}

// check refuses what cannot be run and fills in the number of labs.
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
	ids := map[string]bool{}
	for _, sc := range c.Scenarios {
		if ids[sc.ID] {
			return fmt.Errorf("run: scenario %s is selected twice", sc.ID)
		}
		ids[sc.ID] = true
	}
	names := map[string]bool{}
	for _, s := range c.Selectors {
		if names[s.Name()] {
			return fmt.Errorf("run: two selectors are called %s", s.Name())
		}
		names[s.Name()] = true
	}
	return nil
}

// cell is one scenario with what its selectors did.
type cell struct {
	scenario report.Scenario
	results  []report.Result
}

func (c cell) worst() report.Verdict {
	r := report.Report{Scenarios: []report.Scenario{c.scenario}, Results: c.results}
	return r.Worst()
}

// fit lowers the number of labs to what the machine has room for, and notes it.
func (c *Config) fit(rep *report.Report) error {
	n, why, err := limits.Labs(c.Parallel, slices.ContainsFunc(c.Selectors, func(s selector.Selector) bool { return s.Traits().Program }))
	if err != nil {
		return fmt.Errorf("run: %w: %w", ErrNoRoom, err)
	}
	if n < min(c.Parallel, len(c.Scenarios)) {
		rep.Notes = append(rep.Notes, fmt.Sprintf("%d of %d labs at once: %s", n, c.Parallel, why))
	}
	c.Parallel = n
	return nil
}

// quieter is by how much fewer labs are up at once when a scenario is played
// again.
const quieter = 8

// runner is the state that the labs of a run share.
type runner struct {
	cfg  Config
	gate *gate
	mu   sync.Mutex
	done int
}

// run plays every scenario, and those again that the environment has spoilt.
func (r *runner) run(ctx context.Context) []cell {
	cells := make([]cell, len(r.cfg.Scenarios))
	spoilt := make([]*Session, len(cells))
	var g errgroup.Group
	g.SetLimit(r.cfg.Parallel)
	for i, sc := range r.cfg.Scenarios {
		g.Go(func() error {
			cells[i], spoilt[i] = r.scenario(ctx, sc)
			return nil
		})
	}
	_ = g.Wait() // what goes wrong is in the cells
	g = errgroup.Group{}
	g.SetLimit(max(1, r.cfg.Parallel/quieter))
	for i, s := range spoilt {
		if s != nil {
			g.Go(func() error {
				cells[i] = r.again(ctx, s)
				return nil
			})
		}
	}
	_ = g.Wait()
	return cells
}

// scenario plays one, and returns its session too if it is to be played again.
func (r *runner) scenario(ctx context.Context, sc *scenarios.Scenario) (c cell, spoilt *Session) {
	leave, err := r.gate.enter(ctx)
	if err != nil {
		c := cell{scenario: report.Scenario{ID: sc.ID, Family: sc.Family, Title: sc.Title, File: sc.File, Passt: r.cfg.release(sc), Order: sc.Order, Error: fmt.Sprintf("not run: %v", err)}}
		r.progress(c)
		return c, nil
	}
	defer leave()
	s, _ := Open(ctx, sc, r.cfg.Selectors, r.cfg.Options) // the session itself tells the error
	c = r.judge(s)
	if s.Spoilt() != nil && ctx.Err() == nil {
		return c, s
	}
	r.progress(c)
	return c, nil
}

// again plays a scenario once more.
func (r *runner) again(ctx context.Context, s *Session) cell {
	if leave, err := r.gate.enter(ctx); err == nil {
		defer leave()
		_ = s.Again(ctx) // the session itself tells the error
	}
	c := r.judge(s)
	r.progress(c)
	return c
}

// judge returns what a session says, and closes it.
func (r *runner) judge(s *Session) (c cell) {
	for _, sel := range r.cfg.Selectors {
		c.results = append(c.results, s.Judge(sel)...)
	}
	_ = s.Close() // its report tells the error
	c.scenario = s.Report()
	return c
}

func (r *runner) progress(c cell) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	if r.cfg.Progress != nil {
		r.cfg.Progress(Progress{Done: r.done, Total: len(r.cfg.Scenarios), Scenario: c.scenario.ID, Verdict: c.worst()})
	}
}
