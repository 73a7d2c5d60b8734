package scenarios

import (
	"cmp"
	"net/netip"
	"slices"
)

// Router is a router on the guest's link. Its keys are the fields of its router
// advertisement (RFC 4861 4.2).
type Router struct {
	// Prefix is the only prefix that it advertises, with the defaults of prefixes.
	Prefix netip.Prefix `yaml:"prefix" excludes:"prefixes" is:"advertised"`
	// Prefixes are the prefixes that it advertises, each a prefix, or a mapping of it and
	// its flags and lifetimes. Default: none, or prefix.
	Prefixes []RouterPrefix `yaml:"prefixes,omitempty" nonempty:"true"`
	// LinkLocal is the router's address. Default: fe80::2, fe80::3, … beside passt, and
	// elsewhere fe80::1, fe80::2, …
	LinkLocal netip.Addr `yaml:"linkLocal" is:"linklocal"`
	// Lifetime is the router lifetime in seconds (RFC 4861 4.2), 0 to 65535. Default: 0
	// beside passt, which advertises a prefix and no default router; elsewhere 1800
	// (RFC 4861 6.2.1).
	Lifetime *int `yaml:"lifetime,omitempty" minimum:"0" maximum:"65535"`
	// Preference is the default router preference (RFC 4191 2.2). Default: medium.
	Preference Preference `yaml:"preference,omitempty"`
	// Managed is the M flag: addresses are available by DHCPv6.
	Managed bool `yaml:"managed,omitempty"`
	// Other is the O flag: other configuration is.
	Other bool `yaml:"other,omitempty"`
}

// RouterPrefix is a prefix information option (RFC 4861 4.6.2).
type RouterPrefix struct {
	// Prefix is the prefix. Hosts form addresses by SLAAC only in a /64.
	Prefix netip.Prefix `yaml:"prefix" required:"true" bare:"true" is:"advertised"`
	// Autonomous is the A flag. Default: true.
	Autonomous *bool `yaml:"autonomous,omitempty"`
	// OnLink is the L flag. Default: true.
	OnLink *bool `yaml:"onLink,omitempty"`
	// Valid is the valid lifetime. Default: infinite beside passt, elsewhere 2592000
	// (RFC 4861 6.2.1).
	Valid Lifetime `yaml:"valid,omitempty"`
	// Preferred is the preferred lifetime. Default: infinite beside passt, elsewhere
	// 604800 (RFC 4861 6.2.1), and at most Valid.
	Preferred Lifetime `yaml:"preferred,omitempty"`
}

// All returns all prefixes of the router.
func (r Router) All() []RouterPrefix {
	if r.Prefixes == nil && r.Prefix.IsValid() {
		return []RouterPrefix{{Prefix: r.Prefix}}
	}
	return r.Prefixes
}

// SLAAC reports whether hosts form an address in the prefix.
func (p RouterPrefix) SLAAC() bool {
	return (p.Autonomous == nil || *p.Autonomous) && p.Prefix.Bits() == 64
}

// setDefaults fills in the defaults of the i-th router of a network.
func (r *Router) setDefaults(n Network, i int) {
	first, lifetime, valid, preferred := 1, 1800, Lifetime("2592000"), Lifetime("604800")
	if n == NetworkPasst {
		first, lifetime, valid, preferred = 2, 0, Infinite, Infinite
	}
	if !r.LinkLocal.IsValid() {
		r.LinkLocal = netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80, 15: byte(i + first)})
	}
	r.Lifetime = cmp.Or(r.Lifetime, new(lifetime))
	r.Prefixes = slices.Clone(r.All())
	for i := range r.Prefixes {
		p := &r.Prefixes[i]
		p.Autonomous, p.OnLink = cmp.Or(p.Autonomous, new(true)), cmp.Or(p.OnLink, new(true))
		p.Valid = cmp.Or(p.Valid, valid)
		if p.Preferred == "" && p.Valid.Seconds(0) < preferred.Seconds(0) {
			preferred = p.Valid
		}
		p.Preferred = cmp.Or(p.Preferred, preferred)
	}
}
