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
