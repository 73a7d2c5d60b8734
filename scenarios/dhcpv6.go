package scenarios

import (
	"cmp"
	"context"
	"net/netip"
)

// DHCPv6 makes the guest ask for a lease and install it (RFC 8415 18.2).
type DHCPv6 struct {
	// Address is another address, which passt leases from here on. No passt does that:
	// it stands for a restart that the guest does not notice.
	Address netip.Addr `yaml:"address" is:"address"`
	// None leaves the guest's messages unanswered.
	None bool `yaml:"none,omitempty"`
	// Length is the prefix length that the client sets. Default: 128, as RFC 8415 21.6
	// implies.
	Length int `yaml:"length,omitempty" minimum:"1" maximum:"128"`
	// Valid is the valid lifetime that the client sets. Default: infinite, as in
	// passt's lease.
	Valid Lifetime `yaml:"valid,omitempty"`
	// Preferred is the preferred lifetime that the client sets. Default: Valid.
	Preferred Lifetime `yaml:"preferred,omitempty"`
	// Tentative leaves the address in duplicate address detection.
	Tentative bool `yaml:"tentative,omitempty"`
}

func (l *DHCPv6) brings() []netip.Addr { return []netip.Addr{l.Address} }

func (l *DHCPv6) check(c at) {
	switch {
	case l.None && *l != DHCPv6{None: true}:
		c.fault("none", "none, or parameters of a lease", "remove one of them", "excludes a lease")
	case l.None:
	case c.Passt.NoDHCPv6:
		c.never("", "passt.noDHCPv6 to be false", "remove the event or the option", "passt does not answer DHCPv6")
	case !*c.Pod.IPv6:
		c.never("", "pod.ipv6 to be true", "remove the event, or give the pod an address", "passt has no address to lease")
	default:
		c.lifetimes(l.Valid, l.Preferred, "no client installs that (RFC 8415 21.6)")
	}
}

func (l *DHCPv6) Play(ctx context.Context, lab Lab) error {
	if err := connected(lab, ""); err != nil {
		return err
	}
	key := ""
	if l.Address.IsValid() {
		key = "address"
	}
	if next := cmp.Or(l.Address, lab.Leases()); !l.None && next != lab.Lease().Addr() {
		if err := free(lab, key, next); err != nil {
			return err
		}
	}
	return lab.GetLease(ctx, *l)
}
