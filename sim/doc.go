// Package sim builds the lab of a scenario on the running kernel: three
// anonymous network namespaces, joined by veth pairs.
//
//	 peer ── eth0 ═══ eth0 ── pod ── tap ═══ eth0 ── guest
//	cluster network           passt              virtual machine
//
// The peer is another pod of the cluster network, and has the gateway's address, too. The
// pod has the pod address, and passt runs in it. The selector under test sees the guest.
//
// With the real passt (Options.Backend) a fourth namespace, the segment, is between pod
// and guest. It bridges the guest's link and pasta's.
//
// New builds a lab. Play plays all events, Step one event. Probe measures the truth table,
// as often as the caller wants. Close takes the lab down. Every error is an error of the
// lab: the package knows no selector.
//
// An event (scenarios.Event) acts on the lab (stage.go). It ends when the kernel has done
// all that follows from it; the package does not model the kernel. Only the event expire
// waits for time to pass.
//
// The second guest of a scenario has a lab of its own, which shares the peer with the first
// (Options.Beside). Exchanges are then measured between the guests.
//
// Nothing outlives the process, even after SIGKILL: only file descriptors keep the
// namespaces. Nothing changes in the namespace that the program was started in.
//
// The real passt is a child of this process and ends with it (internal/child). It gets only
// the ports of package probe: pasta has no "all" before 2026_05_07. The pod reaches the
// guest only through passt, so the control of the second hop goes from the peer's
// link-local address to the guest's.
//
// A real client (scenarios.Client) that takes router advertisements itself plays the events
// ra and dhcpv6 in its own order. The first of them starts the client, and ends when the
// results of both are there. dhclient plays only dhcpv6. Nothing is added to the guest
// before its client starts, because the client may remove it.
//
// Not modelled: IPv4, more than two guests, links that lose frames.
package sim
