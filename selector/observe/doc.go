// Package observe makes observations: from the kernel (Read), or from a file with the
// output of ip address, passtlab or talosctl (Parse).
//
// Read reads links, addresses and the IPv6 routes of the main table by rtnetlink,
// without rights and in the kernel's order. One dump has the addresses of all links:
// all IPv4 addresses first, then all IPv6 ones, each by link. If the kernel marks a
// dump as interrupted (NLM_F_DUMP_INTR), Read makes all dumps again.
//
// Parse reads what people paste, in three steps. It removes what stands around the output
// of a program: colours, Markdown, HTML (cleaned). It splits the file into segments where
// a line looks like something else, or is a command line (segments, look). Each format
// has a reader of its own, a function of its segment. What they find is put together by
// node (together). An observation names the facts that its format does not have.
//
// Readers refuse what they cannot read in a line with an address, and ignore the rest of
// what surrounds a list. Formats that hold too little get an answer that says so (poor).
// Of talosctl get, Parse reads AddressStatuses, and what NodeAddresses, NodeIPs and
// EtcdSpecs say about the addresses that Talos has chosen; of kubectl, Nodes. It skips
// resources of other kinds and namespaces.
//
// Not read: routes of other tables, routes that lead nowhere (blackhole, unreachable,
// prohibit), and IPv4 routes. How an address came about is known to the kernel for
// some only (IFA_PROTO, Linux 5.18 and later).
package observe
