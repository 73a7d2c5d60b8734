package plane_test

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/plane"
)

// step is a packet that is sent and what comes of it: at the peer, at the
// guest, or nowhere.
type step struct {
	by   by
	sent pkt
	got  pkt // the zero pkt: nothing
}

// by says who sends, and who receives.
type by int

const (
	guestToPeer by = iota
	peerToGuest
	guestToGuest // back from the pod
	peerToPeer
)

// play plays the steps. Where nothing is to come, a datagram that follows is
// the next to come.
func (b *bed) play(t *testing.T, steps []step) {
	t.Helper()
	for i, s := range steps {
		send, at := b.out, b.guest
		if s.by == peerToGuest || s.by == peerToPeer {
			send = b.in
		}
		if s.by == guestToPeer || s.by == peerToPeer {
			at = b.peer
		}
		send(t, s.sent)
		if s.got == (pkt{}) {
			b.marker(t, s.by)
			continue
		}
		if got := at.next(t); got != s.got {
			t.Errorf("step %d: %s: got %s, want %s", i+1, s.sent, got, s.got)
		}
	}
}

// marker asserts that a packet sent now is the next one received.
func (b *bed) marker(t *testing.T, by by) {
	t.Helper()
	p := port()
	if by == guestToPeer {
		b.out(t, udp(b.engine.Seen(), p, other, p, "marker"))
		b.peer.expect(t, udp(addrD, p, other, p, "marker"))
		return
	}
	b.in(t, udp(other, p, addrD, 8, "marker"))
	b.guest.expect(t, udp(other, p, b.engine.Seen(), 8, "marker"))
}

// The releases of before and after 2024_07_26.
var (
	perPacket = []string{"2022_11_10", "2023_05_09", "2023_12_30", "2024_06_24"}
	perFlow   = []string{"2024_07_26", "2024_08_21", "2025_05_03", "2026_07_16"}
	all       = append(append([]string{}, perPacket...), perFlow...)
)

// unreachable is an error of from's about a datagram.
func unreachable(from, to, src, dst netip.Addr, sport, dport uint16) pkt {
	return pkt{"icmp", netip.AddrPortFrom(from, 0), netip.AddrPortFrom(to, 0),
		fmt.Sprintf("error 1.4 about udp %s to %s", netip.AddrPortFrom(src, sport), netip.AddrPortFrom(dst, dport))}
}

// noHost is an error of from's: the host dst cannot be reached.
func noHost(proto string, from, to, src, dst netip.Addr, sport, dport uint16) pkt {
	return pkt{"icmp", netip.AddrPortFrom(from, 0), netip.AddrPortFrom(to, 0),
		fmt.Sprintf("error 1.3 about %s %s to %s", proto, netip.AddrPortFrom(src, sport), netip.AddrPortFrom(dst, dport))}
}

