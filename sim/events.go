package sim

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
)

// Play plays the scenario's events in order; each is complete, which means
// its addresses are usable, before the next begins. What a real client does by
// itself is one event, the first of those: see Client in package guest.
func (l *Lab) Play(ctx context.Context) error {
	for i, e := range l.scenario.Events {
		l.log.Debug("event", "scenario", l.scenario.ID, "event", e)
		if err := l.play(ctx, e); err != nil {
			return fmt.Errorf("play lab %s: event %d (%s): %w", l.scenario.ID, i+1, e, err)
		}
	}
	return nil
}

func (l *Lab) play(ctx context.Context, e scenarios.Event) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("no result after %s", patience))
	defer cancel()
	g := l.scenario.Guest
	if l.starts(e) {
		return l.configure(ctx)
	}
	switch e {
	case scenarios.EventRA:
		return l.playRA(ctx)
	case scenarios.EventDHCPv6:
		return l.guest.Lease(ctx)
	case scenarios.EventRouter:
		return l.playRouters(ctx)
	case scenarios.EventStatic:
		for _, p := range g.Static {
			if err := l.guest.Add(ctx, guestLink, p, scenarios.OriginStatic); err != nil {
				return err
			}
		}
		return nil
	case scenarios.EventVIP:
		for _, a := range g.VIPs {
			if err := l.guest.Add(ctx, guestLink, netip.PrefixFrom(a, 128), scenarios.OriginVIP); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("the lab does not know the event %q", e)
}

// playRA has the guest solicit a router advertisement from passt.
func (l *Lab) playRA(ctx context.Context) error {
	if err := l.guest.AcceptRA(); err != nil {
		return err
	}
	ra := l.advertised()
	if l.engine.Advertises() && l.engine.Discarded() {
		return l.guest.AwaitDiscarded(ctx, ra)
	}
	if err := l.guest.Solicit(); err != nil {
		return err
	}
	if l.engine.Advertises() {
		return l.guest.AwaitRA(ctx, ra)
	}
	// Nothing will come. That passt has got the solicitation is all there is
	// to wait for, where it can say so.
	if p, ok := l.passt.(interface{ Solicited(context.Context) error }); ok {
		return p.Solicited(ctx)
	}
	return nil
}

// playRouters sends the advertisements of the routers beside passt.
func (l *Lab) playRouters(ctx context.Context) error {
	if l.client == nil || !l.client.RA {
		if err := l.guest.AcceptRA(); err != nil {
			return err
		}
	}
	for i, r := range l.scenario.Routers {
		mac := routerMAC
		mac[5] = byte(i + 1)
		frame, err := advertisement(r, mac)
		if err != nil {
			return err
		}
		if err := l.passt.Inject(frame); err != nil {
			return fmt.Errorf("router %s: %w", r.LinkLocal, err)
		}
		ra := guest.Advertised{Prefix: r.Prefix.Masked(), Temporary: l.scenario.Guest.TempAddr > 0}
		if r.Lifetime > 0 {
			ra.Router = r.LinkLocal
		}
		if err := l.guest.AwaitRA(ctx, ra); err != nil {
			return err
		}
	}
	return nil
}
