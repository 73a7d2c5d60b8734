// Package capture records a link into a pcapng file that Wireshark, tshark and
// every other reader of the format (draft-ietf-opsawg-pcapng) opens.
//
// A link is a veth pair, and one end of it sees everything: a packet socket
// bound to the end with ETH_P_ALL gets the frames that arrive there and those
// that leave there, each with the kernel's time in nanoseconds and marked as
// inbound or outbound from the point of view of the captured end.
//
// The file is complete up to the last burst at any time: it is flushed whenever
// the socket has nothing more to give. So it can be read while the lab is up,
// and a killed process leaves a readable file.
//
// What is seen is what the kernel hands from one end to the other, before any
// hardware would have touched it, because on a veth there is none:
//
//   - TCP segments and UDP datagrams of one socket may appear as one frame
//     far above the MTU (GSO), which no wire would carry;
//   - transport checksums may be partial (CHECKSUM_PARTIAL): they cover the
//     pseudo-header alone. Wireshark calls them wrong when it is told to
//     validate them, which by default it is not. ICMPv6 checksums are whole.
//
// Not modelled: capture filters (a lab's link carries little, and what seems to
// be noise may be what is looked for), VLAN tags, and frames that were sent and
// lost inside a namespace before they reached its interface.
package capture
