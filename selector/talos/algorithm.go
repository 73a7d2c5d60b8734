package talos

import (
	"context"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// Algorithm is the order in which a node's addresses are preferred: the value
// of Talos' machine.features.nodeAddressSortAlgorithm. Each is a
// selector.Selector that remembers (Traits.Start), named "talos-v1" and so on.
type Algorithm string

const (
	V1 Algorithm = "v1"
	V2 Algorithm = "v2"
	V3 Algorithm = "v3"

	// Variants of V3, which show what its parts are worth. Provenance looks at
	// selector.Address.Foreign.
	V3NoMemory           Algorithm = "v3-no-memory"
	V3Provenance         Algorithm = "v3-provenance"
	V3ProvenanceNoMemory Algorithm = "v3-provenance-no-memory"
)

// Algorithms returns all algorithms, oldest first.
func Algorithms() []Algorithm { return []Algorithm{V1, V2, V3} }

// Variants returns the variants of V3, which nobody proposes for Talos as they are.
func Variants() []Algorithm { return []Algorithm{V3NoMemory, V3Provenance, V3ProvenanceNoMemory} }

func (g Algorithm) Name() string { return "talos-" + string(g) }

// machine is a node that has booted, in one role. It remembers.
type machine interface {
	// choose chooses for the roles node, kubelet and etcd. kubelet has one address
	// of each family, IPv6 first, because that one is judged.
	choose(o selector.Observation) (selector.Choice, error)
}

// boot returns a machine that has just booted.
func (g Algorithm) boot() machine {
	switch g {
	case V1, V2:
		return &released{algorithm: g}
	}
	return &proposed{algorithm: g}
}

// Select chooses as a machine that has just booted.
func (g Algorithm) Select(_ context.Context, o selector.Observation) (selector.Choice, error) {
	return g.boot().choose(o)
}

// Traits has a Start that does not look at the guest: the instance answers the first
// question as Select does.
func (g Algorithm) Traits() selector.Traits {
	needs := []selector.Fact{selector.FactLinkNames} // the first link by name has the default address
	if g != V1 && g != V2 {
		needs = []selector.Fact{selector.FactFlags, selector.FactHighFlags}
	}
	return selector.Traits{Needs: needs, Start: func(context.Context, selector.Observation) (*selector.Instance, error) {
		m := g.boot()
		return &selector.Instance{
			Select: func(_ context.Context, o selector.Observation) (selector.Choice, error) { return m.choose(o) },
			// Talos chooses at each change, asked or not.
			See: func(_ context.Context, o selector.Observation) error {
				_, err := m.choose(o)
				return err
			},
		}, nil
	}}
}

// Compare orders two addresses, the preferred one first, as in package cmp. It
// remembers nothing. V3 puts unusable addresses last; the caller has to leave them
// out (Unusable).
func (g Algorithm) Compare(a, b selector.Address) int { return g.rules(nil).compare(a, b) }

// Sort orders addresses, the preferred one first. previous is the last order, which V3
// alone looks at.
func (g Algorithm) Sort(as []selector.Address, previous []netip.Addr) {
	slices.SortStableFunc(as, g.rules(previous).compare)
}

// Decide returns the rule that tells two addresses apart, and its preference, as in
// package cmp.
func (g Algorithm) Decide(a, b selector.Address, previous []netip.Addr) (rule string, preference int) {
	return g.rules(previous).decide(a, b)
}

func (g Algorithm) rules(previous []netip.Addr) rules {
	switch g {
	case V1:
		return v1
	case V2:
		return v2
	case V3NoMemory, V3ProvenanceNoMemory:
		previous = nil
	}
	return v3(g == V3Provenance || g == V3ProvenanceNoMemory, previous)
}