func TestTranslate(t *testing.T) {
	onLink := func(c *plane.Config) { c.Gateway = ip("fe80::1") }
	same := func(*plane.Config) {}
	const closed = 33333 // forwarded up to 2024_08_21, not since
	onlyTCP := func(c *plane.Config) { c.TCP, c.UDP = []passt.PortRange{{First: 80, Last: 80}}, nil }
	for _, tt := range []struct {
		name     string
		releases []string
		change   func(*plane.Config)
		steps    []step
	}{
		{"out and back", all, same, []step{
			{guestToPeer, tcp(addrS, 40000, peer, 80, "S"), tcp(addrD, 40000, peer, 80, "S")},
			{peerToGuest, tcp(peer, 80, addrD, 40000, "SA"), tcp(peer, 80, addrS, 40000, "SA")},
			{guestToPeer, tcp(addrS, 40000, peer, 80, "A"), tcp(addrD, 40000, peer, 80, "A")},
			{guestToPeer, udp(addrS, 55000, peer, 53, "q"), udp(addrD, 55000, peer, 53, "q")},
			{peerToGuest, udp(peer, 53, addrD, 55000, "a"), udp(peer, 53, addrS, 55000, "a")},
			{guestToPeer, echo(addrS, peer, 77, "request"), echo(addrD, peer, 77, "request")},
			{peerToGuest, echo(peer, addrD, 77, "reply"), echo(peer, addrS, 77, "reply")},
		}},
		{"out from the pod's address", all, same, []step{
			{guestToPeer, tcp(addrD, 40000, peer, 80, "S"), tcp(addrD, 40000, peer, 80, "S")},
			{peerToGuest, tcp(peer, 80, addrD, 40000, "SA"), tcp(peer, 80, addrD, 40000, "SA")},
			{guestToPeer, udp(addrD, 55000, peer, 53, "q"), udp(addrD, 55000, peer, 53, "q")},
			{peerToGuest, udp(peer, 53, addrD, 55000, "a"), udp(peer, 53, addrD, 55000, "a")},
		}},
		{"out from a foreign address", all, same, []step{
			{guestToPeer, udp(nested, 55000, peer, 53, "q"), udp(addrD, 55000, peer, 53, "q")},
			{peerToGuest, udp(peer, 53, addrD, 55000, "a"), udp(peer, 53, nested, 55000, "a")},
			{peerToGuest, udp(peer, 6000, addrD, 7, "x"), udp(peer, 6000, nested, 7, "x")},
		}},
		{"in at first", all, same, []step{
			{peerToGuest, tcp(peer, 6000, addrD, 80, "S"), tcp(peer, 6000, addrD, 80, "S")},
			{guestToPeer, tcp(addrD, 80, peer, 6000, "SA"), tcp(addrD, 80, peer, 6000, "SA")},
		}},
		{"in after S", all, same, []step{
			{guestToPeer, udp(addrS, 9, peer, 9, ""), udp(addrD, 9, peer, 9, "")},
			{peerToGuest, tcp(peer, 6000, addrD, 80, "S"), tcp(peer, 6000, addrS, 80, "S")},
			{guestToPeer, tcp(addrS, 80, peer, 6000, "SA"), tcp(addrD, 80, peer, 6000, "SA")},
			{peerToGuest, udp(peer, 6000, addrD, 7, "x"), udp(peer, 6000, addrS, 7, "x")},
			{guestToPeer, udp(addrS, 7, peer, 6000, "y"), udp(addrD, 7, peer, 6000, "y")},
			{peerToGuest, udp(gateway, 6000, addrD, 7, "x"), udp(gateway, 6000, addrS, 7, "x")},
		}},
		{"another source in an established flow, from the peer", perPacket, same, []step{
			{guestToPeer, udp(addrS, 9, peer, 9, ""), udp(addrD, 9, peer, 9, "")},
			{peerToGuest, tcp(peer, 6000, addrD, 80, "S"), tcp(peer, 6000, addrS, 80, "S")},
			{guestToPeer, tcp(addrS, 80, peer, 6000, "SA"), tcp(addrD, 80, peer, 6000, "SA")},
			{guestToPeer, udp(addrD, 9, peer, 9, ""), udp(addrD, 9, peer, 9, "")},
			{peerToGuest, tcp(peer, 6000, addrD, 80, "A"), tcp(peer, 6000, addrD, 80, "A")},
			{guestToPeer, tcp(addrD, 80, peer, 6000, "R"), tcp(addrD, 80, peer, 6000, "R")},
		}},
		{"another source in an established flow, from the peer", perFlow, same, []step{
			{guestToPeer, udp(addrS, 9, peer, 9, ""), udp(addrD, 9, peer, 9, "")},
			{peerToGuest, tcp(peer, 6000, addrD, 80, "S"), tcp(peer, 6000, addrS, 80, "S")},
			{guestToPeer, tcp(addrS, 80, peer, 6000, "SA"), tcp(addrD, 80, peer, 6000, "SA")},
			{guestToPeer, udp(addrD, 10, peer, 10, ""), udp(addrD, 10, peer, 10, "")},
			{peerToGuest, tcp(peer, 6000, addrD, 80, "A"), tcp(peer, 6000, addrS, 80, "A")},
		}},
		{"another source in an established flow, from the guest", perPacket, same, []step{
			{guestToPeer, tcp(addrS, 40000, peer, 80, "S"), tcp(addrD, 40000, peer, 80, "S")},
			{peerToGuest, tcp(peer, 80, addrD, 40000, "SA"), tcp(peer, 80, addrS, 40000, "SA")},
			{guestToPeer, udp(addrD, 9, peer, 9, ""), udp(addrD, 9, peer, 9, "")},
			{peerToGuest, tcp(peer, 80, addrD, 40000, "A"), tcp(peer, 80, addrD, 40000, "A")},
		}},
		{"another source in an established flow, from the guest", perFlow, same, []step{
			{guestToPeer, tcp(addrS, 40000, peer, 80, "S"), tcp(addrD, 40000, peer, 80, "S")},
			{peerToGuest, tcp(peer, 80, addrD, 40000, "SA"), tcp(peer, 80, addrS, 40000, "SA")},
			{guestToPeer, udp(addrD, 9, peer, 9, ""), udp(addrD, 9, peer, 9, "")},
			{peerToGuest, tcp(peer, 80, addrD, 40000, "A"), tcp(peer, 80, addrS, 40000, "A")},
		}},
		{"unspecified does not count", perFlow, same, []step{
			{guestToPeer, udp(nobody, 9, peer, 9, ""), pkt{}},
			{guestToPeer, udp(addrL, 9, peerLL, 9, ""), udp(podLL, 9, peerLL, 9, "")},
			{peerToGuest, tcp(peer, 6000, addrD, 80, "S"), tcp(peer, 6000, addrD, 80, "S")},
		}},
		{"link-local in", all, same, []step{
			{guestToPeer, udp(addrL, 9, peerLL, 9, ""), udp(podLL, 9, peerLL, 9, "")},
			{guestToPeer, udp(addrS, 9, peer, 9, ""), udp(addrD, 9, peer, 9, "")},
			{peerToGuest, tcp(peerLL, 6000, podLL, 80, "S"), tcp(peerLL, 6000, addrL, 80, "S")},
			{guestToPeer, tcp(addrL, 80, peerLL, 6000, "SA"), tcp(podLL, 80, peerLL, 6000, "SA")},
			{peerToGuest, udp(peerLL, 6000, podLL, 7, "x"), udp(peerLL, 6000, addrL, 7, "x")},
			{guestToPeer, udp(addrL, 7, peerLL, 6000, "y"), udp(podLL, 7, peerLL, 6000, "y")},
		}},
		{"link-local out", all, same, []step{
			{guestToPeer, tcp(addrL, 40000, peerLL, 80, "S"), tcp(podLL, 40000, peerLL, 80, "S")},
			{peerToGuest, tcp(peerLL, 80, podLL, 40000, "SA"), tcp(peerLL, 80, addrL, 40000, "SA")},
			{guestToPeer, udp(addrL, 55000, peerLL, 53, "q"), udp(podLL, 55000, peerLL, 53, "q")},
			{peerToGuest, udp(peerLL, 53, podLL, 55000, "a"), udp(peerLL, 53, addrL, 55000, "a")},
			{guestToPeer, echo(addrL, peerLL, 78, "request"), echo(podLL, peerLL, 78, "request")},
			{peerToGuest, echo(peerLL, podLL, 78, "reply"), echo(peerLL, addrL, 78, "reply")},
		}},
		{"link-local in, none known", []string{"2024_08_21", "2026_07_16"}, same, []step{
			{peerToGuest, udp(peerLL, 6000, podLL, 7, "x"), pkt{}},
		}},
		{"link-local in, the pod's own at first", []string{"2022_11_10", "2024_08_14"}, same, []step{
			{peerToGuest, udp(peerLL, 6000, podLL, 7, "x"), udp(peerLL, 6000, podLL, 7, "x")},
		}},
		{"echo in", all, same, []step{
			{peerToPeer, echo(peer, addrD, 5, "request"), echo(addrD, peer, 5, "reply")},
			{peerToPeer, echo(peerLL, podLL, 5, "request"), echo(podLL, peerLL, 5, "reply")},
		}},
		{"port not forwarded", perFlow[1:], same, []step{
			{peerToPeer, tcp(peer, 6000, addrD, 50000, "S"), tcp(addrD, 50000, peer, 6000, "RA")},
			{peerToPeer, udp(peer, 6000, addrD, 50000, "x"), unreachable(addrD, peer, peer, addrD, 6000, 50000)},
		}},
		{"last port of all", perPacket, same, []step{
			{peerToGuest, tcp(peer, 6000, addrD, 49151, "S"), tcp(peer, 6000, addrD, 49151, "S")},
			{peerToPeer, tcp(peer, 6000, addrD, 49152, "S"), tcp(addrD, 49152, peer, 6000, "RA")},
			{peerToGuest, udp(peer, 6000, addrD, closed, "x"), udp(peer, 6000, addrD, closed, "x")},
		}},
		{"last port of all", []string{"2024_09_06", "2026_07_16"}, same, []step{
			{peerToGuest, tcp(peer, 6000, addrD, 32767, "S"), tcp(peer, 6000, addrD, 32767, "S")},
			{peerToPeer, tcp(peer, 6000, addrD, 32768, "S"), tcp(addrD, 32768, peer, 6000, "RA")},
			{peerToGuest, udp(peer, 6000, addrD, 65535, "x"), udp(peer, 6000, addrD, 65535, "x")},
			{peerToPeer, udp(peer, 6000, addrD, closed, "x"), unreachable(addrD, peer, peer, addrD, 6000, closed)},
		}},
		{"TCP only", all, onlyTCP, []step{
			{peerToGuest, tcp(peer, 6000, addrD, 80, "S"), tcp(peer, 6000, addrD, 80, "S")},
			{peerToPeer, tcp(peer, 6000, addrD, 81, "S"), tcp(addrD, 81, peer, 6000, "RA")},
			{peerToPeer, udp(peer, 6000, addrD, 80, "x"), unreachable(addrD, peer, peer, addrD, 6000, 80)},
		}},
		{"UDP from elsewhere to where the guest sent from", perPacket, same, []step{
			{guestToPeer, udp(addrS, 55000, peer, 53, "q"), udp(addrD, 55000, peer, 53, "q")},
			{peerToGuest, udp(other, 99, addrD, 55000, "a"), udp(other, 99, addrS, 55000, "a")},
			{peerToGuest, udp(peer, 54, addrD, 55000, "a"), udp(peer, 54, addrS, 55000, "a")},
		}},
		{"UDP from elsewhere to where the guest sent from", perFlow, same, []step{
			{guestToPeer, udp(addrS, 55000, peer, 53, "q"), udp(addrD, 55000, peer, 53, "q")},
			{peerToPeer, udp(other, 99, addrD, 55000, "a"), unreachable(addrD, other, other, addrD, 99, 55000)},
			{peerToPeer, udp(peer, 54, addrD, 55000, "a"), unreachable(addrD, peer, peer, addrD, 54, 55000)},
			{peerToGuest, udp(peer, 53, addrD, 55000, "a"), udp(peer, 53, addrS, 55000, "a")},
		}},
		{"echo to the gateway", perPacket, same, []step{
			{guestToPeer, echo(addrS, gateway, 9, "request"), echo(addrD, gateway, 9, "request")},
		}},
		{"echo to the gateway", perFlow, same, []step{
			{guestToGuest, echo(addrS, gateway, 9, "request"), echo(gateway, addrS, 9, "reply")},
		}},
		{"echo to a link-local gateway", perPacket, onLink, []step{
			{guestToPeer, echo(addrL, ip("fe80::1"), 9, "request"), echo(podLL, ip("fe80::1"), 9, "request")},
		}},
		{"echo to a link-local gateway", perFlow, onLink, []step{
			{guestToGuest, echo(addrL, ip("fe80::1"), 9, "request"), echo(ip("fe80::1"), addrL, 9, "reply")},
		}},
		{"echo to the pod", all, same, []step{
			{guestToGuest, echo(addrS, addrD, 9, "request"), echo(addrD, addrS, 9, "reply")},
		}},
		{"hairpin", all, same, []step{
			{guestToPeer, udp(addrL, 9, peerLL, 9, ""), udp(podLL, 9, peerLL, 9, "")},
			{guestToGuest, tcp(addrS, 40000, addrD, 80, "S"), tcp(podLL, 40000, addrL, 80, "S")},
			{guestToGuest, tcp(addrL, 80, podLL, 40000, "SA"), tcp(addrD, 80, addrS, 40000, "SA")},
			{guestToGuest, tcp(addrS, 40000, addrD, 80, "A"), tcp(podLL, 40000, addrL, 80, "A")},
			{guestToGuest, udp(addrS, 41000, addrD, 80, "x"), udp(podLL, 41000, addrL, 80, "x")},
			{guestToGuest, udp(addrL, 80, podLL, 41000, "y"), udp(addrD, 80, addrS, 41000, "y")},
		}},
		{"hairpin, link-local gateway", all, onLink, []step{
			{guestToPeer, udp(addrL, 9, peerLL, 9, ""), udp(podLL, 9, peerLL, 9, "")},
			{guestToGuest, tcp(addrS, 40000, addrD, 80, "S"), tcp(ip("fe80::1"), 40000, addrL, 80, "S")},
			{guestToGuest, tcp(addrL, 80, ip("fe80::1"), 40000, "SA"), tcp(addrD, 80, addrS, 40000, "SA")},
		}},
		{"refused", slices.Concat(perPacket, []string{"2024_07_26", "2024_12_11"}), same, []step{
			{guestToPeer, tcp(addrS, 40000, peer, 80, "S"), tcp(addrD, 40000, peer, 80, "S")},
			{peerToGuest, tcp(peer, 80, addrD, 40000, "RA"), tcp(peer, 80, addrS, 40000, "R")},
			{guestToPeer, tcp(addrS, 40001, peer, 80, "S"), tcp(addrD, 40001, peer, 80, "S")},
			{peerToGuest, noHost("tcp", gateway, addrD, addrD, peer, 40001, 80), pkt{}},
			{guestToPeer, tcp(addrS, 40001, peer, 80, "S"), tcp(addrD, 40001, peer, 80, "S")},
		}},
		{"refused", []string{"2025_01_21", "2025_05_03", "2026_07_16"}, same, []step{
			{guestToPeer, tcp(addrS, 40000, peer, 80, "S"), tcp(addrD, 40000, peer, 80, "S")},
			{peerToGuest, tcp(peer, 80, addrD, 40000, "RA"), tcp(peer, 80, addrS, 40000, "RA")},
			{guestToPeer, tcp(addrS, 40001, peer, 80, "S"), tcp(addrD, 40001, peer, 80, "S")},
			{peerToGuest, noHost("tcp", gateway, addrD, addrD, peer, 40001, 80), pkt{}},
			{guestToPeer, tcp(addrS, 40002, peer, 80, "S"), tcp(addrD, 40002, peer, 80, "S")},
			{guestToGuest, tcp(addrS, 40001, peer, 80, "S"), tcp(peer, 80, addrS, 40001, "RA")},
		}},
		{"network's error about UDP", slices.Concat(perPacket, []string{"2024_07_26", "2025_01_21"}), same, []step{
			{guestToPeer, udp(addrS, 55000, peer, 53, "q"), udp(addrD, 55000, peer, 53, "q")},
			{peerToGuest, noHost("udp", gateway, addrD, addrD, peer, 55000, 53), pkt{}},
		}},
		{"network's error about UDP", []string{"2025_03_20", "2025_05_03", "2026_07_16"}, same, []step{
			{guestToPeer, udp(addrS, 55000, peer, 53, "q"), udp(addrD, 55000, peer, 53, "q")},
			{peerToGuest, noHost("udp", gateway, addrD, addrD, peer, 55000, 53), noHost("udp", peer, addrS, addrS, peer, 55000, 53)},
		}},
		{"answer from another address", all, same, []step{
			{peerToGuest, udp(peer, 6000, addrD, 7, "x"), udp(peer, 6000, addrD, 7, "x")},
			{guestToPeer, udp(addrS, 7, peer, 6000, "y"), udp(addrD, 7, peer, 6000, "y")},
			{guestToPeer, udp(addrD, 7, peer, 6000, "y"), udp(addrD, 7, peer, 6000, "y")},
		}},
		{"answer from another address", perFlow, same, []step{
			{guestToPeer, udp(addrS, 7, peer, 6001, "q"), udp(addrD, 7, peer, 6001, "q")},
			{peerToGuest, udp(peer, 6001, addrD, 7, "a"), udp(peer, 6001, addrS, 7, "a")},
			{peerToGuest, udp(peer, 6000, addrD, 7, "x"), udp(peer, 6000, addrS, 7, "x")},
			{guestToPeer, udp(addrD, 7, peer, 6000, "y"), udp(addrD, 7, peer, 6000, "y")},
			{peerToGuest, udp(peer, 6000, addrD, 7, "x"), udp(peer, 6000, addrS, 7, "x")},
		}},
		{"peer with the gateway's address", perPacket, same, []step{
			{guestToPeer, udp(addrS, 9, peer, 9, ""), udp(addrD, 9, peer, 9, "")},
			{peerToGuest, tcp(gateway, 6000, addrD, 80, "S"), tcp(gateway, 6000, addrS, 80, "S")},
			{guestToPeer, tcp(addrS, 80, gateway, 6000, "SA"), tcp(addrD, 80, gateway, 6000, "SA")},
			{peerToGuest, tcp(gateway, 6000, addrD, 80, "A"), tcp(gateway, 6000, addrS, 80, "A")},
			{guestToPeer, tcp(addrS, 80, gateway, 6000, "A"), tcp(addrD, 80, gateway, 6000, "A")},
			{peerToGuest, udp(gateway, 6000, addrD, 7, "x"), udp(gateway, 6000, addrS, 7, "x")},
			{guestToPeer, udp(addrS, 7, gateway, 6000, "y"), pkt{}},
			{guestToPeer, udp(addrD, 9, peer, 9, ""), udp(addrD, 9, peer, 9, "")},
			{peerToGuest, udp(gateway, 6000, addrD, 7, "x"), udp(gateway, 6000, addrD, 7, "x")},
			{guestToPeer, udp(addrD, 7, gateway, 6000, "y"), pkt{}},
		}},
		{"peer with the gateway's address", perFlow, same, []step{
			{guestToPeer, udp(addrS, 9, peer, 9, ""), udp(addrD, 9, peer, 9, "")},
			{peerToGuest, tcp(gateway, 6000, addrD, 80, "S"), tcp(gateway, 6000, addrS, 80, "S")},
			{guestToPeer, tcp(addrS, 80, gateway, 6000, "SA"), tcp(addrD, 80, gateway, 6000, "SA")},
			{peerToGuest, tcp(gateway, 6000, addrD, 80, "A"), tcp(gateway, 6000, addrS, 80, "A")},
			{guestToPeer, tcp(addrS, 80, gateway, 6000, "A"), tcp(addrD, 80, gateway, 6000, "A")},
			{peerToGuest, udp(gateway, 6000, addrD, 7, "x"), udp(gateway, 6000, addrS, 7, "x")},
			{guestToPeer, udp(addrS, 7, gateway, 6000, "y"), udp(addrD, 7, gateway, 6000, "y")},
		}},
		{"guest's error", perPacket, same, []step{
			{guestToPeer, udp(addrS, 9, peer, 9, ""), udp(addrD, 9, peer, 9, "")},
			{peerToGuest, udp(peer, 6000, addrD, 7, "x"), udp(peer, 6000, addrS, 7, "x")},
			{guestToPeer, unreachable(addrS, peer, peer, addrS, 6000, 7), unreachable(addrD, peer, peer, addrD, 6000, 7)},
		}},
		{"guest's error", perFlow, same, []step{
			{guestToPeer, udp(addrS, 9, peer, 9, ""), udp(addrD, 9, peer, 9, "")},
			{peerToGuest, udp(peer, 6000, addrD, 7, "x"), udp(peer, 6000, addrS, 7, "x")},
			{guestToPeer, unreachable(addrS, peer, peer, addrS, 6000, 7), unreachable(addrD, peer, peer, addrD, 6000, 7)},
		}},
	} {
		for _, release := range tt.releases {
			t.Run(tt.name+"/"+release, func(t *testing.T) {
				t.Parallel()
				newBed(t, release, tt.change).play(t, tt.steps)
			})
		}
	}
}

