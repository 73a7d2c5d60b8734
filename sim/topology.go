package sim

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
)

// Interfaces. The guest's is called eth0 because some selectors skip names
// such as veth0.
const (
	uplink    = "eth0" // of the peer and of the pod: the cluster network
	tap       = "tap"  // of the pod, towards the guest
	guestLink = "eth0"
)

// Addresses of the lab's own, locally administered (RFC 9542 2.1).
var (
	peerMAC   = scenarios.MAC{0x02, 0, 0, 0, 0, 0x09}
	routerMAC = scenarios.MAC{0x02, 0, 0, 0, 1, 0} // of the first router beside passt
)

// topology makes namespaces and links and gives the pod and the peer their
// addresses. Everything is down at the guest's side.
func (l *Lab) topology(ctx context.Context, tapMAC net.HardwareAddr) error {
	for _, n := range []struct {
		name string
		ns   **netns.NS
	}{{"peer", &l.Peer}, {"pod", &l.Pod}, {"guest", &l.Guest}} {
		ns, err := netns.New(n.name)
		if err != nil {
			return err
		}
		*n.ns = ns
		l.defers(ns.Close)
	}
	nets := make([]*link.Net, 3)
	for i, ns := range []*netns.NS{l.Peer, l.Pod, l.Guest} {
		n, err := link.Open(ns)
		if err != nil {
			return err
		}
		nets[i] = n
		l.defers(func() error { n.Close(); return nil })
	}
	l.peer, l.pod = nets[0], nets[1]
	sc := l.scenario
	l.guest = guest.New(l.Guest, nets[2], guestLink, sc.Guest.MAC)

	pod := link.End{Net: l.pod, Name: uplink, MAC: sc.Pod.MAC.HardwareAddr()}
	if err := link.Pair(pod, link.End{Net: l.peer, Name: uplink, MAC: peerMAC.HardwareAddr()}); err != nil {
		return err
	}
	in := link.End{Net: l.guest.Net, Name: guestLink, MAC: sc.Guest.MAC.HardwareAddr()}
	if err := link.Pair(link.End{Net: l.pod, Name: tap, MAC: tapMAC}, in); err != nil {
		return err
	}
	for _, ifc := range sc.Guest.Interfaces {
		in := link.End{Net: l.guest.Net, Name: ifc.Name, MAC: ifc.MAC.HardwareAddr()}
		if err := link.Pair(link.End{Net: l.peer, Name: ifc.Name}, in); err != nil {
			return err
		}
		if err := l.capture(ctx, l.Peer, ifc.Name, ifc.Name); err != nil {
			return err
		}
	}
	if err := l.capture(ctx, l.Pod, uplink, "uplink"); err != nil {
		return err
	}
	if err := l.capture(ctx, l.Pod, tap, "guest"); err != nil {
		return err
	}
	if err := l.bootPeer(); err != nil {
		return err
	}
	if err := l.bootPod(); err != nil {
		return err
	}
	return flush([]*link.Net{l.peer, l.pod}, uplink)
}

// quick lets addresses of the lab's own side be used at once, resolves
// neighbours in a bounded, short time, and never withholds an ICMPv6 error.
// Neighbours answer from the kernel, so two solicitations 25 ms apart are
// plenty, and an address that nobody has is EHOSTUNREACH 50 ms later.
func quick(n *link.Net, names ...string) error {
	settings := []link.Sysctl{
		{Key: "ipv6/icmp/ratelimit", Value: "0"},
		{Key: "ipv6/conf/all/accept_dad", Value: "0"},
	}
	for _, name := range names {
		conf, neigh := "ipv6/conf/"+name+"/", "ipv6/neigh/"+name+"/"
		settings = append(settings,
			link.Sysctl{Key: conf + "accept_dad", Value: "0"},
			link.Sysctl{Key: conf + "accept_ra", Value: "0"},
			link.Sysctl{Key: conf + "router_solicitations", Value: "0"},
			link.Sysctl{Key: neigh + "retrans_time_ms", Value: "25"},
			link.Sysctl{Key: neigh + "mcast_solicit", Value: "2"},
			link.Sysctl{Key: neigh + "delay_first_probe_time", Value: "0"},
		)
	}
	if err := n.Set(settings...); err != nil {
		return err
	}
	return n.Up(append([]string{"lo"}, names...)...)
}

