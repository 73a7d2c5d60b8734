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
//   - [V3] asks the kernel what it knows about each address, then stays with
//     what it has, and falls back to the shape of the address only when neither
//     decides.
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
//  6. Not an IPv6 /64 with noprefixroute. Programs that read router
//     advertisements in place of the kernel install their SLAAC addresses so,
//     since they set the on-link route apart (RFC 5942). Those of
//     systemd-networkd and dhcpcd are mngtmpaddr as well; NetworkManager's bear
//     no other mark.
//  7. The address that is chosen already: the memory.
//  8. The longer prefix. A lease is a /128.
//  9. The lower address. Arbitrary, but the same at each boot.
//
// Rules 1 to 6 ask the kernel, and sort addresses into classes. Rules 8 and 9
// only have to decide something: they are for the first choice within a class.
//
// Each rule maps an address to a rank, without looking at any other address,
// and the ranks are compared one after the other. So the order is a strict
// weak one by construction, whoever wins does so whatever the order of the
// input, and an address that loses can come and go without effect. The tests
// check this over generated addresses, and check with the same properties that
// V2 fails them.
//
// # Memory
//
// What is stored is one address of each family: the one that stood first when
// the order was last worked out, after the pipeline below, whether the role took
// it or not. An address is known again by itself alone, not by its prefix length,
// flags or link. It is replaced whenever another one of its family comes first,
// stays while there is none of its family, and ends with the boot: it is not on
// disk. In Talos its place is beside the default address.
//
// Whenever an address, its flags or the configuration change, all roles work out
// the order anew. What follows:
//
//   - A choice is left when it is gone, cannot be used, or is taken out, and when
//     an address of a better class is there; never for one of its own class. So
//     a VIP that arrives beside a lease does not take over, nor does a second
//     static address; a lease that arrives after SLAAC does. kubelet alone keeps
//     what is gone or taken out while nothing else is left.
//   - The choice is never of a worse class than without memory.
//   - Nothing flaps: one change of the addresses or of their flags is at most
//     one change of the choice, and asking again is none.
//   - All roles have the same memory, and agree at all times where none of the
//     pipelines drops an address that another one has. That is why the default
//     address of V3 is the first of all and not that of the first link by name,
//     and why it leaves out what the configuration gives to others. In Talos it
//     is chosen before the cluster's configuration is known; V3 chooses it again
//     when it is.
//   - An entry of a filter list still goes before memory: it is what somebody
//     asked for.
//
// After a reboot rules 8 and 9 decide again among what is there at the first
// question, in whatever order it came. To have the same address in each case,
// keep the memory on disk: a stored choice needs no more than the rules above,
// since it only counts while the address is there.
//
// Memory yields to nothing that an address shows, as there is nothing it could
// yield to. A VIP, then SLAAC and the lease (vip-at-boot), and a lease, then SLAAC
// and a VIP (vip-moves, where DHCPv6 is the faster one) are one history with the
// names exchanged: the same flags and lengths at every step. What treats
// addresses alike is wrong in one of the two, and what goes by their value is
// right by chance in both: without memory kubelet and etcd are right in
// vip-at-boot-above-unknown, and leave an address that works in
// vip-moves-lower-unknown. V3 errs where the node has only begun, not where it
// runs.
//
// # What no rule on addresses can decide
//
// In each of these cases the same addresses, flags and prefix lengths have
// opposite right answers. Below each are the scenarios of the corpus in which V3
// is wrong, and their counterparts in which it is right.
//
// A lease and a VIP that the configuration does not name (kube-vip's, for
// example; Talos names those that it holds itself), both permanent and /128. The
// one that is the choice stays; at the first question it is the lower one.
// Needed: who installed the address. Talos knows: it is the DHCPv6 client, and it
// sets static addresses and its own VIPs. To rank what it has itself assigned to
// the node first, SLAAC next and everything else last decides all that is about
// VIPs here. IFA_PROTO (Linux 5.18) is the place to keep that with the address,
// for others to see. Until then: have the VIP's owner install it deprecated
// (kube-vip), or exclude it from validSubnets and advertisedSubnets, after an
// entry that takes something in. Both work at once; the default address, which
// no filter reaches, is right after a reboot with the VIP elsewhere.
//
//	wrong  vip-lower-unknown vip-at-boot-*-unknown third-address-permanent-lowest-before-the-lease
//	right  vip-higher-unknown vip-moves-*-unknown later-address-virtual later-address-slash-128 reboot-with-vip-* kube-vip
//
// A static address with a shorter prefix and a /128. Behind passt the lease is
// right and the static address does not work; a VIP beside it is wrong. What is
// the choice stays (rule 7 before 8), since static addresses and VIPs meet every
// day, and static addresses behind passt hardly ever; at the first question it is
// the /128. Needed: the same.
//
//	wrong  static-then-lease-asked static-then-vip-unasked
//	right  static-then-vip-asked static-then-lease-unasked
//
// NetworkManager's SLAAC address and a static /64 that it was given: both
// permanent noprefixroute, and with a random identifier (RFC 7217) the address
// itself shows nothing. The same two, with the lease installed as a /64, have
// nothing left to decide by. Needed: NetworkManager's own record, or IFA_PROTO.
// A /128 goes before either (rule 6). The lab does not have NetworkManager set
// static addresses, so no scenario shows the first.
//
//	right  client-networkmanager
//
// A new lease after a renumbering, where the client leaves the old one to its
// lifetime, which with passt is infinite. V3 stays with the old one until it is
// deprecated or gone, as it has to beside a VIP. Needed: the lease's own record.
// The address in the last reply (RFC 8415 18.2.10) goes first, and the client has
// to remove, or deprecate, what that reply no longer has.
//
//	wrong  grace-period-left-behind
//	right  grace-period-lower grace-period-higher passt-restarted-of-the-pod migrate-new-address-asks-anew-* vip-moves-*-unknown
//
// The pod's address has changed, or never was the one leased, and the guest is
// told nothing: the choice is dead, and all flags are as they were. Needed: a
// client that asks again when its link comes back (RFC 8415 18.2.12), and takes
// NotOnLink or silence for an answer; or a probe from another node.
//
//	wrong  migrate-new-address-untold-* migrate-and-renew pod-renumbered-old-gone passt-restarted-of-nobody given-address-of-nobody
//	right  migrate-same-address-* pod-renumbered-old-kept given-address
//
// SLAAC alone, or with a lease that cannot be used: behind passt the SLAAC address
// does not work unless it is the pod's, on most networks it does. V3 takes it, as
// there is no other. Needed: a probe, or knowledge of the platform. The M flag
// (RFC 4861 4.2) says at least that a lease is to be waited for before the first
// choice.
//
//	wrong  slaac-only lease-expires-for-good lease-unusable-*
//	right  slaac-is-the-pods
//
// A deprecated lease that still works, beside a SLAAC address that never did.
// Rule 3 leaves it, as the RFCs want and as is right where the other one works.
// Needed: a client that renews before T2 (RFC 8415 18.2.4); or a probe.
//
//	wrong  lease-deprecated
//	right  grace-period-lower grace-period-higher kube-vip third-address-deprecated-*
//
// No route, or nothing forwarded. V3 takes the lease, which is right as soon as
// the rest is; no other choice would work. Needed: the routing table, to say so.
//
//	wrong  no-advertisement search-list-of-64-octets accept-ra-off-before router-gone-off-link ports-of-tcp-alone
//	right  dhcpv6-only
//
// And where the pipeline drops the right address, or has etcd advertise another
// one beside it, no order is asked. Write filter lists that begin with what they
// take in and then exclude, by prefixes that outlast a renumbering; and give the
// cluster pod subnets that are not those of the cluster around it.
//
//	wrong  filter-exclusion-alone filter-exclusion-first filter-whole-prefix filter-renumbered-* pod-subnet-holds-pod-address siderolink-lookalike
//	right  filter-all-but-slaac filter-kubelet-alone filter-etcd-alone own-networks-*
//
// # Trade-offs
//
//   - Permanence is not asked for, although it is what people look at first.
//     The kernel sets that flag for an infinite valid lifetime and for nothing
//     else. A lease with an end is not permanent, and yet is the address to
//     choose; systemd-networkd, dhcpcd and NetworkManager install SLAAC
//     addresses that are permanent. Rules 5 and 6 are right about all of these.
//   - Family goes before memory. Where IPv4 arrives later, the default address
//     and etcd's change once. Otherwise the family of each etcd member would
//     depend on which protocol was faster at its boot.
//   - Two SLAAC addresses, a unique local and a global one, are of one class.
//     The first choice is the lower one, the global. When the provider changes
//     its prefix, the old one is deprecated and the choice changes once. Whoever
//     wants the unique local one (RFC 4193) says so by the filter fc00::/7: a
//     rule for it would be wrong for clusters that span sites.
//   - With memory two nodes with the same addresses may differ, if these came
//     in different order. That is the price of not changing a running node.
//
// # Migration
//
// A node's address is in its certificates, in etcd's member list and in the
// Node object. An upgrade that changes it by itself breaks clusters. So the
// algorithm is part of the machine configuration
// (machine.features.nodeAddressSortAlgorithm). One that names none means V1, for
// ever: a configuration does not say for which release it was generated. New
// clusters get V3 by what the generator of configurations writes for the release
// that it generates for: nothing up to v1.13, "v3" from v1.14 on, pre-releases
// included. V2 stays available, and is nobody's default.
//
// To move a cluster, set the algorithm one node at a time and reboot the node.
// Where V1 and V3 agree on a node, which passtlab pick says beforehand, it changes
// nothing.
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
