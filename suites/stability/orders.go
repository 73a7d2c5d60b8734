package stability

import (
	"context"
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// Orders asks a selector whose rule is the kernel's order twice: with as, and with the
// IPv6 addresses of each scope the other way round. as has the newest address first; on
// Linux 7.0.0 to 7.0.11 it has the oldest first, and the two replies change places.
//
// listed is false for a selector that chooses nothing, and for one that chooses the same
// address from a list without it: it reads the kernel instead of the list.
//
// The error is the cause of the end of ctx.
func Orders(ctx context.Context, ask Ask, as []selector.Address) (newest, insertion Reply, listed bool, err error) {
	put := func(list []selector.Address) Reply {
		c := &check{ctx: ctx, ask: ask, as: list, left: 1}
		return c.put(everything(list))
	}
	newest, insertion = put(as), put(oldestFirst(as))
	without := put(slices.DeleteFunc(slices.Clone(as), func(a selector.Address) bool { return a.Prefix.Addr() == newest.Address() }))
	if ctx.Err() != nil { // an answer after the end of ctx may come from that end
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
