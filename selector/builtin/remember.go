package builtin

import (
	"context"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/talos"
)

// remembering makes a selector that remembers its last choice. next chooses.
func remembering(name string, next func(o selector.Observation, last netip.Addr) netip.Addr) selector.Selector {
	start := func() *selector.Instance {
		var last netip.Addr
		return &selector.Instance{Select: func(_ context.Context, o selector.Observation) (selector.Choice, error) {
			a := next(o, last)
			if !a.IsValid() {
				return selector.None(onPurpose), nil
			}
			last = a
			return selector.Pick(a, onPurpose), nil
		}}
	}
	return selector.WithTraits(
		selector.Func(name, func(ctx context.Context, o selector.Observation) (selector.Choice, error) {
			return start().Select(ctx, o)
		}),
		selector.Traits{Start: func(context.Context, selector.Observation) (*selector.Instance, error) { return start(), nil }})
}

// flap chooses the next higher candidate at every question, and after the highest the
// lowest.
func flap(o selector.Observation, last netip.Addr) netip.Addr {
	as := lowestFirst(o.Candidates())
	if len(as) == 0 {
		return netip.Addr{}
	}
	i := slices.IndexFunc(as, func(a selector.Address) bool { return last.Less(a.Prefix.Addr()) })
	return as[max(0, i)].Prefix.Addr()
}

// stick never leaves its first choice, which is a good one.
func stick(o selector.Observation, last netip.Addr) netip.Addr {
	if last.IsValid() {
		return last
	}
	return best(o)
}

// forget makes a good choice, and no other.
func forget(o selector.Observation, last netip.Addr) netip.Addr {
	if last.IsValid() {
		return netip.Addr{}
	}
	return best(o)
}

// best is the choice of Talos v3 among the candidates.
func best(o selector.Observation) netip.Addr {
	as := slices.DeleteFunc(o.Candidates(), talos.Unusable)
	if len(as) == 0 {
		return netip.Addr{}
	}
	return slices.MinFunc(as, talos.V3.Compare).Prefix.Addr()
}
