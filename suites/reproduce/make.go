package reproduce

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

// ErrInput is wrapped by errors about an input of which no scenario can be made.
var ErrInput = errors.New("no scenario can be made of it")

// Make makes a scenario of an input: it plans one, measures it in a lab, and asks the
// built-in selectors there. The scenario says what was measured, which of them fail, and
// which prove it. It is read from Text with the checks, under the name of a file.
func Make(ctx context.Context, in Input, opts Options, file string, lab run.Options) (Made, error) {
	if len(opts.Roles) == 0 {
		opts.Roles = []scenarios.Role{scenarios.RoleKubelet}
	}
	p, err := newPlan(in, opts)
	if err != nil {
		return Made{}, err
	}
	m := maker{p, in, file, lab}
	sc, _, err := m.load(outcome{})
	if err != nil {
		return Made{}, err
	}
	table, seen, err := m.measure(ctx, sc)
	if err != nil {
		return Made{}, err
	}
	rows := compare(p.guest, seen, p.labLinks())
	for _, r := range rows {
		for _, d := range r.Differs {
			p.lose("%s on %s: %s", r.Address, r.Link, d)
		}
	}
	o := outcome{reachable: reachable(table)}
	if sc, _, err = m.load(o); err != nil {
		return Made{}, err
	}
	if err := m.ask(ctx, sc, table, &o); err != nil {
		return Made{}, err
	}
	sc, text, err := m.load(o)
	return Made{sc, text, rows, p.compared(), p.guesses, p.lost, chosen(in, table), p.missing(o)}, err
}

type maker struct {
	*plan
	in   Input
	file string
	lab  run.Options
}

// load writes the scenario and reads it.
func (m maker) load(o outcome) (*scenarios.Scenario, []byte, error) {
	text, err := m.document(m.in, o)
	if err != nil {
		return nil, nil, fmt.Errorf("write the scenario of %s: %w", m.in.Name, err)
	}
	scs, err := scenarios.Load(m.file, text, sim.Check)
	if err != nil {
		return nil, text, fmt.Errorf("the scenario made of %s has faults; mend it by hand, or give what was guessed:\n%w\n\n%s", m.in.Name, err, text)
	}
	return scs[0], text, nil
}

// measure plays the scenario, and returns the truth table and what is seen in the guest.
func (m maker) measure(ctx context.Context, sc *scenarios.Scenario) (table probe.Table, seen selector.Observation, err error) {
	build := m.lab.Build
	if build == nil {
		build = run.NewLab
	}
	l, err := build(ctx, sc, sim.Options{Backend: m.lab.Backend, Logger: m.lab.Logger})
	if err != nil {
		return nil, seen, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	for _, e := range sc.Timeline() {
		if e.Kind() == scenarios.EventCheckpoint {
			continue
		}
		if err := l.Step(ctx, e); err != nil {
			return nil, seen, err
		}
	}
	if table, err = l.Probe(ctx); err != nil {
		return nil, seen, err
	}
	seen, err = l.Observe(ctx)
	return table, seen, err
}

// labLinks are the lab's names of the links that the scenario has.
func (p *plan) labLinks() map[string]string {
	links := map[string]string{p.main: "eth0"}
	for _, f := range p.interfaces {
		links[f.from] = f.name
	}
	return links
}

// reachable returns what works: origins, or addresses of an origin of which only some do.
func reachable(table probe.Table) (ts []scenarios.Target) {
	for _, o := range scenarios.Origins() {
		var good []scenarios.Target
		all := true
		for _, r := range table {
			if r.Origin == o && r.Bidirectional() {
				good = append(good, scenarios.Target{Addr: r.Address.Addr()})
			}
			all = all && (r.Origin != o || r.Bidirectional())
		}
		if all && len(good) > 0 {
			good = []scenarios.Target{scenarios.Of(o)}
		}
		ts = append(ts, good...)
	}
	return ts
}

// ask asks the selectors that come with passtlab, and fills in failures and proof.
func (m maker) ask(ctx context.Context, sc *scenarios.Scenario, table probe.Table, o *outcome) error {
	known := builtin.All()
	sels := slices.Concat(known, builtin.Wrong())
	played := run.Play(ctx, sc, sels, m.lab)
	if err := played.Scenario.Error; err != "" {
		return fmt.Errorf("play the scenario of %s: %s", m.in.Name, err)
	}
	for _, s := range known {
		o.failures = append(o.failures, failures(played.Of(s.Name()), table)...)
	}
	good := slices.Concat([]string{"talos-v3", "talos-v2", "kernel", "talos-v1", "first", "test-none"}, names(builtin.Wrong()))
	bad := slices.Concat([]string{"talos-v1", "talos-v2", "first", "kernel", "talos-v3"}, names(builtin.Wrong()))
	i := slices.IndexFunc(good, func(n string) bool { return passes(played.Of(n)) })
	for _, n := range bad {
		if fs := failures(played.Of(n), table); i >= 0 && len(fs) > 0 {
			o.prove = scenarios.Prove{Good: good[i], Bad: n, Picks: fs[0].Picks, Role: fs[0].Role, Kind: fs[0].Kind}
			return nil
		}
	}
	return nil
}

func names(ss []selector.Selector) (ns []string) {
	for _, s := range ss {
		ns = append(ns, s.Name())
	}
	return ns
}

func passes(rs []report.Result) bool {
	return !slices.ContainsFunc(rs, func(r report.Result) bool { return r.Verdict != report.Pass })
}

// failures returns how a selector fails, as a scenario lists it: once where it fails in
// every role in the same way.
func failures(rs []report.Result, table probe.Table) (fs []scenarios.Failure) {
	for _, r := range rs {
		if r.Verdict != report.Fail {
			continue
		}
		f := scenarios.Failure{Selector: r.Selector, Role: r.Role, Picks: pick(r, table), Kind: r.Kind}
		if usual := map[bool]scenarios.FailureKind{true: scenarios.FailLost, false: scenarios.FailWrong}[f.Picks == scenarios.PickNone]; f.Kind == usual {
			f.Kind = ""
		}
		fs = append(fs, f)
	}
	same := func(f scenarios.Failure) bool { return f.Picks == fs[0].Picks && f.Kind == fs[0].Kind }
	if len(fs) == len(rs) && len(fs) > 0 && !slices.ContainsFunc(fs, func(f scenarios.Failure) bool { return !same(f) }) {
		fs = fs[:1]
		fs[0].Role = ""
	}
	return fs
}

// pick names a choice by its origin, or by its address where others have that origin.
func pick(r report.Result, table probe.Table) scenarios.Pick {
	n := 0
	for _, row := range table {
		if scenarios.Pick(row.Origin) == r.Origin {
			n++
		}
	}
	if n > 1 && r.Origin != scenarios.Pick(scenarios.OriginTemporary) && r.Decided.IsValid() {
		return scenarios.Pick(r.Decided.String())
	}
	return r.Origin
}
