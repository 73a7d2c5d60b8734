package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

// phase is a part of a lab's life and how long it took.
type phase struct {
	name string
	took time.Duration
}

// eventNames are what the phases of the field report's events are called.
var eventNames = map[scenarios.Kind]string{
	scenarios.EventRA:     "RA and SLAAC, with DAD",
	scenarios.EventDHCPv6: "DHCPv6, with DAD",
}

// live builds a lab, plays and measures it, and takes it down.
func live(ctx context.Context, sc *scenarios.Scenario) (ps []phase, err error) {
	last := time.Now()
	done := func(name string) {
		now := time.Now()
		ps = append(ps, phase{name, now.Sub(last)})
		last = now
	}
	lab, err := sim.New(ctx, sc, sim.Options{})
	if err != nil {
		return nil, err
	}
	defer func() {
		err = errors.Join(err, lab.Close())
		done("close")
	}()
	done("build")
	for _, e := range sc.Events {
		if err := lab.Step(ctx, e); err != nil {
			return nil, err
		}
		name := eventNames[e.Kind()]
		if name == "" {
			name = string(e.Kind())
		}
		done(name)
	}
	if _, err := lab.Probe(ctx); err != nil {
		return nil, err
	}
	done("probe, with negatives")
	return ps, nil
}

// phases measures one lab at a time.
func phases(ctx context.Context, sc *scenarios.Scenario, runs int) (table, error) {
	t := table{title: fmt.Sprintf("One lab of %s, %d runs", sc.ID, runs), head: []string{"phase", "median", "slowest"}}
	var names []string
	var took []durations // one per phase
	var total durations
	for range runs {
		ps, err := live(ctx, sc)
		if err != nil {
			return t, err
		}
		var sum time.Duration
		for i, p := range ps {
			if i == len(took) {
				names, took = append(names, p.name), append(took, nil)
			}
			took[i] = append(took[i], p.took)
			sum += p.took
		}
		total = append(total, sum)
	}
	for i, name := range names {
		t.row(name, took[i].median(), took[i].slowest())
	}
	t.row("all", total.median(), total.slowest())
	return t, nil
}

// rates measures many labs of one scenario at several parallelisms.
func rates(ctx context.Context, sc *scenarios.Scenario) (table, error) {
	t := table{title: "Labs of " + sc.ID, head: []string{"in parallel", "labs", "time", "labs per second"}}
	for _, p := range parallels {
		n := 16 + 4*p
		began := time.Now()
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(p)
		for range n {
			g.Go(func() error {
				_, err := live(ctx, sc)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return t, err
		}
		took := time.Since(began)
		t.row(p, n, took, float64(n)/took.Seconds())
	}
	return t, nil
}

// whole measures the corpus against all built-in selectors.
func whole(ctx context.Context, corpus []*scenarios.Scenario) (table, error) {
	all := builtin.All()
	t := table{
		title: fmt.Sprintf("The whole corpus: %d scenarios × %d selectors, 3 runs", len(corpus), len(all)),
		head:  []string{"in parallel", "median", "slowest", "scenarios per second"},
	}
	for _, p := range []int{4, 16, 32, 64} {
		var took durations
		for range 3 {
			began := time.Now()
			rep, err := run.All(ctx, run.Config{Scenarios: corpus, Selectors: all, Parallel: p})
			if err != nil {
				return t, err
			}
			if rep.Worst() == report.Error {
				return t, fmt.Errorf("run corpus, %d in parallel: a lab failed; `make e2e` tells which", p)
			}
			took = append(took, time.Since(began))
		}
		t.row(p, took.median(), took.slowest(), float64(len(corpus))/took.median().Seconds())
	}
	return t, nil
}

// flat measures whether the time per scenario grows with how many there are, by a
// generated corpus: copies of the scenarios that wait for nothing real.
func flat(ctx context.Context, corpus []*scenarios.Scenario) (table, error) {
	t := table{
		title: fmt.Sprintf("Generated corpora × %d selectors, %d labs at once", len(builtin.All()), run.DefaultParallel),
		head:  []string{"scenarios", "time", "per scenario", "", "processor per scenario", ""},
	}
	quick := slices.DeleteFunc(slices.Clone(corpus), func(sc *scenarios.Scenario) bool {
		return slices.Contains(sc.Labels, "slow") || sc.Guest.Client != scenarios.ClientKernel
	})
	var first, firstCPU time.Duration
	for _, n := range []int{len(quick), 500, 1000, 2000} {
		scs := make([]*scenarios.Scenario, n)
		for i := range scs {
			sc := *quick[i%len(quick)]
			sc.ID = fmt.Sprintf("%s-%d", sc.ID, i/len(quick))
			scs[i] = &sc
		}
		began, before := time.Now(), processor()
		rep, err := run.All(ctx, run.Config{Scenarios: scs, Selectors: builtin.All()})
		if err != nil {
			return t, err
		}
		if rep.Worst() == report.Error {
			return t, fmt.Errorf("run a generated corpus of %d: a lab failed", n)
		}
		took := time.Since(began)
		each, cpu := took/time.Duration(n), (processor()-before)/time.Duration(n)
		first, firstCPU = cmp.Or(first, each), cmp.Or(firstCPU, cpu)
		t.row(n, took, each, times(each, first), cpu, times(cpu, firstCPU))
	}
	return t, nil
}

func times(d, of time.Duration) string { return fmt.Sprintf("%.2f times", d.Seconds()/of.Seconds()) }

// processor is the time that this process has had.
func processor() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
