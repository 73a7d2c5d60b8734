package talos

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

var (
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

// proposed is a machine with V3. The zero value has just booted.
type proposed struct {
	last selector.Choice // the last one that had an address
	// first are the IPv4 and the IPv6 address that stood first, taken or not, so that
	// every role remembers the same.
	first [2]netip.Addr
}

func (m *proposed) choose(o selector.Observation) (selector.Choice, error) {
	p := newPipeline(o, slices.Concat(v3Classes, rules{m.kept()}, v3Ties))
	p.drop("tentative or dadfailed", func(c candidate) bool { return Unusable(c.Address) })
	taken, err := m.take(p, o)
	if err != nil {
		return selector.Choice{}, fmt.Errorf("select by %s: %w", V3.Name(), err)
	}
	c := p.choice(taken)
	if o.Role == "kubelet" && len(taken) == 0 && m.outlasts(o) {
		c = selector.Choice{Addresses: m.last.Addresses, Reason: "kept: nothing left after the filters"}
	}
	m.learn(p.left, c)
	return c, nil
}

func (m *proposed) take(p *pipeline, o selector.Observation) ([]candidate, error) {
	switch o.Role {
	case "node":
		p.own()
		p.vips()
		p.sort()
		return p.first(), nil
	case "kubelet":
		p.routed(o)
		return p.kubelet()
	case "etcd":
		p.routed(o)
		return p.etcd()
	}
	return nil, fmt.Errorf("role %q: %w", o.Role, selector.ErrUnsupported)
}

// outlasts reports whether kubelet keeps the last choice when no address is left: not
// where it has an address that may be another host's.
func (m *proposed) outlasts(o selector.Observation) bool {
	last := m.last.Addresses
	return len(last) > 0 && !slices.ContainsFunc(o.Addresses, func(a selector.Address) bool {
		return slices.Contains(last, a.Prefix.Addr()) && Unusable(a)
	})
}

// learn remembers the first addresses and the choice.
func (m *proposed) learn(left []candidate, c selector.Choice) {
	if len(c.Addresses) > 0 {
		m.last = c
	}
	for _, a := range slices.Backward(left) { // the first of each family last
		m.first[family(a.Address)] = a.Prefix.Addr()
	}
}

// kept makes a rule of the memory: the address that stood first goes before others.
func (m *proposed) kept() rule {
	return rule{"kept: still there", avoid(func(a selector.Address) bool { return a.Prefix.Addr() != m.first[family(a)] })}
}

func family(a selector.Address) int {
	if a.Prefix.Addr().Is4() {
		return 0
	}
	return 1
}
