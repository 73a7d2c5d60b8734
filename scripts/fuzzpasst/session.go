package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/insomniacslk/dhcp/dhcpv6"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/wire"
)

// maker makes frames of a guest.
type maker struct {
	*rand.Rand
	server []byte           // the server's DUID
	mac    net.HardwareAddr // of the guest
}

// session returns stimuli: options, a SOLICIT, and cases of one to four frames, about as
// many frames as are wanted.
func session(seed, number uint64, release passt.Release, frames int) (*wire.Recording, error) {
	m := maker{Rand: rand.New(rand.NewPCG(seed, number)), mac: wire.Guest}
	rec := &wire.Recording{Release: release.Name, Options: m.options(release)}
	solicit := bytes.Join([][]byte{{1, 0, 0, 0}, option(1, []byte("\x00\x03\x00\x01passt!"))}, nil)
	first := wire.Case{Title: "00 SOLICIT", Sent: [][]byte{
		m.envelope(netip.MustParseAddr("fe80::1:2"), netip.MustParseAddr("ff02::1:2"), layers.IPProtocolUDP, datagram(546, 547, solicit)),
	}}
	// The server's DUID of the simulation, which Record replaces.
	cfg := wire.Pod(release)
	cfg.Started = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	engine, err := passt.New(cfg)
	if err != nil {
		return nil, err
	}
	first.Received = engine.Handle(cfg.Started, first.Sent[0])
	rec.Cases = append(rec.Cases, first)
	if m.server = rec.ServerID(); m.server == nil {
		return nil, fmt.Errorf("the simulated passt %s does not advertise", release)
	}
	for n := 1; n < frames; {
		c := wire.Case{Title: fmt.Sprintf("%03d", len(rec.Cases))}
		// passt answers the frames that it reads at once to the MAC of the last one.
		if m.mac = wire.Guest; m.chance(0.1) {
			m.mac = m.bytes(6)
		}
		for range 1 + m.IntN(4) {
			f := m.frame()
			for forwarded(f) {
				f = m.frame()
			}
			c.Sent = append(c.Sent, f)
		}
		n += len(c.Sent)
		rec.Cases = append(rec.Cases, c)
	}
	return rec, nil
}

// options returns a command line.
func (m maker) options(release passt.Release) (words []string) {
	// Not those without which the marker has no answer: --no-ndp, --no-icmp.
	for _, o := range [][]string{{"--no-ra"}, {"--no-dhcpv6"}, {"--no-map-gw"}, {"-m 1400", "-m 0"}, {"-a fd02:beef::5"},
		{"-g fe80::1", "-g fd01:cafe::2"}, {"-M 02:00:00:00:00:77"}, {"-D none", "-D fd01:cafe::54"}, {"-S none", "-S example.org"}} {
		if m.chance(0.12) {
			words = append(words, strings.Fields(pick(m, o...))...)
		}
	}
	if release.FQDN != passt.FQDNNone && m.chance(0.5) {
		words = append(words, "--fqdn", pick(m, "vm.example.org", "vm", "a.b.c"))
	}
	return words
}

// chained are the extension headers that passt skips.
var chained = []layers.IPProtocol{0, 43, 44, 50, 51, 60, 135, 139, 140, 253, 254}

// forwarded reports whether passt would forward the frame or close the connection.
func forwarded(f []byte) bool {
	p, ok := frame.ParseHeader(f)
	if !ok {
		return len(f) < 14
	}
	for slices.Contains(chained, p.Protocol) && len(p.Payload) > 1 {
		p.Protocol, p.Payload = layers.IPProtocol(p.Payload[0]), p.Payload[min(8*(int(p.Payload[1])+1), len(p.Payload)):]
	}
	switch p.Protocol {
	case layers.IPProtocolTCP:
		return true
	case layers.IPProtocolICMPv6:
		// passt 2023_03_09 ends by an echo reply.
		return len(p.Payload) > 0 && (p.Payload[0] == layers.ICMPv6TypeEchoRequest || p.Payload[0] == layers.ICMPv6TypeEchoReply)
	case layers.IPProtocolUDP:
		return !p.Destination.IsMulticast() || p.IsUDP(wire.Port)
	}
	return false
}

