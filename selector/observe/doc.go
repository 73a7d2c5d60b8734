// Package observe reads what a selector is shown: from the kernel (Read), or
// from a file that passtlab or talosctl has written (Parse).
//
// From the kernel it reads, by rtnetlink and without rights, links, addresses and
// the IPv6 routes of the main table, each in the order in which the kernel dumps
// them. One dump gives the addresses of all links and families: all IPv4 addresses
// first, then all IPv6 ones, each by link. If the kernel marks a dump as interrupted
// (NLM_F_DUMP_INTR), all are made again, so that they belong together.
//
// Not read: routes of other tables, routes that lead nowhere (blackhole,
// unreachable, prohibit), IPv4 routes. The kernel does not know how an address came
// about, either; IFA_PROTO (Linux 5.18 and later) says it for some.
package observe
