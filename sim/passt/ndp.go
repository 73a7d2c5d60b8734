package passt

import (
	"encoding/binary"
	"net"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/mdlayher/ndp"
	"golang.org/x/net/ipv6"

	"github.com/passtlab/passtlab/internal/frame"
)

const icmpLen = 8 // the least ICMPv6 message that passt looks at

// neighbourDiscovery answers solicitations. passt: makes none of the checks of RFC 4861
// 6.1.1 and 7.1.1, and drops every other message, all releases.
func (e *Engine) neighbourDiscovery(p frame.Packet) []byte {
	if e.cfg.NoICMP || e.cfg.NoNDP || len(p.Payload) < icmpLen {
		return nil
	}
	switch ipv6.ICMPType(p.Payload[0]) {
	case ipv6.ICMPTypeRouterSolicitation:
		if e.cfg.NoRA {
			return nil
		}
		if p.Source.IsUnspecified() && e.cfg.Release.SeenSolicitor {
			e.seen = p.Source // passt: before 2024_11_21
		}
		// passt: unicast to the source, even to ::, at once, all releases
		// (unlike RFC 4861 6.2.6).
		return e.Advertisement(p.Source, e.guest)
	case ipv6.ICMPTypeNeighborSolicitation:
		// passt: never answers duplicate address detection (RFC 4862 5.4), all
		// releases.
		target, ok := p.Target()
		if !ok && e.cfg.Release.ShortNS {
			// passt: takes the rest from memory behind the frame, before
			// 2024_08_14. Here that is zero.
			var t [16]byte
			copy(t[:], p.Payload[icmpLen:])
			target, ok = netip.AddrFrom16(t), true
		}
		if !ok || p.Source.IsUnspecified() {
			return nil
		}
		// passt: answers for every target, the guest's own addresses and multicast
		// included, all releases.
		return e.neighbourAdvertisement(p.Source, e.guest, target, e.neighbour(target))
	}
	return nil
}

// Advertisement returns a router advertisement as of now.
func (e *Engine) Advertisement(dst netip.Addr, to net.HardwareAddr) []byte {
	return e.Advertise(dst, to, e.RA())
}

// RA returns the router advertisement without resolvers and link-layer address, and with
// the prefix masked.
func (e *Engine) RA() *ndp.RouterAdvertisement {
	b := e.cfg.Release.Behaviour
	ra := &ndp.RouterAdvertisement{
		CurrentHopLimit:      255,
		ManagedConfiguration: true,
		RouterLifetime:       b.RouterLifetime,
		Options: []ndp.Option{&ndp.PrefixInformation{
			PrefixLength:                   64, // passt: whatever the pod's is, all releases
			OnLink:                         true,
			AutonomousAddressConfiguration: !e.cfg.NotAutonomous,
			ValidLifetime:                  b.PrefixLifetime,
			PreferredLifetime:              b.PrefixLifetime,
			Prefix:                         e.prefix().Addr(),
		}},
	}
	if e.cfg.MTU != NoMTU {
		ra.Options = append(ra.Options, ndp.NewMTU(uint32(e.cfg.MTU)))
	}
	return ra
}

// Advertise returns the frame of a router advertisement, in passt's form.
func (e *Engine) Advertise(dst netip.Addr, to net.HardwareAddr, ra *ndp.RouterAdvertisement) []byte {
	b := e.cfg.Release.Behaviour
	head := *ra
	head.Options = nil
	m := marshal(&head)
	var rest []byte
	for _, o := range ra.Options {
		if p, ok := o.(*ndp.PrefixInformation); ok {
			m = append(m, e.prefixOption(p)...)
		} else {
			rest = append(rest, marshalOption(o)...)
		}
	}
	source := marshalOption(&ndp.LinkLayerAddress{Direction: ndp.Source, Addr: e.mac})
	if b.SourceSecond {
		m = append(m, source...)
	}
	m = append(m, rest...)
	if len(e.resolvers) > 0 {
		m = append(m, marshalOption(&ndp.RecursiveDNSServer{Lifetime: b.ResolverLifetime, Servers: e.resolvers})...)
		if len(e.cfg.Searches) > 0 {
			// passt: no search list without a nameserver, all releases.
			m = append(m, searchOption(e.cfg.Searches, b.ResolverLifetime)...)
		}
	}
	if !b.SourceSecond {
		m = append(m, source...)
	}
	return e.icmp(to, dst, m)
}

// Advertises reports whether router solicitations are answered.
func (e *Engine) Advertises() bool {
	return !e.silent && !e.cfg.NoRA && !e.cfg.NoNDP && !e.cfg.NoICMP
}

// Discarded reports whether hosts discard the router advertisements (RFC 4861
// 6.1.2); see searchOption.
func (e *Engine) Discarded() bool {
	return len(e.resolvers) > 0 && len(e.cfg.Searches) > 0 && len(encoded(e.cfg.Searches))%8 == 0
}

// Prefix returns the prefix in which hosts form addresses, or the zero Prefix. Hosts
// ignore the link-local prefix in front of a pod without IPv6 (RFC 4862 5.5.3 b).
func (e *Engine) Prefix() netip.Prefix {
	if e.local || e.cfg.NotAutonomous {
		return netip.Prefix{}
	}
	return e.prefix()
}

