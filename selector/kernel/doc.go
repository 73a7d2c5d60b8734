// Package kernel has the two selectors that leave the choice to the kernel. Both
// know IPv6 only, and neither reads the role or the configuration.
//
// Source, called "kernel", asks for the source address that the kernel selects
// for the target (RFC 6724 5): it connects a UDP socket, which sends nothing, and
// reads the local address. Ties end in the order of the kernel's list.
//
// First, called "first", takes the first global unicast address of that list,
// as most programs do. The order is no promise of the kernel's: mostly the newest
// address of a scope comes first, in 7.0.0 to 7.0.11 the oldest did.
package kernel
