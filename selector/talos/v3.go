package talos

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// v3Classes are the rules about what Talos knows of each address. Addresses that these
// rules do not tell apart are of one class. Only the variants with provenance know which
// addresses are foreign.
func v3Classes(provenance bool) rules {
	rs := rules{
		{"not tentative, not dadfailed", avoid(Unusable)},
		{"IPv4 first", ipv4First},
		// Optimistic ones count as deprecated, as RFC 4429 wants and as in the
		// kernel's source address selection.
		{"not deprecated", avoid(flagged(selector.FlagDeprecated | selector.FlagOptimistic))},
		// For IPv4 the same bit means "secondary".
		{"not temporary", avoid(flagged(selector.FlagTemporary))},
	}
	if provenance {
		rs = append(rs, rule{"not foreign", avoid(func(a selector.Address) bool { return a.Foreign })})
	}
	// "permanent" does not matter. It only says that the lifetime is infinite: the
	// SLAAC addresses of systemd-networkd have it, DHCPv6 leases with an end do not.
	return append(rs,
		rule{"not mngtmpaddr", avoid(flagged(selector.FlagMngTmpAddr))},
		// An IPv4 /32 is a VIP or a tunnel, not a lease.
		rule{"longer prefix", func(a, b selector.Address) int {
			if family(a) == 0 || family(b) == 0 {
				return 0
			}
			return longerPrefix(a, b)
		}})
}

// v3 returns the rules of V3 after a previous order. An address that was not in it
// comes after all that were. What is remembered goes before the lower address alone:
// before the longer prefix it would keep whatever a machine gets first while it boots.
func v3(provenance bool, previous []netip.Addr) rules {
	place := func(a selector.Address) int {
		if i := slices.Index(previous, a.Prefix.Addr()); i >= 0 {
			return i
		}
		return len(previous)
	}
	return append(v3Classes(provenance), rules{
		{"kept: still there", func(a, b selector.Address) int { return place(a) - place(b) }},
		{"lower address", lowerAddress},
		{"longer prefix", longerPrefix},
	}...)
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

// proposed is a machine with V3 or a variant of it. What it remembers of the addresses
// is the list "current" of Talos' NodeAddressController. It does not depend on the role:
// each role's machine works it out from the same events.
type proposed struct {
	algorithm Algorithm
	current   []netip.Addr // in its order
	last      last
}

func (m *proposed) choose(o selector.Observation) (selector.Choice, error) {
	p := newPipeline(o, m.algorithm.rules(m.current))
	p.onLinks(o)
	p.sort()
	m.current = nil
	for _, c := range p.left {
		m.current = append(m.current, c.Prefix.Addr())
	}
	if o.Role == "node" {
		return p.choice(p.node()), nil
	}
	taken, err := p.take(o.Role, true)
	if err != nil {
		return selector.Choice{}, fmt.Errorf("select by %s: %w", m.algorithm.Name(), err)
	}
	return m.last.or(p.choice(taken)), nil
}

// node takes the first address of "routed", or else the first usable one of "current".
func (p *pipeline) node() []candidate {
	current := slices.Clone(p.left)
	if p.routed(true); len(p.left) == 0 {
		p.left = current
		p.drop("tentative or dadfailed", candidate.unusable)
	}
	return p.first()
}

func family(a selector.Address) int {
	if a.Prefix.Addr().Is4() {
		return 0
	}
	return 1
}
