package inbound

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/mdlayher/ndp"
	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
	"github.com/passtlab/passtlab/sim/passt"
)

// The addresses of the pod and the guest.
var (
	addrD    = netip.MustParseAddr("fd01:cafe::f14c:9fa1:8496:557f")
	addrS    = netip.MustParseAddr("fd01:cafe::5054:ff:fe1f:c7bd")
	addrL    = netip.MustParseAddr("fe80::5054:ff:fe1f:c7bd")
	guestMAC = scenarios.MAC{0x52, 0x54, 0, 0x1f, 0xc7, 0xbd}
	names    = map[string]netip.Addr{"D": addrD, "S": addrS, "L": addrL, "::": netip.IPv6Unspecified()}
)

// ports are those of the servers, by the address that they are bound to.
var ports = map[string]uint16{"::": 20001, "D": 20002, "S": 20003}

// patience is how long a measurement may take. It takes milliseconds, and one
// that runs out of patience is an error.
const patience = 5 * time.Second

// bench is a lab, and an eye on the guest's link.
type bench struct {
	ctx     context.Context
	lab     *sim.Lab
	release passt.Release
	guest   *guest.Guest
	conn    *packet.Conn
	dsts    chan sighting
	port    atomic.Uint32 // of the last connection's client

	strays atomic.Int64      // multicast listener reports of the guest's kernel
	echoes atomic.Int64      // requests on the guest's link
	saw    chan<- netip.Addr // where servers say who came; may be nil
}

// sighting is a packet that opens a flow, on the guest's link.
type sighting struct {
	transport string
	port      uint16
	dst       netip.Addr
}

// plain is a scenario of one guest that gets addresses and no more.
func plain(c column, pod scenarios.Pod, mac scenarios.MAC) *scenarios.Scenario {
	sc := &scenarios.Scenario{
		ID: "matrix", Pod: pod,
		Passt:  scenarios.Passt{Release: c.release},
		Guest:  scenarios.Guest{MAC: mac, Client: scenarios.ClientKernel},
		Events: scenarios.Plain(scenarios.EventRA),
	}
	if c.given {
		sc.Passt.Address = pod.Address.Addr()
	}
	return sc
}

func newBench(ctx context.Context, t *testing.T, c column) *bench {
	t.Helper()
	return newBenchOf(ctx, t, plain(c, scenarios.Pod{
		Address: netip.PrefixFrom(addrD, 64),
		Gateway: netip.MustParseAddr("fd01:cafe::1"),
		MAC:     scenarios.MAC{0x02, 0, 0, 0, 0, 0x0a},
	}, guestMAC), sim.Options{})
}

func newBenchOf(ctx context.Context, t *testing.T, sc *scenarios.Scenario, opts sim.Options) *bench {
	t.Helper()
	b := &bench{ctx: ctx, dsts: make(chan sighting, 1000)}
	b.port.Store(21000)
	var err error
	if b.release, err = sim.Release(sc); err != nil {
		t.Fatal(err)
	}
	b.lab, err = sim.New(ctx, sc, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.lab.Close(); err != nil {
			t.Error(err)
		}
	})
	n, err := link.Open(b.lab.Guest)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	b.guest = guest.New(b.lab.Guest, n, "eth0", sc.Guest.MAC)
	if err := b.watch(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.conn.Close() })
	if err := b.lab.Play(ctx); err != nil {
		t.Fatal(err)
	}
	return b
}

// watch notes what arrives on the guest's link, and what its kernel says there
// unasked: both by one socket, so that they are noted in their order.
func (b *bench) watch() error {
	// What else the guest sends could be more than the socket takes.
	filter, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 6, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: binary.BigEndian.Uint32(guestMAC[:4]), SkipTrue: 4},
		bpf.LoadAbsolute{Off: 10, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(binary.BigEndian.Uint16(guestMAC[4:])), SkipTrue: 2},
		bpf.LoadAbsolute{Off: 20, Size: 1}, // next header
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_HOPOPTS, SkipTrue: 1},
		bpf.RetConstant{Val: 1 << 16},
		bpf.RetConstant{Val: 0},
	})
	if err != nil {
		return err
	}
	if err := b.lab.Guest.Do(func() error {
		ifc, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		b.conn, err = packet.Listen(ifc, packet.Raw, unix.ETH_P_ALL, &packet.Config{Filter: filter})
		return err
	}); err != nil {
		return fmt.Errorf("watch the guest's link: %w", err)
	}
	go func() {
		for buf := make([]byte, 1<<16); ; {
			n, _, err := b.conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if n > 20 && bytes.Equal(buf[6:12], guestMAC[:]) {
				b.strays.Add(1) // only MLD has hop-by-hop options (RFC 3810 5)
				continue
			}
			if n > 54 && buf[20] == unix.IPPROTO_ICMPV6 && buf[54] == byte(ipv6.ICMPTypeEchoRequest) {
				b.echoes.Add(1)
			}
			if s, ok := opens(buf[:n]); ok {
				b.dsts <- s
			}
		}
	}()
	return nil
}

