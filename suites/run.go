package suites

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"golang.org/x/sync/errgroup"
)

// DefaultParallel is how many labs are up at once unless said otherwise. Labs
// wait more than they compute, so it does not depend on the number of cores.
const DefaultParallel = 16

// MaxParallel is the most labs that may be up at once: the kernel's IPv6
// neighbour table (gc_thresh3) is shared by all namespaces of a machine.
const MaxParallel = 64

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
	// KeepGoing begins further labs after one has failed. A selector that
	// fails never stops a run.
	KeepGoing bool
	// Shard is noted in the report, where the scenarios are a part of a run.
	Shard *Shard
	// Progress is called after each scenario, never twice at a time.
	Progress func(Progress)

	// Options are those of every session.
	Options
}

// Progress is how far a run has come.
type Progress struct {
	Done, Total int     // scenarios
	Scenario    string  // the last one done
	Verdict     Verdict // its worst verdict
}

// Run asks every selector in the lab of every scenario. The report is whole
// when the error is nil: labs that failed are in it, as errors. The error says
// that nothing could be run (no report), or that ctx ended before the run did
// (what is known so far, the rest as errors).
func Run(ctx context.Context, cfg Config) (*Report, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.Options = cfg.Options.withDefaults()
	report := NewReport(cfg.Now(), cfg.Seed)
	report.Shard = cfg.Shard
	if cfg.Backend.Real() {
		report.Backend, report.Program = BackendReal, cfg.Backend.Program
	}
	cells := make([]cell, len(cfg.Scenarios))
	r := runner{cfg: cfg}
	var g errgroup.Group
	g.SetLimit(cfg.Parallel)
	for i, sc := range cfg.Scenarios {
		g.Go(func() error {
			cells[i] = r.scenario(ctx, sc)
			return nil
		})
	}
	_ = g.Wait() // what goes wrong is in the cells
	for _, c := range cells {
		report.Add(c.scenario, c.results...)
	}
	report.Finish(cfg.Now())
	if err := context.Cause(ctx); err != nil {
		return report, fmt.Errorf("run: %w", err)
	}
	return report, nil
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
	scenario Scenario
	results  []Result
}

func (c cell) worst() Verdict {
	r := Report{Scenarios: []Scenario{c.scenario}, Results: c.results}
	return r.Worst()
}

// runner is the state that the labs of a run share.
type runner struct {
	cfg    Config
	mu     sync.Mutex
	done   int
	failed string // the first scenario whose lab failed
}

func (r *runner) scenario(ctx context.Context, sc *scenarios.Scenario) cell {
	if err := r.stopped(ctx); err != nil {
		c := cell{scenario: Scenario{ID: sc.ID, Family: sc.Family, Title: sc.Title, File: sc.File, Passt: r.cfg.release(sc), Order: sc.Order, Error: err.Error()}}
		r.progress(c)
		return c
	}
	s, _ := Open(ctx, sc, r.cfg.Selectors, r.cfg.Options) // the session itself tells the error
	var c cell
	for _, sel := range r.cfg.Selectors {
		c.results = append(c.results, s.Judge(sel)...)
	}
	_ = s.Close() // so does its report
	c.scenario = s.Report()
	r.progress(c)
	return c
}

// stopped returns why no further lab is to be begun, or nil.
func (r *runner) stopped(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("not run: %w", err)
	}
	if r.failed != "" && !r.cfg.KeepGoing {
		return fmt.Errorf("not run: the lab of %s failed", r.failed)
	}
	return nil
}

func (r *runner) progress(c cell) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	v := c.worst()
	if v == Error && r.failed == "" {
		r.failed = c.scenario.ID
	}
	if r.cfg.Progress != nil {
		r.cfg.Progress(Progress{Done: r.done, Total: len(r.cfg.Scenarios), Scenario: c.scenario.ID, Verdict: v})
	}
}
