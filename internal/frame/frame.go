package frame

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/mdlayher/ndp"
)

// Neighbour returns the frame that holds a message.
func Neighbour(from, to net.HardwareAddr, src, dst netip.Addr, m ndp.Message) ([]byte, error) {
	payload, err := ndp.MarshalMessageChecksum(m, src, dst)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", m.Type(), err)
	}
	buf := gopacket.NewSerializeBuffer()
	err = gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true},
		&layers.Ethernet{SrcMAC: from, DstMAC: to, EthernetType: layers.EthernetTypeIPv6},
		&layers.IPv6{Version: 6, NextHeader: layers.IPProtocolICMPv6, HopLimit: ndp.HopLimit, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()},
		gopacket.Payload(payload))
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", m.Type(), err)
	}
	return buf.Bytes(), nil
}
