package frame

import (
	"encoding/binary"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket/layers"
	"golang.org/x/net/ipv6"
)

const (
	ethernetLen = 14
	headerLen   = 40
	targetLen   = 24 // a message with a target, without options (RFC 4861 4.3, 4.4)
)

// Packet is an IPv6 packet in a frame. Its slices are the frame's.
type Packet struct {
	From, To            net.HardwareAddr
	Source, Destination netip.Addr
	Protocol            layers.IPProtocol // of the upper layer
	Payload             []byte            // header and data of the upper layer
	Trailer             []byte            // after the packet, such as Ethernet padding
}

// Parse reads a frame. It skips extension headers.
func Parse(b []byte) (p Packet, ok bool) {
	if p, ok = ParseHeader(b); !ok {
		return p, false
	}
	for extension(p.Protocol) {
		if len(p.Payload) < 8 {
			return Packet{}, false
		}
		n := 8 * (int(p.Payload[1]) + 1)
		if n > len(p.Payload) {
			return Packet{}, false
		}
		p.Protocol, p.Payload = layers.IPProtocol(p.Payload[0]), p.Payload[n:]
	}
	return p, true
}

// ParseHeader reads a frame. The protocol is that of the IPv6 header, and extension headers
// are in the payload.
func ParseHeader(b []byte) (p Packet, ok bool) {
	if len(b) < ethernetLen+headerLen || binary.BigEndian.Uint16(b[12:]) != uint16(layers.EthernetTypeIPv6) {
		return Packet{}, false
	}
	p.To, p.From = b[:6], b[6:12]
	h := b[ethernetLen:]
	p.Payload = h[headerLen:]
	n := int(binary.BigEndian.Uint16(h[4:]))
	if n > len(p.Payload) {
		return Packet{}, false
	}
	p.Payload, p.Trailer = p.Payload[:n], p.Payload[n:]
	p.Source, p.Destination = netip.AddrFrom16([16]byte(h[8:])), netip.AddrFrom16([16]byte(h[24:]))
	p.Protocol = layers.IPProtocol(h[6])
	return p, true
}

// extension reports whether p is an extension header (RFC 8200 4).
func extension(p layers.IPProtocol) bool {
	return p == layers.IPProtocolIPv6HopByHop || p == layers.IPProtocolIPv6Routing || p == layers.IPProtocolIPv6Destination
}

// Is reports whether the packet holds an ICMPv6 message of that type.
func (p Packet) Is(t ipv6.ICMPType) bool {
	return p.Protocol == layers.IPProtocolICMPv6 && len(p.Payload) > 0 && p.Payload[0] == byte(t)
}

// Target returns the target of a neighbour solicitation or advertisement.
func (p Packet) Target() (netip.Addr, bool) {
	if !p.Is(ipv6.ICMPTypeNeighborSolicitation) && !p.Is(ipv6.ICMPTypeNeighborAdvertisement) || len(p.Payload) < targetLen {
		return netip.Addr{}, false
	}
	return netip.AddrFrom16([16]byte(p.Payload[8:])), true
}

// Detects returns the address that the packet tests by duplicate address detection
// (RFC 4862 5.4.2). Its source is the unspecified address.
func (p Packet) Detects() (netip.Addr, bool) {
	target, ok := p.Target()
	return target, ok && p.Is(ipv6.ICMPTypeNeighborSolicitation) && p.Source.IsUnspecified()
}

// IsUDP reports whether the packet holds a datagram to that port.
func (p Packet) IsUDP(port uint16) bool {
	return p.Protocol == layers.IPProtocolUDP && len(p.Payload) >= 8 && binary.BigEndian.Uint16(p.Payload[2:]) == port
}