func (m maker) chance(p float64) bool { return m.Float64() < p }

func pick[T any](m maker, of ...T) T { return of[m.IntN(len(of))] }

func (m maker) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(m.Uint32())
	}
	return b
}

// cut returns b without some octets at its end.
func (m maker) cut(b []byte) []byte { return b[:m.IntN(len(b)+1)] }

func (m maker) source() netip.Addr {
	if m.chance(0.05) {
		return netip.AddrFrom16([16]byte(m.bytes(16)))
	}
	return netip.MustParseAddr(pick(m,
		"fe80::5054:ff:fe1f:c7bd", "fe80::5054:ff:fe1f:c7bd", "fe80::5054:ff:fe1f:c7bd", "fe80::1", "fe80::2:3", "febf::1", "fec0::1",
		"fd01:cafe::5054:ff:fe1f:c7bd", "fd01:cafe::5054:ff:fe1f:c7bd", "fd01:cafe::f14c:9fa1:8496:557f", "fd01:cafe::1", "fd10:244::5", "fd02:beef::5",
		"::", "::", "::1", "::2", "ff02::1", "::ffff:192.0.2.1", "2001:db8::1"))
}

// frame returns a frame of any kind.
func (m maker) frame() []byte {
	dst := pick(m, "ff02::1:2", "ff02::2", "ff02::1", "ff02::1:ff00:1", "fe80::ff:fe00:a", "fd01:cafe::1", "2001:db8::2", "::1", "::")
	proto, upper := layers.IPProtocolICMPv6, []byte(nil)
	switch n := m.IntN(100); {
	case n < 35:
		upper = m.neighbour()
	case n < 95:
		proto = layers.IPProtocolUDP
		upper = m.lease()
		if m.chance(0.97) {
			dst = pick(m, "ff02::1:2", "ff05::1:3", "ff02::1", "ff0e::5")
		}
	default:
		proto, upper = layers.IPProtocol(m.Uint32()), m.bytes(m.IntN(60))
	}
	if m.chance(0.12) {
		proto, upper = m.chain(proto, upper)
	}
	f := m.envelope(m.source(), netip.MustParseAddr(dst), proto, upper)
	switch n := m.IntN(100); {
	case n < 3: // padding
		f = append(f, m.bytes(1+m.IntN(8))...)
	case n < 6:
		f = f[:14+m.IntN(len(f)-13)]
	case n < 9: // another payload length
		binary.BigEndian.PutUint16(f[18:], uint16(len(f)-54+m.IntN(17)-8))
	case n < 12:
		f[12+m.IntN(len(f)-12)] ^= 1 << m.IntN(8)
	case n < 14:
		f[14] = byte(m.Uint32())
	case n < 15:
		binary.BigEndian.PutUint16(f[12:], pick[uint16](m, 0x0800, 0x0806, 0x8100, 0x88b5, 0))
	}
	return f
}

// envelope returns a frame. The checksum of the payload is right more often than not.
func (m maker) envelope(src, dst netip.Addr, proto layers.IPProtocol, upper []byte) []byte {
	ip := &layers.IPv6{Version: 6, NextHeader: proto, HopLimit: 255, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
	eth := &layers.Ethernet{SrcMAC: m.mac, DstMAC: []byte{0x33, 0x33, 0, 0, 0, 1}, EthernetType: layers.EthernetTypeIPv6}
	if m.server != nil { // not the first
		ip.HopLimit = pick[uint8](m, 255, 255, 255, 64, 1, 0)
		if m.chance(0.1) {
			ip.FlowLabel, ip.TrafficClass = m.Uint32N(1<<20), byte(m.Uint32())
		}
		if m.chance(0.1) {
			eth.DstMAC = m.bytes(6)
		}
	}
	upper = slices.Clone(upper)
	at := map[layers.IPProtocol]int{layers.IPProtocolICMPv6: 2, layers.IPProtocolUDP: 6}[proto]
	if wrong := m.server != nil && m.chance(0.1); at > 0 && len(upper) >= at+2 && !wrong {
		binary.BigEndian.PutUint16(upper[at:], 0)
		pseudo := slices.Concat(ip.SrcIP, ip.DstIP, binary.BigEndian.AppendUint32(nil, uint32(len(upper))), []byte{0, 0, 0, byte(proto)}, upper)
		binary.BigEndian.PutUint16(upper[at:], gopacket.FoldChecksum(gopacket.ComputeChecksum(pseudo, 0)))
	}
	buf := gopacket.NewSerializeBuffer()
	_ = gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true}, eth, ip, gopacket.Payload(upper))
	return buf.Bytes()
}

