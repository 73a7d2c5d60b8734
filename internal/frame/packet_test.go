package frame

import (
	"bytes"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/gopacket/gopacket/layers"
	"github.com/mdlayher/ndp"
	"golang.org/x/net/ipv6"
)

var (
	from, to = net.HardwareAddr{2, 0, 0, 0, 0, 1}, net.HardwareAddr{2, 0, 0, 0, 0, 2}
	src, dst = netip.MustParseAddr("fe80::1"), netip.MustParseAddr("fe80::2")
)

func make1(t testing.TB, src netip.Addr, m ndp.Message) []byte {
	t.Helper()
	f, err := Neighbour(from, to, src, dst, m)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func solicitation(t testing.TB, src netip.Addr) []byte {
	return make1(t, src, &ndp.NeighborSolicitation{TargetAddress: dst})
}

// extended puts a hop-by-hop header, of as many octets as it says, in a frame.
func extended(f []byte, header ...byte) []byte {
	header[0] = f[20]
	g := slices.Insert(slices.Clone(f), ethernetLen+headerLen, header...)
	g[20], g[19] = 0, g[19]+byte(len(header))
	return g
}

func TestParse(t *testing.T) {
	ns := solicitation(t, src)
	for _, tt := range []struct {
		name    string
		frame   []byte
		bad     bool
		trailer int
	}{
		{name: "whole", frame: ns},
		{name: "padded", frame: append(slices.Clone(ns), 0, 0), trailer: 2},
		{name: "extended", frame: extended(ns, 0, 0, 1, 4, 0, 0, 0, 0)},
		{name: "extended beyond its end", frame: extended(ns, 0, 9, 1, 4, 0, 0, 0, 0), bad: true},
		{name: "cut", frame: ns[:len(ns)-1], bad: true},
		{name: "no packet", frame: ns[:ethernetLen+headerLen-1], bad: true},
		{name: "IPv4", frame: append(append(slices.Clone(ns[:12]), 0x08, 0), ns[14:]...), bad: true},
		{name: "nothing", bad: true},
	} {
		p, ok := Parse(tt.frame)
		if ok == tt.bad {
			t.Errorf("%s: parsed %t", tt.name, ok)
			continue
		}
		if tt.bad {
			continue
		}
		if p.Source != src || p.Destination != dst || !bytes.Equal(p.From, from) || !bytes.Equal(p.To, to) ||
			p.Protocol != layers.IPProtocolICMPv6 || !bytes.Equal(p.Payload, ns[54:]) || len(p.Trailer) != tt.trailer {
			t.Errorf("%s: got %+v", tt.name, p)
		}
	}
}

func TestKinds(t *testing.T) {
	none := netip.IPv6Unspecified()
	udp := solicitation(t, src)
	udp[20], udp[56], udp[57] = byte(layers.IPProtocolUDP), 0x02, 0x23
	for _, tt := range []struct {
		name            string
		frame           []byte
		kind            ipv6.ICMPType
		target, detects bool
		port            uint16
	}{
		{name: "solicitation", frame: solicitation(t, src), kind: ipv6.ICMPTypeNeighborSolicitation, target: true},
		{name: "detection", frame: solicitation(t, none), kind: ipv6.ICMPTypeNeighborSolicitation, target: true, detects: true},
		{name: "advertisement", frame: make1(t, none, &ndp.NeighborAdvertisement{TargetAddress: dst}), kind: ipv6.ICMPTypeNeighborAdvertisement, target: true},
		{name: "router", frame: make1(t, none, &ndp.RouterSolicitation{}), kind: ipv6.ICMPTypeRouterSolicitation},
		{name: "udp", frame: udp, kind: -1, port: 547},
	} {
		p, ok := Parse(tt.frame)
		if !ok || tt.kind >= 0 && !p.Is(tt.kind) || p.Is(ipv6.ICMPTypeEchoRequest) || p.IsUDP(547) != (tt.port == 547) || p.IsUDP(53) {
			t.Errorf("%s: got %+v", tt.name, p)
		}
		if a, ok := p.Target(); ok != tt.target || ok && a != dst {
			t.Errorf("%s: target %s, %t", tt.name, a, ok)
		}
		if _, ok := p.Detects(); ok != tt.detects {
			t.Errorf("%s: detects %t", tt.name, ok)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(solicitation(f, src))
	f.Add(append(solicitation(f, netip.IPv6Unspecified()), 0))
	f.Add(extended(solicitation(f, src), 0, 0, 1, 4, 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, ok := Parse(b)
		if !ok {
			return
		}
		if !bytes.HasSuffix(b, slices.Concat(p.Payload, p.Trailer)) || len(p.Payload)+len(p.Trailer) > len(b)-54 || extension(p.Protocol) {
			t.Errorf("got %+v", p)
		}
		if a, ok := p.Target(); ok != a.IsValid() {
			t.Errorf("target %s, %t", a, ok)
		}
		p.Detects()
		p.IsUDP(547)
	})
}