// The transports of sightings beside tcp and udp.
var (
	routerAdvert    = ipv6.ICMPTypeRouterAdvertisement.String()
	neighbourAdvert = ipv6.ICMPTypeNeighborAdvertisement.String()
)

// opens returns what a frame opens: a flow, or what a router or a neighbour says.
func opens(frame []byte) (s sighting, ok bool) {
	if len(frame) < 14+40+8 {
		return s, false
	}
	s = sighting{dst: netip.AddrFrom16([16]byte(frame[38:54])), port: binary.BigEndian.Uint16(frame[56:])}
	const syn, ack = 0x02, 0x10
	switch upper := frame[54:]; frame[20] {
	case unix.IPPROTO_UDP:
		s.transport = "udp"
		return s, true
	case unix.IPPROTO_TCP:
		s.transport = "tcp"
		return s, len(upper) >= 20 && upper[13]&(syn|ack) == syn
	case unix.IPPROTO_ICMPV6:
		s.transport = ipv6.ICMPType(upper[0]).String()
		return s, s.transport == routerAdvert || s.transport == neighbourAdvert
	}
	return s, false
}

// probeDAD sends a solicitation as duplicate address detection does, from ::
// (RFC 4862 5.4.2). passt does not answer it. probeDAD returns when passt has answered
// the next one, and so has taken both: a router solicitation from ::, which the guest
// does not look at, or a neighbour solicitation from L where that other packet counts
// and packets from :: do not.
func (b *bench) probeDAD() error {
	target := netip.MustParseAddr("fd01:cafe::dad")
	group, err := ndp.SolicitedNodeMulticast(target)
	if err != nil {
		return err
	}
	unspecified := netip.IPv6Unspecified()
	src, answer := unspecified, routerAdvert
	var next ndp.Message = &ndp.RouterSolicitation{}
	dst := netip.IPv6LinkLocalAllRouters()
	if b.release.SeenSolicitor && !b.release.SeenUnspecified {
		src, answer, next, dst = b.address("L"), neighbourAdvert, &ndp.NeighborSolicitation{TargetAddress: target}, group
	}
	if err := errors.Join(
		b.write(unspecified, group, &ndp.NeighborSolicitation{TargetAddress: target}),
		b.write(src, dst, next)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	_, err = b.sight(ctx, func(s sighting) bool { return s.transport == answer && s.dst == src })
	return err
}

// sight waits until a packet is seen on the guest's link.
func (b *bench) sight(ctx context.Context, is func(sighting) bool) (netip.Addr, error) {
	for {
		select {
		case s := <-b.dsts:
			if is(s) {
				return s.dst, nil
			}
		case <-ctx.Done():
			return netip.Addr{}, fmt.Errorf("nothing arrived at the guest: %w", ctx.Err())
		}
	}
}

func (b *bench) write(src, dst netip.Addr, m ndp.Message) error {
	message, err := ndp.MarshalMessageChecksum(m, src, dst)
	if err != nil {
		return err
	}
	d := dst.As16()
	to := net.HardwareAddr{0x33, 0x33, d[12], d[13], d[14], d[15]} // RFC 2464 7
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true},
		&layers.Ethernet{SrcMAC: guestMAC.HardwareAddr(), DstMAC: to, EthernetType: layers.EthernetTypeIPv6},
		&layers.IPv6{Version: 6, HopLimit: ndp.HopLimit, NextHeader: layers.IPProtocolICMPv6, SrcIP: src.AsSlice(), DstIP: d[:]},
		gopacket.Payload(message)); err != nil {
		return err
	}
	_, err = b.conn.WriteTo(buf.Bytes(), &packet.Addr{HardwareAddr: to})
	return err
}

// address returns the address that the facts call so.
func (b *bench) address(name string) netip.Addr { return names[name] }

func (b *bench) name(a netip.Addr) string {
	for n, is := range names {
		if is == a {
			return n
		}
	}
	return a.String()
}

// owns reports whether the address is the guest's.
func (b *bench) owns(a netip.Addr) (bool, error) {
	n, err := link.Open(b.lab.Guest)
	if err != nil {
		return false, err
	}
	defer n.Close()
	as, err := n.Addresses()
	for _, x := range as {
		if x.Prefix.Addr() == a {
			return true, err
		}
	}
	return false, err
}

// cell measures one cell. The guest's kernel repeats its multicast listener
// reports when it likes, from L. One that comes between the state and the peer's
// packet makes another state, so the cell is measured in the right one then.
func (b *bench) cell(s state, server, transport string) (string, error) {
	for {
		before := b.strays.Load()
		got, err := b.measure(s, server, transport)
		if err != nil || b.strays.Load() == before {
			return got, err
		}
	}
}

