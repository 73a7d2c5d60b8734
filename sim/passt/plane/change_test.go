package plane_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/passtlab/passtlab/sim/passt/plane"
)

// The pod gets another address while passt runs: flows leave with it, and come
// in by all that the pod has.
func TestChange(t *testing.T) {
	next := ip("fd09::77")
	for _, release := range all {
		t.Run(release, func(t *testing.T) {
			b := newBed(t, release)
			b.out(t, udp(addrS, 1000, other, 1001, "before"))
			b.peer.expect(t, udp(addrD, 1000, other, 1001, "before"))
			ok(t, b.pod.AddAddress("eth0", netip.PrefixFrom(next, 64)))
			b.awaitLocal(t, next)
			ok(t, b.plane.Change(func(c *plane.Config) { c.Address, c.Others = next, []netip.Addr{addrD} }))
			b.seen(t, addrS, b.engine.SeenLinkLocal())
			b.out(t, udp(addrS, 1002, other, 1003, "after"))
			b.peer.expect(t, udp(next, 1002, other, 1003, "after"))
			b.in(t, udp(other, 1004, next, 8, "new"), udp(other, 1005, addrD, 8, "old"))
			b.guest.expect(t, udp(other, 1004, addrS, 8, "new"))
			b.guest.expect(t, udp(other, 1005, addrS, 8, "old"))

			// A connection is answered from where it was made to. Early releases
			// answer datagrams from the kernel's choice.
			answers := addrD
			if slices.Contains(perPacket, release) {
				answers = next
			}
			for i, a := range []netip.Addr{addrD, addrS} {
				from := 1010 + 10*uint16(i)
				b.out(t, udp(a, from, other, 1003, "again"))
				b.peer.expect(t, udp(next, from, other, 1003, "again"))
				for j, to := range []netip.Addr{addrD, next} {
					from := from + uint16(j)
					b.in(t, tcp(other, from, to, 9, "S"))
					b.guest.expect(t, tcp(other, from, a, 9, "S"))
					b.out(t, tcp(a, 9, other, from, "SA"))
					b.peer.expect(t, tcp(to, 9, other, from, "SA"))
					b.in(t, tcp(other, from, to, 9, "A"))
					b.guest.expect(t, tcp(other, from, a, 9, "A"))
				}
				b.in(t, udp(other, from, addrD, 8, "old"))
				b.guest.expect(t, udp(other, from, a, 8, "old"))
				b.out(t, udp(a, 8, other, from, "answer"))
				b.peer.expect(t, udp(answers, 8, other, from, "answer"))
			}

			// Without the old address what comes for it is not the guest's.
			ok(t, b.plane.Change(func(c *plane.Config) { c.Others = nil }))
			b.in(t, udp(other, 1006, addrD, 8, "old"), udp(other, 1007, next, 8, "new"))
			b.guest.expect(t, udp(other, 1007, addrS, 8, "new"))
		})
	}
}

// After its link was down, the guest is led to again.
func TestRoute(t *testing.T) {
	b := newBed(t, "2025_05_03")
	ok(t, b.pod.Down("tap"), b.pod.Up("tap"), b.guest.net.AwaitUp(t.Context(), "end"), b.pod.AwaitUp(t.Context(), "tap"), b.plane.Route())
	b.in(t, udp(other, 1004, addrD, 8, "in"))
	b.guest.expect(t, udp(other, 1004, addrD, 8, "in"))
}

// For the guest, who has its address elsewhere is passt itself.
func TestOwnSource(t *testing.T) {
	for _, release := range perFlow {
		t.Run(release, func(t *testing.T) {
			next := ip("fd09::77")
			b := newBed(t, release)
			b.out(t, udp(addrL, 1000, peerLL, 1001, "known"))
			b.peer.expect(t, udp(podLL, 1000, peerLL, 1001, "known"))
			b.out(t, udp(addrS, 1000, other, 1001, "seen"))
			b.peer.expect(t, udp(addrD, 1000, other, 1001, "seen"))
			ok(t, b.pod.AddAddress("eth0", netip.PrefixFrom(next, 64)), b.pod.RemoveAddress("eth0", netip.PrefixFrom(addrD, 64)))
			for _, a := range []netip.Addr{addrD, addrS} {
				ok(t, b.pod.SetNeighbour("eth0", a, peerMAC))
			}
			b.awaitLocal(t, next)
			ok(t, b.plane.Change(func(c *plane.Config) { c.Address = next }))
			for i, a := range []netip.Addr{addrD, addrS} {
				from := 1002 + uint16(i)
				b.in(t, udp(a, from, next, 8, "in"))
				b.guest.expect(t, udp(podLL, from, addrL, 8, "in"))
				b.out(t, udp(addrL, 8, podLL, from, "answer"))
				b.peer.expect(t, udp(next, 8, a, from, "answer"))
			}
		})
	}
}
