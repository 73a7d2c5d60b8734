package builtin

import (
	"context"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/talos"
)

// Wrong returns the selectors that are wrong on purpose; scenarios/README.md says
// what each chooses. They read neither the role nor the configuration, and know IPv6
// only. test-unstable chooses by the order of the list and does not declare that. The
// last four are wrong over time.
func Wrong() []selector.Selector {
	return []selector.Selector{
		wrong("test-none", func(selector.Observation) []selector.Address { return nil }),
		wrong("test-highest", func(o selector.Observation) []selector.Address { return reversed(lowestFirst(o.Candidates())) }),
		needing(wrong("test-slaac", func(o selector.Observation) []selector.Address {
			return slices.DeleteFunc(o.Candidates(), func(a selector.Address) bool { return !a.Flags.Has(selector.FlagMngTmpAddr) })
		}), selector.FactFlags, selector.FactHighFlags),
		wrong("test-linklocal", func(o selector.Observation) []selector.Address {
			return slices.DeleteFunc(slices.Clone(o.Addresses), func(a selector.Address) bool {
				return !a.Prefix.Addr().Is6() || !a.Prefix.Addr().IsLinkLocalUnicast()
			})
		}),
		needing(wrong("test-permanent", func(o selector.Observation) []selector.Address {
			as := lowestFirst(o.Candidates())
			permanent := slices.DeleteFunc(slices.Clone(as), func(a selector.Address) bool { return !a.Flags.Has(selector.FlagPermanent) })
			return append(permanent, as...)
		}), selector.FactFlags),
		needing(wrong("test-hostname", named), selector.FactFlags, selector.FactHighFlags),
		wrong("test-unstable", func(o selector.Observation) []selector.Address { return reversed(o.Candidates()) }),
		remembering("test-flap", flap),
		needing(remembering("test-sticky", stick), selector.FactFlags, selector.FactHighFlags),
		needing(remembering("test-forgetful", forget), selector.FactFlags, selector.FactHighFlags),
		needing(kept("test-kept"), selector.FactFlags, selector.FactHighFlags),
	}
}

func lowestFirst(as []selector.Address) []selector.Address {
	slices.SortStableFunc(as, func(a, b selector.Address) int { return a.Prefix.Addr().Compare(b.Prefix.Addr()) })
	return as
}

func reversed(as []selector.Address) []selector.Address {
	slices.Reverse(as)
	return as
}

// named prefers the addresses of the host name that are the guest's, in their order, as
// kubelet does. Without one it makes a good choice.
func named(o selector.Observation) (as []selector.Address) {
	all := o.Candidates()
	for _, h := range o.Hosts {
		if !slices.Contains(h.Names, o.Hostname) {
			continue
		}
		as = append(as, slices.DeleteFunc(slices.Clone(all), func(a selector.Address) bool { return a.Prefix.Addr() != h.Address })...)
	}
	if good := best(o); len(as) == 0 && good.IsValid() {
		as = slices.DeleteFunc(all, func(a selector.Address) bool { return a.Prefix.Addr() != good })
	}
	return as
}

const onPurpose = "wrong on purpose"

// wrong makes a selector of a function that returns the preferred address first.
func wrong(name string, prefer func(selector.Observation) []selector.Address) selector.Selector {
	return selector.Func(name, func(_ context.Context, o selector.Observation) (selector.Choice, error) {
		if as := prefer(o); len(as) > 0 {
			return selector.Pick(as[0].Prefix.Addr(), onPurpose), nil
		}
		return selector.None(onPurpose), nil
	})
}

// needing says which facts the selector needs.
func needing(s selector.Selector, facts ...selector.Fact) selector.Selector {
	t := s.Traits()
	t.Needs = facts
	return selector.WithTraits(s, t)
}

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
