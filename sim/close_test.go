package sim

import (
	"net"
	"net/netip"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
)

// A lab that is closed leaves the machine's table of neighbours at once, also where the
// kernel removes its namespaces later.
func TestCloseForgetsNeighbours(t *testing.T) {
	need.Namespaces(t)
	l, err := New(t.Context(), timeline(t, "[ra]"), Options{})
	ok(t, err)
	ok(t, l.Play(t.Context()))
	at, mac := netip.MustParseAddr("fe80::77"), net.HardwareAddr{2, 0, 0, 0, 0, 0x77}
	var open []*link.Net
	for _, ns := range []*netns.NS{l.Peer, l.Pod, l.Guest} {
		n, err := link.Open(ns) // keeps the namespace
		ok(t, err)
		defer n.Close()
		ok(t, n.SetNeighbour("eth0", at, mac))
		open = append(open, n)
	}
	ok(t, l.Close())
	for _, n := range open {
		if is, err := n.HasNeighbour("eth0", at); err != nil || is {
			t.Errorf("%s has a neighbour: %t, %v", n.NS.Name(), is, err)
		}
	}
}
