package sim

import (
	"context"
	"errors"

	"github.com/passtlab/passtlab/scenarios"
)

func (l stage) SetLink(ctx context.Context, state scenarios.LinkState) error {
	switch state {
	case scenarios.LinkDown:
		if err := l.guest.Net.Down(guestLink); err != nil {
			return err
		}
		return l.guest.AwaitNone(ctx)
	case scenarios.LinkUp:
		if err := l.linkUp(ctx); err != nil {
			return err
		}
		return l.follow(ctx, true)
	case scenarios.LinkCarrierLost:
		if err := l.host.Down(tap); err != nil {
			return err
		}
	case scenarios.LinkCarrierBack:
		if err := l.plugged(); err != nil {
			return err
		}
		if err := l.host.Up(tap); err != nil {
			return err
		}
		if err := l.passt.Reroute(); err != nil {
			return err
		}
	}
	back := state == scenarios.LinkCarrierBack
	if err := l.awaitCarrier(ctx, back); err != nil {
		return err
	}
	return l.follow(ctx, back)
}

// linkUp sets the guest's eth0 up and waits until it is on the link again. If the kernel
// takes router advertisements, it solicits one itself.
func (l stage) linkUp(ctx context.Context) error {
	up := func() error {
		// On the second call the kernel has dropped the answer, and does not solicit again.
		if up, err := l.guest.Net.IsUp(guestLink); up || err != nil {
			return errors.Join(err, l.guest.Solicit())
		}
		if err := l.guest.Net.Up(guestLink); err != nil {
			return err
		}
		return l.awaitCarrier(ctx, true)
	}
	on, err := l.guest.AcceptsRA()
	if err != nil {
		return err
	}
	if ra, comes := l.solicited(); on && comes {
		err = l.guest.Advertise(ctx, ra, up)
	} else {
		err = up()
	}
	if err != nil {
		return err
	}
	return l.guest.AwaitLinkLocal(ctx)
}

// awaitCarrier waits until both ends of the guest's link have a carrier, or the guest's has
// none. The question makes the kernel handle the change.
func (l stage) awaitCarrier(ctx context.Context, want bool) error {
	what := map[bool]string{true: "the carrier of the guest's link", false: "the loss of the carrier of the guest's link"}[want]
	return l.guest.Net.Await(ctx, what, func() (bool, string, error) {
		host, herr := l.host.Carries(tap)
		guest, gerr := l.guest.Net.Carries(guestLink)
		return guest == want && (host || !want), "the opposite", errors.Join(herr, gerr)
	})
}
