package plane_test

import (
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/passtlab/passtlab/sim/passt"
)

// Whatever the guest sends, in whatever release: what is new goes where the
// engine says.
func TestFollow(t *testing.T) {
	sources := []netip.Addr{addrD, addrS, addrL, nobody, nested, ip("fe80::5"), netip.IPv6Loopback()}
	for _, release := range eras {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, release)
			b.seen(t, b.engine.Seen(), b.engine.SeenLinkLocal())
			rapid.Check(t, func(r *rapid.T) {
				for range rapid.IntRange(1, 5).Draw(r, "packets") {
					b.out(t, udp(rapid.SampledFrom(sources).Draw(r, "source"), 50100, other, 9, ""))
				}
				b.seen(t, b.engine.Seen(), b.engine.SeenLinkLocal())
				b.delivered(t)
			})
		})
	}
}

// delivered asserts that a datagram from the peer goes to the address seen,
// and one from a link-local address to the link-local one.
func (b *bed) delivered(t testing.TB) {
	t.Helper()
	if seen := b.engine.Seen(); !seen.IsLoopback() { // the kernel sends no such packet on a link
		b.in(t, udp(peer, port(), addrD, 7, "a"))
		b.guest.expectTo(t, seen)
	}
	if ll := b.engine.SeenLinkLocal(); ll.IsLinkLocalUnicast() {
		b.in(t, udp(peerLL, port(), podLL, 7, "b"))
		b.guest.expectTo(t, ll)
	}
}

func (e end) expectTo(t testing.TB, dst netip.Addr) {
	t.Helper()
	if got := e.next(t); got.dst.Addr() != dst {
		t.Errorf("got %s, want it at %s", got, dst)
	}
}

// port returns one that no flow has yet.
func port() uint16 { return uint16(1024 + nextPort.Add(1)%30_000) }

var nextPort atomic.Uint32

// Alternating sources do not wear the plane out: the last one counts.
func TestAlternate(t *testing.T) {
	for _, release := range []string{"2023_03_09", "2025_05_03"} {
		b := newBed(t, release)
		for i := range 10_000 {
			src := []netip.Addr{addrS, addrD, addrL}[i%3]
			b.out(t, udp(src, 50100, other, 9, ""))
			if i%1000 == 0 {
				b.delivered(t)
			}
		}
		b.seen(t, addrS, addrL)
	}
}

// A guest that keeps to one source costs no change.
func TestSteady(t *testing.T) {
	b := newBed(t, "2025_05_03")
	frame := udp(addrS, 50100, other, 9, "").frame(t, guestMAC, tapMAC)
	b.handle(t, frame)
	if n := testing.AllocsPerRun(1000, func() { _ = b.plane.Follow(guestMAC, addrS, netip.Addr{}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkNew is the cost of a plane.
func BenchmarkNew(b *testing.B) {
	for _, release := range []string{"2024_06_24", passt.Default} {
		b.Run(release, func(b *testing.B) {
			var took time.Duration
			for range b.N {
				bed := newBed(b, release)
				took += bed.took
			}
			b.ReportMetric(float64(took.Microseconds())/float64(b.N), "µs/plane")
		})
	}
}

// BenchmarkFollow is the cost of a change of the address seen.
func BenchmarkFollow(b *testing.B) {
	bed := newBed(b, passt.Default)
	sources := []netip.Addr{addrS, addrD}
	for i := 0; b.Loop(); i++ {
		ok(b, bed.plane.Follow(guestMAC, sources[i%2], addrL))
	}
}

// BenchmarkForward is the cost of a frame of the guest.
func BenchmarkForward(b *testing.B) {
	bed := newBed(b, passt.Default)
	frame := udp(addrS, 5000, peer, 9, "x").frame(b, guestMAC, tapMAC)
	for b.Loop() {
		bed.handle(b, frame)
	}
}