// chain puts extension headers before an upper layer (RFC 8200 4), not all of them right.
func (m maker) chain(proto layers.IPProtocol, upper []byte) (layers.IPProtocol, []byte) {
	if m.chance(0.2) {
		proto = layers.IPProtocolNoNextHeader
	}
	for range 1 + m.IntN(3) {
		n := 8 * (1 + m.IntN(3))
		h := m.bytes(n)
		h[0], h[1] = byte(proto), byte(n/8-1)
		if m.chance(0.1) {
			h[1] = byte(m.IntN(10))
		}
		if m.chance(0.1) {
			h = m.cut(h)
		}
		proto, upper = pick[layers.IPProtocol](m, 0, 0, 43, 44, 60, 60, 51, 50, 59, 135, 139, 140, 253, layers.IPProtocol(m.Uint32())), append(h, upper...)
	}
	return proto, upper
}

// neighbour returns an ICMPv6 message.
func (m maker) neighbour() []byte {
	b := m.bytes(8)
	b[0] = pick[byte](m, 133, 133, 135, 135, 135, 134, 136, 137, 143, 131, 1, 130, byte(m.Uint32()))
	if m.chance(0.8) {
		b[1], b[4], b[5], b[6], b[7] = 0, 0, 0, 0, 0
	}
	if b[0] == 135 || b[0] == 136 {
		target := m.source().As16()
		b = append(b, target[:]...)
	}
	for range m.IntN(3) {
		n := 8 * (1 + m.IntN(3))
		o := m.bytes(n)
		o[0], o[1] = pick[byte](m, 1, 2, 5, 14, byte(m.Uint32())), byte(n/8)
		if m.chance(0.1) {
			o[1] = byte(m.IntN(5))
		}
		b = append(b, o...)
	}
	if m.chance(0.2) {
		b = m.cut(b)
	}
	return b
}

func datagram(from, to uint16, b []byte) []byte {
	u := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, from), to)
	return append(append(binary.BigEndian.AppendUint16(u, uint16(8+len(b))), 0, 0), b...)
}

func option(code dhcpv6.OptionCode, parts ...[]byte) []byte {
	b := bytes.Join(parts, nil)
	return append(binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, uint16(code)), uint16(len(b))), b...)
}