// Up to 2023_05_09 a packet from :: makes inbound flows go to ::, and then one
// from a link-local address makes them go there.
func TestUnspecified(t *testing.T) {
	for _, release := range []string{"2022_11_10", "2023_03_09", "2023_05_09"} {
		b := newBed(t, release)
		b.out(t, udp(nobody, 9, peer, 9, ""))
		b.seen(t, nobody, podLL)
		b.in(t, udp(peer, 6000, addrD, 7, "lost"), tcp(peer, 6000, addrD, 80, "S"))
		b.guest.expect(t, udp(peer, 6000, nobody, 7, "lost"))
		b.guest.expect(t, tcp(peer, 6000, nobody, 80, "S"))
		b.out(t, udp(addrL, 9, peerLL, 9, ""))
		b.seen(t, addrL, addrL)
		b.in(t, udp(peer, 6000, addrD, 7, "x"), tcp(peer, 6001, addrD, 80, "S"))
		b.guest.expect(t, udp(peer, 6000, addrL, 7, "x"))
		b.guest.expect(t, tcp(peer, 6001, addrL, 80, "S"))
		b.peer.expect(t, udp(podLL, 9, peerLL, 9, ""))
		b.out(t, tcp(addrL, 80, peer, 6001, "SA"))
		b.peer.expect(t, tcp(addrD, 80, peer, 6001, "SA"))
		b.out(t, unreachable(addrL, peer, peer, addrL, 6000, 7))
		b.peer.expect(t, unreachable(addrD, peer, peer, addrD, 6000, 7))
	}
}

