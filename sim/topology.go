package sim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"path/filepath"

	"github.com/passtlab/passtlab/internal/eui64"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/capture"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
	"github.com/passtlab/passtlab/sim/probe"
)

// Interfaces. The guest's is called eth0 because some selectors skip names such as veth0.
const (
	uplink    = "eth0" // of the peer and of the pod: the cluster network
	tap       = "tap"  // of the pod, or of the segment, towards the guest
	guestLink = "eth0"
	beside    = "eth1" // of the peer, towards the second pod
	behind    = "eth1" // of the gateway, towards the peer behind it

	// shortest is the kernel's shortest wait for a neighbour's answer: a hundredth of a
	// second since Linux 5.13, half a second before (19e16d220f0a).
	shortest = "1"

	// solicitations is the number of solicitations for a neighbour of the pod.
	solicitations = "ipv6/neigh/" + uplink + "/mcast_solicit"
)

// Addresses of the lab's own, locally administered (RFC 9542 2.1).
var (
	edgeMAC   = scenarios.MAC{0x02, 0, 0, 0, 0, 0x09}
	behindMAC = scenarios.MAC{0x02, 0, 0, 0, 0, 0x08}
	routerMAC = scenarios.MAC{0x02, 0, 0, 0, 1, 0} // of the first router beside passt
)

// Topology has the namespaces and links of a lab.
type Topology struct {
	Peer, Pod, Guest *netns.NS
	// Edge is the host on the pod's link: the peer, or the gateway that leads to it.
	Edge *netns.NS
	// Host has the other end of the guest's link: the pod, or the segment between the
	// guest and the real passt.
	Host *netns.NS

	// scenario is a copy: its pod changes with the lab, and its events are in the order
	// of the timeline.
	scenario *scenarios.Scenario
	opts     Options

	peerAddr              netip.Addr
	edgeLink              string // of the edge, towards the pod
	edge, peer, pod, host *link.Net
	guest                 *guest.Guest

	routers map[string]*link.Net // of the pod's uplinks beside eth0

	beside *Topology      // shares the peer, if there is one
	second *Lab           // of the scenario's second guest, if it has one
	clean  []func() error // in the order of creation
}

func newTopology(sc *scenarios.Scenario, opts Options) Topology {
	return Topology{scenario: sc, opts: opts, peerAddr: peerAddress(sc), routers: map[string]*link.Net{}}
}

// defers puts a clean-up on the stack.
func (t *Topology) defers(f func() error) { t.clean = append(t.clean, f) }

// namespace makes a namespace, and opens it.
func (t *Topology) namespace(name string) (*netns.NS, *link.Net, error) {
	ns, n, err := namespace(name)
	if err == nil {
		t.defers(func() error { err := n.End(); n.Close(); return errors.Join(err, ns.Close()) })
	}
	return ns, n, err
}

func namespace(name string) (*netns.NS, *link.Net, error) {
	ns, err := netns.New(name)
	if err != nil {
		return nil, nil, err
	}
	n, err := link.Open(ns)
	if err != nil {
		return nil, nil, errors.Join(err, ns.Close())
	}
	return ns, n, nil
}

func (t *Topology) open(ns *netns.NS) (*link.Net, error) {
	n, err := link.Open(ns)
	if err == nil {
		t.defers(func() error { n.Close(); return nil })
	}
	return n, err
}

func (t *Topology) takeDown() (err error) {
	for len(t.clean) > 0 {
		last := len(t.clean) - 1
		f := t.clean[last]
		t.clean = t.clean[:last]
		err = errors.Join(err, f())
	}
	return err
}

