// Package kernel has the two selectors that leave the choice to the kernel.
//
// Source, called "kernel", asks for the source address that the kernel selects
// for the target (RFC 6724 5): a UDP socket is connected, which sends nothing,
// and its local address read. Ties end in the order of the kernel's list.
//
// First, called "first", takes the first global unicast address of that list,
// as most programs do: no flag, link or prefix length is looked at. The order
// is no promise of the kernel's: mostly the newest address of a scope comes
// first, in 7.0.0 to 7.0.11 the oldest did. Both selectors declare that they
// depend on it (selector.Traits.KernelOrder).
//
// Both know IPv6 only, and neither reads the role or the configuration.
package kernel