// The check of checksums can fail.
func TestChecksum(t *testing.T) {
	for _, p := range []pkt{tcp(addrS, 1, peer, 2, "S"), udp(addrS, 1, peer, 2, "x"), echo(addrS, peer, 1, "request")} {
		frame := p.frame(t, guestMAC, tapMAC)
		if got, _, err := parse(frame); got != p || err != nil {
			t.Errorf("got %s, %v, want %s", got, err, p)
		}
		frame[14+8+15]++ // the source address
		if _, _, err := parse(frame); err == nil {
			t.Errorf("%s: a wrong checksum is right", p)
		}
	}
}

// What the guest sends to the pod itself reaches the pod's servers: at ports
// that are not forwarded, from the pod's own address; at the gateway's
// address, which stands for the pod's loopback, from there.
func TestServers(t *testing.T) {
	const closed = 61 // outside the list of forwarded ports
	list := func(c *plane.Config) {
		c.TCP, c.UDP = []passt.PortRange{{First: 80, Last: 90}}, []passt.PortRange{{First: 80, Last: 90}}
	}
	for _, tt := range []struct {
		name     string
		gateway  netip.Addr
		src, dst netip.Addr
		server   netip.Addr // where the server is
		saw      netip.Addr // the source that it sees
		from, to netip.Addr // of the answer
		releases []string
	}{
		{"pod", gateway, addrS, addrD, addrD, addrD, addrD, addrS, all},
		{"gateway", gateway, addrS, gateway, netip.IPv6Loopback(), netip.IPv6Loopback(), gateway, addrS, perFlow},
		{"gateway", gateway, addrS, gateway, netip.IPv6Loopback(), netip.IPv6Loopback(), podLL, addrL, perPacket},
		{"link-local gateway", ip("fe80::1"), addrL, ip("fe80::1"), netip.IPv6Loopback(), netip.IPv6Loopback(), ip("fe80::1"), addrL, all},
	} {
		for _, release := range tt.releases {
			t.Run(tt.name+"/"+release, func(t *testing.T) {
				t.Parallel()
				b := newBed(t, release, list, func(c *plane.Config) { c.Gateway = tt.gateway })
				b.out(t, udp(addrL, 9, peerLL, 9, ""))
				var l net.Listener
				var u *net.UDPConn
				at := netip.AddrPortFrom(tt.server, closed)
				ok(t, b.ns.Do(func() (err error) {
					if l, err = net.ListenTCP("tcp6", net.TCPAddrFromAddrPort(at)); err != nil {
						return err
					}
					u, err = net.ListenUDP("udp6", net.UDPAddrFromAddrPort(at))
					return err
				}))
				defer l.Close()
				defer u.Close()
				b.out(t, tcp(tt.src, 40000, tt.dst, closed, "S"))
				b.guest.expect(t, tcp(tt.dst, closed, tt.src, 40000, "SA"))
				b.out(t, udp(tt.src, 40000, tt.dst, closed, "q"))
				buf := make([]byte, 9)
				n, from, err := u.ReadFromUDPAddrPort(buf)
				ok(t, err)
				if string(buf[:n]) != "q" || from.Addr() != tt.saw {
					t.Errorf("the server got %q from %s, want it from %s", buf[:n], from, tt.saw)
				}
				_, err = u.WriteToUDPAddrPort([]byte("a"), from)
				ok(t, err)
				b.guest.expect(t, udp(tt.from, closed, tt.to, 40000, "a"))
			})
		}
	}
}