// make makes namespaces and links and gives the pod and the peer their addresses. The
// guest's interfaces stay down.
func (t *Topology) make(ctx context.Context, tapMAC net.HardwareAddr) (err error) {
	t.edgeLink = uplink
	if t.opts.Beside != nil {
		if t.opts.Beside.forwarded() {
			return errors.New("share a peer: it is behind a gateway, and two labs need it on the link of both pods")
		}
		t.Peer, t.edgeLink = t.opts.Beside.Peer, beside
		t.peer, err = t.open(t.Peer)
	} else {
		t.Peer, t.peer, err = t.namespace("peer")
	}
	if err != nil {
		return err
	}
	if t.Edge, t.edge = t.Peer, t.peer; t.forwarded() {
		if t.Edge, t.edge, err = t.namespace("gateway"); err != nil {
			return err
		}
	}
	if t.Pod, t.pod, err = t.namespace("pod"); err != nil {
		return err
	}
	guestNS, guestNet, err := namespace("guest")
	if err != nil {
		return err
	}
	t.newGuest(guestNS, guestNet)
	t.defers(func() error { return t.guest.Destroy() })
	t.Host, t.host = t.Pod, t.pod
	if t.opts.Backend.Real() && t.scenario.BehindPasst() {
		if err := t.segment(); err != nil {
			return err
		}
		tapMAC = nil // a bridge does not forward frames to a MAC of its own
	}
	sc := t.scenario
	pod := link.End{Net: t.pod, Name: uplink, MAC: sc.Pod.MAC.HardwareAddr()}
	if sc.Switched() {
		pod.MAC = nil // it is the bridge's
	}
	if err := link.Pair(pod, link.End{Net: t.edge, Name: t.edgeLink, MAC: edgeMAC.HardwareAddr()}); err != nil {
		return err
	}
	in := link.End{Net: t.guest.Net, Name: guestLink, MAC: sc.Guest.MAC.HardwareAddr()}
	if err := link.Pair(link.End{Net: t.host, Name: tap, MAC: tapMAC}, in); err != nil {
		return err
	}
	for _, ifc := range sc.Guest.Links() {
		in := link.End{Net: t.guest.Net, Name: ifc.Name, MAC: ifc.MAC.HardwareAddr()}
		if err := link.Pair(link.End{Net: t.peer, Name: ifc.Name, MAC: t.otherMAC(ifc.Name)}, in); err != nil {
			return err
		}
		if err := t.capture(t.peer, ifc.Name, ifc.Name); err != nil {
			return err
		}
	}
	if err := errors.Join(t.capture(t.pod, uplink, "uplink"), t.capture(t.host, tap, "guest")); err != nil {
		return err
	}
	if err := t.bootEdge(); err != nil {
		return err
	}
	if err := t.bootPeer(ctx); err != nil {
		return err
	}
	if err := t.linkFurther(); err != nil {
		return err
	}
	if err := t.bootPod(ctx); err != nil {
		return err
	}
	if err := t.edge.AwaitUp(ctx, t.edgeLink); err != nil {
		return err
	}
	return t.pod.AwaitUp(ctx, uplink)
}

// quick lets the kernel use addresses of the lab's own side at once, resolve
// neighbours in a bounded, short time, and send every ICMPv6 error.
//
// An address that nobody has is EHOSTUNREACH after two solicitations, a hundredth of
// a second each. One would not do: if the processor stands still, the kernel handles
// the timer before the answer, although the neighbour has answered on the same
// processor. The second solicitation gives that answer the time to arrive.
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
			link.Sysctl{Key: neigh + "retrans_time_ms", Value: shortest},
			link.Sysctl{Key: neigh + "mcast_solicit", Value: "2"},
			// A neighbour that was there is not given up within a stall.
			link.Sysctl{Key: neigh + "ucast_solicit", Value: "60"},
			link.Sysctl{Key: neigh + "delay_first_probe_time", Value: "0"},
		)
	}
	if err := n.Set(settings...); err != nil {
		return err
	}
	return n.Up(append([]string{"lo"}, names...)...)
}

// bootEdge sets the host up that is on the pod's link and is the gateway. Its default route is
// on-link, so that it solicits every destination, and there is an error if nobody answers.
func (t *Topology) bootEdge() error {
	if err := quick(t.edge, t.edgeLink); err != nil {
		return err
	}
	bits := min(clusterAddress(t.scenario).Bits(), 64)
	if t.scenario.Switched() { // a lan may have a longer prefix
		bits = clusterAddress(t.scenario).Bits()
	}
	if t.opts.Beside != nil {
		bits = 128 // there is a route to the prefix already
	}
	var addresses []netip.Prefix
	if !t.forwarded() {
		addresses = append(addresses, netip.PrefixFrom(t.peerAddr, bits))
	}
	if gw := t.scenario.Pod.Gateway; gw.IsLinkLocalUnicast() {
		addresses = append(addresses, netip.PrefixFrom(gw, 64))
	} else if gw.IsValid() {
		addresses = append(addresses, netip.PrefixFrom(gw, bits))
	}
	if !t.scenario.BehindPasst() {
		for _, r := range t.scenario.Routers {
			if r.LinkLocal != t.scenario.Pod.Gateway {
				addresses = append(addresses, netip.PrefixFrom(r.LinkLocal, 64))
			}
		}
	}
	for _, p := range addresses {
		if err := t.edge.AddAddress(t.edgeLink, p); err != nil {
			return err
		}
	}
	// The controls use the pod's link-local address, and its resolution is not measured.
	// The kernel does not count permanent neighbours.
	if err := t.edge.SetNeighbour(t.edgeLink, podLinkLocal(t.scenario), t.scenario.Pod.MAC.HardwareAddr()); err != nil {
		return err
	}
	switch {
	case t.opts.Beside != nil:
		return t.join()
	case t.scenario.Switched():
		return t.routeLink()
	}
	return t.edge.AddRoute(t.edgeLink, defaultRoute, netip.Addr{}, 0)
}

