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
	last      []netip.Addr // the addresses of kubelet or etcd
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
	taken, err := p.released(o)
	if err != nil {
		return selector.Choice{}, fmt.Errorf("select by %s: %w", m.algorithm.Name(), err)
	}
	c := p.choice(taken)
	if len(taken) == 0 && len(m.last) > 0 {
		return selector.Choice{Addresses: m.last, Reason: "kept: " + c.Reason}, nil
	}
	m.last = c.Addresses
	return c, nil
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

// released takes from the list "routed", and etcd from "current" where it has subnets
// to advertise and "routed" is not empty.
func (p *pipeline) released(o selector.Observation) ([]candidate, error) {
	p.onLinks(o)
	current := slices.Clone(p.left)
	p.drop("SideroLink", candidate.sideroLink)
	p.sort()
	p.own()
	switch o.Role {
	case "kubelet":
		return p.kubelet()
	case "etcd":
		if len(p.left) > 0 && len(o.Config.AdvertisedSubnets) > 0 {
			p.left = current
			p.sort()
			p.own()
		}
		return p.etcd()
	}
	return nil, fmt.Errorf("role %q: %w", o.Role, selector.ErrUnsupported)
}

func (c candidate) id() string { return c.Link + "/" + c.Prefix.String() }

func linkName(a, b selector.Address) int { return strings.Compare(a.Link, b.Link) }
