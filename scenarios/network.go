package scenarios

import (
	"fmt"
	"net/netip"
	"slices"
)

// Network is what connects the guest with its peers.
type Network string

const (
	// NetworkPasst is KubeVirt's binding passt: the guest is behind a passt in its pod.
	NetworkPasst Network = "passt"
	// NetworkLAN is one link, with the guest, its peers and routers on it.
	NetworkLAN Network = "lan"
	// NetworkMasquerade is KubeVirt's binding masquerade: the pod translates its own
	// address to the guest's, which is the same in every virtual machine.
	NetworkMasquerade Network = "masquerade"
	// NetworkBridge is KubeVirt's binding bridge: the guest is on the pod's link, in the
	// pod's place. KubeVirt hands it the pod's IPv4 address only.
	NetworkBridge Network = "bridge"
)

// Networks returns all networks.
func Networks() []Network {
	return []Network{NetworkPasst, NetworkLAN, NetworkMasquerade, NetworkBridge}
}

// BehindPasst reports whether passt is between the guest and its peers.
func (s *Scenario) BehindPasst() bool { return s.Network == NetworkPasst || s.Network == "" }

// Switched reports whether the guest is on one link with its peers.
func (s *Scenario) Switched() bool { return s.Network == NetworkLAN || s.Network == NetworkBridge }

// defaultVMNetwork is KubeVirt's default of vmIPv6NetworkCIDR.
var defaultVMNetwork = netip.MustParsePrefix("fd10:0:2::/120")

// Masquerading returns the addresses between pod and guest where network is masquerade,
// with their prefix length.
func (s *Scenario) Masquerading() (pod, guest netip.Prefix) {
	n := s.Pod.VMIPv6NetworkCIDR
	if !n.IsValid() {
		n = defaultVMNetwork
	}
	first := n.Masked().Addr().Next()
	return netip.PrefixFrom(first, n.Bits()), netip.PrefixFrom(first.Next(), n.Bits())
}

// OnLink returns the prefixes that the routers of the guest's link route to it, where
// that has no passt: the pod's, those that are advertised, and the /64 of each lease. A
// lan that has none of these has the prefixes of guest.static.
func (s *Scenario) OnLink() (ps []netip.Prefix) {
	add := func(p netip.Prefix) {
		covers := func(q netip.Prefix) bool { return q.Bits() <= p.Bits() && q.Contains(p.Addr()) }
		if p = p.Masked(); !slices.ContainsFunc(ps, covers) {
			ps = append(ps, p)
		}
	}
	if s.Network == NetworkBridge {
		if add(s.Pod.Address); s.Pod.Address.Bits() == 128 {
			return ps // the pod's host routes only its address
		}
	}
	for _, r := range s.Routers {
		for _, p := range r.All() {
			add(p.Prefix)
		}
	}
	for _, e := range s.Timeline() {
		switch e := e.Action.(type) {
		case *RA:
			for _, p := range e.Prefixes {
				add(p)
			}
		case *DHCPv6:
			for _, a := range e.brings() {
				if a.IsValid() {
					add(slash64(a))
				}
			}
		}
	}
	for _, l := range s.DHCPv6.Leases {
		add(slash64(l.Address))
	}
	for _, p := range s.Guest.Static {
		if len(ps) == 0 {
			add(netip.PrefixFrom(p.Addr(), min(p.Bits(), 64)))
		}
	}
	return ps
}

// linked reports whether an address is in a prefix of the guest's link.
func (s *Scenario) linked(a netip.Addr) bool {
	return slices.ContainsFunc(s.OnLink(), func(p netip.Prefix) bool { return p.Contains(a) })
}

// onlyPasst are the events that need a passt.
var onlyPasst = []Kind{"renumber", "migrate", EventPasst}

// network finds keys and events that the network does not have.
func (c checker) network() {
	if c.BehindPasst() {
		c.without("dhcpv6", "passt leases the pod's address itself", "remove it, or set network to lan or bridge")
		c.without("pod.vmIPv6NetworkCIDR", "only masquerade has a network between pod and guest", "remove it, or set network to masquerade")
		return
	}
	is := fmt.Sprintf("network is %s, which has no passt", c.Network)
	c.without("passt", is, "remove it, or set network to passt")
	c.without("second", is+" for a second guest", "remove it, or set network to passt")
	switch c.Network {
	case NetworkLAN:
		c.without("pod", "network is lan, where the guest is in no pod", "remove it, or set network to bridge")
		if len(c.OnLink()) == 0 && c.Sound("routers", "dhcpv6", "guest", "events") {
			c.fault("network", "a prefix of the lan", "add routers, dhcpv6.leases or guest.static", "a lan without any prefix has no place for a peer")
		}
	case NetworkMasquerade:
		c.without("routers", "network is masquerade, where nobody advertises a router to the guest", "remove it")
	}
	if c.Sound("pod.ipv6") && !*c.Pod.IPv6 {
		c.fault("pod.ipv6", "true, or network passt", "remove it, or set network to passt", "%s, and shows nothing in a pod without IPv6", is)
	}
	if c.Network != NetworkLAN { // where the pod is no key at all
		c.without("pod.addresses", is+" that chooses one", "give the pod one address")
		c.without("pod.uplinks", is+" that chooses one", "give the pod one address")
	}
	if c.Network != NetworkMasquerade {
		c.without("pod.vmIPv6NetworkCIDR", "only masquerade has a network between pod and guest", "remove it, or set network to masquerade")
	}
	for _, e := range c.Events {
		if c.Sound("events") && slices.Contains(onlyPasst, e.Kind()) {
			at{c, e.from.path, e.Kind()}.never("", "network to be passt", "remove the event, or set network to passt", "%s", is)
		}
	}
}

// without reports a key that is given.
func (c checker) without(key, problem, next string) {
	if _, given := c.Places[key]; given && c.Sound(key) {
		c.fault(key, "no such key here", next, "%s", problem)
	}
}
