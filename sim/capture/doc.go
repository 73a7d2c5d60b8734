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
// A veth has no hardware. Package link turns the offloads of its links off; on another
// veth the capture has the frames before hardware would complete them:
//
//   - TCP segments and UDP datagrams of one socket may be one frame far above the MTU
//     (GSO);
//   - transport checksums may be partial (CHECKSUM_PARTIAL): they cover only the
//     pseudo-header. Wireshark reports them as wrong if it is told to validate them.
//     ICMPv6 checksums are complete.
//
// Not modelled: capture filters (a lab's link has little traffic), VLAN tags, and frames
// that are lost inside a namespace before they reach its interface.
package capture
