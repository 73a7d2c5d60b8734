package kernel

import (
	"context"

	"github.com/passtlab/passtlab/selector"
)

// First picks the first candidate in the kernel's order.
var First selector.Selector = selector.WithTraits(selector.Func("first", func(_ context.Context, o selector.Observation) (selector.Choice, error) {
	as := o.Candidates()
	if len(as) == 0 {
		return selector.None("no global unicast IPv6 address"), nil
	}
	return selector.Pick(as[0].Prefix.Addr(), "first in the kernel's order"), nil
}), selector.Traits{KernelOrder: true})
