// Package kernel has two selectors that leave the choice to the kernel. They know IPv6
// only, and read neither the role nor the configuration.
//
// Source, called "kernel", asks for the source address that the kernel selects
// for the target (RFC 6724 5): it connects a UDP socket, which sends nothing, and
// reads the local address. Ties end in the order of the kernel's list.
//
// First, called "first", takes the first global unicast address of that list,
// as most programs do. The kernel does not promise that order: it lists the newest
// address of a scope first, in 7.0.0 to 7.0.11 the oldest.
package kernel
