// Package sim builds the lab of a scenario on the running kernel: three
// anonymous network namespaces, joined by veth pairs.
//
//	 peer ── eth0 ═══ eth0 ── pod ── tap ═══ eth0 ── guest
//	cluster network           passt              virtual machine
//
// The peer is another pod of the cluster network and also holds the gateway's
// address. The pod owns the pod address; passt runs in it. The selector under
// test sees the guest.
//
// With the real passt (Options.Backend) a fourth namespace, the segment, stands
// between pod and guest. It bridges the guest's link and pasta's.
//
// New builds a lab. Play, or Step one by one, plays its events. Probe measures its
// truth table as often as wanted. Close takes it down. Every error is one of the
// lab: the package knows no selector.
//
// Events (scenarios.Event) are played on the lab (stage.go). An event is over when
// the kernel has done all that follows from it: no rule of the kernel's is here a
// second time. The lab waits for time to pass in the event expire alone.
//
//   - Another pod of a migration is the same namespace with another address and
//     another passt. Its MAC and link-local address stay, and flows under way
//     are not carried over.
//   - A guest that reboots gets another namespace (Topology.Guest), into which its
//     interfaces move. Nothing of before is left but programs that others have
//     started there.
//   - A pod that is given another address may keep the old one. passt then takes
//     what comes to either and sends by the kernel's choice (package plane).
//   - Another host on the guest's link (conflict) objects to addresses that are
//     formed, and does nothing else.
//
// A scenario's second guest has a lab of its own, joined to the first at the
// peer (Options.Beside). Exchanges are then measured between the guests.
//
// Nothing outlives the process, SIGKILL included: file descriptors alone hold the
// namespaces. Nothing is changed in the namespace the program was started in.
//
// The real passt is a child of this process and ends with it (internal/child).
// What it cannot be told is an UnsupportedError. Only the ports of package probe
// are forwarded to it, since pasta takes no "all" before 2026_05_07. The pod has no
// way to the guest beside it, so the control of the second hop goes from the peer's
// link-local address, by way of passt, to the guest's.
//
// A real client (scenarios.Client) that takes router advertisements by itself
// plays both events, ra and dhcpv6, in its own order: the first of them starts it
// and ends when it has done what both bring. dhclient plays dhcpv6 alone. Nothing
// is added to the guest before a client starts, since it may remove it.
//
// Not modelled: IPv4, more than two guests, links that lose frames.
package sim
