package scenarios

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
)

var kubeVirt10 = regexp.MustCompile(`^v?1\.0($|[.-])`)

// Eth0 is the interface of the pod on the cluster network.
const Eth0 = "eth0"

// Uplink is an interface of the pod. The one called eth0 is on the cluster network, where
// the peers are. No other network has hosts of the cluster.
type Uplink struct {
	// Name is the interface's name: eth0, or another one such as net1.
	Name string `yaml:"name" required:"true" pattern:"^[a-z][a-z0-9]{0,14}$" form:"at most 15 lower-case letters and digits, a letter first"`
	// Address is its address with the prefix length.
	Address netip.Prefix `yaml:"address" required:"true" is:"host"`
	// Gateway is the router of a default route through it: an address within Address's
	// prefix, or a link-local one. Default: no such route. Of several the first one's is
	// preferred.
	Gateway netip.Addr `yaml:"gateway" is:"router"`
	// MAC is its link-layer address. Default: 02:00:00:00:00:0a for eth0, for the others
	// 02:00:00:00:00:1a, …:1b, …
	MAC MAC `yaml:"mac,omitempty"`
}

// setDefaults fills in the keys that uplinks and addresses replace with those of eth0, so
// that the cluster network is described in one place.
func (p *Pod) setDefaults() {
	for i := range p.Uplinks {
		u := &p.Uplinks[i]
		if u.Name != Eth0 {
			u.MAC = cmp.Or(u.MAC, MAC{0x02, 0, 0, 0, 0, byte(0x19 + i)})
			continue
		}
		u.MAC = cmp.Or(u.MAC, DefaultPodMAC)
		p.Address, p.Gateway, p.MAC = u.Address, u.Gateway, u.MAC
	}
	if len(p.Addresses) > 0 && !p.Address.IsValid() {
		p.Address = p.Addresses[0]
	}
	p.MAC = cmp.Or(p.MAC, DefaultPodMAC)
}

// Of returns all addresses of the pod's eth0, in the order in which they were added.
func (p Pod) Of() []netip.Prefix {
	if len(p.Addresses) > 0 {
		return p.Addresses
	}
	return []netip.Prefix{p.Address}
}

// Further are the uplinks beside eth0.
func (p Pod) Further() []Uplink {
	return slices.DeleteFunc(slices.Clone(p.Uplinks), func(u Uplink) bool { return u.Name == Eth0 })
}

// Named is the interface that passt is told to take its address from. Empty: passt
// chooses.
func (s *Scenario) Named() string {
	switch p := s.Passt; {
	case p.Interface != "":
		return p.Interface
	// KubeVirt 1.0 runs passt without -i.
	case len(s.Pod.Uplinks) > 0 && (p.KubeVirt == "" || kubeVirt10.MatchString(p.KubeVirt)):
		return ""
	}
	return Eth0
}

// Template is the uplink from which passt takes its address, its router and its MAC, and
// the addresses of that uplink, in the order in which they were added.
func (s *Scenario) Template() (Uplink, []netip.Prefix) {
	eth0 := Uplink{Eth0, s.Pod.Address, s.Pod.Gateway, s.Pod.MAC}
	for _, u := range s.Pod.Uplinks {
		if u.Name == Eth0 {
			u = eth0 // an event may have changed it
		}
		if name := s.Named(); name == u.Name || name == "" && u.Gateway.IsValid() {
			if u.Name == Eth0 {
				break
			}
			return u, []netip.Prefix{u.Address}
		}
	}
	return eth0, s.Pod.Of()
}

// uplinks checks addresses, uplinks, and the keys that they replace.
func (c checker) uplinks() {
	if !c.Sound("pod.ipv6", "pod.addresses", "pod.uplinks") {
		return
	}
	beside := func(key string, others ...string) {
		for _, other := range others {
			if _, given := c.Places["pod."+other]; given {
				c.fault("pod."+key, "either pod."+key+" or pod."+other, "remove one of them", "pod.%s is given too", other)
			}
		}
	}
	if len(c.Pod.Addresses) > 0 {
		beside("addresses", "address")
	}
	if len(c.Pod.Uplinks) > 0 {
		beside("uplinks", "address", "addresses", "gateway", "defaultRoute", "mac")
	}
	if *c.Pod.IPv6 {
		c.networks()
		c.template()
	}
}

// networks checks that each uplink is on a network of its own, and one on the cluster's.
func (c checker) networks() {
	us := c.Pod.Uplinks
	if len(us) == 0 {
		return
	}
	names := owners[string]{}
	for i, u := range us {
		path := fmt.Sprintf("pod.uplinks[%d]", i)
		names.take(c, path+".name", "", u.Name, "another name", "rename it", "%[1]s is taken")
		if u.Name == "lo" || u.Name == "tap" {
			c.fault(path+".name", "another name", "rename it", "%s is an interface of the pod already", u.Name)
		}
		switch {
		case u.Gateway.IsValid() && u.Gateway == u.Address.Addr():
			c.fault(path+".gateway", "another address than the pod's", "take the router's address", "%s is the pod's own address", u.Gateway)
		case u.Gateway.IsValid() && !u.Gateway.IsLinkLocalUnicast() && !u.Address.Contains(u.Gateway):
			c.fault(path+".gateway", "an address in "+u.Address.Masked().String()+", or a link-local one", "correct the gateway, or the length of the address",
				"%s is not on the link of %s", u.Gateway, u.Name)
		}
		for _, o := range us[:i] {
			if slash64(o.Address.Addr()) == slash64(u.Address.Addr()) || o.Address.Overlaps(u.Address) {
				c.fault(path+".address", "an address in another /64", "take another network", "%s is on the network of %s", u.Address, o.Name)
			}
		}
	}
	if !slices.ContainsFunc(us, func(u Uplink) bool { return u.Name == Eth0 }) {
		c.fault("pod.uplinks", "one called eth0", "add it, or rename one", "none is on the cluster network")
	}
}

// template checks that passt has an interface to take its address from.
func (c checker) template() {
	if !c.Sound("passt.interface", "passt.kubevirt") {
		return
	}
	is := func(u Uplink) bool { return u.Name == c.Named() }
	switch us := c.Pod.Uplinks; {
	case len(us) == 0 && c.Passt.Interface != "" && c.Passt.Interface != Eth0:
		c.fault("passt.interface", "eth0, or the name of one of pod.uplinks", "correct it, or add pod.uplinks", "the pod has no %s", c.Passt.Interface)
	case len(us) > 0 && c.Passt.Interface != "" && !slices.ContainsFunc(us, is):
		c.fault("passt.interface", "the name of one of pod.uplinks", "correct it", "the pod has no %s", c.Passt.Interface)
	case len(us) > 0 && c.Named() == "" && !slices.ContainsFunc(us, func(u Uplink) bool { return u.Gateway.IsValid() }):
		c.fault("pod.uplinks", "one with a gateway, or passt.interface", "add one of them", "passt finds no default route to take an interface from")
	}
}