// bootPeer sets the peer up: a host of the cluster network that also is the
// gateway. Its default route is on-link, so that it solicits whatever address
// it is told to connect to, and what nobody answers for is measured.
func (l *Lab) bootPeer() error {
	names := []string{uplink}
	for _, ifc := range l.scenario.Guest.Interfaces {
		names = append(names, ifc.Name)
	}
	if err := quick(l.peer, names...); err != nil {
		return err
	}
	bits := min(l.scenario.Pod.Address.Bits(), 64)
	gateway := netip.PrefixFrom(l.scenario.Pod.Gateway, bits)
	if gateway.Addr().IsLinkLocalUnicast() {
		gateway = netip.PrefixFrom(gateway.Addr(), 64)
	}
	for _, p := range []netip.Prefix{gateway, netip.PrefixFrom(l.PeerAddress(), bits)} {
		if err := l.peer.AddAddress(uplink, p, link.NoDAD); err != nil {
			return err
		}
	}
	return l.peer.AddRoute(uplink, defaultRoute, netip.Addr{}, 0)
}

func (l *Lab) bootPod() error {
	if err := quick(l.pod, uplink, tap); err != nil {
		return err
	}
	if err := l.pod.AddAddress(uplink, l.scenario.Pod.Address, link.NoDAD); err != nil {
		return err
	}
	return l.pod.AddRoute(uplink, defaultRoute, l.scenario.Pod.Gateway, 0)
}

// boot sets the guest up and waits for its link-local address.
func (l *Lab) boot(ctx context.Context) error {
	g := l.guest
	if err := g.Boot(l.scenario.Guest.TempAddr); err != nil {
		return fmt.Errorf("boot the guest: %w", err)
	}
	if err := flush([]*link.Net{l.pod}, tap); err != nil {
		return err
	}
	if err := flush([]*link.Net{g.Net}, guestLink); err != nil {
		return err
	}
	if err := g.AwaitLinkLocal(ctx); err != nil {
		return fmt.Errorf("boot the guest: %w", err)
	}
	for _, ifc := range l.scenario.Guest.Interfaces {
		if err := g.BootOther(ctx, ifc); err != nil {
			return fmt.Errorf("boot the guest: %w", err)
		}
	}
	return nil
}

func flush(nets []*link.Net, name string) error {
	for _, n := range nets {
		if err := n.Flush(name); err != nil {
			return err
		}
	}
	return nil
}

var defaultRoute = netip.PrefixFrom(netip.IPv6Unspecified(), 0)

func (l *Lab) guestLinks() []string {
	names := []string{"lo", guestLink}
	for _, ifc := range l.scenario.Guest.Interfaces {
		names = append(names, ifc.Name)
	}
	return names
}

// peerAddress is the first address from ::9 on, in the pod's /64, that the
// scenario does not use itself.
func peerAddress(sc *scenarios.Scenario) netip.Addr {
	taken := append([]netip.Addr{sc.Pod.Address.Addr(), sc.Pod.Gateway}, sc.Guest.VIPs...)
	for _, p := range sc.Guest.Static {
		taken = append(taken, p.Addr())
	}
	b := netip.PrefixFrom(sc.Pod.Address.Addr(), 64).Masked().Addr().As16()
	for b[15] = 9; slices.Contains(taken, netip.AddrFrom16(b)); b[15]++ {
	}
	return netip.AddrFrom16(b)
}

// linkLocal is the address that the kernel forms of a MAC (RFC 4291 appendix A).
func linkLocal(m scenarios.MAC) netip.Addr {
	return netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80,
		8: m[0] ^ 2, 9: m[1], 10: m[2], 11: 0xff, 12: 0xfe, 13: m[3], 14: m[4], 15: m[5]})
}

func podLinkLocal(sc *scenarios.Scenario) netip.Addr { return linkLocal(sc.Pod.MAC) }
