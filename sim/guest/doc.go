// Package guest configures the virtual machine's namespace the way a guest
// system does: SLAAC by the kernel (RFC 4862), with duplicate address
// detection really done, and a lease from an in-process DHCPv6 client
// (RFC 8415), which installs it as a permanent /128, as Talos does. Or it has
// a real client do it (Client): ISC's dhclient, which leaves SLAAC to the
// kernel, or systemd-networkd, dhcpcd or NetworkManager, which take router
// advertisements by themselves and install what they form of them.
//
// A real client is a child of this process (internal/child) in the guest's
// network namespace, with /etc, /run and /var/lib of its own in memory, no
// D-Bus, no udev and no user to become, so that each of them runs in a user
// namespace too. An error of it has what it printed. With such a client the flags
// of an address do not tell its origin: the lease is known, and any other address
// in an advertised prefix was formed by SLAAC.
//
// Settings only shorten waits that teach nothing. RetransTimer is 10 ms
// instead of 1 s, the random delay before the first solicitation is off, and
// the number of solicitations is raised, so that resolution still holds out
// for three seconds. The order and the kind of all frames and all flags of the
// resulting addresses are the kernel's own.
//
// The kernel solicits routers only when a link comes up. So that a scenario
// can say when the advertisement arrives, the guest starts with accept_ra off
// and sends the solicitation itself, in the kernel's form (RFC 4861 4.1).
//
// The kernel alone decides what follows from a router advertisement. It sets
// addresses, lifetimes, routes and the MTU before it is ready for the next frame.
// Advertise waits for the rest, and sends the advertisement again if the kernel had
// no room for the router as a neighbour and dropped it. An address stays in
// duplicate address detection if the retransmission time is long when detection
// begins. The kernel removes it, or marks it, as a duplicate if another host on the
// link has it (Guest.Defended).
//
// A reboot is another Guest, in another namespace.
//
// The client in this process renews when it is told to (RFC 8415 18.2.4), not by
// T1: passt's lifetimes are infinite. It installs a lease with the prefix length
// and the lifetimes that it is told, whatever the server says.
//
// Not modelled here: REBIND, RELEASE and DECLINE, so that a leased address that
// is a duplicate stays. A real client gets no host name, resolver or time server
// set that anybody could see.
package guest
