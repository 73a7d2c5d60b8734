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
// # When to choose anew
//
// Whenever an address or its flags change, all roles work out the order anew.
// Memory is the address of each family that came first the last time, and stays
// while there is none. What follows:
//
//   - A choice is left when it is gone, cannot be used, or is filtered out, and
//     when an address of a better class is there; never for one of its own
//     class. So a VIP that arrives beside a lease does not take over, nor does a
//     second static address; a lease that arrives after SLAAC does.
//   - The choice is never of a worse class than without memory.
//   - Nothing flaps: one change of the addresses or of their flags is at most
//     one change of the choice, and asking again is none.
//   - All roles have the same memory, and agree at all times where none of the
//     pipelines below drops an address that another one has. That is why the
//     default address of V3 is the first of all and not that of the first link
//     by name; V1 and V2 choose between two links differently in different
//     roles.
//   - An entry of a filter list still goes before memory: it is what somebody
//     asked for.
//
// Memory is lost at a reboot. Then rules 8 and 9 decide again among what is
// there at the first question, in whatever order it came. To have the same
// address in each case, keep the memory on disk: a stored choice needs no more
// than the rules above, since it only counts while the address is there.
//
// # What no rule on addresses can decide
//
// Each of these pairs has the same flags and prefix lengths, and the right
// answer is opposite. V3 says which error it makes, and what would end it.
//
//   - A lease or a VIP that the configuration does not name (kube-vip's, for
//     example): both permanent and /128. While the choice is in the same class,
//     the newcomer does not get it, which is right for the VIP, and wrong for a
//     new lease whose predecessor was left behind. Beside SLAAC alone the
//     newcomer does, which is right for the lease and wrong for the VIP; and a
//     VIP that is there before the lease stays. If both are there at the first
//     question the lower one wins, right half of the time. A VIP that its
//     owner installs deprecated (preferred lifetime 0) loses every time.
//     Needed: who installed the address. Talos knows: it is the DHCPv6 client,
//     and it sets static addresses and its own VIPs. Ranking what it has itself
//     assigned to the node first, SLAAC next and everything else last decides
//     all that is about VIPs here. IFA_PROTO (Linux 5.18) is the place to keep
//     that with the address, for others to see. Until then: name the VIP, or
//     exclude it by a filter.
//   - A static address with a shorter prefix and a /128 that comes later. If
//     that is a lease behind passt, the static address does not work; if it is
//     a VIP, the static one is right. V3 keeps the static address (rule 7
//     before 8), since static addresses and VIPs meet every day, and static
//     addresses behind passt hardly ever. If both are there at the first
//     question, the /128 wins. Needed: the same.
//   - NetworkManager's SLAAC address and a static /64 that it was given: both
//     permanent noprefixroute, and with a random identifier (RFC 7217) the
//     address itself shows nothing. A lease or a VIP goes before either
//     (rule 6). Needed: NetworkManager's own record, or IFA_PROTO. The same
//     two, with the lease installed as a /64, have nothing left to decide by.
//   - A new lease after a renumbering, where the client leaves the old one to
//     its lifetime, which with passt is infinite. V3 stays with the old one
//     until it is deprecated or gone. Needed: the lease's own record: the
//     address in the last reply (RFC 8415 18.2.10) goes first, and the client
//     has to remove, or deprecate, what that reply no longer has.
//   - Live migration to a pod with another address, of which the guest is told
//     nothing: the choice is dead, and all flags are as they were. Needed: a
//     renewal that passt refuses (NotOnLink), hence a client that asks again when
//     its link comes back (RFC 8415 18.2.12); or a probe of the address from another node.
//   - SLAAC alone: behind passt its address does not work, on most networks it
//     does. V3 takes it, deprecated or not, as there is no other. Needed: a
//     probe; or knowledge of the platform. The M flag (RFC 4861 4.2) says at
//     least that a lease is to be waited for before the first choice.
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
//   - node: the default address, which with V1 and V2 is the first one of the
//     first link by name, and with V3 the first one, whether that link is up or
//     not. V1 and V2 keep it until it is gone, whatever its flags become.
//   - kubelet and etcd: addresses of links that are up, without those of
//     SideroLink (first byte fd, byte 7 equals 3; fd01:cafe:0:3::/64 is taken
//     for one as well), without those in pod and service subnets. A machine
//     whose address lies in its own cluster's pod subnet is left with none.
//   - kubelet: the subnet filters validSubnets, or where there are none all
//     addresses of the families that the service subnets have (both, if no
//     service subnets are given), and then pod subnets, service subnets and
//     VIPs excluded. The first address of each family. When nothing is left
//     the old addresses are kept; with V3 not one that has become tentative or
//     dadfailed.
//   - etcd: without the VIPs, the first address; with advertisedSubnets all
//     that they let through. V1 and V2 have no memory here.
//
// Addresses that compare equal keep the kernel's order, and V2 is given its
// input in that order.
//
// Not modelled: a change of the algorithm at run time, upon which Talos chooses
// its default address anew; and a memory that outlasts a reboot.
package talos
