// Package talos chooses a node's addresses as Talos Linux does, by its two algorithms
// and by a third one that is proposed here. It is written from observed behaviour; none
// of Talos' code is in it.
//
//   - [V1] orders by address.
//   - [V2] prefers the address that lies in the other's prefix. It is no order:
//     three addresses can form a cycle, and then an address that is not chosen decides.
//   - [V3] goes by what the kernel knows about each address and by its prefix length
//     (v3Classes), then keeps the order that it had, then goes by address. It is a strict
//     weak order: each rule ranks an address without a look at others.
//
// docs/talos-proposal.md has the reasons of V3, what its parts are worth (Variants),
// the scenarios in which it is wrong, trade-offs and migration.
//
// # The pipelines
//
// V1 and V2 are as in Talos v1.9 to v1.14, whose controllers choose at each change of an
// address or link, so that the order of arrival counts (selector.Instance.See). They
// list addresses by the text "eth0/fd01:cafe::1/64", sort them link by link, and then as
// one list. The sort is that of package slices: from 13 addresses on, V2's choice among
// those of a cycle is that of the Go version.
//
// All roles leave out addresses of scope link or narrower, loopback, multicast and
// link-local ones, that of HostDNS (v1.14), and those in Config.Exclusions, which Talos
// does not have. V1 and V2 look at no flag.
//
//   - node: the default address. Talos uses it for /etc/hosts and the host name. The
//     address in the Node object is kubelet's. It is the first address of the first
//     link by name, at first also of a link that is down. It stays, whatever comes,
//     while it is there with its prefix length and its link is up.
//   - kubelet and etcd: addresses of links that are up ("current"), without those of
//     SideroLink (first byte fd, byte 7 equals 3; fd01:cafe:0:3::/64 counts as one
//     too; "routed"), and without those in pod and service subnets. A machine whose
//     address lies in its own cluster's pod subnet has none left. When none is left,
//     both keep the old addresses.
//   - kubelet: the subnet filters validSubnets, or else all addresses of the families
//     of the service subnets (both, if there are none; Defaults has Talos' own); without
//     pod subnets, service subnets and VIPs. The first address of each family.
//   - etcd: without the VIPs, the first address; with advertisedSubnets all of "current"
//     that they let through, SideroLink's too, unless they let nothing of "routed" through.
//
// From v1.13 on the pod subnets that Kubernetes gives to the Node are left out as those
// of the configuration are: they belong into Config.PodSubnets.
//
// V3 changes the order of the lists that Talos' NodeAddressController makes, and what is
// in one of them. The controller sorts the addresses of links that are up ("current"),
// and keeps within a class the order that they had before. "routed" is what is left
// without tentative, dadfailed and SideroLink addresses. The default address is always
// the first of "routed" outside pod and service subnets, or else of "current". kubelet
// and etcd are as above, and keep what they had when nothing is left. All roles see one
// controller; here the machine of each role works out the same lists.
//
// Not modelled: a change of the algorithm at run time, after which Talos chooses
// its default address anew; addresses that a platform reports and the machine does not
// have, which "current" contains in Talos; two changes so close together that Talos sees
// them as one; the moment in which Talos has written "current" and not yet "routed",
// where etcd with subnets to advertise may see one of each; and that the kernel says
// nothing of an address in duplicate address detection, so that Talos sees it at the
// next change.
package talos
