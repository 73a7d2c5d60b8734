package passt

import (
	"net"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/passtlab/passtlab/internal/frame"
)

var (
	broadcast = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	allNodes  = netip.IPv6LinkLocalAllNodes()

	linkLocalPrefix = netip.MustParsePrefix("fe80::/10")
)

// The methods of netip unmap IPv4-mapped addresses; passt does not.
func linkLocal(a netip.Addr) bool { return linkLocalPrefix.Contains(a) }
func multicast(a netip.Addr) bool { return a.As16()[0] == 0xff }
func loopback(a netip.Addr) bool  { return a == netip.IPv6Loopback() }
func isIPv6(a netip.Addr) bool    { return a.Is6() && !a.Is4In6() && a.Zone() == "" }

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
	f := buf.Bytes()
	// passt: sends a UDP checksum that comes out as zero as it is, and the guest drops the
	// datagram (RFC 8200 8.1), all releases.
	const checksum = 14 + 40 + 6
	if proto == layers.IPProtocolUDP && f[checksum] == 0xff && f[checksum+1] == 0xff {
		f[checksum], f[checksum+1] = 0, 0
	}
	return f
}

// extension reports whether p is an extension header for passt: those of IANA's list, and
// ESP.
func extension(p layers.IPProtocol) bool {
	switch p {
	case 0, 43, 44, 50, 51, 60, 135, 139, 140, 253, 254:
		return true
	}
	return false
}

// complete reports whether a chain of extension headers (RFC 8200 4) has an end, which is
// not the "no next header" (59). passt: drops every other packet, and looks at nothing but
// the type and the length of each header, all releases. The last header may be cut short.
func complete(p frame.Packet) bool {
	next, rest := p.Protocol, p.Payload
	for extension(next) {
		if len(rest) < 2 {
			return false
		}
		next, rest = layers.IPProtocol(rest[0]), rest[min(8*(int(rest[1])+1), len(rest)):]
	}
	return next != layers.IPProtocolNoNextHeader
}
