package talos

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/selector"
)

// released is a machine with V1 or V2, as Talos has it. It has just booted where it
// remembers nothing.
type released struct {
	algorithm Algorithm
	node      netip.Prefix // the default address
	last      last
}

func (m *released) choose(o selector.Observation) (selector.Choice, error) {
	p := newPipeline(o, m.algorithm.rules(nil))
	// Talos lists addresses by the text "eth0/fd01:cafe::1/64", and puts them in order
	// link by link, and then without a look at links. V2 sees the order before.
	slices.SortFunc(p.left, func(a, b candidate) int { return strings.Compare(a.id(), b.id()) })
	flat := p.rules
	p.rules = slices.Concat(rules{{"first link by name", linkName}}, flat)
	p.sort()
	if o.Role == "node" {
		return m.keepNode(o, p), nil
	}
	p.rules = flat
	p.onLinks(o)
	taken, err := p.take(o.Role, false)
	if err != nil {
		return selector.Choice{}, fmt.Errorf("select by %s: %w", m.algorithm.Name(), err)
	}
	return m.last.or(p.choice(taken)), nil
}

// keepNode keeps the default address while it is there, with its prefix length, on a
// link that is up. A machine without any address forgets it.
func (m *released) keepNode(o selector.Observation, p *pipeline) selector.Choice {
	current := *p
	current.left = slices.Clone(p.left)
	current.onLinks(o)
	first := p.first()
	switch kept := slices.ContainsFunc(current.left, func(c candidate) bool { return c.Prefix == m.node }); {
	case len(first) == 0:
		m.node = netip.Prefix{}
	case kept && first[0].Prefix != m.node:
		return selector.Pick(m.node.Addr(), "kept: still there")
	default:
		m.node = first[0].Prefix
	}
	return p.choice(first)
}

func (c candidate) id() string { return c.Link + "/" + c.Prefix.String() }

func linkName(a, b selector.Address) int { return strings.Compare(a.Link, b.Link) }
