package sim

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/backend"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/probe"
)

// quickOthers sets up the peer's ends of the guest's further interfaces. A shared one has an
// address of the peer.
func (t *Topology) quickOthers() error {
	for _, ifc := range t.scenario.Guest.Links() {
		if ifc.State == scenarios.InterfaceNoCarrier {
			continue // stays down
		}
		if err := quick(t.peer, ifc.Name); err != nil {
			return err
		}
		if r := ifc.Router; r != nil {
			if err := t.peer.AddAddress(ifc.Name, netip.PrefixFrom(r.LinkLocal, 64)); err != nil {
				return err
			}
		}
		if !ifc.Shared() {
			continue
		}
		// The guest itself answers, so on a busy machine it takes longer than the pod. The
		// controls use its link-local address.
		if err := errors.Join(
			t.peer.Set(link.Sysctl{Key: "ipv6/neigh/" + ifc.Name + "/mcast_solicit", Value: "30"}),
			t.peer.SetNeighbour(ifc.Name, linkLocal(ifc.MAC), ifc.MAC.HardwareAddr()),
		); err != nil {
			return err
		}
		for _, p := range ifc.OnLink() {
			if err := t.peer.AddRoute(ifc.Name, p, netip.Addr{}, 0); err != nil {
				return err
			}
		}
		if foot := t.foot(ifc); foot.IsValid() {
			if err := t.peer.AddAddress(ifc.Name, netip.PrefixFrom(foot, 128)); err != nil {
				return err
			}
		}
	}
	return nil
}

// otherMAC is the MAC of the peer's end of a further interface.
func (t *Topology) otherMAC(name string) net.HardwareAddr {
	i := slices.IndexFunc(t.scenario.Guest.Links(), func(ifc scenarios.Interface) bool { return ifc.Name == name })
	return net.HardwareAddr{0x02, 0, 0, 0, 0x04, byte(i + 1)}
}

// otherPeers returns the peer's addresses on shared networks, by the guest's interface.
func (t *Topology) otherPeers() map[string]netip.Addr {
	feet := map[string]netip.Addr{}
	for _, ifc := range t.scenario.Guest.Links() {
		if foot := t.foot(ifc); ifc.Shared() && ifc.State != scenarios.InterfaceNoCarrier && foot.IsValid() {
			feet[ifc.Name] = foot
		}
	}
	return feet
}

// otherControls returns an exchange over each shared network on which the guest answers.
func (t *Topology) otherControls() (cs []probe.Control, err error) {
	for _, ifc := range t.scenario.Guest.Links() {
		if !ifc.Shared() || ifc.State != "" && ifc.State != scenarios.InterfaceUp {
			continue
		}
		index, err := t.peer.Index(ifc.Name)
		if err != nil {
			return nil, err
		}
		cs = append(cs, probe.Control{From: t.Peer, To: netip.AddrPortFrom(linkLocal(ifc.MAC), probe.PortGuest), Link: index})
	}
	return cs, nil
}

// divided reports whether packets of the guest may leave by another interface than that by
// which those before have come.
func (t *Topology) divided() bool {
	return slices.ContainsFunc(t.scenario.Guest.Links(), func(ifc scenarios.Interface) bool { return ifc.Shared() || ifc.Router != nil })
}

// foot returns the peer's address on the network of a shared interface: the first from ::9 on
// that is free, in the interface's first prefix. It is not valid if there is no prefix.
func (t *Topology) foot(ifc scenarios.Interface) netip.Addr {
	ps := ifc.OnLink()
	if i := slices.IndexFunc(ps, func(p netip.Prefix) bool { return p.Bits() < 128 }); i >= 0 {
		ps = ps[i:]
	} else if len(ps) == 0 {
		return netip.Addr{}
	}
	b := netip.PrefixFrom(ps[0].Addr(), min(ps[0].Bits(), 64)).Masked().Addr().As16()
	for b[15] = 9; slices.Contains(addresses(ifc.Addresses), netip.AddrFrom16(b)); b[15]++ {
	}
	return netip.AddrFrom16(b)
}

// bootOther boots a further interface of the guest: it gets its state and its addresses by
// hand, then those of its router and of its DHCPv6 server, which both end afterwards.
func (t *Topology) bootOther(ctx context.Context, ifc scenarios.Interface) (err error) {
	if err := t.guest.BootOther(ctx, ifc); err != nil || ifc.Router == nil && ifc.DHCPv6 == nil {
		return err
	}
	g := t.guest.On(ifc.Name, ifc.MAC)
	if err := g.AwaitLinkLocal(ctx); err != nil {
		return err
	}
	ctx, died := context.WithCancelCause(ctx)
	defer died(nil)
	cfg := backend.LinkConfig{At: t.peer, Interface: ifc.Name, MAC: scenarios.MAC(t.otherMAC(ifc.Name))}
	if ifc.DHCPv6 != nil {
		cfg.Leases = ifc.DHCPv6.Leases
	}
	var ra guest.Advertisement
	if r := ifc.Router; r != nil {
		ra = guest.Advertisement{From: r.LinkLocal, RouterAdvertisement: routerRA(*r)}
		f, err := frame.Neighbour(cfg.MAC.HardwareAddr(), allNodesMAC, r.LinkLocal, netip.IPv6LinkLocalAllNodes(), ra.RouterAdvertisement)
		if err != nil {
			return err
		}
		cfg.Routers, cfg.Advertisements = []netip.Addr{r.LinkLocal}, [][]byte{f}
	}
	on, err := backend.Serve(backend.Site{Host: t.peer, Tap: ifc.Name, Died: died}, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, on.Close()) }()
	if ifc.Router != nil {
		if err := errors.Join(g.SetAcceptRA(scenarios.AcceptOn), g.Advertise(ctx, ra, nil)); err != nil {
			return err
		}
	}
	if ifc.DHCPv6 == nil {
		return nil
	}
	return g.Lease(ctx, guest.Terms{Length: 128})
}
