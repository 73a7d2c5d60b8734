package guest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/mdlayher/ndp"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/sim/link"
)

// Advertisement is a router advertisement that is about to arrive.
type Advertisement struct {
	From netip.Addr // its source
	*ndp.RouterAdvertisement
	// Malformed: hosts discard it (RFC 4861 6.1.2).
	Malformed bool
	// Untold: it is as a router has it of which the lifetimes are not known.
	Untold bool
	// Tentative leaves the addresses that are formed of it in duplicate
	// address detection.
	Tentative bool
}

// Advertise has send bring a router advertisement about, waits until the kernel
// is through with it, and until all is as it says: RFC 4861 6.3.4, RFC 4862
// 5.5.3, RFC 4191 3. With accept_ra off, or a malformed one, that is as before.
func (g *Guest) Advertise(ctx context.Context, ra Advertisement, send func() error) error {
	on, err := g.AcceptsRA()
	if err != nil {
		return err
	}
	before, err := g.snapshot()
	if err != nil {
		return err
	}
	arrive := func() error { return g.received(ctx, ra.From, send) }
	if !on || ra.Malformed {
		if err := arrive(); err != nil {
			return err
		}
		return g.unchanged(before)
	}
	want := g.expect(before, ra)
	await := func() error {
		return g.Net.Await(ctx, "all that the router advertisement of "+ra.From.String()+" says", func() (bool, string, error) {
			now, err := g.snapshot()
			unmet := want.unmet(now)
			return unmet == "", unmet, err
		})
	}
	switch {
	case ra.Tentative:
		if err := g.stuck(ctx, arrive); err != nil {
			return err
		}
	case slices.ContainsFunc(want.addresses, func(a expected) bool { return a.duplicate }):
		return g.slowly(objection, func() error { return errors.Join(arrive(), await()) })
	default:
		if err := arrive(); err != nil {
			return err
		}
	}
	return await()
}

// AcceptsRA reports whether the kernel takes router advertisements.
func (g *Guest) AcceptsRA() (bool, error) {
	v, err := g.Net.Get("ipv6/conf/" + g.Link + "/accept_ra")
	return v != "0", err
}

// SetAcceptRA has the kernel take router advertisements or not.
func (g *Guest) SetAcceptRA(on bool) error {
	return g.Net.Set(link.Sysctl{Key: "ipv6/conf/" + g.Link + "/accept_ra", Value: map[bool]string{true: "1", false: "0"}[on]})
}

// unchanged makes sure that nothing is otherwise than before.
func (g *Guest) unchanged(before snapshot) error {
	now, err := g.snapshot()
	if err == nil && !now.same(before) {
		err = fmt.Errorf("the kernel in %s has taken the router advertisement, which it was to discard; addresses: %s", g.NS.Name(), describe(now.addresses))
	}
	return err
}

// received calls send and waits until a router advertisement of from has come
// in since, and the kernel is through with it.
func (g *Guest) received(ctx context.Context, from netip.Addr, send func() error) (err error) {
	t, err := g.listenFrames(unix.ETH_P_IPV6, func(f []byte) bool {
		return len(f) > offType && f[offType] == routerAdvertisement && netip.AddrFrom16([16]byte(f[offSource:])) == from
	})
	if err != nil {
		return err
	}
	// Closing a packet socket waits until all receiving that has begun has
	// ended (an RCU grace period), so that the advertisement read here has
	// also been taken or discarded by the kernel.
	defer func() { err = errors.Join(err, t.Close()) }()
	if err := send(); err != nil {
		return err
	}
	if _, err := t.next(ctx); err != nil {
		return fmt.Errorf("await router advertisement of %s in %s: %w", from, g.NS.Name(), err)
	}
	return nil
}
