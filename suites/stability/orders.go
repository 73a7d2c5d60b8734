package stability

import (
	"context"
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// Orders asks a selector whose rule is the kernel's order what it chooses with
// as, the newest IPv6 address of a scope first, as most kernels list them, and
// what it chooses with the oldest one first, as Linux 7.0.0 to 7.0.11 did. Scopes,
// links and IPv4 addresses stay where they are.
//
// The error is the cause of the end of ctx.
func Orders(ctx context.Context, ask Ask, as []selector.Address) (newest, insertion Answer, err error) {
	c := &check{ctx: ctx, ask: ask, left: 2}
	for _, x := range []struct {
		answer *Answer
		list   []selector.Address
	}{{&newest, as}, {&insertion, oldestFirst(as)}} {
		c.as = x.list
		if *x.answer, err = c.put(everything(x.list)); err != nil {
			return Answer{}, Answer{}, fmt.Errorf("ask in both orders of the kernel: %w", err)
		}
	}
	return newest, insertion, nil
}

// oldestFirst reverses the IPv6 addresses of each link and scope in their own
// places.
func oldestFirst(as []selector.Address) []selector.Address {
	type group struct{ link, scope string }
	places := map[group][]int{}
	for i, a := range as {
		if a.Prefix.Addr().Is6() {
			g := group{a.Link, a.Scope}
			places[g] = append(places[g], i)
		}
	}
	out := slices.Clone(as)
	for _, is := range places {
		for n, i := range is {
			out[i] = as[is[len(is)-1-n]]
		}
	}
	return out
}
