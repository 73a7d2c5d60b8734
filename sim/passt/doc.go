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
// What differs between releases stands in one table (release.go), from the
// first known release, 2022_11_10, to the last, 2026_07_16. A departure from
// an RFC is deliberate where a comment begins with "passt:" and names the
// release it was seen in. Answers equal the real program's byte for byte;
// package wire compares them with recordings.
//
// For the sake of labs an engine can do what no passt does: lease another
// address while it runs (SetAddress), stop answering DHCPv6 (Answer), clear the
// autonomous flag, and send an advertisement of the caller's (Advertise).
//
// Not modelled: IPv4; pasta's own defaults (no resolver options, no boot
// solicitation); the flows that a live migration carries over; which of several
// pod addresses passt takes (Config states the one); a search domain's trailing
// dot, which is dropped; a search list too long for its options, which New
// refuses.
//
// The data plane is the kernel's, and so a connection is end to end, where the
// real program accepts it before it asks the guest: behind passt connect()
// proves nothing about a server in the guest, here it does. Verdicts do not
// depend on it, because they are taken from answers; a check that only connects
// does. Package plane lists all such differences.
//
// Taken for granted, as nobody has seen it on the wire: in front of an
// IPv4-only pod nothing is solicited on connect; the IAID repeated in a reply
// to a message without an IA_NA is that of the last lease, not that of a
// message which was refused or left unanswered; an option that the message's
// end cuts short counts as missing, but for the IA_NA since 2025_09_11.
package passt
