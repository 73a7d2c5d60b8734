package scenarios

import (
	"fmt"
	"net/netip"
)

// DHCPv6Server is a DHCPv6 server on the guest's link. Where network is masquerade it is
// KubeVirt's own, which leases the second address of pod.vmIPv6NetworkCIDR.
type DHCPv6Server struct {
	// Leases are the addresses of the guest's lease, all in one IA_NA (RFC 8415 21.4).
	Leases []Lease `yaml:"leases,omitempty" nonempty:"true"`
}

// Lease is an address in a lease: the address alone, or a mapping of it and its lifetimes
// (RFC 8415 21.6). The client kernel installs it with these lifetimes. Talos' own client
// ignores them.
type Lease struct {
	// Address is the leased address.
	Address netip.Addr `yaml:"address" required:"true" bare:"true" is:"address"`
	// Valid is the valid lifetime. Default: infinite.
	Valid Lifetime `yaml:"valid,omitempty"`
	// Preferred is the preferred lifetime; with 0 the address is deprecated. Default:
	// Valid.
	Preferred Lifetime `yaml:"preferred,omitempty"`
}

// Lifetimes returns both lifetimes in seconds.
func (l Lease) Lifetimes() (valid, preferred uint32) {
	valid = l.Valid.Seconds(endless)
	return valid, l.Preferred.Seconds(valid)
}

// Leases returns the addresses that are leased at first, where that is not by passt.
func (s *Scenario) Leases() []Lease {
	if _, guest := s.Masquerading(); s.Network == NetworkMasquerade && s.DHCPv6.Leases == nil {
		return []Lease{{Address: guest.Addr()}}
	}
	return s.DHCPv6.Leases
}

func leasedAddrs(ls []Lease) (as []netip.Addr) {
	for _, l := range ls {
		as = append(as, l.Address)
	}
	return as
}

// leaseLifetimes checks the lifetimes of leases in the list at path.
func (c checker) leaseLifetimes(path string, ls []Lease) {
	for i, l := range ls {
		if valid, preferred := l.Lifetimes(); preferred > valid {
			c.fault(fmt.Sprintf("%s[%d].preferred", path, i), "at most "+string(l.Valid)+", the valid lifetime", "correct one of them",
				"is longer than valid: a client ignores such an address (RFC 8415 21.6)")
		}
	}
}
