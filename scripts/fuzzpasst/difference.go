package main

import (
	"bytes"
	"slices"

	"golang.org/x/net/ipv6"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/sim/passt/wire"
)

// reasons are why a difference may stay. It is best that there are none.
var reasons = []struct {
	why string
	is  func(release string, d wire.Difference) bool
}{
	{"before 2024_08_14 passt answers a neighbour solicitation without a whole target, and takes the rest from memory behind the frame", func(release string, d wire.Difference) bool {
		return release < "2024_08_14" && d.Seen != nil && *d.Seen == d.SimulatedSeen && slices.ContainsFunc(d.Sent, shortSolicitation)
	}},
	{"from 2025_02_17 to 2025_09_10 passt reads the flags of an empty client name option at the end of a message from memory behind it", func(release string, d wire.Difference) bool {
		return "2025_02_17" <= release && release < "2025_09_11" && d.Seen != nil && *d.Seen == d.SimulatedSeen &&
			slices.ContainsFunc(d.Sent, func(f []byte) bool { return bytes.HasSuffix(f, []byte{0, 39, 0, 0}) })
	}},
}

func shortSolicitation(f []byte) bool {
	p, ok := frame.ParseHeader(f)
	_, whole := p.Target()
	return ok && !whole && p.Is(ipv6.ICMPTypeNeighborSolicitation)
}

// reason returns why a difference may stay, or "".
func reason(release string, d wire.Difference) string {
	for _, r := range reasons {
		if r.is(release, d) {
			return r.why
		}
	}
	return ""
}