// prefix returns the advertised prefix, ::/64 while no address is known.
func (e *Engine) prefix() netip.Prefix {
	if !e.address.IsValid() {
		return netip.PrefixFrom(netip.IPv6Unspecified(), 64)
	}
	return netip.PrefixFrom(e.address, 64).Masked()
}

// prefixOption returns a prefix information option (RFC 4861 4.6.2). passt: sets bits
// after the prefix, 2024_08_14; package ndp refuses to write them.
func (e *Engine) prefixOption(p *ndp.PrefixInformation) []byte {
	o := marshalOption(p)
	if e.cfg.Release.WholePrefix && e.address.IsValid() && p.Prefix == e.prefix().Addr() {
		a := e.address.As16()
		copy(o[16:], a[:])
	}
	return o
}

// searchOption returns the DNSSL option (RFC 8106 5.2). Package ndp writes none of 256
// octets or more.
//
// passt: adds eight octets of padding to names that need none, all releases. The option's
// length does not count them, so a host reads an option of length zero and discards the
// whole advertisement (RFC 4861 4.6).
func searchOption(searches []string, lifetime time.Duration) []byte {
	const dnssl = 31
	names := encoded(searches)
	o := []byte{dnssl, byte(1 + (len(names)+7)/8), 0, 0}
	o = binary.BigEndian.AppendUint32(o, seconds(lifetime))
	o = append(o, names...)
	return append(o, make([]byte, 8-len(names)%8)...)
}

// neighbour returns the link-layer address that is advertised for target.
func (e *Engine) neighbour(target netip.Addr) net.HardwareAddr {
	if !e.cfg.Release.NeighbourMACs {
		return e.mac
	}
	// passt: a target that the pod does not know gets the gateway's MAC, 2025_12_08,
	// which is passt's own while the gateway is mapped.
	for _, a := range []netip.Addr{target, e.cfg.Gateway} {
		if e.Mapped(a) {
			return e.mac
		}
		if mac, ok := e.cfg.Neighbour(a); a.IsValid() && ok && len(mac) == 6 {
			return mac
		}
	}
	return e.mac
}

// Mapped reports whether a is the gateway's address and mapped to the pod's loopback.
func (e *Engine) Mapped(a netip.Addr) bool {
	return a.IsValid() && a == e.cfg.Gateway && !e.cfg.NoMapGW
}

// Learned returns the announcement of a neighbour that the pod's kernel has resolved.
// passt: sets the Solicited flag, 2025_12_08, so that Linux drops the announcement
// (RFC 4861 7.1.2).
func (e *Engine) Learned(a netip.Addr, mac net.HardwareAddr) [][]byte {
	if e.silent || !e.cfg.Release.NeighbourMACs || e.cfg.NoNDP || e.Mapped(a) || !isIPv6(a) || len(mac) != 6 {
		return nil
	}
	return [][]byte{e.neighbourAdvertisement(allNodes, e.GuestMAC(), a, mac)}
}

// neighbourAdvertisement returns an advertisement for target. passt: sends it from
// passt's own address with the Router flag, all releases.
func (e *Engine) neighbourAdvertisement(dst netip.Addr, to net.HardwareAddr, target netip.Addr, mac net.HardwareAddr) []byte {
	// Package ndp refuses IPv4-mapped targets, passt does not.
	t := target.As16()
	const router, solicited, override = 0x80, 0x40, 0x20
	na := append([]byte{byte(ipv6.ICMPTypeNeighborAdvertisement), 0, 0, 0, router | solicited | override, 0, 0, 0}, t[:]...)
	return e.icmp(to, dst, append(na, marshalOption(&ndp.LinkLayerAddress{Direction: ndp.Target, Addr: mac})...))
}

// solicitation returns the one sent on connect. passt: unicast in IPv6, broadcast on
// Ethernet, without the source link-layer address, 2025_09_19; for and to :: in front of a
// pod without IPv6, 2025_12_08.
func (e *Engine) solicitation() []byte {
	target := e.address
	if !target.IsValid() {
		target = netip.IPv6Unspecified()
	}
	return e.icmp(broadcast, target, marshal(&ndp.NeighborSolicitation{TargetAddress: target}))
}

// icmp frames a message whose checksum is not yet set.
func (e *Engine) icmp(to net.HardwareAddr, dst netip.Addr, m []byte) []byte {
	h := &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(m[0], m[1])}
	return e.frame(to, dst, 0, layers.IPProtocolICMPv6, h, gopacket.Payload(m[4:]))
}

// marshal returns a message that the library does not refuse.
func marshal(m ndp.Message) []byte {
	b, err := ndp.MarshalMessage(m)
	if err != nil {
		return make([]byte, 4)
	}
	return b
}

// marshalOption returns one option. The library only writes options in a message.
func marshalOption(o ndp.Option) []byte {
	return marshal(&ndp.RouterSolicitation{Options: []ndp.Option{o}})[8:]
}

func seconds(d time.Duration) uint32 { return uint32(d / time.Second) }
