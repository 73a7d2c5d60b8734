package wire

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/gopacket/gopacket/layers"
	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/mdlayher/ndp"
	"golang.org/x/net/ipv6"
)

// field is a part of a frame. Each octet of a frame is in one field.
type field struct {
	name string
	text string
	raw  []byte
}

// decoder splits a frame into fields. It splits headers itself because the structures of
// the libraries lose octets (reserved fields, a prefix's host bits, padding). It takes
// the text of an option from the libraries.
type decoder struct {
	fields []field
	rest   []byte
	names  map[string]int
}

// decode returns the fields of an Ethernet frame of any content.
func decode(frame []byte) []field {
	d := &decoder{rest: frame, names: make(map[string]int)}
	d.ethernet()
	if len(d.rest) > 0 {
		d.take("octets", len(d.rest), hexadecimal)
	}
	return d.fields
}

// take makes a field of the next n octets, or of the rest if there are fewer.
func (d *decoder) take(name string, n int, text func([]byte) string) []byte {
	raw := d.rest[:min(n, len(d.rest))]
	d.rest = d.rest[len(raw):]
	if len(raw) < n {
		name, text = name+" (cut short)", hexadecimal
	}
	if d.names[name]++; d.names[name] > 1 {
		name = fmt.Sprintf("%s %d", name, d.names[name])
	}
	d.fields = append(d.fields, field{name, text(raw), raw})
	return raw
}

func (d *decoder) ethernet() {
	d.take("ethernet destination", 6, mac)
	d.take("ethernet source", 6, mac)
	if number(d.take("ethernet type", 2, hexadecimal)) != uint64(layers.EthernetTypeIPv6) {
		return
	}
	d.take("ipv6 version, class and flow label", 4, hexadecimal)
	d.take("ipv6 payload length", 2, decimal)
	next := d.take("ipv6 next header", 1, func(b []byte) string { return layers.IPProtocol(b[0]).String() })
	d.take("ipv6 hop limit", 1, decimal)
	d.take("ipv6 source", 16, address)
	d.take("ipv6 destination", 16, address)
	switch {
	case len(d.rest) == 0:
	case layers.IPProtocol(next[0]) == layers.IPProtocolICMPv6:
		d.icmp()
	case layers.IPProtocol(next[0]) == layers.IPProtocolUDP:
		d.take("udp source port", 2, decimal)
		port := d.take("udp destination port", 2, decimal)
		d.take("udp length", 2, decimal)
		d.take("udp checksum", 2, hexadecimal)
		if number(port) == dhcpv6.DefaultClientPort && len(d.rest) > 0 {
			d.dhcpv6()
		}
	}
}

func (d *decoder) icmp() {
	kind := d.take("icmpv6 type", 1, func(b []byte) string { return ipv6.ICMPType(b[0]).String() })
	d.take("icmpv6 code", 1, decimal)
	d.take("icmpv6 checksum", 2, hexadecimal)
	switch ipv6.ICMPType(kind[0]) {
	case ipv6.ICMPTypeRouterSolicitation:
		d.take("reserved", 4, hexadecimal)
	case ipv6.ICMPTypeRouterAdvertisement:
		d.take("hop limit", 1, decimal)
		d.take("flags", 1, hexadecimal)
		d.take("router lifetime", 2, decimal)
		d.take("reachable time", 4, decimal)
		d.take("retransmission timer", 4, decimal)
	case ipv6.ICMPTypeNeighborSolicitation, ipv6.ICMPTypeNeighborAdvertisement:
		d.take("flags and reserved", 4, hexadecimal)
		d.take("target", 16, address)
	default:
		return
	}
	var order []string
	for len(d.rest) > 0 {
		n := 8
		if len(d.rest) > 1 && d.rest[1] > 0 {
			n = 8 * int(d.rest[1])
		}
		name := neighbourOption(d.rest[0])
		d.take(name, n, neighbourOptionText)
		order = append(order, name)
	}
	d.order(order)
}

func (d *decoder) dhcpv6() {
	d.take("dhcpv6 message", 1, func(b []byte) string { return dhcpv6.MessageType(b[0]).String() })
	d.take("transaction id", 3, hexadecimal)
	var order []string
	for len(d.rest) > 0 {
		n, name := 4, "option"
		if len(d.rest) >= 4 {
			n += int(binary.BigEndian.Uint16(d.rest[2:]))
			name = "option " + dhcpv6.OptionCode(binary.BigEndian.Uint16(d.rest)).String()
		}
		d.take(name, n, leaseOptionText)
		order = append(order, name)
	}
	d.order(order)
}

// order adds a field with the order of options, so that another order is one difference
// and not many.
func (d *decoder) order(names []string) {
	s := strings.ReplaceAll(strings.Join(names, ", "), "option ", "")
	d.fields = append(d.fields, field{"order of options", s, []byte(s)})
}

func neighbourOption(code byte) string {
	names := map[byte]string{
		1: "option source link-layer address", 2: "option target link-layer address",
		3: "option prefix information", 5: "option MTU", 25: "option RDNSS", 31: "option DNSSL",
	}
	if n, ok := names[code]; ok {
		return n
	}
	return fmt.Sprintf("option %d", code)
}

// neighbourOptionText puts the option into a message, which the library can parse.
func neighbourOptionText(b []byte) string {
	const solicitation = "\x85\x00\x00\x00\x00\x00\x00\x00"
	m, err := ndp.ParseMessage(append([]byte(solicitation), b...))
	rs, ok := m.(*ndp.RouterSolicitation)
	if err != nil || !ok || len(rs.Options) != 1 {
		return hexadecimal(b)
	}
	s := strings.TrimPrefix(fmt.Sprintf("%+v", rs.Options[0]), "&")
	if _, ok := rs.Options[0].(*ndp.PrefixInformation); ok {
		s += " field " + address(b[16:32]) // the library's prefix is masked
	}
	return strings.ReplaceAll(s, ndp.Infinity.String(), "infinite")
}

func leaseOptionText(b []byte) string {
	code := dhcpv6.OptionCode(binary.BigEndian.Uint16(b))
	o, err := dhcpv6.ParseOption(code, b[4:])
	if err != nil {
		return hexadecimal(b)
	}
	s := strings.TrimPrefix(o.String(), code.String()+": ")
	return strings.ReplaceAll(s, ndp.Infinity.String(), "infinite")
}

func number(b []byte) (n uint64) {
	for _, o := range b {
		n = n<<8 | uint64(o)
	}
	return n
}

func hexadecimal(b []byte) string { return fmt.Sprintf("%x", b) }
func decimal(b []byte) string     { return fmt.Sprint(number(b)) }
func mac(b []byte) string         { return net.HardwareAddr(b).String() }
func address(b []byte) string     { return netip.AddrFrom16([16]byte(b)).String() }
