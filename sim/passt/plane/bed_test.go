package plane_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/mdlayher/packet"
	"github.com/vishvananda/netlink"
	vns "github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/plane"
)

func TestMain(m *testing.M) { os.Exit(audit.Run(m)) }

// The pod, its guest and their surroundings.
var (
	addrD   = ip("fd01:cafe::f14c:9fa1:8496:557f") // the pod's
	addrS   = ip("fd01:cafe::5054:ff:fe1f:c7bd")   // the guest's, by SLAAC
	addrL   = ip("fe80::5054:ff:fe1f:c7bd")        // the guest's, link-local
	podLL   = ip("fe80::ff:fe00:a")
	gateway = ip("fd01:cafe::1")
	peer    = ip("fd01:cafe::9")
	other   = ip("fd01:cafe::77") // another host at the peer's place
	peerLL  = ip("fe80::ff:fe00:9")
	nested  = ip("fd10:244::5")
	nobody  = netip.IPv6Unspecified()

	podMAC   = mac("02:00:00:00:00:0a")
	tapMAC   = mac("9a:55:9a:55:9a:55")
	guestMAC = mac("52:54:00:1f:c7:bd")
	peerMAC  = mac("02:00:00:00:00:09")
)

// eras are releases between which the plane behaves differently, the first
// and the last of each.
var eras = []string{"2022_11_10", "2023_05_09", "2023_06_03", "2024_06_24", "2024_07_26", "2024_08_14", "2024_08_21", "2024_12_11", "2025_05_03", "2026_06_11", "2026_07_16"}

func ip(s string) netip.Addr { return netip.MustParseAddr(s) }

func mac(s string) net.HardwareAddr {
	m, err := net.ParseMAC(s)
	if err != nil {
		panic(err)
	}
	return m
}

// bed is a pod with passt's engine and plane. The peer and the guest are no
// hosts but the bare ends of its links: the tests write and read their frames.
type bed struct {
	ns          *netns.NS
	pod         *link.Net
	engine      *passt.Engine
	plane       *plane.Plane
	peer, guest end
	took        time.Duration // to make the plane
}

func newBed(t testing.TB, release string, change ...func(*plane.Config)) *bed {
	t.Helper()
	b := &bed{ns: need.Namespace(t, "pod")}
	r, err := passt.Lookup(release)
	ok(t, err)
	cfg := plane.Config{
		Uplink: "eth0", Tap: "tap", Release: r,
		Address: addrD, PodLL: podLL, Gateway: gateway,
		GuestMAC: guestMAC, TCP: r.AllPorts, UDP: r.AllPorts,
	}
	for _, c := range change {
		c(&cfg)
	}
	b.pod = open(t, b.ns)
	b.peer = newEnd(t, b.pod, "eth0", podMAC, peerMAC)
	b.guest = newEnd(t, b.pod, "tap", tapMAC, guestMAC)
	for _, name := range []string{"eth0", "tap"} {
		ok(t, b.pod.Set(
			link.Sysctl{Key: "ipv6/conf/" + name + "/accept_dad", Value: "0"},
			link.Sysctl{Key: "ipv6/conf/" + name + "/accept_ra", Value: "0"},
		))
	}
	ok(t, b.pod.Set(link.Sysctl{Key: "ipv6/icmp/ratelimit", Value: "0"}),
		b.pod.Up("lo", "eth0", "tap"), b.pod.AwaitUp(t.Context(), "eth0", "tap"), b.peer.net.AwaitUp(t.Context(), "end"), b.guest.net.AwaitUp(t.Context(), "end"),
		b.pod.AddAddress("eth0", netip.PrefixFrom(addrD, 64)),
		b.pod.AddRoute("eth0", netip.PrefixFrom(nobody, 0), gateway, 0))
	for _, a := range []netip.Addr{gateway, peer, other, peerLL, ip("fe80::1")} {
		ok(t, b.pod.SetNeighbour("eth0", a, peerMAC))
	}
	b.engine, err = passt.New(passt.Config{
		Release: r, PodMAC: podMAC, Address: netip.PrefixFrom(addrD, 64), Gateway: cfg.Gateway,
	})
	ok(t, err)
	cfg.PasstLL = b.engine.LinkLocal()
	start := time.Now()
	b.plane, err = plane.New(cfg, b.pod)
	b.took = time.Since(start)
	ok(t, err)
	t.Cleanup(func() { ok(t, b.plane.Close()) })
	b.awaitLocal(t, addrD, plane.Outside(podLL))
	return b
}

