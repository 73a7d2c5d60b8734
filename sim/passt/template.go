package passt

import "net/netip"

// Leases returns which of the addresses of the pod's interface passt leases; they are in
// the kernel's order. It is not valid if there is none.
func (r Release) Leases(listed []netip.Prefix) (p netip.Prefix) {
	for _, l := range listed {
		if !p.IsValid() || r.LongestPrefix && l.Bits() > p.Bits() {
			p = l
		}
	}
	return p
}
