// Package replica sets up a network namespace that has what an observation says: links,
// addresses with their flags, lifetimes and order, and routes. A program that reads the
// kernel can be asked there about a node that is known from a file only.
//
// There is no passt in it, and nobody answers: the other end of each link is in a
// namespace that the program does not see. So a replica does not show which address
// works.
//
// The kernel sets some flags by itself alone, so it is made to. An address of infinite
// lifetimes that is not permanent gets them from a router advertisement. A tentative one
// is one whose duplicate address detection does not end, a duplicate one is on the other
// end of the link too. A temporary one (RFC 8981) has a random identifier: another address
// stands in for it, of the same prefix and with the same place in the order by number, and
// Original says which one is meant. What cannot be set up is in Differs: New observes the
// namespace at the end and compares.
//
// What the observation does not say is chosen as it is most often, and is in Assumed. Where
// the order of the addresses is not known, make a replica for each order.
//
// Not modelled: IPv4 routes besides those of the kernel and an assumed default route, other
// tables, rules, neighbours, bridges and their ports, the settings below /proc/sys/net, and
// the kinds of links: all but the loopback and those without a link layer are veth.
package replica