// lease returns a datagram with a DHCPv6 message.
func (m maker) lease() []byte {
	kind := pick[byte](m, 1, 1, 1, 3, 3, 3, 4, 4, 5, 5, 6, 8, 9, 11, 11, 2, 7, 12, 13, byte(m.Uint32()))
	named := map[byte]float64{3: 0.95, 5: 0.95, 6: 0.8, 11: 0.3}[kind]
	var options [][]byte
	add := func(p float64, o []byte) {
		if m.chance(p) {
			options = append(options, o)
		}
	}
	add(0.95, option(dhcpv6.OptionClientID, m.duid()))
	add(max(named, 0.05), m.serverID())
	for range m.IntN(3) {
		add(0.8, m.ia())
	}
	add(0.3, option(dhcpv6.OptionElapsedTime, m.bytes(2)))
	add(0.3, option(dhcpv6.OptionORO, []byte{0, 23, 0, 24}, m.bytes(m.IntN(3))))
	add(0.2, option(dhcpv6.OptionFQDN, []byte{byte(m.IntN(8))}, pick(m, []byte(nil), []byte("\x02vm\x00"), []byte("\x02vm"), []byte("vm.example.org"))))
	add(0.03, option(dhcpv6.OptionFQDN))
	add(0.2, option(pick[dhcpv6.OptionCode](m, 0, 7, 9, 11, 13, 14, 15, 16, 20, 82, 200, dhcpv6.OptionCode(m.Uint32())), m.bytes(m.IntN(20))))
	add(0.03, option(dhcpv6.OptionClientID, m.duid()))
	add(0.03, m.serverID())
	if m.chance(0.5) {
		m.Shuffle(len(options), func(i, j int) { options[i], options[j] = options[j], options[i] })
	}
	for _, o := range options {
		if m.chance(0.03) { // another length
			binary.BigEndian.PutUint16(o[2:], pick(m, uint16(len(o)-4+m.IntN(9)-4), 0, 65535, uint16(m.IntN(60))))
		}
	}
	b := append([]byte{kind}, m.bytes(3)...)
	b = append(b, bytes.Join(options, nil)...)
	if m.chance(0.12) {
		b = m.cut(b)
	}
	d := datagram(pick[uint16](m, 546, 546, 547, 0, 5000), 547, b)
	switch n := m.IntN(100); {
	case n < 2:
		binary.BigEndian.PutUint16(d[2:], pick[uint16](m, 546, 548, 53, 0))
	case n < 5:
		binary.BigEndian.PutUint16(d[4:], uint16(len(d)+m.IntN(17)-8))
	case n < 7:
		d = m.cut(d)
	}
	return d
}

func (m maker) duid() []byte {
	return m.bytes(pick(m, 10, 14, 14, 0, 1, 2, 3, 4, 64, 125, 126, 127, 128, 129, 130, m.IntN(140)))
}

func (m maker) serverID() []byte {
	id := slices.Clone(m.server)
	switch n := m.IntN(20); n {
	case 0:
		id[m.IntN(len(id))] ^= 1
	case 1:
		id = m.cut(id)
	case 2:
		id = append(id, m.bytes(1+m.IntN(3))...)
	case 3:
		id = m.bytes(len(id))
	}
	return option(dhcpv6.OptionServerID, id)
}

// ia returns an identity association with addresses.
func (m maker) ia() []byte {
	code := pick[dhcpv6.OptionCode](m, 3, 3, 3, 3, 4, 25)
	head := append([]byte{0, 0, 0, byte(m.Uint32())}, make([]byte, 8)...)
	if code == 4 {
		head = head[:4]
	}
	if m.chance(0.1) {
		return option(code, m.cut(head))
	}
	var inner [][]byte
	for range m.IntN(3) {
		a := netip.MustParseAddr(pick(m, "fd01:cafe::f14c:9fa1:8496:557f", "fd01:cafe::f14c:9fa1:8496:557f", "fd02:beef::5", "fd01:cafe::9", "::")).AsSlice()
		o := option(dhcpv6.OptionIAAddr, a, make([]byte, 8))
		switch m.IntN(12) {
		case 0:
			o = option(dhcpv6.OptionIAAddr, a, make([]byte, 8), option(dhcpv6.OptionStatusCode, []byte{0, 0}))
		case 1:
			o = option(dhcpv6.OptionIAAddr, m.cut(append(a, make([]byte, 8)...)))
		case 2:
			o = option(dhcpv6.OptionStatusCode, []byte{0, 0}, m.bytes(m.IntN(5)))
		case 3:
			o = option(dhcpv6.OptionIANA, head, o)
		case 4:
			o = option(dhcpv6.OptionIAAddr, a, make([]byte, 8), m.bytes(m.IntN(6)))
		}
		inner = append(inner, o)
	}
	return option(code, append([][]byte{head}, inner...)...)
}
