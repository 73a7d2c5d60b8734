package builtin

import (
	"context"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// Wrong returns the selectors that are wrong on purpose; scenarios/README.md says
// what each chooses. They read neither the role nor the configuration, and know IPv6
// only. test-unstable chooses by the order of the list and does not declare that. The
// last three are wrong over time.
func Wrong() []selector.Selector {
	return []selector.Selector{
		wrong("test-none", func(selector.Observation) []selector.Address { return nil }),
		wrong("test-highest", func(o selector.Observation) []selector.Address { return reversed(lowestFirst(o.Candidates())) }),
		wrong("test-slaac", func(o selector.Observation) []selector.Address {
			return slices.DeleteFunc(o.Candidates(), func(a selector.Address) bool { return !a.Flags.Has(selector.FlagMngTmpAddr) })
		}),
		wrong("test-linklocal", func(o selector.Observation) []selector.Address {
			return slices.DeleteFunc(slices.Clone(o.Addresses), func(a selector.Address) bool {
				return !a.Prefix.Addr().Is6() || !a.Prefix.Addr().IsLinkLocalUnicast()
			})
		}),
		wrong("test-permanent", func(o selector.Observation) []selector.Address {
			as := lowestFirst(o.Candidates())
			permanent := slices.DeleteFunc(slices.Clone(as), func(a selector.Address) bool { return !a.Flags.Has(selector.FlagPermanent) })
			return append(permanent, as...)
		}),
		wrong("test-unstable", func(o selector.Observation) []selector.Address { return reversed(o.Candidates()) }),
		remembering("test-flap", flap),
		remembering("test-sticky", stick),
		remembering("test-forgetful", forget),
	}
}

// lowestFirst sorts as by address.
func lowestFirst(as []selector.Address) []selector.Address {
	slices.SortStableFunc(as, func(a, b selector.Address) int { return a.Prefix.Addr().Compare(b.Prefix.Addr()) })
	return as
}

func reversed(as []selector.Address) []selector.Address {
	slices.Reverse(as)
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
