package run

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
	"github.com/passtlab/passtlab/suites/report"
)

// session is one play of a scenario, with the answers of every selector at each
// checkpoint.
type session struct {
	sc     *scenarios.Scenario
	opts   Options
	oldest bool   // the kernel lists the oldest address first
	client string // with its version
	phases struct{ build, play, probe, ask, close time.Duration }

	lab     Lab
	left    time.Duration // what is left of OpenLimit
	stepped time.Time     // the end of the last step
	kept    []netip.Addr  // the addresses that have been there since the last judged checkpoint

	checkpoints []checkpoint // those passed
	last        string       // the name of the last one
	several     bool         // there is more than one
	subjects    []*subject   // selectors × roles
}

// checkpoint is where all selectors were asked.
type checkpoint struct {
	name   string
	judged bool
	within time.Duration        // 0: no bound
	table  probe.Table          // nil unless judged
	shown  selector.Observation // for no role yet
}

func newSession(sc *scenarios.Scenario, sels []selector.Selector, opts Options) *session {
	s := &session{sc: sc, opts: opts, left: opts.OpenLimit}
	for _, sel := range sels {
		for _, role := range sc.Roles {
			s.subjects = append(s.subjects, &subject{sel: sel, role: role})
		}
	}
	for _, e := range sc.Timeline() {
		if cp, ok := e.Action.(*scenarios.Checkpoint); ok {
			s.several = s.last != ""
			s.last = cp.Name
		}
	}
	return s
}

