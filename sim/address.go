package sim

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/probe"
)

// static changes addresses by hand: those of guest.static, or those it names.
func (l *Lab) static(ctx context.Context, e *scenarios.Static) error {
	add := e.Add
	if len(e.Add)+len(e.Remove)+len(e.Deprecate) == 0 {
		add = l.scenario.Guest.Static
	}
	for _, p := range add {
		if err := l.guest.Install(ctx, guestLink, p, scenarios.OriginStatic, guest.Install{Tentative: e.Tentative}); err != nil {
			return err
		}
	}
	return l.change(ctx, addresses(e.Deprecate), addresses(e.Remove))
}

func addresses(ps []netip.Prefix) (as []netip.Addr) {
	for _, p := range ps {
		as = append(as, p.Addr())
	}
	return as
}

// vip does the same with virtual addresses.
func (l *Lab) vip(ctx context.Context, e *scenarios.VIP) error {
	add := e.Add
	if len(e.Add)+len(e.Remove)+len(e.Deprecate) == 0 {
		add = l.scenario.Guest.VIPs
	}
	for _, a := range add {
		if err := l.guest.Add(ctx, guestLink, netip.PrefixFrom(a, 128), scenarios.OriginVIP); err != nil {
			return err
		}
	}
	return l.change(ctx, e.Deprecate, e.Remove)
}

// change deprecates and removes addresses.
func (l *Lab) change(ctx context.Context, deprecate, remove []netip.Addr) error {
	for _, a := range deprecate {
		if err := l.guest.Deprecate(ctx, a); err != nil {
			return err
		}
	}
	for _, a := range remove {
		if err := l.guest.Remove(a); err != nil {
			return err
		}
	}
	return l.guest.AwaitGone(ctx, remove...)
}

// targets returns the candidates that a target means, at least one.
func (l *Lab) targets(t scenarios.Target) ([]probe.Candidate, error) {
	cs, err := l.Candidates()
	if err != nil {
		return nil, err
	}
	named := slices.DeleteFunc(slices.Clone(cs), func(c probe.Candidate) bool { return !t.Names(c.Address.Addr(), c.Origin) })
	if len(named) == 0 {
		var there []string
		for _, c := range cs {
			there = append(there, fmt.Sprintf("%s (%s)", c.Address, c.Origin))
		}
		return nil, fmt.Errorf("the guest has no address %s; it has %v", t, there)
	}
	return named, nil
}

// deprecate has the preferred lifetimes of addresses end: those of SLAAC by the
// advertisement of their router, others where they are.
func (l *Lab) deprecate(ctx context.Context, e *scenarios.Deprecate) error {
	cs, err := l.targets(e.Of)
	if err != nil {
		return err
	}
	for _, c := range cs {
		a := c.Address.Addr()
		if c.Origin != scenarios.OriginSLAAC || c.Flags&unix.IFA_F_MANAGETEMPADDR == 0 {
			err = l.guest.Deprecate(ctx, a)
		} else {
			err = l.withdraw(ctx, c.Address)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// withdraw has the router of a SLAAC address advertise its prefix as no longer
// preferred, and with the valid lifetime that it has left.
func (l *Lab) withdraw(ctx context.Context, p netip.Prefix) error {
	ra := &scenarios.RA{Prefixes: []netip.Prefix{p.Masked()}, Preferred: "0"}
	for _, r := range l.scenario.Routers {
		if r.Prefix.Masked() == p.Masked() {
			ra.From = r.LinkLocal
		}
	}
	valid, err := l.guest.Valid(p.Addr())
	if err != nil {
		return err
	}
	ra.Valid = scenarios.Lifetime(fmt.Sprint(valid))
	if err := l.advertise(ctx, ra); err != nil {
		return err
	}
	is, err := l.guest.Deprecated(p.Addr())
	if err == nil && !is {
		err = fmt.Errorf("deprecate %s: the guest takes no router advertisements", p)
	}
	return err
}

// expire waits until the valid lifetimes of addresses have ended.
func (l *Lab) expire(ctx context.Context, e *scenarios.Expire) error {
	cs, err := l.Candidates()
	if err != nil {
		return err
	}
	// What is not there any more has expired since it was formed.
	cs = slices.DeleteFunc(cs, func(c probe.Candidate) bool { return !e.Of.Names(c.Address.Addr(), c.Origin) })
	var gone []netip.Addr
	var longest time.Duration
	for _, c := range cs {
		left, err := l.guest.Valid(c.Address.Addr())
		if err != nil {
			return err
		}
		if left == link.Forever {
			return fmt.Errorf("%s is valid forever", c.Address)
		}
		gone, longest = append(gone, c.Address.Addr()), max(longest, time.Duration(left)*time.Second)
	}
	bound := longest + patience
	ctx, cancel := context.WithTimeoutCause(ctx, bound, fmt.Errorf("no result after %s", bound))
	defer cancel()
	return l.guest.AwaitGone(ctx, gone...)
}
