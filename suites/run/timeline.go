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
	"github.com/passtlab/passtlab/sim/probe"
	"github.com/passtlab/passtlab/suites/report"
)

// checkpoint is where all selectors were asked.
type checkpoint struct {
	name   string
	judged bool
	within time.Duration        // 0: no bound
	table  probe.Table          // nil unless judged
	shown  selector.Observation // for no role yet
}

// candidates returns the truth table for the report, with the lifetimes that
// selectors saw.
func (cp checkpoint) candidates() []report.Candidate {
	cs := []report.Candidate{}
	for _, row := range cp.table {
		c := report.Candidate{
			Address: row.Address, Link: row.Link, Origin: row.Origin, Flags: selector.Flags(row.Flags),
			Out: row.Out, OutSource: row.OutSource, In: row.In,
			InBound: row.InBound, InBoundAfter: row.InBoundAfter,
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

// play plays the timeline, from the boot of the guest to its end, and asks
// every selector at each checkpoint of it.
func (s *Session) play(ctx context.Context) error {
	if err := s.boot(ctx); err != nil {
		return err
	}
	for _, e := range s.sc.Timeline() {
		var err error
		if e.Checkpoint != nil {
			err = s.check(ctx, *e.Checkpoint)
		} else {
			err = s.step(ctx, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// step plays an event that is no checkpoint. No instance outlasts a reboot.
func (s *Session) step(ctx context.Context, e scenarios.Event) error {
	reboot := e.Reboot != nil
	if reboot {
		s.shutdown()
	}
	if err := s.inLab(ctx, &s.phases.play, func(ctx context.Context) error { return s.lab.Step(ctx, e) }); err != nil {
		return err
	}
	s.stepped = s.opts.Now()
	if reboot {
		s.kept = nil
		return s.boot(ctx)
	}
	if !slices.ContainsFunc(s.courses, (*course).watches) {
		return nil
	}
	o, err := s.observe(ctx)
	s.keep(o)
	return err
}

// check measures the truth table, holds it against what the author expects
// there, and asks every selector. Where nothing is judged nothing is measured
// either, as probes are traffic too.
func (s *Session) check(ctx context.Context, cp scenarios.Checkpoint) error {
	c := checkpoint{name: cp.Name, judged: cp.Judge == nil || *cp.Judge, within: cp.Within.Duration()}
	var early selector.Observation
	err := func() (err error) {
		// Those that watch learn of it now: measuring may take long.
		if early, err = s.tell(ctx); err != nil {
			return err
		}
		if c.judged {
			err = s.inLab(ctx, &s.phases.probe, func(ctx context.Context) (err error) { c.table, err = s.lab.Probe(ctx); return err })
		}
		if err != nil {
			return err
		}
		if c.shown, err = s.observe(ctx); err != nil || !c.judged {
			return err
		}
		if err := checkObservation(c.table, c.shown); err != nil {
			return err
		}
		return checkExpect(c.table, cp.Reachable)
	}()
	s.checkpoints = append(s.checkpoints, c)
	if err != nil {
		return fmt.Errorf("%s%w", s.at(c.name), err)
	}
	s.keep(c.shown)
	if !slices.Equal(addresses(early), addresses(c.shown)) {
		s.show(ctx, c.shown)
	}
	s.phase(&s.phases.ask, func() { s.ask(ctx, c) })
	if c.judged {
		s.kept = addresses(c.shown)
	}
	return nil
}

// tell shows those that watch what there is now, if there are any.
func (s *Session) tell(ctx context.Context) (o selector.Observation, err error) {
	if slices.ContainsFunc(s.courses, (*course).watches) {
		if o, err = s.observe(ctx); err == nil {
			s.show(ctx, o)
		}
	}
	return o, err
}

// show shows an observation to those that watch.
func (s *Session) show(ctx context.Context, o selector.Observation) {
	for _, c := range s.courses {
		if !c.watches() {
			continue
		}
		c.shownAt = time.Now()
		_, err := alive(ctx, c, s.opts.SelectLimit, func(ctx context.Context) (selector.Choice, error) { return c.instance.Select(ctx, forRole(o, c.role)) })
		if void(err) {
			c.over = err
		}
	}
}

// at names a checkpoint where there is more than one.
func (s *Session) at(name string) string {
	if !s.several {
		return ""
	}
	return "at " + name + ": "
}

// observe reads what a selector could see now.
func (s *Session) observe(ctx context.Context) (o selector.Observation, err error) {
	err = s.inLab(ctx, nil, func(ctx context.Context) (err error) { o, err = s.lab.Observe(ctx); return err })
	return configured(o, s.sc), err
}

// keep notes which of the addresses have been there ever since the last
// judged checkpoint, as far as steps show.
func (s *Session) keep(o selector.Observation) {
	now := addresses(o)
	s.kept = slices.DeleteFunc(s.kept, func(a netip.Addr) bool { return !slices.Contains(now, a) })
}

func addresses(o selector.Observation) (as []netip.Addr) {
	for _, a := range o.Addresses {
		as = append(as, a.Prefix.Addr())
	}
	return as
}

// inLab has the lab do something within what is left of the session's limit,
// and adds the time to a phase, if there is one.
func (s *Session) inLab(ctx context.Context, phase *time.Duration, f func(ctx context.Context) error) error {
	begun := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, s.left, fmt.Errorf("the lab was not ready within %s", s.opts.OpenLimit))
	defer func() {
		cancel()
		s.left -= time.Since(begun)
	}()
	if phase == nil {
		phase = new(time.Duration)
	}
	var err error
	s.phase(phase, func() { err = f(ctx) })
	return because(ctx, err)
}

// because adds what ended ctx to an error that may only be its consequence.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w (%w)", err, cause)
	}
	return err
}
