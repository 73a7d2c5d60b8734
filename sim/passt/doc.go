// Package passt simulates passt(1), the program between a pod and the guest of a
// KubeVirt virtual machine. It behaves as a named release does.
//
// The protocol engine (Engine) takes frames of the guest and returns frames for the
// guest. It has no socket, no goroutine and no clock of its own. Package plane translates
// addresses in a lab's namespaces; the engine tells it which addresses it has seen.
//
// The engine speaks
//   - RFC 4861 as a router and a neighbour: sections 4.2, 4.3, 4.4, 6.2 and
//     7.2, with the RFC 8106 resolver options (ndp.go);
//   - RFC 8415 as a server with one lease: section 18.3, with RFC 3646
//     resolver options and the RFC 4704 client name (dhcpv6.go);
//   - passt's own rule for the address to which inbound traffic goes, its addr_seen
//     and the part of it that a live migration carries over (seen.go).
//
// One table has the differences between releases (release.go). Where the engine departs
// from an RFC, a comment begins with "passt:" and names the releases. Answers equal the
// real program's byte for byte; package wire compares them with recordings.
//
// For labs an engine can do more than passt: lease another address while it runs
// (SetAddress), stop answering DHCPv6 (AnswerDHCPv6), clear the autonomous flag, and send
// an advertisement of the caller (Advertise).
//
// Not modelled: IPv4; that an echo reply of the guest ends passt 2023_03_09; pasta's own
// defaults (no resolver options, no boot solicitation); the flows that a live migration carries over; the choice between several addresses of
// the pod (Config has one); a search domain's trailing dot, which is dropped; a search
// list too long for its options, which New refuses. Package plane lists the differences
// of the data plane.
//
// Each rule for a message that is cut short, and for extension headers, is passt's as
// scripts/fuzzpasst found it. Two answers depend on memory behind the frame, which is zero
// here: to a neighbour solicitation without a whole target before 2024_08_14, and to an
// empty client name option at a message's end before 2025_09_11.
package passt
