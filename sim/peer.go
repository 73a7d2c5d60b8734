package sim

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
)

// forwarded reports whether the peer is behind the pod's gateway.
func (t *Topology) forwarded() bool {
	return t.scenario.Peer.Via == scenarios.ViaGateway && t.opts.Beside == nil
}

// bootPeer sets up the peer's links to the guest and, behind a gateway, that to the gateway.
// The gateway says for the peer that an address does not answer.
func (t *Topology) bootPeer(ctx context.Context) error {
	if err := errors.Join(quick(t.peer), t.quickOthers()); err != nil || !t.forwarded() {
		return err
	}
	gateway := link.End{Net: t.edge, Name: behind, MAC: behindMAC.HardwareAddr()}
	if err := link.Pair(gateway, link.End{Net: t.peer, Name: uplink}); err != nil {
		return err
	}
	if err := errors.Join(quick(t.edge, behind), quick(t.peer, uplink), t.peer.AwaitUp(ctx, uplink), t.edge.AwaitUp(ctx, behind)); err != nil {
		return err
	}
	own := netip.PrefixFrom(t.peerAddr, 128)
	return errors.Join(
		t.edge.Set(link.Sysctl{Key: "ipv6/conf/all/forwarding", Value: "1"}),
		t.edge.AddRoute(behind, own, netip.Addr{}, 0),
		t.peer.AddAddress(uplink, own),
		t.peer.AddRoute(uplink, defaultRoute, linkLocal(behindMAC), 0),
	)
}

// peerAddress returns the peer's address: that of the scenario, or the first from ::9 on that
// the scenario does not use. On the pod's link it is in the pod's /64; behind the gateway in
// the next one that no host of the scenario is in.
func peerAddress(sc *scenarios.Scenario) netip.Addr {
	if a := sc.Peer.Address; a.IsValid() {
		return a
	}
	taken := append(addresses(sc.Pod.Of()), sc.Guest.VIPs...)
	taken = append(taken, sc.Pod.Gateway, sc.Passt.Address, sc.Passt.Gateway)
	taken = append(taken, addresses(sc.Guest.Static)...)
	if sc.Second != nil {
		taken = append(taken, sc.Second.Address.Addr())
	}
	for _, l := range sc.DHCPv6.Leases {
		taken = append(taken, l.Address)
	}
	for _, e := range sc.Events {
		taken = append(taken, e.Brings()...)
	}
	bits := 64
	if sc.Switched() { // a lan may have a longer prefix
		bits = max(bits, clusterAddress(sc).Bits()%128)
	}
	in := netip.PrefixFrom(clusterAddress(sc).Addr(), bits).Masked()
	if sc.Peer.Via == scenarios.ViaGateway {
		near := onLink(sc)
		for _, a := range taken {
			if a.IsValid() {
				near = append(near, netip.PrefixFrom(a, 64))
			}
		}
		for slices.ContainsFunc(near, in.Overlaps) {
			in = next(in)
		}
	}
	b := in.Addr().As16()
	for b[15] |= 9; slices.Contains(taken, netip.AddrFrom16(b)); b[15]++ {
	}
	return netip.AddrFrom16(b)
}

// onLink returns prefixes that the guest or the pod may take for on-link.
func onLink(sc *scenarios.Scenario) []netip.Prefix {
	ps := slices.Concat([]netip.Prefix{clusterAddress(sc)}, sc.Pod.Of(), sc.Guest.Static)
	for _, u := range sc.Pod.Further() {
		ps = append(ps, u.Address)
	}
	for _, r := range sc.Routers {
		for _, p := range r.All() {
			ps = append(ps, p.Prefix)
		}
	}
	for _, ifc := range sc.Guest.Interfaces {
		ps = append(ps, ifc.Addresses...)
	}
	for _, e := range sc.Events {
		switch e := e.Action.(type) {
		case *scenarios.RA:
			ps = append(ps, e.Prefixes...)
		case *scenarios.Static:
			ps = append(ps, e.Add...)
		case *scenarios.Renumber:
			ps = append(ps, e.Address)
		case *scenarios.Migrate:
			ps = append(ps, e.Address)
		}
	}
	return slices.DeleteFunc(ps, func(p netip.Prefix) bool { return !p.IsValid() })
}

// next returns the /64 after p.
func next(p netip.Prefix) netip.Prefix {
	b := p.Addr().As16()
	for i := 7; i >= 0; i-- {
		if b[i]++; b[i] != 0 {
			break
		}
	}
	return netip.PrefixFrom(netip.AddrFrom16(b), 64)
}