// awaitLocal waits until the pod takes packets for its addresses: the kernel
// adds the routes a little later than the addresses.
func (b *bed) awaitLocal(t testing.TB, addresses ...netip.Addr) {
	t.Helper()
	h, err := netlink.NewHandleAt(vns.NsHandle(b.ns.Fd()), unix.NETLINK_ROUTE)
	ok(t, err)
	defer h.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	ok(t, b.pod.Await(ctx, "local routes", func() (bool, string, error) {
		rs, err := h.RouteListFiltered(unix.AF_INET6, &netlink.Route{Table: unix.RT_TABLE_LOCAL}, netlink.RT_FILTER_TABLE)
		found := 0
		for _, r := range rs {
			if a, is := netip.AddrFromSlice(r.Dst.IP); is && r.Type == unix.RTN_LOCAL && slices.Contains(addresses, a) {
				found++
			}
		}
		return found == len(addresses), fmt.Sprint(rs), err
	}))
}

func open(t testing.TB, ns *netns.NS) *link.Net {
	t.Helper()
	n, err := link.Open(ns)
	ok(t, err)
	t.Cleanup(n.Close)
	return n
}

func ok(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// seen asserts the addresses that the plane has learned.
func (b *bed) seen(t testing.TB, seen, ll netip.Addr) {
	t.Helper()
	gotSeen, err := b.plane.Seen()
	ok(t, err)
	gotLL, err := b.plane.SeenLinkLocal()
	ok(t, err)
	if gotSeen != seen || gotLL != ll {
		t.Errorf("seen %s and %s, want %s and %s", gotSeen, gotLL, seen, ll)
	}
}

// out has the guest send packets.
func (b *bed) out(t testing.TB, packets ...pkt) {
	t.Helper()
	for _, p := range packets {
		b.handle(t, p.frame(t, guestMAC, peerMAC)) // passt takes frames for others as well
	}
}

func (b *bed) handle(t testing.TB, frame []byte) {
	t.Helper()
	b.engine.Handle(time.Time{}, frame)
	ok(t, b.plane.Follow(b.engine.GuestMAC(), b.engine.Seen(), b.engine.SeenLinkLocal()), b.plane.Forward(frame))
}

// in has the peer send packets.
func (b *bed) in(t testing.TB, packets ...pkt) {
	t.Helper()
	for _, p := range packets {
		_, err := b.peer.conn.WriteTo(p.frame(t, peerMAC, podMAC), &packet.Addr{HardwareAddr: podMAC})
		ok(t, err)
	}
}

// end is the bare end of a link of the pod.
type end struct {
	net  *link.Net
	conn *packet.Conn
}

// newEnd makes a link of the pod; IPv6 is off at its other end.
func newEnd(t testing.TB, pod *link.Net, name string, podMAC, mac net.HardwareAddr) end {
	t.Helper()
	ns := need.Namespace(t, name)
	n := open(t, ns)
	ok(t, link.Pair(link.End{Net: pod, Name: name, MAC: podMAC}, link.End{Net: n, Name: "end", MAC: mac}),
		n.Set(link.Sysctl{Key: "ipv6/conf/end/disable_ipv6", Value: "1"}), n.Up("end"))
	index, err := n.Index("end")
	ok(t, err)
	e := end{net: n}
	ok(t, ns.Do(func() error {
		var err error
		e.conn, err = packet.Listen(&net.Interface{Index: index, Name: "end"}, packet.Raw, unix.ETH_P_IPV6, nil)
		return err
	}))
	t.Cleanup(func() { ok(t, e.conn.Close()) })
	return e
}

// expect reads the next packet and asserts what it is, and its checksum.
// Control messages of the link do not count.
func (e end) expect(t testing.TB, want pkt) {
	t.Helper()
	if got := e.next(t); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func (e end) next(t testing.TB) pkt {
	t.Helper()
	ok(t, e.conn.SetReadDeadline(time.Now().Add(5*time.Second)))
	b := make([]byte, 1<<16)
	for {
		n, _, err := e.conn.ReadFrom(b)
		ok(t, err)
		p, control, err := parse(b[:n])
		if control {
			continue
		}
		ok(t, err)
		return p
	}
}

// pkt is a packet as far as the tests look at it. Of a TCP segment SYN and ACK
// are looked at, of an ICMPv6 message the type, and of an error its quotation.
type pkt struct {
	proto    string // "tcp", "udp", "icmp"
	src, dst netip.AddrPort
	text     string // UDP: the payload; TCP: flags; ICMPv6: what it is
}

func (p pkt) String() string { return fmt.Sprintf("%s %s to %s %q", p.proto, p.src, p.dst, p.text) }

func udp(src netip.Addr, sport uint16, dst netip.Addr, dport uint16, text string) pkt {
	return pkt{"udp", netip.AddrPortFrom(src, sport), netip.AddrPortFrom(dst, dport), text}
}

func tcp(src netip.Addr, sport uint16, dst netip.Addr, dport uint16, flags string) pkt {
	return pkt{"tcp", netip.AddrPortFrom(src, sport), netip.AddrPortFrom(dst, dport), flags}
}

// echo is an echo request or reply; the port is its identifier.
func echo(src, dst netip.Addr, id uint16, what string) pkt {
	return pkt{"icmp", netip.AddrPortFrom(src, id), netip.AddrPortFrom(dst, id), what}
}

var echoes = map[string]uint8{"request": layers.ICMPv6TypeEchoRequest, "reply": layers.ICMPv6TypeEchoReply}

func (p pkt) frame(t testing.TB, src, dst net.HardwareAddr) []byte {
	t.Helper()
	eth := &layers.Ethernet{SrcMAC: src, DstMAC: dst, EthernetType: layers.EthernetTypeIPv6}
	l3 := &layers.IPv6{Version: 6, HopLimit: 64, SrcIP: p.src.Addr().AsSlice(), DstIP: p.dst.Addr().AsSlice()}
	stack := []gopacket.SerializableLayer{eth, l3}
	switch p.proto {
	case "tcp":
		l4 := &layers.TCP{SrcPort: layers.TCPPort(p.src.Port()), DstPort: layers.TCPPort(p.dst.Port()), Window: 1000}
		for _, f := range p.text {
			switch f {
			case 'S':
				l4.SYN = true
			case 'A':
				l4.ACK, l4.Ack = true, 1
			case 'R':
				l4.RST = true
			}
		}
		if !l4.SYN {
			l4.Seq = 1
		}
		l3.NextHeader = layers.IPProtocolTCP
		ok(t, l4.SetNetworkLayerForChecksum(l3))
		stack = append(stack, l4)
	case "udp":
		l4 := &layers.UDP{SrcPort: layers.UDPPort(p.src.Port()), DstPort: layers.UDPPort(p.dst.Port())}
		l3.NextHeader = layers.IPProtocolUDP
		ok(t, l4.SetNetworkLayerForChecksum(l3))
		stack = append(stack, l4, gopacket.Payload(p.text))
	case "icmp":
		l3.NextHeader = layers.IPProtocolICMPv6
		if typ, is := echoes[p.text]; is {
			l4 := &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(typ, 0)}
			ok(t, l4.SetNetworkLayerForChecksum(l3))
			stack = append(stack, l4, &layers.ICMPv6Echo{Identifier: p.src.Port()})
			break
		}
		var typ, code uint8
		var proto, about, to string
		_, err := fmt.Sscanf(p.text, "error %d.%d about %s %s to %s", &typ, &code, &proto, &about, &to)
		ok(t, err)
		quoted := pkt{proto, netip.MustParseAddrPort(about), netip.MustParseAddrPort(to), "S"}.frame(t, src, dst)[14:]
		l4 := &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(typ, code)}
		ok(t, l4.SetNetworkLayerForChecksum(l3))
		stack = append(stack, l4, gopacket.Payload(append(make([]byte, 4), quoted...)))
	}
	buf := gopacket.NewSerializeBuffer()
	ok(t, gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, stack...))
	return buf.Bytes()
}

