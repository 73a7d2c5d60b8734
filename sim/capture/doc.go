// Package capture records a link into a pcapng file that Wireshark, tshark and
// every other reader of the format (draft-ietf-opsawg-pcapng) opens.
//
// A link is a veth pair. A packet socket on one end with ETH_P_ALL gets the frames that
// arrive there and those that leave there. Each frame has the kernel's time in
// nanoseconds, and is marked as inbound or outbound from the point of view of that end.
//
// The file is flushed whenever the socket is empty. So it can be read while the lab is
// up, and a killed process leaves a readable file.
//
// Package link turns the offloads of its links off, so that segments and checksums are
// complete, as on a wire.
//
// Not modelled: capture filters (a lab's link has little traffic), VLAN tags, and frames
// that are lost inside a namespace before they reach its interface.
package capture
