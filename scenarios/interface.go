package scenarios

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/internal/eui64"
	"github.com/passtlab/passtlab/internal/strict"
)

// Interface is a further interface of the guest, or lo.
type Interface struct {
	// Name is the interface's name, such as "data0". lo, which every guest has, takes only
	// addresses.
	Name string `yaml:"name" required:"true" pattern:"^[a-z][a-z0-9_.-]{0,14}$" form:"at most 15 lower-case letters, digits and signs of _.-, a letter first"`
	// MAC is its address. Default: 02:00:00:00:02:01, …:02, …
	MAC MAC `yaml:"mac,omitempty"`
	// Network says who else is on its network: isolated, nobody; or shared, the peer, which
	// has an address there and routes all of the interface's own to it. The lab measures the
	// addresses of a shared one between the guest and that address of the peer. Default:
	// isolated.
	Network InterfaceNetwork `yaml:"network,omitempty"`
	// State is its state: up; down, set down; no-carrier, up, with nothing at the other end;
	// noarp, up, without neighbour discovery, as a dummy interface; or noarp-down, as the
	// kube-ipvs0 of kube-proxy. Default: up.
	State InterfaceState `yaml:"state,omitempty"`
	// Addresses are set on it by hand. Those of an interface that is down or has no carrier
	// stay tentative, except with noarp. An address may be on two interfaces of the guest.
	Addresses []netip.Prefix `yaml:"addresses,omitempty" is:"host"`
	// Router is on its network and advertises once. The kernel takes the advertisement,
	// whatever guest.client is, and forms addresses. The defaults are those of a router
	// beside passt; of linkLocal, fe80::1.
	Router *Router `yaml:"router,omitempty"`
	// DHCPv6 is the DHCPv6 server on its network. The client of Talos installs the leases,
	// whatever guest.client is, each as a /128.
	DHCPv6 *DHCPv6Server `yaml:"dhcpv6,omitempty"`
}

// advertised returns the prefixes of the interface's router.
func (i Interface) advertised() []RouterPrefix {
	if i.Router == nil {
		return nil
	}
	return i.Router.All()
}

func (i Interface) leases() []Lease {
	if i.DHCPv6 == nil {
		return nil
	}
	return i.DHCPv6.Leases
}

// OnLink returns the prefixes that the network of the interface has: those of its addresses,
// of its router, and the /64 of each lease.
func (i Interface) OnLink() (ps []netip.Prefix) {
	all := slices.Clone(i.Addresses)
	for _, p := range i.advertised() {
		all = append(all, p.Prefix)
	}
	for _, l := range i.leases() {
		all = append(all, slash64(l.Address))
	}
	for _, p := range all {
		if p = p.Masked(); !slices.Contains(ps, p) {
			ps = append(ps, p)
		}
	}
	return ps
}

// InterfaceNetwork says who is on the network of a further interface.
type InterfaceNetwork string

const (
	NetworkIsolated InterfaceNetwork = "isolated"
	NetworkShared   InterfaceNetwork = "shared"
)

// InterfaceState is the state of a further interface.
type InterfaceState string

const (
	InterfaceUp        InterfaceState = "up"
	InterfaceDown      InterfaceState = "down"
	InterfaceNoCarrier InterfaceState = "no-carrier"
	InterfaceNoARP     InterfaceState = "noarp"
	InterfaceNoARPDown InterfaceState = "noarp-down"
)

// Loopback is the name of the loopback interface.
const Loopback = "lo"

// Shared reports whether others reach the interface.
func (i Interface) Shared() bool { return i.Network == NetworkShared }

// Running reports whether packets can pass the interface.
func (i Interface) Running() bool {
	return i.Name != Loopback && (i.State == "" || i.State == InterfaceUp || i.State == InterfaceNoARP)
}

// Links returns the interfaces without lo.
func (g Guest) Links() []Interface {
	return slices.DeleteFunc(slices.Clone(g.Interfaces), func(i Interface) bool { return i.Name == Loopback })
}

// SetDefaults fills in the defaults of the interfaces.
func (g *Guest) SetDefaults() {
	for i := range g.Interfaces {
		f := &g.Interfaces[i]
		if f.Name == Loopback {
			continue
		}
		if f.MAC.IsZero() {
			f.MAC = MAC{0x02, 0, 0, 0, 0x02, byte(i + 1)}
		}
		if f.Router != nil {
			f.Router = new(*f.Router)
			f.Router.LinkLocal = cmp.Or(f.Router.LinkLocal, netip.MustParseAddr("fe80::1"))
			f.Router.setDefaults(NetworkPasst, i)
		}
	}
}

func (c checker) interfaces() {
	all := owners[string]{"eth0": ""}
	for i, f := range c.Guest.Interfaces {
		path := fmt.Sprintf("guest.interfaces[%d]", i)
		all.take(c, path+".name", "", f.Name, "another name", "rename it; eth0 is the interface behind passt", "%[1]s is taken")
		if !c.Sound(path) {
			continue
		}
		if f.Name == Loopback {
			for _, key := range []string{"mac", "network", "state", "router", "dhcpv6"} {
				if _, given := c.Places[strict.Join(path, key)]; given {
					c.fault(strict.Join(path, key), "name and addresses alone", "remove it, or give the interface another name", "lo is the loopback interface")
				}
			}
			continue
		}
		switch {
		case f.Shared() && c.Second != nil:
			c.fault(path+".network", "isolated where second is given", "set it to isolated, or leave second out", "the second guest stands in the peer's place, and is not on this network")
		case f.DHCPv6 != nil && f.State != "" && f.State != InterfaceUp:
			c.fault(path+".dhcpv6", "state up", "set the state to up, or remove the server", "nothing arrives at an interface whose state is %s", f.State)
		case f.Router != nil && f.State != "" && f.State != InterfaceUp:
			c.fault(path+".router", "state up", "set the state to up, or remove the router", "nothing arrives at an interface whose state is %s", f.State)
		}
	}
}

// interfaceAddresses finds addresses that another host has, and those that an interface has
// twice. The guest may have an address on several interfaces.
func (c checker) interfaceAddresses(others owners[netip.Addr]) {
	for i, f := range c.Guest.Interfaces {
		taken := maps.Clone(others)
		path := fmt.Sprintf("guest.interfaces[%d]", i)
		for _, p := range f.advertised() {
			if p.SLAAC() {
				taken.take(c, path+".router", "the SLAAC address of "+f.Name, eui64.Address(p.Prefix, f.MAC),
					"another prefix or MAC", "change one of them", "SLAAC forms %s, which is also %s")
			}
		}
		for j, l := range f.leases() {
			at := fmt.Sprintf("%s.dhcpv6.leases[%d]", path, j)
			taken.take(c, at, at, l.Address, "an address of its own", "change one of them", "%s is also %s")
		}
		for j, p := range f.Addresses {
			at := fmt.Sprintf("%s.addresses[%d]", path, j)
			taken.take(c, at, at, p.Addr(), "an address of its own", "change one of them", "%s is also %s")
		}
	}
}
