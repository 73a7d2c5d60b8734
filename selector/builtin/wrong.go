package builtin

import (
	"context"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// Wrong returns the selectors that are wrong on purpose. All of them look at
// IPv6 addresses only, whatever the role and the configuration.
func Wrong() []selector.Selector {
	return []selector.Selector{
		wrong("test-none", func(selector.Observation) []selector.Address { return nil }),
		wrong("test-highest", func(o selector.Observation) []selector.Address {
			as := o.Candidates()
			slices.SortStableFunc(as, func(a, b selector.Address) int { return b.Prefix.Addr().Compare(a.Prefix.Addr()) })
			return as
		}),
		wrong("test-slaac", func(o selector.Observation) []selector.Address {
			return slices.DeleteFunc(o.Candidates(), func(a selector.Address) bool { return !a.Flags.Has(selector.FlagMngTmpAddr) })
		}),
		wrong("test-linklocal", func(o selector.Observation) []selector.Address {
			return slices.DeleteFunc(slices.Clone(o.Addresses), func(a selector.Address) bool {
				return !a.Prefix.Addr().Is6() || !a.Prefix.Addr().IsLinkLocalUnicast()
			})
		}),
	}
}

// wrong makes a selector of a function that returns addresses in the order of
// preference.
func wrong(name string, prefer func(selector.Observation) []selector.Address) selector.Selector {
	return selector.Func(name, func(_ context.Context, o selector.Observation) (selector.Choice, error) {
		if as := prefer(o); len(as) > 0 {
			return selector.Pick(as[0].Prefix.Addr(), "wrong on purpose"), nil
		}
		return selector.None("wrong on purpose"), nil
	})
}
