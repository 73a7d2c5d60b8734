// Package talos chooses a node's addresses as Talos Linux does, by the two
// algorithms that it has, and by a third one that is proposed here. It is
// written from observed behaviour; none of Talos' code is in it.
//
// # The problem
//
// Behind KubeVirt's passt a machine has two addresses on one interface, often
// in the same /64. The kernel forms one by SLAAC (RFC 4862), which nobody else
// can reach. DHCPv6 leases the other, the pod's own, as a /128 (RFC 8415 21.6:
// a lease has no prefix length). No subnet filter
// tells two addresses in the same /64 apart without naming one of them, so the
// order has to (siderolabs/talos#9725, #9847).
//
//   - [V1] orders by address. Which of the two is lower is a matter of chance:
//     one is made from the MAC, the other comes from the cluster's IPAM.
//   - [V2] prefers the address that lies in the other's prefix. It is right
//     about this pair, and only while the lease lies in the SLAAC prefix.
//     And it is no order: when each prefix contains the other's address it
//     falls back to the lower address, when only one does it does not, and so
//     three addresses can form a cycle: fd01:cafe::10/64 before
//     fd01:cafe::20/80, that one before fd01:cafe::f14c:9fa1:8496:557f/128,
//     that one before the first. A sort has no right answer then. What
//     it gives depends on the order of its input, and an address that comes
//     and goes without ever being chosen changes the choice.
//   - [V3] asks the kernel what it knows about each address, and falls back to
//     the shape of the address only when that does not decide.
//
// # The rule of V3
//
// The first of these on which two addresses differ decides between them:
//
//  1. Never tentative or dadfailed. Such an address may belong to another host
//     (RFC 4862 5.4), and binding to it is EADDRNOTAVAIL. The selector drops
//     it; the sort puts it last.
//  2. IPv4 before IPv6, as in V1 and V2, so that the first of each family and
//     the first of all stay what their users know.
//  3. Not deprecated: new connections should not use it (RFC 4862 5.5.4), and
//     it is going to vanish. An optimistic address counts as deprecated
//     (RFC 4429): usable, but only where there is no other.
//  4. Not temporary: it is made to be replaced within a day (RFC 8981). The
//     same bit means "secondary" for IPv4, which is no less fitting.
//  5. Not mngtmpaddr, which is how the kernel marks an address formed from a
//     router advertisement. A permanent address thus goes before a SLAAC one:
//     somebody assigned it to this node, by DHCPv6 or by hand.
//  6. The longer prefix. A lease is a /128.
//  7. The lower address. Arbitrary, but the same at each boot.
//
// Each rule maps an address to a rank, without looking at any other address,
// and the ranks are compared one after the other. So the order is a strict
// weak one by construction, whoever wins does so whatever the order of the
// input, and an address that loses can come and go without effect. The tests
// check this over generated addresses, and check with the same properties that
// V2 fails them.
//
// # Trade-offs
//
//   - Permanence is not asked for, although it is what people look at first.
//     The kernel sets that flag for an infinite valid lifetime and for nothing
//     else. A lease with an end is not permanent, and yet is the address to
//     choose; systemd-networkd and dhcpcd install SLAAC addresses that are
//     permanent (and mngtmpaddr). Rule 5 is right about all of these.
//   - NetworkManager's SLAAC addresses are permanent and have no mngtmpaddr;
//     no flag tells them from its lease. Rule 6 does, as long as the SLAAC
//     address is a /64 and the lease a /128. If a client installs the lease as
//     a /64 there is nothing left to decide by.
//   - A virtual IP that the configuration does not name (kube-vip's, for
//     example) is an address like a lease, permanent and /128, or /32. Rule 7
//     decides between the two, which is right half of the time. Against an
//     address with a shorter prefix, an IPv4 one from DHCP for example, it
//     wins by rule 6, as it does with V2. Nothing on the address itself tells
//     more; IFA_PROTO could, if those who install such addresses set it. Until
//     then: name it, or exclude it by a filter.
//   - A node with nothing but SLAAC gets its SLAAC address, deprecated or not.
//     Nothing on the address says that it cannot be reached, and on most
//     networks it can.
//   - The SLAAC address mostly exists before the lease does. For those two
//     seconds it is the right answer. Talos keeps its default address until it
//     is gone, and so would keep that one; the routed addresses, which kubelet
//     and etcd read, are not kept. With V3 the default address should be
//     replaced as soon as one goes before it by rule 1 to 5.
//   - A static address with a shorter prefix goes after a lease (rule 6). Behind
//     passt that is right; elsewhere both work.
//
// # Migration
//
// A node's address is in its certificates, in etcd's member list and in the
// Node object. An upgrade that changes it by itself breaks clusters. So the
// algorithm is part of the machine configuration, and one that names none gets
// the default of the release that it was generated for, which an upgrade does
// not change: [DefaultAlgorithm]. That is V1 for every release up to a named
// one, and V3 after it; [LastV1Release] is the one line to change.
// V2 stays available, and is nobody's default.
//
// To move a cluster, set the algorithm one node at a time and restart the
// node. Where V1 and V3 agree on a node, and that can be asked beforehand, it
// changes nothing.
//
// # The pipelines
//
// Everywhere: addresses of scope link or narrower, loopback, multicast and
// link-local ones are left out, and those in Config.Exclusions. With V1 and V2
// no flag is looked at, tentative ones included.
//
//   - node: the default address, which is the first one of the first link by
//     name, whether that link is up or not.
//   - kubelet and etcd: addresses of links that are up, without those of
//     SideroLink (first byte fd, byte 7 equals 3; fd01:cafe:0:3::/64 is taken
//     for one as well), without those in pod and service subnets. A machine
//     whose address lies in its own cluster's pod subnet is left with none.
//   - kubelet: the subnet filters validSubnets, or where there are none all
//     addresses of the families that the service subnets have (both, if no
//     service subnets are given), and then pod subnets, service subnets and
//     VIPs excluded. The first address of each family.
//   - etcd: without the VIPs, the first address; with advertisedSubnets all
//     that they let through.
//
// Addresses that compare equal keep the kernel's order, and V2 is given its
// input in that order.
//
// Not modelled: what Talos remembers. Its default address stays while it
// exists, and kubelet keeps its old addresses when the filters leave none; a
// Choice here depends on the Observation and on nothing else.
package talos
