// Package passt is a simulated passt(1): what stands between a pod and the
// guest of a KubeVirt virtual machine, behaving as a named release does.
//
// It has two halves. The protocol engine (Engine) is pure: a frame of the
// guest in, frames for the guest out, the clock injected, no socket and no
// goroutine. The data plane (package plane) translates addresses in a lab's
// namespaces by what the engine has seen.
//
// The engine speaks
//   - RFC 4861 as a router and a neighbour: sections 4.2, 4.3, 4.4, 6.2 and
//     7.2, with the RFC 8106 resolver options (ndp.go);
//   - RFC 8415 as a server with one lease: section 18.3, with RFC 3646
//     resolver options and the RFC 4704 client name (dhcpv6.go);
//   - passt's own rule about the address to which inbound traffic goes, its
//     addr_seen (seen.go), and what of it a live migration carries over
//     (migrate.go).
//
// What differs between releases stands in one table (release.go). Where the
// engine departs from an RFC, a comment begins with "passt:" and names the release
// that does so. Answers equal the real program's byte for byte; package wire
// compares them with recordings.
//
// For labs an engine can do what no passt does: lease another address while it
// runs (SetAddress), stop answering DHCPv6 (Answer), clear the autonomous flag,
// and send an advertisement of the caller's (Advertise).
//
// Not modelled: IPv4; pasta's own defaults (no resolver options, no boot
// solicitation); the flows that a live migration carries over; which of several
// pod addresses passt takes (Config states the one); a search domain's trailing
// dot, which is dropped; a search list too long for its options, which New
// refuses. Package plane lists what differs in the data plane.
//
// Taken for granted, as nobody has seen it on the wire: in front of an
// IPv4-only pod nothing is solicited on connect; the IAID repeated in a reply
// to a message without an IA_NA is that of the last lease; an option that the
// message's end cuts short counts as missing, but for the IA_NA since 2025_09_11.
package passt
