package passt

import (
	"encoding/binary"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

const (
	ethernetLen = 14
	ipv6Len     = 40

	protoUDP    = 17
	protoICMPv6 = 58
)

var (
	broadcast = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	allNodes  = netip.IPv6LinkLocalAllNodes()

	linkLocalPrefix = netip.MustParsePrefix("fe80::/10")
)

// The predicates of netip look into IPv4-mapped addresses, passt does not.
func linkLocal(a netip.Addr) bool { return linkLocalPrefix.Contains(a) }
func multicast(a netip.Addr) bool { return a.As16()[0] == 0xff }
func loopback(a netip.Addr) bool  { return a == netip.IPv6Loopback() }
func isIPv6(a netip.Addr) bool    { return a.Is6() && !a.Is4In6() && a.Zone() == "" }

// packet is an IPv6 packet of the guest. Hop limit and checksums are missing
// because passt looks at neither.
type packet struct {
	src, dst netip.Addr
	proto    byte   // the upper layer's protocol number
	payload  []byte // the upper layer's header and all after it
}

// parse reads an Ethernet frame. passt: a frame that is longer than its
// packet, as Ethernet padding makes it, is ignored, all releases.
func parse(frame []byte) (p packet, ok bool) {
	if len(frame) < ethernetLen+ipv6Len || binary.BigEndian.Uint16(frame[12:]) != uint16(layers.EthernetTypeIPv6) {
		return packet{}, false
	}
	h := frame[ethernetLen:]
	p.payload = h[ipv6Len:]
	if int(binary.BigEndian.Uint16(h[4:])) != len(p.payload) {
		return packet{}, false
	}
	p.src = netip.AddrFrom16([16]byte(h[8:24]))
	p.dst = netip.AddrFrom16([16]byte(h[24:40]))
	for p.proto = h[6]; extension(p.proto); {
		if len(p.payload) < 8 {
			return packet{}, false
		}
		n := 8 * (int(p.payload[1]) + 1)
		if n > len(p.payload) {
			return packet{}, false
		}
		p.proto, p.payload = p.payload[0], p.payload[n:]
	}
	return p, true
}

// extension reports whether a header of that protocol number is followed by
// another: hop-by-hop, routing or destination options (RFC 8200 4).
func extension(proto byte) bool { return proto == 0 || proto == 43 || proto == 60 }

// frame builds a frame from passt's link-local address.
func (e *Engine) frame(to net.HardwareAddr, dst netip.Addr, flow uint32, proto layers.IPProtocol, upper ...gopacket.SerializableLayer) []byte {
	eth := &layers.Ethernet{SrcMAC: e.mac, DstMAC: to, EthernetType: layers.EthernetTypeIPv6}
	ip := &layers.IPv6{Version: 6, FlowLabel: flow, NextHeader: proto, HopLimit: 255,
		SrcIP: e.ll.AsSlice(), DstIP: dst.AsSlice()}
	for _, l := range upper {
		if c, ok := l.(interface {
			SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
		}); ok {
			if err := c.SetNetworkLayerForChecksum(ip); err != nil {
				return nil
			}
		}
	}
	buf := gopacket.NewSerializeBuffer()
	all := append([]gopacket.SerializableLayer{eth, ip}, upper...)
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, all...); err != nil {
		return nil
	}
	return buf.Bytes()
}
