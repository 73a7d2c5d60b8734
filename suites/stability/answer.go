package stability

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// Ask asks a selector, with these addresses in place of the observation's. An error is
// the selector's own, and an answer. If Ask cannot ask, it cancels ctx with the cause,
// which ends Check.
type Ask func(ctx context.Context, as []selector.Address) (selector.Choice, error)

// Reply is the answer to a question.
type Reply struct {
	selector.Choice
	Err error // the selector's own; the Choice is zero then
}

// void reports whether the selector could not judge.
func (a Reply) void() bool { return errors.Is(a.Err, selector.ErrUnsupported) }

// same reports whether a law treats two answers as the same. All errors are the same,
// since their text may quote the question; "none" differs from them. The addresses after
// the first may stand in the order of the list (etcd advertises them all).
func (l Law) same(a, b Reply) bool {
	switch {
	case a.void() || b.void():
		return true
	case a.Err != nil || b.Err != nil:
		return a.Err != nil && b.Err != nil
	case l == SameAnswer:
		return slices.Equal(a.Addresses, b.Addresses)
	}
	return a.Address() == b.Address() && slices.Equal(set(a.Addresses), set(b.Addresses))
}

func set(as []netip.Addr) []netip.Addr {
	return slices.Compact(slices.SortedFunc(slices.Values(as), netip.Addr.Compare))
}
