package talos

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// Address is all that the orders look at.
type Address struct {
	// Prefix is the address with the prefix length it was installed with.
	Prefix netip.Prefix
	// Flags are the kernel's (IFA_FLAGS). Only V3 looks at them.
	Flags selector.Flags
}

// A rule prefers one of two addresses, or neither: negative for a, positive
// for b, as in package cmp. An algorithm is a list of rules; the first one
// that has a preference decides.
type rule struct {
	name   string
	prefer func(a, b Address) int
}

type rules []rule

var (
	v1 = rules{
		{"IPv4 first", ipv4First},
		{"lower address", lowerAddress},
		{"shorter prefix", func(a, b Address) int { return longerPrefix(b, a) }},
	}
	v2 = rules{
		{"IPv4 first", ipv4First},
		{"inside the other's prefix", contained},
		{"lower address", lowerAddress},
		{"longer prefix", longerPrefix},
	}
	v3 = slices.Concat(v3Classes, v3Ties)

	// v3Classes are the rules that ask the kernel. Addresses that none of them
	// tells apart are of one class.
	v3Classes = rules{
		{"not tentative, not dadfailed", avoid(Address.Unusable)},
		{"IPv4 first", ipv4First},
		{"not deprecated", avoid(Address.deprecated)},
		{"not temporary", avoid(Address.temporary)},
		{"not mngtmpaddr", avoid(Address.autonomous)},
		{"not noprefixroute on a /64", avoid(Address.offRoute)},
	}
	// v3Ties decide within a class.
	v3Ties = rules{
		{"longer prefix", longerPrefix},
		{"lower address", lowerAddress},
	}
)

// CompareV3 orders by address flags, then by prefix length, longest first,
// then by address. It is a strict weak order; two addresses compare equal only
// when their prefixes are equal and no flag that a rule reads tells them apart.
// It is V3 without memory.
//
// It sorts the addresses that must never be used to the end; whoever takes the
// first one has to leave them out, by Unusable.
func CompareV3(a, b Address) int { return v3.compare(a, b) }

func (rs rules) compare(a, b Address) int {
	_, c := rs.decide(a, b)
	return c
}

// decide returns the rule that tells a and b apart, and its preference.
func (rs rules) decide(a, b Address) (name string, preference int) {
	for _, r := range rs {
		if c := r.prefer(a, b); c != 0 {
			return r.name, c
		}
	}
	return "", 0
}

// Unusable reports whether duplicate address detection has not ended well: the
// address is tentative (RFC 4862 2) or its detection failed. An optimistic
// address (RFC 4429) is tentative by flag, and yet usable.
func (a Address) Unusable() bool {
	return a.Flags.Has(selector.FlagDADFailed) ||
		a.Flags.Has(selector.FlagTentative) && !a.Flags.Has(selector.FlagOptimistic)
}

// deprecated counts optimistic addresses in, as RFC 4429 wants and as the
// kernel's source address selection does.
func (a Address) deprecated() bool {
	return a.Flags.Any(selector.FlagDeprecated | selector.FlagOptimistic)
}

// temporary is "secondary" for IPv4, where the kernel uses the same bit.
func (a Address) temporary() bool { return a.Flags.Has(selector.FlagTemporary) }

// autonomous reports whether the address looks like one formed by SLAAC.
// Permanence is not asked: it only says that the lifetime is infinite, which
// holds for the SLAAC addresses of systemd-networkd and does not for a DHCPv6
// lease with an end.
func (a Address) autonomous() bool { return a.Flags.Has(selector.FlagMngTmpAddr) }

// offRoute reports whether the address looks like one formed by SLAAC in user
// space: a /64 (RFC 2464 4) without a prefix route, which programs ask for that
// read router advertisements themselves. NetworkManager leaves no other mark.
func (a Address) offRoute() bool {
	return a.Prefix.Addr().Is6() && a.Prefix.Bits() == 64 && a.Flags.Has(selector.FlagNoPrefixRoute)
}

// avoid makes a rule of a property that is better not to have.
func avoid(has func(Address) bool) func(a, b Address) int {
	return func(a, b Address) int {
		switch x, y := has(a), has(b); {
		case x == y:
			return 0
		case y:
			return -1
		default:
			return 1
		}
	}
}

func ipv4First(a, b Address) int {
	return cmp.Compare(a.Prefix.Addr().BitLen(), b.Prefix.Addr().BitLen())
}

func lowerAddress(a, b Address) int { return a.Prefix.Addr().Compare(b.Prefix.Addr()) }

func longerPrefix(a, b Address) int { return cmp.Compare(b.Prefix.Bits(), a.Prefix.Bits()) }

// contained prefers the address that lies in the other's prefix. When each
// lies in the other's, or neither does, it has no preference; that is what
// makes v2 no order.
func contained(a, b Address) int {
	return avoid(func(x Address) bool {
		return x.Prefix.Contains(a.Prefix.Addr()) && x.Prefix.Contains(b.Prefix.Addr())
	})(a, b)
}

// Sort sorts by the algorithm. Addresses that compare equal stay in order.
func (g Algorithm) Sort(as []Address) { slices.SortStableFunc(as, g.Compare) }
