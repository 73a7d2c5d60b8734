package selector

import "net/netip"

// Candidates returns the candidate addresses, the global unicast IPv6 ones
// (RFC 4291 2.5.4; unique local ones are among them), in the kernel's order.
func (o Observation) Candidates() []Address {
	var as []Address
	for _, a := range o.Addresses {
		if IsCandidate(a.Prefix.Addr()) {
			as = append(as, a)
		}
	}
	return as
}

// IsCandidate reports whether a is a global unicast IPv6 address.
func IsCandidate(a netip.Addr) bool { return a.Is6() && !a.Is4In6() && a.IsGlobalUnicast() }

// Link returns the link of that name.
func (o Observation) Link(name string) (Link, bool) {
	for _, l := range o.Links {
		if l.Name == name {
			return l, true
		}
	}
	return Link{}, false
}
