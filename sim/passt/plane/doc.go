// Package plane translates addresses between the pod's uplink and the guest as
// passt does, inside the kernel: conntrack, nftables and policy routing in the
// pod's namespace.
//
// What it does for a guest that owns any set of addresses:
//
//   - every flow of the guest leaves the uplink with the pod address;
//   - a flow that comes in for the pod address goes to the last source address
//     that the guest used and that is not link-local (passt calls it
//     addr_seen), initially the pod address itself;
//   - echo requests for the pod address are answered by the pod;
//   - all else that is addressed to the pod stays in the pod.
//
// The last source is learned by the packets themselves, so the state is right
// before the packet that changed it has left: there is no watcher to wait for.
// The map is keyed by the protocol family, which makes it a variable. Adding to
// an nftables map never overwrites, and deleting and adding for every packet
// would wear it out, so a packet whose source is already current returns
// early: the current value and the packet's source, concatenated, are looked
// up in a set that only ever holds identical pairs.
//
// A guest may own the pod address itself, so packets for the guest must not
// find the pod's local table: they carry a mark, and a rule before the local
// table, which is moved from preference 0 for that, sends marked packets from
// the uplink to the guest.
//
// Not modelled: passt ends TCP and UDP in sockets of its own, the kernel
// forwards. So a peer's connect() here succeeds only when the guest accepts,
// where passt accepts first and resets later; the hop limit goes down by one;
// and ICMPv6 errors of the guest reach the peer.
package plane
