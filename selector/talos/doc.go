// Package talos chooses a node's addresses as Talos Linux does, by the two
// algorithms that it has, and by a third one that is proposed here. It is
// written from observed behaviour; none of Talos' code is in it.
//
//   - [V1] orders by address.
//   - [V2] prefers the address that lies in the other's prefix. It is no order:
//     three addresses can form a cycle, and what it gives depends on the order of
//     its input.
//   - [V3] asks the kernel what it knows about each address (the rules from
//     "not tentative" to "noprefixroute on a /64" in compare.go), then stays with
//     what it has, and falls back to prefix length and address. It is a strict
//     weak order: each rule maps an address to a rank, without a look at others.
//
// docs/talos-v3.md has the reasons of V3, its memory, the scenarios in which it
// is wrong and what it would need there, trade-offs and migration.
//
// # The pipelines
//
// Everywhere: addresses of scope link or narrower, loopback, multicast and
// link-local ones are left out, and those in Config.Exclusions. With V1 and V2
// no flag is looked at, tentative ones included.
//
//   - node: the default address, whether its link is up or not. With V1 and V2
//     it is the first one of the first link by name, kept until it is gone,
//     whatever its flags become and the configuration says; with V3 the first
//     one without VIPs and those in pod and service subnets.
//   - kubelet and etcd: addresses of links that are up, without those of
//     SideroLink (first byte fd, byte 7 equals 3; fd01:cafe:0:3::/64 is taken
//     for one as well), without those in pod and service subnets. A machine
//     whose address lies in its own cluster's pod subnet is left with none, and
//     with V3 has no default address either.
//   - kubelet: the subnet filters validSubnets, or where there are none all
//     addresses of the families that the service subnets have (both, if no
//     service subnets are given), and then pod subnets, service subnets and
//     VIPs excluded. The first address of each family. When nothing is left
//     the old addresses are kept; with V3 not if one of them has become
//     tentative or dadfailed.
//   - etcd: without the VIPs, the first address; with advertisedSubnets all
//     that they let through. V1 and V2 have no memory here.
//
// Addresses that compare equal keep the kernel's order, and V2 is given its
// input in that order.
//
// Not modelled: a change of the algorithm at run time, upon which Talos chooses
// its default address anew; and a memory that outlasts a reboot.
package talos
