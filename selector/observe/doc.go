// Package observe reads what a selector is shown: from the kernel (Read), or
// from a file that passtlab or talosctl has written (Parse).
//
// From the kernel it reads, by rtnetlink, links, addresses and the IPv6 routes
// of the main table, each in the order in which the kernel dumps them.
//
// The addresses of all links and families come from one dump, so that their
// order is the kernel's and not one made here: all IPv4 addresses first, then
// all IPv6 ones, each by link. A dump that the kernel marks as interrupted
// (NLM_F_DUMP_INTR), because something changed meanwhile, is made again with
// the others, so that links, addresses and routes belong together.
//
// No rights are needed to read the current namespace.
//
// Not read: routes of other tables, routes that lead nowhere (blackhole,
// unreachable, prohibit), IPv4 routes. How an address came about is not in the
// kernel either; IFA_PROTO (Linux 5.18 and later) says it for some.
package observe
