// Package observe makes observations: from the kernel (Read), or from a file that
// passtlab or talosctl has written (Parse).
//
// Read reads links, addresses and the IPv6 routes of the main table by rtnetlink,
// without rights and in the kernel's order. One dump has the addresses of all links:
// all IPv4 addresses first, then all IPv6 ones, each by link. If the kernel marks a
// dump as interrupted (NLM_F_DUMP_INTR), Read makes all dumps again.
//
// Parse reads the JSON of an observation, and what talosctl get prints for one or several
// nodes: AddressStatuses, and what NodeAddresses, NodeIPs and EtcdSpecs say about the
// addresses that Talos has chosen. It skips resources of other kinds and namespaces.
// There is a reader for each format of talosctl.
//
// Not read: routes of other tables, routes that lead nowhere (blackhole, unreachable,
// prohibit), and IPv4 routes. How an address came about is known to the kernel for
// some only (IFA_PROTO, Linux 5.18 and later).
package observe
