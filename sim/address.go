package sim

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
)

func (l stage) Add(ctx context.Context, p netip.Prefix, o scenarios.Origin, tentative bool) error {
	return l.guest.Install(ctx, guestLink, p, o, guest.Install{Tentative: tentative})
}

func (l stage) Remove(ctx context.Context, a netip.Addr) error {
	if err := l.guest.Remove(a); err != nil {
		return err
	}
	return l.guest.AwaitGone(ctx, a)
}

func (l stage) Deprecate(ctx context.Context, a netip.Addr) error {
	cs, err := l.Candidates()
	if err != nil {
		return err
	}
	for _, c := range cs {
		if c.Address.Addr() == a && c.Origin == scenarios.OriginSLAAC && c.Flags&unix.IFA_F_MANAGETEMPADDR != 0 {
			return l.withdraw(ctx, c.Address)
		}
	}
	return l.guest.Deprecate(ctx, a)
}

func addresses(ps []netip.Prefix) (as []netip.Addr) {
	for _, p := range ps {
		as = append(as, p.Addr())
	}
	return as
}

// withdraw makes the router of a SLAAC address advertise its prefix with the preferred
// lifetime 0 and the valid lifetime that remains.
func (l stage) withdraw(ctx context.Context, p netip.Prefix) error {
	ra := scenarios.RA{Prefixes: []netip.Prefix{p.Masked()}, Preferred: "0"}
	for _, r := range l.scenario.Routers {
		if slices.ContainsFunc(r.All(), func(own scenarios.RouterPrefix) bool { return own.Prefix.Masked() == p.Masked() }) {
			ra.From = r.LinkLocal
		}
	}
	a, err := l.guest.Find(p.Addr())
	if err != nil {
		return err
	}
	ra.Valid = scenarios.Lifetime(fmt.Sprint(a.Valid))
	if err := l.Advertise(ctx, ra); err != nil {
		return err
	}
	a, err = l.guest.Find(p.Addr())
	if err == nil && a.Flags&unix.IFA_F_DEPRECATED == 0 {
		err = fmt.Errorf("deprecate %s: the guest takes no router advertisements", p)
	}
	return err
}