// play builds the lab and plays the timeline. Its errors are those of the lab and of
// the scenario.
func (s *session) play(ctx context.Context) (err error) {
	// A program of the lab that dies ends every wait, and is no selector's fault.
	ctx, died := context.WithCancelCause(ctx)
	defer died(nil)
	defer s.stop() // there are no more questions
	if s.oldest, err = s.opts.OldestFirst(); err != nil {
		return err
	}
	err = s.inLab(ctx, &s.phases.build, func(ctx context.Context) (err error) {
		s.lab, err = s.opts.Build(ctx, s.sc, sim.Options{Backend: s.opts.Backend, Logger: s.opts.Logger.With("scenario", s.sc.ID), Capture: s.opts.Capture, Died: died})
		return err
	})
	if err != nil {
		return err
	}
	s.stepped = s.opts.Now()
	if s.sc.Guest.Client != scenarios.ClientKernel {
		if s.client, err = sim.Client(s.sc); err != nil {
			return err
		}
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	for _, e := range s.sc.Timeline() {
		if cp, ok := e.Action.(*scenarios.Checkpoint); ok {
			err = s.check(ctx, e, cp)
		} else {
			err = s.step(ctx, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// step plays an event that is no checkpoint. A reboot ends all instances.
func (s *session) step(ctx context.Context, e scenarios.Event) error {
	s.rest(ctx)
	reboot := e.Kind() == scenarios.EventReboot
	if reboot {
		s.stop()
	}
	if err := s.inLab(ctx, &s.phases.play, func(ctx context.Context) error { return s.lab.Step(ctx, e) }); err != nil {
		return err
	}
	s.stepped = s.opts.Now()
	if reboot {
		s.kept = nil
		return s.start(ctx)
	}
	if !slices.ContainsFunc(s.subjects, func(x *subject) bool { return x.watches() || x.instance != nil && x.instance.See != nil }) {
		return nil
	}
	o, err := s.observe(ctx)
	if err != nil {
		return err
	}
	s.keep(o)
	for _, x := range s.subjects {
		x.watch.changed = time.Now()
	}
	s.tell(ctx, o)
	return nil
}

// check measures the truth table, compares it with what the author expects, and
// asks every selector. At a checkpoint that judges nothing it sends no probes.
func (s *session) check(ctx context.Context, e scenarios.Event, cp *scenarios.Checkpoint) error {
	c := checkpoint{name: cp.Name, judged: cp.Judged(), within: cp.Within.Duration()}
	var early selector.Observation
	err := s.inLab(ctx, &s.phases.play, func(ctx context.Context) error { return s.lab.Step(ctx, e) })
	if err == nil {
		early, err = s.measure(ctx, &c, cp)
	}
	s.checkpoints = append(s.checkpoints, c)
	if err != nil {
		return fmt.Errorf("%s%w", s.at(c.name), err)
	}
	s.keep(c.shown)
	if !slices.Equal(addresses(early), addresses(c.shown)) {
		s.show(ctx, c.shown)
	}
	s.phase(&s.phases.ask, func() {
		for _, x := range s.subjects {
			x.answers = append(x.answers, s.ask(ctx, x, c))
		}
	})
	if c.judged {
		s.kept = addresses(c.shown)
	}
	return nil
}

// measure fills in the truth table and the observation of a checkpoint. Selectors that
// watch see early before the measurement, which may take long.
func (s *session) measure(ctx context.Context, c *checkpoint, cp *scenarios.Checkpoint) (early selector.Observation, err error) {
	if slices.ContainsFunc(s.subjects, (*subject).watches) {
		if early, err = s.observe(ctx); err != nil {
			return early, err
		}
		s.show(ctx, early)
	}
	if c.judged {
		err = s.inLab(ctx, &s.phases.probe, func(ctx context.Context) (err error) { c.table, err = s.lab.Probe(ctx); return err })
		if err != nil {
			return early, err
		}
	}
	if c.shown, err = s.observe(ctx); err != nil || !c.judged {
		return early, err
	}
	if err := checkObservation(c.table, c.shown); err != nil {
		return early, err
	}
	return early, s.checkExpect(*c, cp)
}

// at names a checkpoint where there is more than one.
func (s *session) at(name string) string {
	if !s.several {
		return ""
	}
	return "at " + name + ": "
}

func (s *session) observe(ctx context.Context) (o selector.Observation, err error) {
	err = s.inLab(ctx, new(time.Duration), func(ctx context.Context) (err error) { o, err = s.lab.Observe(ctx); return err })
	return configured(o, s.sc), err
}

// keep removes from kept what is not in o.
func (s *session) keep(o selector.Observation) {
	now := addresses(o)
	s.kept = slices.DeleteFunc(s.kept, func(a netip.Addr) bool { return !slices.Contains(now, a) })
}

func addresses(o selector.Observation) (as []netip.Addr) {
	for _, a := range o.Addresses {
		as = append(as, a.Prefix.Addr())
	}
	return as
}

// inLab calls f within what is left of OpenLimit, and adds the time to a phase. It adds
// the cause of the end of ctx to the error.
func (s *session) inLab(ctx context.Context, phase *time.Duration, f func(ctx context.Context) error) (err error) {
	begun := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, s.left, fmt.Errorf("the lab was not ready within %s", s.opts.OpenLimit))
	defer func() {
		cancel()
		s.left -= time.Since(begun)
	}()
	s.phase(phase, func() { err = f(ctx) })
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w (%w)", err, cause)
	}
	return err
}

// phase adds the time that f takes to *d.
func (s *session) phase(d *time.Duration, f func()) {
	start := s.opts.Now()
	defer func() { *d += s.opts.Now().Sub(start) }()
	f()
}

func (s *session) scenario(took time.Duration) report.Scenario {
	r := report.Scenario{
		ID: s.sc.ID, Title: s.sc.Title, File: s.sc.File, Family: s.sc.Family, Order: s.sc.Order,
		Passt: s.opts.release(s.sc), Client: s.client, Duration: report.Seconds(took),
		Phases: report.Phases{
			Build: report.Seconds(s.phases.build), Play: report.Seconds(s.phases.play), Probe: report.Seconds(s.phases.probe),
			Select: report.Seconds(s.phases.ask), Close: report.Seconds(s.phases.close),
		},
	}
	if !s.sc.BehindPasst() {
		r.Network = s.sc.Network
	}
	for _, cp := range s.checkpoints {
		r.Peer = cp.shown.Target
		if cp.judged {
			r.Candidates = cp.candidates()
		}
		if s.several {
			r.Checkpoints = append(r.Checkpoints, report.Checkpoint{Name: cp.name, Candidates: cp.candidates()})
		}
	}
	return r
}

// candidates returns the truth table for the report, with the lifetimes that selectors
// see.
func (cp checkpoint) candidates() []report.Measured {
	cs := []report.Measured{}
	for _, row := range cp.table {
		c := report.Measured{
			Address: row.Address, Link: row.Link, Origin: row.Origin, Flags: selector.Flags(row.Flags),
			Out: row.Out, OutSource: row.OutSource, In: row.In,
			InFirst: row.InFirst, InBound: row.InBound, InBoundAfter: row.InBoundAfter, Ports: row.Ports,
			Remarks: remarks(cp.table, row),
		}
		for _, a := range cp.shown.Addresses {
			if a.Prefix == c.Address {
				c.ValidLifetime, c.PreferredLifetime = a.ValidLifetime, a.PreferredLifetime
			}
		}
		cs = append(cs, c)
	}
	return cs
}
