package stability

import (
	"context"
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// Orders asks a selector whose rule is the kernel's order what it chooses from as,
// with the newest IPv6 address of a scope first, and with the oldest one first, as
// Linux 7.0.0 to 7.0.11 list them; on such a kernel it is the other way round.
//
// A selector that chooses the same address from a list without it reads the kernel
// by itself: listed is false, as it is where it chooses nothing.
//
// The error is the cause of the end of ctx.
func Orders(ctx context.Context, ask Ask, as []selector.Address) (newest, insertion Reply, listed bool, err error) {
	put := func(list []selector.Address) Reply {
		c := &check{ctx: ctx, ask: ask, as: list, left: 1}
		return c.put(everything(list))
	}
	newest, insertion = put(as), put(oldestFirst(as))
	without := put(slices.DeleteFunc(slices.Clone(as), func(a selector.Address) bool { return a.Prefix.Addr() == newest.Address() }))
	if ctx.Err() != nil { // whatever was said then may be said because of it
		return Reply{}, Reply{}, false, fmt.Errorf("ask in both orders of the kernel: %w", context.Cause(ctx))
	}
	listed = newest.Address().IsValid() && newest.Address() != without.Address()
	return newest, insertion, listed, nil
}

// oldestFirst reverses the IPv6 addresses of each link and scope.
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