func (b *bench) measure(s state, server, transport string) (_ string, err error) {
	stop, err := b.serve(server, transport)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := s.again(b); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	result := make(chan error, 1)
	go func() {
		// Not the gateway's address, which stands for the pod's loopback.
		result <- b.dial(ctx, b.lab.Peer, transport, b.lab.PeerAddress(), addrD, ports[server])
	}()
	dst, err := b.sight(ctx, func(s sighting) bool { return s.transport == transport && s.port == ports[server] })
	if err != nil {
		return "", errors.Join(err, <-result)
	}
	own, err := b.owns(dst)
	switch {
	case err != nil:
	case dst.IsUnspecified():
		cancel()
		<-result
		return "lost ::", nil
	case !own:
		cancel()
		<-result
		return "blackhole " + b.name(dst), nil
	default:
		err = <-result
	}
	switch {
	case err == nil:
		return "works " + b.name(dst), nil
	case errors.Is(err, unix.ECONNREFUSED), errors.Is(err, unix.ECONNRESET):
		return "fails " + b.name(dst), nil
	}
	return "", err
}

// dial connects to a server and awaits its answer.
func (b *bench) dial(ctx context.Context, ns *netns.NS, transport string, from, to netip.Addr, port uint16) error {
	// Never from the same port again: passt would take it for the same flow.
	local := netip.AddrPortFrom(from, uint16(b.port.Add(1)))
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(local)}
	if transport == "udp" {
		d.LocalAddr = net.UDPAddrFromAddrPort(local)
		// Have every ICMPv6 error end as an error of the socket.
		d.Control = func(_, _ string, c syscall.RawConn) (err error) {
			cerr := c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1) })
			return errors.Join(cerr, err)
		}
	}
	d.SetMultipathTCP(false)
	var c net.Conn
	// The dialler makes its socket on this thread. It waits there as well, for
	// milliseconds.
	if err := ns.Do(func() (err error) {
		c, err = d.DialContext(ctx, transport+"6", netip.AddrPortFrom(to, port).String())
		return err
	}); err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })()
	if t, is := c.(*net.TCPConn); is {
		// Reset when done: the guest, reset, sends nothing more that could
		// count as the last it sent.
		if err := t.SetLinger(0); err != nil {
			return err
		}
	}
	if _, err := c.Write([]byte("q")); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 1))
	return err
}

// serve has a server in the guest answer one octet with one, from the address
// that it got it at.
func (b *bench) serve(at, transport string) (stop func() error, err error) {
	return b.serveAt(netip.AddrPortFrom(b.address(at), ports[at]), transport)
}

// came reports a client.
func (b *bench) came(a net.Addr) {
	if b.saw == nil {
		return
	}
	at, err := netip.ParseAddrPort(a.String())
	if err == nil {
		b.saw <- at.Addr()
	}
}

func (b *bench) serveAt(addr netip.AddrPort, transport string) (stop func() error, err error) {
	if transport == "tcp" {
		var l *net.TCPListener
		if err := b.lab.Guest.Do(func() error {
			var lc net.ListenConfig
			lc.SetMultipathTCP(false)
			x, err := lc.Listen(b.ctx, "tcp6", addr.String())
			if err == nil {
				l = x.(*net.TCPListener)
			}
			return err
		}); err != nil {
			return nil, err
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				b.came(c.RemoteAddr())
				// It is the peer that ends the connection.
				_ = c.SetDeadline(time.Now().Add(patience))
				// Not io.Copy, which keeps pipes for later.
				buf := make([]byte, 1)
				for err == nil {
					if _, err = c.Read(buf); err == nil {
						_, err = c.Write(buf)
					}
				}
				_ = c.(*net.TCPConn).SetLinger(0)
				_ = c.Close()
			}
		}()
		return func() error { err := l.Close(); <-done; return err }, nil
	}
	var u *net.UDPConn
	if err := b.lab.Guest.Do(func() (err error) { u, err = net.ListenUDP("udp6", net.UDPAddrFromAddrPort(addr)); return err }); err != nil {
		return nil, err
	}
	pc := ipv6.NewPacketConn(u)
	if err := pc.SetControlMessage(ipv6.FlagDst|ipv6.FlagInterface, true); err != nil {
		return nil, errors.Join(err, u.Close())
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 9)
		for {
			n, cm, from, err := pc.ReadFrom(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				b.came(from)
				_, _ = pc.WriteTo(buf[:n], &ipv6.ControlMessage{Src: cm.Dst, IfIndex: cm.IfIndex}, from)
			}
		}
	}()
	return func() error { err := u.Close(); <-done; return err }, nil
}
