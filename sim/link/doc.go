// Package link makes and configures network interfaces inside namespaces:
// veth pairs, tun, bridges, addresses, routes, rules, neighbours, proxies (RFC 4389)
// and sysctls. It uses rtnetlink(7) and /proc/sys.
//
// To wait, it subscribes to rtnetlink and checks a condition after each change that the
// kernel reports. It does not poll. It repeats a dump that a change has interrupted.
//
// Three traps of veth are handled here. A pair whose ends have the same index
// comes up about a second late: Pair gives them different ones. A frame sent
// right after the pair was set up may be lost, until the kernel has handled the
// pending carrier event: AwaitUp waits for that. And veth leaves checksums to
// hardware that is not there, so that a capture would show wrong ones: Pair
// turns transmit offloads off.
//
// Not modelled: IPv4, but for addresses and routes, and other kinds of links.
package link
