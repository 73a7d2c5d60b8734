package reproduce

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/internal/eui64"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
)

// A part is an address of the main link, and how the guest got it.
type part struct {
	selector.Address
	origin scenarios.Origin
	why    string // why that origin, where flags do not say it
	// succeeds says that a temporary address was made when the one before was deprecated.
	succeeds bool
}

func (p part) addr() netip.Addr { return p.Prefix.Addr() }

// parts returns the addresses of the main link, each with its origin, the oldest first.
func (g guest) parts(opts Options) []part {
	var ps []part
	for _, a := range g.on(g.main) {
		p := part{Address: a}
		p.origin, p.why = g.origin(a)
		ps = append(ps, p)
	}
	slices.Reverse(ps)
	g.leased(ps, opts.PodAddress)
	for i := range ps { // passt leases one address, and another server any number
		x := &ps[i]
		if ends := g.knows(selector.FactFlags) && !x.Flags.Has(selector.FlagPermanent); opts.Network == scenarios.NetworkLAN && x.origin == scenarios.OriginVIP && ends {
			x.origin, x.why = scenarios.OriginDHCPv6, "a /128 with an end"
		}
	}
	if !g.ordered {
		slices.SortStableFunc(ps, func(a, b part) int {
			return slices.Index(usual, a.origin) - slices.Index(usual, b.origin)
		})
	}
	return ps
}

// usual is the order in which addresses arrive in most guests.
var usual = []scenarios.Origin{
	scenarios.OriginSLAAC, scenarios.OriginTemporary, scenarios.OriginDHCPv6, scenarios.OriginStatic, scenarios.OriginVIP,
}

// origin returns how the guest got an address, and why where it is a guess. It takes each
// /128 for a virtual one; leased finds the lease among them.
func (g guest) origin(a selector.Address) (scenarios.Origin, string) {
	_, formed := eui64.MAC(a.Prefix.Addr())
	b := a.Prefix.Addr().As16()
	flags := !g.Unknown.Has(selector.FactFlags, selector.FactHighFlags)
	random := [4]byte(b[8:12]) != [4]byte{}
	switch {
	case a.Flags.Has(selector.FlagTemporary):
		return scenarios.OriginTemporary, ""
	case a.Flags.Any(selector.FlagMngTmpAddr | selector.FlagStablePrivacy):
		return scenarios.OriginSLAAC, ""
	case single(a):
		return scenarios.OriginVIP, ""
	case a.Prefix.Bits() != 64:
		return scenarios.OriginStatic, "SLAAC makes a /64, and passt leases a /128"
	case formed && (!flags || a.Flags.Has(selector.FlagNoPrefixRoute) || !a.Flags.Has(selector.FlagPermanent)):
		return scenarios.OriginSLAAC, "the identifier is made of a MAC"
	case !flags && random:
		return scenarios.OriginSLAAC, "nobody sets such an identifier by hand"
	case flags && !a.Flags.Has(selector.FlagPermanent):
		return scenarios.OriginDHCPv6, "it has an end, and SLAAC would have set mngtmpaddr"
	}
	return scenarios.OriginStatic, "no flag says SLAAC, and it is no /128"
}

// leased finds the lease among the parts: the pod's address if that is known, else the
// /128 that is the most like one.
func (g guest) leased(ps []part, pod netip.Addr) {
	var singles []int
	for i, p := range ps {
		if p.origin == scenarios.OriginVIP && !slices.Contains(g.Config.VIPs, p.addr()) {
			singles = append(singles, i)
			ps[i].why = "a /128 that is not the lease"
		}
	}
	lease, why := -1, ""
	switch {
	case pod.IsValid():
		lease = slices.IndexFunc(ps, func(p part) bool {
			return p.addr() == pod && (p.origin == scenarios.OriginVIP || p.origin == scenarios.OriginDHCPv6)
		})
	case slices.ContainsFunc(ps, func(p part) bool { return p.origin == scenarios.OriginDHCPv6 }):
	case len(singles) > 0:
		lease = slices.MaxFunc(singles, func(i, j int) int { // the oldest of those that are alike
			return cmp.Or(g.likeness(ps[i], ps)-g.likeness(ps[j], ps), j-i)
		})
		why = "it is the only /128"
		if n := len(singles); n > 1 {
			why = fmt.Sprintf("it is the most like a lease of %d addresses of length 128: not deprecated, with an end, in a prefix of SLAAC, or the oldest", n)
		}
	}
	if lease >= 0 {
		ps[lease].origin, ps[lease].why = scenarios.OriginDHCPv6, why
	}
}

// likeness says how much a /128 is like a lease; more than 0. A client may give it the
// lease's lifetimes, it is in the prefix of SLAAC, and kube-vip deprecates its addresses.
func (g guest) likeness(p part, ps []part) int {
	n := 1
	if !p.Flags.Has(selector.FlagDeprecated) {
		n += 4
	}
	if g.knows(selector.FactFlags) && !p.Flags.Has(selector.FlagPermanent) {
		n += 2
	}
	if slices.ContainsFunc(ps, func(o part) bool {
		return o.origin == scenarios.OriginSLAAC && slash64(o.addr()) == slash64(p.addr())
	}) {
		n++
	}
	return n
}
