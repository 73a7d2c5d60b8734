package scenarios

import (
	"net/netip"
	"slices"
)

var linkLocal = netip.MustParsePrefix("fe80::/64")

// plays reports whether e is one of the events.
func (s *Scenario) plays(e Event) bool { return slices.Contains(s.Events, e) }

// autonomous reports whether passt's router advertisement leads to SLAAC.
func (s *Scenario) autonomous() bool { return s.plays(EventRA) && *s.Passt.Autonomous }

// slaacPrefixes returns the prefixes that the guest forms addresses in.
func (s *Scenario) slaacPrefixes() (ps []netip.Prefix) {
	if s.autonomous() {
		ps = append(ps, slash64(s.Pod.Address.Addr()))
	}
	if s.plays(EventRouter) {
		for _, r := range s.Routers {
			ps = append(ps, r.Prefix)
		}
	}
	return ps
}

// passtLinkLocal returns the address that passt's router advertisements come
// from: the pod's gateway if that is link-local, else the pod's own.
func (s *Scenario) passtLinkLocal() netip.Addr {
	if s.Pod.Gateway.IsLinkLocalUnicast() {
		return s.Pod.Gateway
	}
	return eui64(linkLocal, s.Pod.MAC)
}

// slash64 returns the /64 of a. passt advertises that, whatever the length of
// the pod's own prefix.
func slash64(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, 64).Masked() }

// eui64 returns the address that p and the modified EUI-64 identifier of m
// make (RFC 4291 appendix A).
func eui64(p netip.Prefix, m MAC) netip.Addr {
	b := p.Addr().As16()
	copy(b[8:], []byte{m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]})
	return netip.AddrFrom16(b)
}
