package guest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"github.com/mdlayher/ndp"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
)

// Advertisement is a router advertisement that is about to arrive.
type Advertisement struct {
	From netip.Addr // its source
	*ndp.RouterAdvertisement
	// Tentative leaves the addresses that are formed of it in duplicate
	// address detection.
	Tentative bool
}

// Advertise calls send, which has a router advertisement arrive, and waits until
// the kernel has done all that it does about it. A nil send solicits it. Advertise
// calls send again if the kernel dropped the advertisement because the machine has no room for another
// neighbour. It is an error if another host has an address that is formed, unless
// Defended says so.
func (g *Guest) Advertise(ctx context.Context, ra Advertisement, send func() error) error {
	play := func() error { return g.play(ctx, ra, send) }
	if g.contested(ra.Options) {
		play = func() error { return g.slowly(objection, func() error { return g.play(ctx, ra, send) }) }
	}
	duplicates, err := g.Net.Duplicates(play)
	for _, a := range duplicates {
		if !g.defended(a) {
			err = errors.Join(err, fmt.Errorf("form %s in %s: another host on the link has it, and no event conflict says so", a, g.NS.Name()))
		}
	}
	return err
}

func (g *Guest) play(ctx context.Context, ra Advertisement, send func() error) error {
	arrive := func() error { return g.received(ctx, ra.From, send) }
	if ra.Tentative {
		if err := g.stuck(ctx, arrive); err != nil {
			return err
		}
		arrive = func() error { return nil }
	}
	before, err := g.Net.Addresses()
	if err != nil {
		return err
	}
	if err := arrive(); err != nil {
		return err
	}
	return g.awaitDone(ctx, before)
}

// contested reports whether another host on the link has an address that is
// formed of a prefix.
func (g *Guest) contested(options []ndp.Option) bool {
	return slices.ContainsFunc(options, func(o ndp.Option) bool {
		p, ok := o.(*ndp.PrefixInformation)
		if !ok || p.PrefixLength != 64 {
			return false
		}
		formed, known := g.AddrGen.Forms(netip.PrefixFrom(p.Prefix, 64), g.MAC)
		return known && g.defended(formed)
	})
}

// awaitDone waits until duplicate address detection has ended for each address
// that was not in it before, and until each address whose preferred lifetime is
// over is marked as deprecated. The kernel does both later than all else that an
// advertisement asks for.
func (g *Guest) awaitDone(ctx context.Context, before []link.Address) error {
	return g.awaitAddresses(ctx, "the end of what the kernel does about the router advertisement", func(as []link.Address) bool {
		return !slices.ContainsFunc(as, func(a link.Address) bool {
			stays := slices.ContainsFunc(before, func(b link.Address) bool { return a.Prefix == b.Prefix && !b.Usable() })
			return !a.Usable() && !stays || a.Preferred == 0 && a.Flags&unix.IFA_F_DEPRECATED == 0
		})
	})
}

// AcceptsRA reports whether the kernel takes router advertisements.
func (g *Guest) AcceptsRA() (bool, error) {
	accept, err := g.Net.Get("ipv6/conf/" + g.Link + "/accept_ra")
	if err != nil || accept != accepts[scenarios.AcceptOn] {
		return accept != accepts[scenarios.AcceptOff], err
	}
	forwards, err := g.Net.Get("ipv6/conf/" + g.Link + "/forwarding")
	return forwards == "0", err
}

var accepts = map[scenarios.Accept]string{scenarios.AcceptOff: "0", scenarios.AcceptOn: "1", scenarios.AcceptAlways: "2"}

// SetAcceptRA says when the kernel takes router advertisements.
func (g *Guest) SetAcceptRA(v scenarios.Accept) error {
	return g.Net.Set(link.Sysctl{Key: "ipv6/conf/" + g.Link + "/accept_ra", Value: accepts[v]})
}

// received calls send and waits until a router advertisement of from has arrived
// and the kernel has read all of it. A kernel that had no room for the
// router as a neighbour has dropped it, and gets another.
func (g *Guest) received(ctx context.Context, from netip.Addr, send func() error) error {
	return link.Send(ctx, func() error {
		if err := g.arrives(ctx, from, send); err != nil {
			return err
		}
		switch routed, err := g.Net.HasDefaultRoute(from); {
		case err != nil:
			return err
		case !routed:
			return nil
		}
		// The kernel adds the default route, then the neighbour, and then reads the
		// options.
		known, err := g.Net.HasNeighbour(g.Link, from)
		if err == nil && !known {
			err = fmt.Errorf("the kernel in %s dropped the router advertisement of %s: %w", g.NS.Name(), from, link.ErrCrowded)
		}
		return err
	})
}

// arrives calls send and waits for one router advertisement.
func (g *Guest) arrives(ctx context.Context, from netip.Addr, send func() error) (err error) {
	t, err := g.listenFrames(unix.ETH_P_IPV6)
	if err != nil {
		return err
	}
	// Closing a packet socket waits until every processor has left the code that
	// receives (an RCU grace period). So the kernel, too, has taken or discarded the
	// advertisement that was read here. While a process is being forked it has the
	// socket open, too, and closing it would wait for nothing.
	defer func() {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		err = errors.Join(err, t.Close())
	}()
	if send == nil {
		send = func() error { return g.solicit(t.Conn) }
	}
	if err := send(); err != nil {
		return err
	}
	if _, err := t.next(ctx, func(p frame.Packet) bool { return p.Is(ipv6.ICMPTypeRouterAdvertisement) && p.Source == from }); err != nil {
		return fmt.Errorf("await router advertisement of %s in %s: %w", from, g.NS.Name(), err)
	}
	return nil
}
