package stability

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// Ask puts the question to a selector, with these addresses in place of the
// observation's. An error is the selector's own, and an answer. Where the question
// cannot be put, Ask cancels ctx with the cause, which ends Check.
type Ask func(ctx context.Context, as []selector.Address) (selector.Choice, error)

// Reply is what came of a question.
type Reply struct {
	selector.Choice
	Err error // the selector's own; the Choice is zero then
}

// void reports whether the selector declined to judge, which is compared with
// nothing.
func (a Reply) void() bool { return errors.Is(a.Err, selector.ErrUnsupported) }

// same reports whether two answers are the same to a law. All errors are one
// answer, since their text may quote the question; "none" is another. The addresses
// after the first may follow the order of the list (etcd advertises them all).
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