func (t *Topology) bootPod(ctx context.Context) error {
	if t.scenario.Switched() {
		return t.bootSwitch()
	}
	links := []string{uplink}
	for _, u := range t.scenario.Pod.Further() {
		links = append(links, u.Name)
	}
	if t.host == t.pod {
		links = append(links, tap)
	}
	if err := quick(t.pod, links...); err != nil {
		return err
	}
	// With one pod, only the peer needs errors for addresses that nobody has. The pod must
	// not stop soliciting too early: it would drop an answer without an error.
	if t.opts.Beside == nil {
		if err := t.pod.Set(link.Sysctl{Key: solicitations, Value: "60"}); err != nil {
			return err
		}
	}
	if !t.scenario.Pod.Address.IsValid() {
		// Without a route the kernel refuses packets of the guest.
		return t.pod.Set(link.Sysctl{Key: "ipv6/conf/all/forwarding", Value: "1"})
	}
	as := t.scenario.Pod.Of()
	for _, a := range as {
		if err := t.pod.AddAddress(uplink, a); err != nil {
			return err
		}
	}
	for _, a := range as[1:] {
		if err := t.awaitOwn(ctx, a.Addr()); err != nil { // the pod's source depends on all
			return err
		}
	}
	if err := t.bootFurther(ctx); err != nil {
		return err
	}
	if t.scenario.Network == scenarios.NetworkMasquerade {
		if err := t.masquerade(); err != nil {
			return err
		}
	}
	if !t.scenario.Pod.Gateway.IsValid() {
		return nil
	}
	return t.pod.AddRoute(uplink, defaultRoute, t.scenario.Pod.Gateway, 0)
}

// boot sets the guest up and waits for its link-local address.
func (t *Topology) boot(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("boot the guest: %w", err)
		}
	}()
	g := t.guest
	if t.scenario.Guest.OptimisticDAD {
		if _, err := g.Net.Get("ipv6/conf/" + guestLink + "/optimistic_dad"); errors.Is(err, fs.ErrNotExist) {
			return &UnsupportedError{"the kernel has no optimistic duplicate address detection (CONFIG_IPV6_OPTIMISTIC_DAD)"}
		}
	}
	if err := g.Boot(t.scenario.Guest); err != nil {
		return err
	}
	// Early releases open a port to everybody once the guest has sent from it, so the
	// kernel must not give the guest a port of the controls. A selector in the guest must
	// not take a port of the probes: ports up to PortLast need a right that it lacks.
	if err := g.Net.Set(
		link.Sysctl{Key: "ipv4/ip_local_reserved_ports", Value: reserved(t.scenario)},
		link.Sysctl{Key: "ipv4/ip_local_port_range", Value: fmt.Sprintf("%d 65535", probe.PortLast+1)},
		link.Sysctl{Key: "ipv4/ip_unprivileged_port_start", Value: fmt.Sprint(probe.PortLast + 1)},
	); err != nil {
		return err
	}
	if err := t.host.AwaitUp(ctx, tap); err != nil {
		return err
	}
	if err := g.Net.AwaitUp(ctx, guestLink); err != nil {
		return err
	}
	if err := g.AwaitLinkLocal(ctx); err != nil {
		return err
	}
	for _, ifc := range t.scenario.Guest.Interfaces {
		if err := t.bootOther(ctx, ifc); err != nil {
			return err
		}
	}
	return nil
}

// reserved are the ports of the controls, and those at which servers of the scenario listen.
func reserved(sc *scenarios.Scenario) string {
	ports := fmt.Sprintf("%d,%d", probe.PortPod, probe.PortGuest)
	for _, p := range sc.ListenPorts() {
		ports += fmt.Sprintf(",%d", p.Number())
	}
	return ports
}

var defaultRoute = netip.PrefixFrom(netip.IPv6Unspecified(), 0)

// guestLinks are the guest's interfaces; the first is behind passt.
func (t *Topology) guestLinks() []string {
	names := []string{guestLink}
	for _, ifc := range t.scenario.Guest.Links() {
		names = append(names, ifc.Name)
	}
	return names
}

// clusterAddress returns the pod's address whose prefix the peers have; one of the lab's own
// if the pod has none.
func clusterAddress(sc *scenarios.Scenario) netip.Prefix {
	for _, p := range sc.Pod.Of() {
		if p.IsValid() && p.Bits() < 128 {
			return p
		}
	}
	if sc.Pod.Address.IsValid() {
		return sc.Pod.Address
	}
	if on := sc.OnLink(); sc.Network == scenarios.NetworkLAN && len(on) > 0 {
		return on[0]
	}
	return netip.MustParsePrefix("fd01:cafe::a/64")
}

// linkLocal returns the address that the kernel forms from a MAC (RFC 4291 appendix A).
func linkLocal(m scenarios.MAC) netip.Addr { return eui64.Address(eui64.LinkLocal, m) }

func podLinkLocal(sc *scenarios.Scenario) netip.Addr { return linkLocal(sc.Pod.MAC) }

// capture starts a capture of the interface if captures were asked for.
func (t *Topology) capture(n *link.Net, ifname, name string) error {
	if t.opts.Capture == "" {
		return nil
	}
	c, err := capture.Start(n, ifname, filepath.Join(t.opts.Capture, t.scenario.ID+"-"+name+".pcapng"))
	if err != nil {
		return err
	}
	t.defers(c.Close)
	return nil
}
