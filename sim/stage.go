package sim

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/backend"
	"github.com/passtlab/passtlab/sim/dhcpserver"
	"github.com/passtlab/passtlab/sim/passt"
)

// stage is a lab as events see it. scenarios.Lab documents its methods.
type stage struct{ *Lab }

var _ scenarios.Lab = stage{}

// Play plays the scenario's whole timeline.
func (l *Lab) Play(ctx context.Context) error {
	for _, e := range l.scenario.Events {
		if err := l.Step(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// Step plays one event of the scenario. When it returns, all results of the event are
// there. The error is scenarios.Faults if the event is impossible now; other errors are
// errors of the lab. The first event that a real client plays by itself stands for all of
// them (package guest). The caller must not call Step twice at a time, nor during Probe.
func (l *Lab) Step(ctx context.Context, e scenarios.Event) error {
	l.log.Debug("event", "scenario", l.scenario.ID, "event", e.Kind())
	err := l.whole(ctx, func(ctx context.Context) error { return l.step(ctx, e) })
	if faults, ok := errors.AsType[scenarios.Faults](err); ok {
		return faults
	}
	if err != nil {
		return fmt.Errorf("play lab %s: event %s: %w", l.scenario.ID, e.Kind(), err)
	}
	return nil
}

func (l *Lab) step(ctx context.Context, e scenarios.Event) error {
	limit := patience + e.Lasts()
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no result after %s", limit))
	defer cancel()
	play := func() error { return e.Play(ctx, stage{l}) }
	if l.starts(e) {
		play = func() error { return l.configure(ctx) }
	}
	if err := play(); err != nil {
		return err
	}
	as, err := stage{l}.Addresses()
	for _, a := range as {
		if t := (scenarios.Target{Origin: a.Origin, Addr: a.Addr()}); !slices.Contains(l.had, t) {
			l.had = append(l.had, t)
		}
	}
	return err
}

func (l stage) Scenario() *scenarios.Scenario { return l.scenario }

func (l stage) Had(t scenarios.Target) bool {
	return slices.ContainsFunc(l.had, func(had scenarios.Target) bool { return t.Names(had.Addr, had.Origin) })
}

func (l stage) Addresses() (as []scenarios.Address, err error) {
	all, err := l.guest.Net.Addresses()
	if err != nil {
		return nil, err
	}
	names, err := l.names()
	if err != nil {
		return nil, err
	}
	var loopback []scenarios.Address
	for _, a := range all {
		o, known := l.guest.Origin(a)
		if !known || !a.Prefix.Addr().IsGlobalUnicast() {
			continue
		}
		is := scenarios.Address{Prefix: a.Prefix, Interface: names[a.Link], Origin: o, Valid: a.Valid, Tentative: !a.Usable(), Failed: a.Flags&unix.IFA_F_DADFAILED != 0}
		if is.Interface == scenarios.Loopback {
			loopback = append(loopback, is)
		} else {
			as = append(as, is)
		}
	}
	return append(as, loopback...), nil
}

func (l stage) Link() (up, carrier bool, err error) {
	up, err = l.guest.Net.IsUp(guestLink)
	if err == nil {
		carrier, err = l.host.IsUp(tap)
	}
	return up, carrier, err
}

func (l stage) AcceptsRA() (bool, error) { return l.guest.AcceptsRA() }

func (l stage) Lease() []netip.Prefix { return l.guest.Leased() }

// gone returns a fault if passt has ended.
func (l stage) gone() (err error) {
	l.passt.Ask(func(e *passt.Engine) {
		if e.Ended() {
			why := ", because the guest has sent a UDP datagram from ::"
			if l.stopped {
				why = ""
			}
			err = scenarios.Fault{Problem: "passt has ended" + why, Expected: "a passt that runs", Next: "play {passt: restart} before it"}
		}
	})
	return err
}

func (l stage) Runs() bool { return l.gone() == nil }

func (l stage) Send(ctx context.Context, from netip.Addr) error {
	if err := l.gone(); err != nil {
		return err
	}
	return l.Lab.Send(ctx, from)
}

func (l stage) Leases() (as []netip.Addr) {
	if on, ok := l.passt.(*backend.Link); ok {
		on.Server(func(s *dhcpserver.Server) {
			for _, one := range s.Leases {
				as = append(as, one.Address)
			}
		})
		return as
	}
	l.passt.Ask(func(e *passt.Engine) {
		if a := e.Address(); a.IsValid() {
			as = []netip.Addr{a}
		}
	})
	return as
}

func (l stage) AwaitGone(ctx context.Context, as ...netip.Addr) error {
	return l.guest.AwaitGone(ctx, as...)
}
