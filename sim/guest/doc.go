// Package guest configures the virtual machine's namespace as a guest system does. The
// kernel does SLAAC with real duplicate address detection (RFC 4862). A DHCPv6 client in
// this process (RFC 8415) gets a lease and installs it as a permanent /128, as Talos
// does. A real client can do this instead (Client): ISC's dhclient, which leaves SLAAC to
// the kernel, or systemd-networkd, dhcpcd or NetworkManager, which take router
// advertisements themselves.
//
// A real client is a child of this process (internal/child) in the guest's network
// namespace. It has its own /etc, /run and /var/lib in memory, and no D-Bus, no udev and
// no other user, so that it runs in a user namespace, too. Its output is part of its
// errors. The flags of an address do not show its origin then: the lease is known, and
// any other address in an advertised prefix comes from SLAAC.
//
// Settings only shorten waits. RetransTimer is 10 ms instead of 1 s and the random delay
// before the first solicitation is off. The number of solicitations is higher, so that
// resolution still takes three seconds to fail. The frames, their order and the flags of
// addresses are the kernel's own.
//
// The kernel solicits routers only when a link comes up. The scenario decides when the
// advertisement arrives: the guest starts with accept_ra off and sends the solicitation
// itself, in the kernel's form (RFC 4861 4.1).
//
// The kernel processes a router advertisement and sets addresses, lifetimes, routes and
// the MTU before it takes the next frame. Advertise waits for the rest. It sends the
// advertisement again if the kernel had no room for the router as a neighbour and dropped
// it. An address stays in duplicate address detection if the retransmission time is long
// at its start. If another host on the link has the address (Guest.Defended), the kernel
// removes the address or marks it as a duplicate.
//
// SLAAC makes interface identifiers as the kernel does by its settings addr_gen_mode,
// stable_secret and ip-token(8), and a real client by its own (programs.go).
//
// A reboot is another Guest, in another namespace, with the Disk of the first: a client
// finds its leases, its DUID and its secrets again. dhclient asks whether its lease still
// holds (CONFIRM, RFC 8415 18.2.3) and keeps it whatever passt says (Client.Stale).
//
// The client in this process renews when the scenario says so (RFC 8415 18.2.4), not at
// T1: passt's lifetimes are infinite. It installs a lease with the prefix length and the
// lifetimes of the scenario, not with the server's.
//
// Not modelled: REBIND, RELEASE and DECLINE, so a leased address that is a duplicate
// stays; host name, resolvers and time servers of a real client.
package guest
