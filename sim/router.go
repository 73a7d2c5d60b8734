package sim

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/mdlayher/ndp"

	"github.com/passtlab/passtlab/scenarios"
)

// forever is the infinite lifetime (RFC 4861 4.6.2).
const forever = math.MaxUint32 * time.Second

// advertisement is the frame of a router beside passt. It has no source
// link-layer address option: who wants to send to the router has to solicit
// it, and passt answers for every address there is.
func advertisement(r scenarios.Router, mac scenarios.MAC) ([]byte, error) {
	src, dst := r.LinkLocal, netip.IPv6LinkLocalAllNodes()
	ra, err := ndp.MarshalMessageChecksum(&ndp.RouterAdvertisement{
		CurrentHopLimit: 64,
		RouterLifetime:  time.Duration(r.Lifetime) * time.Second,
		Options: []ndp.Option{&ndp.PrefixInformation{
			PrefixLength:                   uint8(r.Prefix.Bits()),
			OnLink:                         true,
			AutonomousAddressConfiguration: true,
			ValidLifetime:                  forever,
			PreferredLifetime:              forever,
			Prefix:                         r.Prefix.Masked().Addr(),
		}},
	}, src, dst)
	if err != nil {
		return nil, fmt.Errorf("make router advertisement for %s: %w", r.Prefix, err)
	}
	buf := gopacket.NewSerializeBuffer()
	err = gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true},
		// 33:33 and the last four octets of the group (RFC 2464 7).
		&layers.Ethernet{SrcMAC: mac.HardwareAddr(), DstMAC: net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}, EthernetType: layers.EthernetTypeIPv6},
		&layers.IPv6{Version: 6, NextHeader: layers.IPProtocolICMPv6, HopLimit: ndp.HopLimit, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()},
		gopacket.Payload(ra))
	if err != nil {
		return nil, fmt.Errorf("make router advertisement for %s: %w", r.Prefix, err)
	}
	return buf.Bytes(), nil
}
