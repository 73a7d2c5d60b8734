package fidelity

import (
	"slices"

	"github.com/passtlab/passtlab/sim/probe"
)

// Transport is that of one exchange.
type Transport string

// The transports.
const (
	TCP Transport = "tcp"
	UDP Transport = "udp"
)

// Difference is one in which the backends are known to differ.
type Difference struct {
	Name   string
	Reason string
	// An exchange over Transport from a peer to the guest ends as Simulated in
	// the simulation and as Real with the real program.
	Transport       Transport
	Simulated, Real probe.Outcome
	// The first and the last release of the program with it; empty: no bound.
	Since, Until string
}

// In reports whether the program of a release has the difference.
func (d Difference) In(release string) bool {
	return d.Since <= release && (d.Until == "" || release <= d.Until)
}

func differencesIn(release string) []Difference {
	return slices.DeleteFunc(slices.Clone(Differences), func(d Difference) bool { return !d.In(release) })
}

// Differences are all that are known.
var Differences = []Difference{
	{
		Name:      "accept-then-reset",
		Reason:    "passt accepts a connection before it asks the guest, and resets it when the guest refuses; the kernel asks the guest first",
		Transport: TCP, Simulated: "ECONNREFUSED", Real: "ECONNRESET",
	},
	{
		Name:      "refusal-untold",
		Reason:    "passt does not forward the guest's ICMPv6 errors, so that a closed UDP port is silent; the kernel forwards them",
		Transport: UDP, Simulated: "ECONNREFUSED", Real: probe.Silent,
	},
	{
		Name:      "refused-late",
		Reason:    "a guest whose connection finds no host is refused; here only when it sends its SYN again, and by then the exchange has ended as silent",
		Transport: TCP, Simulated: probe.Silent, Real: "ECONNREFUSED", Since: "2025_01_21",
	},
	{
		Name:      "reset-heeded",
		Reason:    "a second guest's passt up to 2024_12_11 sends a reset without ACK, which a guest that connects ignores, and one that is connected heeds: passt has accepted before it asks the first guest; the kernel asks the guest first",
		Transport: TCP, Simulated: probe.Silent, Real: "ECONNRESET", Until: "2024_12_11",
	},
}
