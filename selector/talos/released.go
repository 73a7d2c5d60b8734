package talos

import (
	"fmt"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/selector"
)

// released is a machine with V1 or V2, as Talos has it.
type released struct {
	algorithm Algorithm
	last      selector.Choice // the last one that had an address
}

func (m *released) choose(o selector.Observation) (selector.Choice, error) {
	c, err := m.now(o)
	switch {
	case err != nil:
		return selector.Choice{}, fmt.Errorf("select by %s: %w", m.algorithm.Name(), err)
	case o.Role == "kubelet" && len(c.Addresses) == 0 && len(m.last.Addresses) > 0:
		c = selector.Choice{Addresses: m.last.Addresses, Reason: "kept: nothing left after the filters"}
	}
	if len(c.Addresses) > 0 {
		m.last = c
	}
	return c, nil
}

// now is the choice from what is there.
func (m *released) now(o selector.Observation) (selector.Choice, error) {
	p := newPipeline(o, m.algorithm.rules(nil))
	var taken []candidate
	var err error
	switch o.Role {
	case "node":
		return m.node(p), nil
	case "kubelet":
		p.routed(o)
		taken, err = p.kubelet()
	case "etcd":
		p.routed(o)
		taken, err = p.etcd()
	default:
		err = fmt.Errorf("role %q: %w", o.Role, selector.ErrUnsupported)
	}
	if err != nil {
		return selector.Choice{}, err
	}
	return p.choice(taken), nil
}

// node keeps the default address while it is there.
func (m *released) node(p *pipeline) selector.Choice {
	p.rules = slices.Concat(rules{{"first link by name", linkName}}, p.rules)
	p.sort()
	i := slices.IndexFunc(p.left, func(c candidate) bool { return c.Prefix.Addr() == m.last.Address() })
	if i > 0 {
		return selector.Pick(m.last.Address(), "kept: still there")
	}
	return p.choice(p.first())
}

func linkName(a, b selector.Address) int { return strings.Compare(a.Link, b.Link) }
