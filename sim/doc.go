// Package sim builds the lab of a scenario on the running kernel: three
// anonymous network namespaces, joined by veth pairs.
//
//	 peer ── eth0 ═══ eth0 ── pod ── tap ═══ eth0 ── guest
//	cluster network           passt              virtual machine
//
// The peer is another pod of the cluster network and also holds the gateway's
// address. The pod owns the pod address; passt runs in it. The guest is what
// the selector under test sees.
//
// With the real passt (Options.Backend) a fourth namespace, the segment, stands
// between pod and guest, with a bridge of the guest's link and pasta's: the
// guest is the same with both, and so is what else can be on its link.
//
// A lab is built (New), its events are played (Play, or Step one by one), its
// truth table is measured (Probe) as often as wanted, and it is taken down
// (Close). Everything that goes wrong here is an error of the lab: the package
// knows no selector.
//
// Events (scenarios.Event) are played on the lab (stage.go). They are about what is advertised, leased and
// set by hand, about the pod, about the guest's link, and about the guest itself.
// An event is over when the kernel has done all that it leads to: no rule of the
// kernel's is here a second time. Time passes by itself in one event alone, expire.
//
//   - Another pod of a migration is the same namespace with another address and
//     another passt: its MAC and link-local address stay, and flows under way
//     are not carried over.
//   - A guest that reboots gets another namespace (Lab.Guest), into which its
//     interfaces move, so that nothing of before is left, programs excepted
//     that others have started there.
//   - A pod that is given another address may keep the old one. passt then takes
//     what comes to either and sends by the kernel's choice (package plane).
//   - Another host on the guest's link (conflict) objects to addresses that are
//     formed, and does nothing else.
//
// A scenario's second guest has a lab of its own, joined to the first at the
// peer (Options.Beside). What works is then measured between the guests.
//
// Nothing outlives the process: namespaces are held by file descriptors alone,
// and whatever is in them goes with them, also after SIGKILL. Nothing is
// changed in the namespace the program was started in.
//
// The real passt is a child of this process and ends with it (internal/child).
// What it cannot be told is an UnsupportedError. Of what it forwards, the lab
// measures the ports of package probe alone, since pasta takes no "all" before
// 2026_05_07; and there is no way from the pod to the guest beside it, so the
// control of the second hop is from the peer's link-local address, by way of
// passt, to the guest's.
//
// A guest may be configured by a real client (scenarios.Client). One that takes
// router advertisements by itself owns both events, ra and dhcpv6: the first of
// them starts it and ends when it has done what both bring, in its own order;
// the second has happened then. dhclient owns dhcpv6 alone, so the order is the
// scenario's. Nothing is added to the guest before a client starts, since it
// may remove it. A client that is not installed, and what it cannot be told, is
// an UnsupportedError.
//
// Not modelled: IPv4, more than two guests (Options.Beside), links that lose frames.
package sim
