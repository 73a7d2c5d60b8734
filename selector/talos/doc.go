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
// docs/talos-proposal.md has the reasons of V3, what its parts are worth (Variants),
// the scenarios in which it is wrong, trade-offs and migration.
//
// # The pipelines
//
// All roles leave out addresses of scope link or narrower, loopback, multicast and
// link-local ones, and those in Config.Exclusions. V1 and V2 look at no flag.
//
//   - node: the default address, whether its link is up or not. It is
//     the first one of the first link by name. They keep it until it is gone,
//     whatever its flags and the configuration become.
//   - kubelet and etcd: addresses of links that are up, without those of
//     SideroLink (first byte fd, byte 7 equals 3; fd01:cafe:0:3::/64 counts as one
//     too), and without those in pod and service subnets. A machine whose address
//     lies in its own cluster's pod subnet has none left.
//   - kubelet: the subnet filters validSubnets, or else all addresses of the families
//     of the service subnets (both, if there are none); without pod subnets, service
//     subnets and VIPs. The first address of each family. When none is left, kubelet
//     keeps the old addresses.
//   - etcd: without the VIPs, the first address; with advertisedSubnets all
//     that they let through. V1 and V2 have no memory here.
//
// V3 changes the order of the lists that Talos' NodeAddressController makes, and what is
// in one of them. The controller sorts the addresses of links that are up ("current"),
// and keeps within a class the order that they had before. "routed" is what is left
// without tentative, dadfailed and SideroLink addresses. The default address is always
// the first of "routed" outside pod and service subnets, or else of "current". kubelet
// and etcd are as above, and keep what they had when nothing is left. All roles see one
// controller; here the machine of each role works out the same lists.
//
// Addresses that compare equal keep the kernel's order, and V2 gets its input in that
// order.
//
// Not modelled: a change of the algorithm at run time, after which Talos chooses
// its default address anew; and a memory that outlasts a reboot.
package talos
