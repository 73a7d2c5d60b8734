// Package stability holds laws that every selector's choice has to obey, and
// finds out whether one does, by asking it again with other lists of the same
// addresses. It needs neither a lab nor a truth table: a choice that breaks a
// law is wrong for one of the two lists, whichever address works.
//
//	ask := func(ctx context.Context, as []selector.Address) (selector.Choice, error) {
//		o.Addresses = as
//		return s.Select(ctx, o)
//	}
//	violations, err := stability.Check(ctx, ask, o.Addresses, stability.Options{})
//
// # What a law means for an operator
//
//   - [SameAnswer]: two components that ask at the same time agree. If it is
//     broken, kubelet and etcd may advertise different addresses.
//   - [Order]: the node has the same address after a reboot, when the router
//     advertisement comes after the lease for once, and after an upgrade of the
//     kernel. Linux lists the newest IPv6 address of a scope first, and Linux
//     7.0.0 to 7.0.11 listed the oldest first.
//   - [Loser]: an address that nobody chose, a privacy address or a VIP that
//     comes and goes, does not change the node's address.
//
// Order does not bind a selector whose documented rule is the kernel's order
// (selector.Traits.KernelOrder); Loser does. [Orders] tells what the change of the
// kernel's order means for it.
//
// # Why a sort is not enough
//
// Selectors mostly sort by a comparison and take the first. That obeys the laws
// only if the comparison is a strict weak order: if a goes before b, and b
// before c, then a goes before c. Without that three addresses can form a
// cycle, which has no first one. What a sort then leaves in front depends on the
// order of its input; and when one of the three leaves, one of the others does go
// before the other, so that a loser decides as well. Talos'
// nodeAddressSortAlgorithm v2 is such a comparison. A violation whose addresses
// form a cycle says so.
//
// RFC 6724 is no help. It compares source addresses for one destination at a time,
// section 5 leaves the choice to the implementation where no rule decides, and
// Linux takes the order of its list there.
//
// # The search
//
// Questions are about the global unicast addresses (RFC 4291 2.5.4, and those of
// IPv4) of the guest. All other addresses stay in place. An answer of
// selector.ErrUnsupported is compared with nothing.
//
// Up to five addresses are tried in all orders, and so are all of their parts.
// Of longer lists, and where questions are limited, a fixed selection of orders
// is tried; nothing differs from run to run. What is found is shrunk to the
// fewest addresses that show it, and asked again before it is believed.
//
// Not looked at: time, and what a selector remembers from one question to the
// next; links, routes and configuration, which stay as they are; and what a
// program reads by itself instead of from its input. That no violation was found
// is a proof for the sets of up to five addresses that were asked about without a
// limit, and otherwise none.
package stability
