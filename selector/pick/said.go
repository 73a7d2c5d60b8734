package pick

import (
	"context"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/selector/talos"
)

// said is what Talos itself says about the addresses of a role, and what the models of
// Talos predict for it.
type said struct {
	observe.Said
	// Predictions has one for the algorithm that the node uses, or where that is not
	// known one for each.
	Predictions []prediction `json:"predictions"`
}

type prediction struct {
	Selector string   `json:"selector"`
	Answers  []answer `json:"answers"`
	Error    string   `json:"error,omitempty"`
	// AsSaid reports whether an answer has the addresses that Talos says, in any order.
	AsSaid bool `json:"asSaid"`
}

// released are the algorithms that Talos has.
var released = []talos.Algorithm{talos.V1, talos.V2}

// compare asks the models of Talos for each role that Talos says something about.
func compare(ctx context.Context, s observe.Saved) []said {
	algorithms := released
	if a := talos.Algorithm(s.Algorithm); slices.Contains(released, a) {
		algorithms = []talos.Algorithm{a}
	}
	var all []said
	for _, x := range s.Said {
		s.Observation.Role = x.Role
		one := said{Said: x}
		for _, a := range algorithms {
			asked := askOne(ctx, s.Orders(), a)
			p := prediction{Selector: asked.Selector, Answers: asked.Answers, Error: asked.Error}
			p.AsSaid = slices.ContainsFunc(p.Answers, func(a answer) bool { return same(a.Addresses, x.Addresses) })
			one.Predictions = append(one.Predictions, p)
		}
		all = append(all, one)
	}
	return all
}

// same reports whether both have the same addresses.
func same(a, b []netip.Addr) bool {
	sorted := func(as []netip.Addr) []netip.Addr { return slices.SortedFunc(slices.Values(as), netip.Addr.Compare) }
	return slices.Equal(sorted(a), sorted(b))
}