// parse reads a frame. Neighbour discovery and MLD are control of the link.
func parse(frame []byte) (p pkt, control bool, err error) {
	g := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.Default)
	l3, is := g.NetworkLayer().(*layers.IPv6)
	if !is {
		return p, false, fmt.Errorf("not IPv6: %x", frame)
	}
	src, _ := netip.AddrFromSlice(l3.SrcIP)
	dst, _ := netip.AddrFromSlice(l3.DstIP)
	at := func(a netip.Addr, port uint16) netip.AddrPort { return netip.AddrPortFrom(a, port) }
	switch body := l3.Payload; l3.NextHeader {
	case layers.IPProtocolTCP:
		l4, is := g.TransportLayer().(*layers.TCP)
		if !is {
			return p, false, fmt.Errorf("not TCP: %x", frame)
		}
		p = pkt{"tcp", at(src, uint16(l4.SrcPort)), at(dst, uint16(l4.DstPort)), ""}
		for i, set := range []bool{l4.RST, l4.SYN, l4.ACK} {
			if set {
				p.text += "RSA"[i : i+1]
			}
		}
	case layers.IPProtocolUDP:
		p = pkt{"udp", at(src, binary.BigEndian.Uint16(body)), at(dst, binary.BigEndian.Uint16(body[2:])), string(body[8:])}
	case layers.IPProtocolICMPv6:
		switch typ := body[0]; {
		case typ >= 130:
			return p, true, nil
		case typ >= 128:
			id := binary.BigEndian.Uint16(body[4:])
			p = pkt{"icmp", at(src, id), at(dst, id), map[bool]string{true: "request", false: "reply"}[typ == 128]}
		default:
			quoted := body[8:]
			from := at(netip.AddrFrom16([16]byte(quoted[8:24])), binary.BigEndian.Uint16(quoted[40:]))
			to := at(netip.AddrFrom16([16]byte(quoted[24:40])), binary.BigEndian.Uint16(quoted[42:]))
			p = pkt{"icmp", at(src, 0), at(dst, 0), fmt.Sprintf("error %d.%d about %s %s to %s", typ, body[1], map[byte]string{unix.IPPROTO_TCP: "tcp", unix.IPPROTO_UDP: "udp"}[quoted[6]], from, to)}
		}
	case layers.IPProtocolIPv6HopByHop:
		return p, true, nil
	default:
		return p, false, fmt.Errorf("protocol %s", l3.NextHeader)
	}
	if sum := checksum(frame); sum != 0 {
		return p, false, fmt.Errorf("%s: checksum off by %#x", p, sum)
	}
	return p, false, nil
}

// checksum is zero for a packet whose upper checksum is right (RFC 8200 8.1).
func checksum(frame []byte) uint32 {
	l3 := frame[14:]
	sum := uint32(binary.BigEndian.Uint16(l3[4:])) + uint32(l3[6])
	for i, b := range l3[8:] {
		sum += uint32(b) << (8 * (1 - i%2))
	}
	return sum % 0xffff
}
