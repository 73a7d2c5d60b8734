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
// A lab is built (New), its events are played (Play), its truth table is
// measured (Probe), and it is taken down (Close). Everything that goes wrong
// here is an error of the lab: the package knows no selector.
//
// Nothing outlives the process: namespaces are held by file descriptors alone,
// and whatever is in them goes with them, also after SIGKILL. Nothing is
// changed in the namespace the program was started in.
//
// Not modelled: IPv4, more than one guest, links that lose frames.
package sim
