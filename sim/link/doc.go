// Package link makes and configures network interfaces inside namespaces:
// veth pairs, bridges, addresses, routes, rules, neighbours, proxies (RFC 4389)
// and sysctls, by rtnetlink and by /proc/sys, and waits for what the kernel does
// with them.
//
// Waiting is by subscription to rtnetlink (rtnetlink(7)): a condition is
// checked, and checked again whenever the kernel reports a change. No clock is
// polled. A dump that a change has interrupted is made again. Resolved neighbours are reported one by one (Neighbours).
//
// Three traps of veth are handled here. A pair whose ends have the same index
// comes up about a second late: Pair gives them different ones. A frame sent
// right after the pair was set up may be lost, until the kernel has handled the
// pending carrier event: AwaitUp waits for that. And veth leaves checksums to
// hardware that is not there, so that a capture would show wrong ones: Pair
// turns transmit offloads off.
//
// Not modelled: anything that is not Ethernet, and IPv4.
package link
