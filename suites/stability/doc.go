// Package stability has laws that every selector's choice has to obey. It checks
// whether a selector obeys them by asking it again with other lists of the same
// addresses. It needs neither a lab nor a truth table: of two different choices one is
// wrong, whichever address works.
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
//   - [Order]: the node has the same address after a reboot in which the router
//     advertisement comes after the lease, and after an upgrade of the kernel. Linux
//     lists the newest IPv6 address of a scope first, and Linux 7.0.0 to 7.0.11
//     listed the oldest first.
//   - [Loser]: an address that nobody chose, a privacy address or a VIP that
//     comes and goes, does not change the node's address.
//
// Order does not bind a selector whose documented rule is the kernel's order
// (selector.Traits.KernelOrder); Loser does. [Orders] asks it in both orders.
//
// # Why a sort is not enough
//
// Most selectors sort by a comparison and take the first address. That obeys the laws
// only if the comparison is a strict weak order: if a goes before b, and b before c,
// then a goes before c. Otherwise three addresses can form a cycle, which has no first
// one: the order of its input decides what a sort puts in front. When one of the three
// leaves, one of the other two does go before the other, so a loser decides as well.
// Talos' nodeAddressSortAlgorithm v2 is such a comparison. Talos sorts its input by text
// before, so that the order of the list decides nothing, but a loser does. A violation
// names the cycle.
//
// RFC 6724 is no help. It compares source addresses for one destination at a time,
// section 5 leaves the choice to the implementation where no rule decides, and
// Linux takes the order of its list there.
//
// # The search
//
// Questions are about the global unicast addresses (RFC 4291 2.5.4, and those of
// IPv4) of the guest. All other addresses stay in place. An answer of
// selector.ErrUnsupported is not compared.
//
// Check tries up to five addresses in all orders, and so all subsets of them. For
// longer lists, and where questions are limited, it tries fixed orders, the same in
// every run. It shrinks a violation to the fewest addresses that show it, and asks
// again to confirm it.
//
// Not checked: time; what a selector remembers from one question to the next; links,
// routes and configuration, which stay as they are; and what a program reads from
// elsewhere than its input. No violation is a proof only for sets of up to five
// addresses, without a limit of questions.
package stability
