// Package talos chooses a node's addresses as Talos Linux does, by its two algorithms
// and by a third one that is proposed here. It is written from observed behaviour; none
// of Talos' code is in it.
//
//   - [V1] orders by address.
//   - [V2] prefers the address that lies in the other's prefix. It is no order:
//     three addresses can form a cycle, and then the order of the list decides.
//   - [V3] goes by what the kernel knows about each address (v3Classes), then keeps
//     what it has, then goes by prefix length and address. It is a strict weak order:
//     each rule ranks an address without a look at others.
//
// docs/talos-v3.md has the reasons of V3, its memory, the scenarios in which it
// is wrong and what it would need there, trade-offs and migration.
//
// # The pipelines
//
// All roles leave out addresses of scope link or narrower, loopback, multicast and
// link-local ones, and those in Config.Exclusions. V1 and V2 look at no flag.
//
//   - node: the default address, whether its link is up or not. With V1 and V2
//     it is the first one of the first link by name. They keep it until it is gone,
//     whatever its flags and the configuration become. With V3 it is the first one
//     that is no VIP and lies in no pod or service subnet.
//   - kubelet and etcd: addresses of links that are up, without those of
//     SideroLink (first byte fd, byte 7 equals 3; fd01:cafe:0:3::/64 counts as one
//     too), and without those in pod and service subnets. A machine whose address
//     lies in its own cluster's pod subnet has none left, and with V3 no default
//     address either.
//   - kubelet: the subnet filters validSubnets, or else all addresses of the families
//     of the service subnets (both, if there are none); without pod subnets, service
//     subnets and VIPs. The first address of each family. When none is left, kubelet
//     keeps the old addresses; with V3 not if one of them has become tentative or
//     dadfailed.
//   - etcd: without the VIPs, the first address; with advertisedSubnets all
//     that they let through. V1 and V2 have no memory here.
//
// Addresses that compare equal keep the kernel's order, and V2 gets its input in that
// order.
//
// Not modelled: a change of the algorithm at run time, after which Talos chooses
// its default address anew; and a memory that outlasts a reboot.
package talos
