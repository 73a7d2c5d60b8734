// Package plane translates addresses between the pod's uplink and the guest as
// passt does. It uses policy routing, conntrack and nftables in the pod's namespace,
// and gets the guest's frames one by one. The guest may own any set of addresses:
//
//   - A flow of the guest leaves the uplink with the pod's address, or with the pod's
//     link-local address to a link-local host (forward.go).
//   - An inbound flow to a forwarded port of the pod goes to the address that the guest
//     used last, or from a link-local host to the guest's link-local address. The choice
//     is made once a flow, with conntrack, or for every packet, by release. The guest
//     may answer a datagram from any of its addresses.
//   - Packets of the guest to the pod's address reach the guest itself at a forwarded
//     port, from passt's link-local address, and the pod at other ports. Packets to the
//     gateway's address reach the pod's loopback, up to 2024_06_24 even the answers to
//     datagrams of a host that has this address.
//   - The guest learns of a refusal, and of a host that cannot be reached, as much as
//     passt tells it (refuse.go).
//   - The pod answers echo requests, and keeps all other packets to its address.
//
// Packets to the guest go to the MAC that passt has seen, or to everybody before the guest
// has sent. A guest takes datagrams in such frames, and no connections: it does not answer a
// passt that was restarted until it has sent something itself.
//
// The kernel drops frames of the guest where they arrive. A reader there gives each frame
// to the engine, the engine's addresses to Follow, and then the frame to Forward
// (guest.go), which puts it on the pod's loopback interface with a mark. So the address
// seen is right before anybody outside sees the packet that changed it. An nftables map
// that packets write themselves would not work: an element that a packet deletes stays
// until the garbage collection of the next second, and after some thirty changes in a
// second the map takes no more elements and stays empty.
//
// The kernel forwards no packet with a link-local address. So within the pod
// such an address has another prefix, from before conntrack to after routing
// (linklocal.go); on both links frames look as they should.
//
// The pod may get other addresses while passt runs (Change). passt listens on all of
// them, sends from the address that the kernel chooses, and leases the address that it
// read when it started. Up to 2024_06_24 the answer to a datagram leaves from that
// choice, too, and gets lost if the datagram was sent to another address of the pod. The
// answer of a TCP connection leaves from the address to which it was made. This was
// observed with 2023_03_09; since 2024_07_26 datagrams are assumed to be answered like
// connections.
//
// Flows of the guest leave by whichever interface of the pod the kernel chooses
// (Config.Further), with the pod's address there. Flows that others begin on such an
// interface are not modelled.
//
// A guest may own the pod's address itself, so packets for the guest must not
// find the pod's local table: they carry a mark, and a rule before the local
// table, which is moved from preference 0 for that, sends marked packets to
// the guest.
//
// Not modelled: passt ends TCP and UDP in its own sockets; here the kernel forwards.
//
//   - passt accepts a peer's connection at a forwarded port before it connects to
//     the guest. A peer's connect() therefore succeeds even if no server listens in
//     the guest; a reset follows, or nothing if the address seen is not the guest's.
//     Here the peer is refused at once, or its connect() hangs. Verdicts come from
//     answers, so they are the same. A check that only connects (nc -z, a TCP health
//     check) succeeds behind passt and fails here.
//   - The hop limit goes down by one, and TCP options are end to end.
//   - ICMPv6 errors of the guest reach the peer, and passt forwards none. A peer's
//     datagram to a closed port of the guest is refused here, and times out behind
//     passt.
//   - A guest whose connection fails is refused when it sends its SYN again, after one
//     second. passt refuses it when it gets the error itself: after some three seconds
//     if a neighbour of the pod does not answer.
//   - Multicast, in either direction, goes nowhere.
//   - Up to 2024_06_24 a TCP connection to one of the pod's further addresses
//     (Config.Others) stays with the address seen when it began.
//   - Up to 2024_06_24 a host whose address passt takes for the guest's, after a
//     renumbering, appears to the guest with that address and not with passt's.
//   - The pod's own packets to a forwarded port of the pod stay in the pod; passt
//     would forward them to the guest.
//   - Up to 2024_06_24 the TCP ports, too, that the guest has sent from are open to
//     everybody (RFC 4787 5), 1024 in all.
//   - The guest answers datagrams from any of its addresses in 1024 flows at once, and
//     until 30 s after the last datagram of the peer.
//   - The pod's own sockets do not reach link-local hosts on the uplink, and an
//     ICMPv6 error between link-local addresses does not reach its flow.
package plane
