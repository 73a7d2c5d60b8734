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

// eventNames are what the table calls the events of the field report.
var eventNames = map[scenarios.Kind]string{
	scenarios.EventRA:     "RA and SLAAC, with DAD",
	scenarios.EventDHCPv6: "DHCPv6, with DAD",
}

// live builds a lab, plays and measures it, and takes it down. It calls done after
// each phase.
func live(ctx context.Context, sc *scenarios.Scenario, done func(phase string)) (err error) {
	lab, err := sim.New(ctx, sc, sim.Options{})
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, lab.Close())
		done("close")
	}()
	done("build")
	for _, e := range sc.Events {
		if err := lab.Step(ctx, e); err != nil {
			return err
		}
		done(cmp.Or(eventNames[e.Kind()], string(e.Kind())))
	}
	if _, err := lab.Probe(ctx); err != nil {
		return err
	}
	done("probe, with negatives")
	return nil
}

// phases measures one lab at a time.
func phases(ctx context.Context, sc *scenarios.Scenario, runs int) (table, error) {
	t := table{title: fmt.Sprintf("One lab of %s, %d runs", sc.ID, runs), head: []string{"phase", "median", "slowest"}}
	var names []string
	var total durations
	took := map[string]durations{} // by name
	for range runs {
		began := time.Now()
		last := began
		err := live(ctx, sc, func(name string) {
			if took[name] == nil {
				names = append(names, name)
			}
			took[name] = append(took[name], time.Since(last))
			last = time.Now()
		})
		if err != nil {
			return t, err
		}
		total = append(total, last.Sub(began))
	}
	for _, name := range names {
		t.row(name, took[name].median(), took[name].slowest())
	}
	t.row("all", total.median(), total.slowest())
	return t, nil
}

// rates measures many labs of one scenario at several parallelisms.
func rates(ctx context.Context, sc *scenarios.Scenario) (table, error) {
	t := table{title: "Labs of " + sc.ID, head: []string{"in parallel", "labs", "time", "labs per second"}}
	for _, p := range []int{1, 4, 16, 32} {
		n := 16 + 4*p
		began := time.Now()
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(p)
		for range n {
			g.Go(func() error { return live(ctx, sc, func(string) {}) })
		}
		if err := g.Wait(); err != nil {
			return t, err
		}
		took := time.Since(began)
		t.row(p, n, took, float64(n)/took.Seconds())
	}
	return t, nil
}

// judge runs all built-in selectors in scenarios, and returns how long that took.
func judge(ctx context.Context, scs []*scenarios.Scenario, parallel int) (time.Duration, error) {
	began := time.Now()
	rep, err := run.All(ctx, run.Config{Scenarios: scs, Selectors: builtin.All(), Parallel: parallel})
	if err == nil && rep.Worst() == report.Error {
		err = fmt.Errorf("run %d scenarios, %d in parallel: a lab failed; `make e2e` tells which", len(scs), parallel)
	}
	return time.Since(began), err
}

func whole(ctx context.Context, corpus []*scenarios.Scenario) (table, error) {
	t := table{
		title: fmt.Sprintf("The whole corpus: %d scenarios × %d selectors, 3 runs", len(corpus), len(builtin.All())),
		head:  []string{"in parallel", "median", "slowest", "scenarios per second"},
	}
	for _, p := range []int{4, 16, 32, 64} {
		var took durations
		for range 3 {
			d, err := judge(ctx, corpus, p)
			if err != nil {
				return t, err
			}
			took = append(took, d)
		}
		t.row(p, took.median(), took.slowest(), float64(len(corpus))/took.median().Seconds())
	}
	return t, nil
}

// flat measures whether the time per scenario grows with the number of scenarios.
// Its corpora are copies of the scenarios that do not wait for real time.
func flat(ctx context.Context, corpus []*scenarios.Scenario) (table, error) {
	t := table{
		title: fmt.Sprintf("Generated corpora × %d selectors, %d labs at once", len(builtin.All()), run.DefaultParallel),
		head:  []string{"scenarios", "time", "per scenario", "", "processor per scenario", ""},
	}
	quick := slices.DeleteFunc(slices.Clone(corpus), func(sc *scenarios.Scenario) bool {
		return sc.Slow() || sc.Guest.Client != scenarios.ClientKernel
	})
	var first, firstCPU time.Duration
	for _, n := range []int{len(quick), 500, 1000, 2000} {
		scs := make([]*scenarios.Scenario, n)
		for i := range scs {
			sc := *quick[i%len(quick)]
			sc.ID = fmt.Sprintf("%s-%d", sc.ID, i/len(quick))
			scs[i] = &sc
		}
		before := processor()
		took, err := judge(ctx, scs, run.DefaultParallel)
		if err != nil {
			return t, err
		}
		each, cpu := took/time.Duration(n), (processor()-before)/time.Duration(n)
		first, firstCPU = cmp.Or(first, each), cmp.Or(firstCPU, cpu)
		t.row(n, took, each, times(each, first), cpu, times(cpu, firstCPU))
	}
	return t, nil
}

func times(d, of time.Duration) string { return fmt.Sprintf("%.2f times", d.Seconds()/of.Seconds()) }

// processor is the processor time that this process has used.
func processor() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
