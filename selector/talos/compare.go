package talos

import (
	"cmp"

	"github.com/passtlab/passtlab/selector"
)

// A rule prefers one of two addresses, or neither: negative for a, positive for b,
// as in package cmp. The first rule of an algorithm that has a preference decides.
type rule struct {
	name   string
	prefer func(a, b selector.Address) int
}

type rules []rule

var (
	v1 = rules{
		{"IPv4 first", ipv4First},
		{"lower address", lowerAddress},
		{"shorter prefix", func(a, b selector.Address) int { return longerPrefix(b, a) }},
	}
	v2 = rules{
		{"IPv4 first", ipv4First},
		{"inside the other's prefix", contained},
		{"lower address", lowerAddress},
		{"longer prefix", longerPrefix},
	}
	// v3Classes are the rules about what the kernel knows. Addresses that these rules
	// do not tell apart are of one class.
	v3Classes = rules{
		{"not tentative, not dadfailed", avoid(Unusable)},
		{"IPv4 first", ipv4First},
		// Optimistic ones count as deprecated, as RFC 4429 wants and as in the
		// kernel's source address selection.
		{"not deprecated", avoid(flagged(selector.FlagDeprecated | selector.FlagOptimistic))},
		// For IPv4 the same bit means "secondary".
		{"not temporary", avoid(flagged(selector.FlagTemporary))},
		// "permanent" does not matter. It only says that the lifetime is infinite: the
		// SLAAC addresses of systemd-networkd have it, DHCPv6 leases with an end do not.
		{"not mngtmpaddr", avoid(flagged(selector.FlagMngTmpAddr))},
		{"not noprefixroute on a /64", avoid(offRoute)},
	}
	// v3Ties decide within a class.
	v3Ties = rules{
		{"longer prefix", longerPrefix},
		{"lower address", lowerAddress},
	}
)

func (rs rules) compare(a, b selector.Address) int {
	_, c := rs.decide(a, b)
	return c
}

// decide returns the rule that tells a and b apart, and its preference.
func (rs rules) decide(a, b selector.Address) (name string, preference int) {
	for _, r := range rs {
		if c := r.prefer(a, b); c != 0 {
			return r.name, c
		}
	}
	return "", 0
}

// Unusable reports whether the address is tentative (RFC 4862 2), or its duplicate
// address detection failed. An optimistic address (RFC 4429) has the tentative flag
// and is usable.
func Unusable(a selector.Address) bool {
	return a.Flags.Has(selector.FlagDADFailed) ||
		a.Flags.Has(selector.FlagTentative) && !a.Flags.Has(selector.FlagOptimistic)
}

// flagged makes a property of having one of the flags.
func flagged(fs selector.Flags) func(selector.Address) bool {
	return func(a selector.Address) bool { return a.Flags.Any(fs) }
}

// offRoute reports whether the address looks like one that a program formed by SLAAC:
// a /64 (RFC 2464 4) without a prefix route. NetworkManager leaves no other mark.
func offRoute(a selector.Address) bool {
	return a.Prefix.Addr().Is6() && a.Prefix.Bits() == 64 && a.Flags.Has(selector.FlagNoPrefixRoute)
}

// avoid makes a rule of a property that is better not to have.
func avoid(has func(selector.Address) bool) func(a, b selector.Address) int {
	return func(a, b selector.Address) int {
		switch {
		case has(a) == has(b):
			return 0
		case has(b):
			return -1
		}
		return 1
	}
}

func ipv4First(a, b selector.Address) int {
	return cmp.Compare(a.Prefix.Addr().BitLen(), b.Prefix.Addr().BitLen())
}

func lowerAddress(a, b selector.Address) int { return a.Prefix.Addr().Compare(b.Prefix.Addr()) }

func longerPrefix(a, b selector.Address) int { return cmp.Compare(b.Prefix.Bits(), a.Prefix.Bits()) }

// contained prefers the address that lies in the other's prefix. It has no preference
// when both do or neither does. So v2 is no order.
func contained(a, b selector.Address) int {
	return avoid(func(x selector.Address) bool {
		return x.Prefix.Contains(a.Prefix.Addr()) && x.Prefix.Contains(b.Prefix.Addr())
	})(a, b)
}
