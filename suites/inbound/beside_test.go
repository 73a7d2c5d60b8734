package inbound

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/netns"
)

// The second pod and guest.
var (
	secondMAC = scenarios.MAC{0x52, 0x54, 0, 0x1f, 0xc7, 0xbe}
	secondD   = netip.MustParseAddr("fd01:cafe::b0b")
	secondS   = netip.MustParseAddr("fd01:cafe::5054:ff:fe1f:c7be")
)

// Two guests behind two passts: each sees the other's pod address, whatever
// the other sends from, and nobody reaches the other's SLAAC address.
func TestBeside(t *testing.T) {
	need.Namespaces(t)
	for _, release := range []string{"2023_03_09", "2024_12_11", "2026_07_16"} {
		for _, network := range []struct {
			name    string
			bits    int
			gateway string
		}{{"64", 64, "fd01:cafe::1"}, {"128, link-local gateway", 128, "fe80::1"}} {
			t.Run(release+", /"+network.name, func(t *testing.T) {
				t.Parallel()
				pod := scenarios.Pod{Gateway: netip.MustParseAddr(network.gateway), MAC: scenarios.MAC{0x02, 0, 0, 0, 0, 0x0a}}
				var benches []*bench
				var first *sim.Lab
				for i, address := range []netip.Addr{addrD, secondD} {
					pod.Address = netip.PrefixFrom(address, network.bits)
					sc := plain(column{release: release}, pod, []scenarios.MAC{guestMAC, secondMAC}[i])
					b := newBenchOf(t.Context(), t, sc, sim.Options{Beside: first})
					if err := all(exchange, func(b *bench) error {
						return b.guest.Net.AddAddress("eth0", netip.PrefixFrom(address, 128))
					})(b); err != nil {
						t.Fatal(err)
					}
					benches, first = append(benches, b), b.lab
				}
				g1, g2 := benches[0], benches[1]
				told := release > "2025"
				g1.talks(t, g2, addrD, addrS, told)
				g2.talks(t, g1, secondD, secondS, told)
			})
		}
	}
}

// talks asserts what another guest, and the peer, can do to the second of two.
func (b *bench) talks(t *testing.T, other *bench, own, slaac netip.Addr, told bool) {
	t.Helper()
	theirs, theirSLAAC := secondD, secondS
	if own == secondD {
		theirs, theirSLAAC = addrD, addrS
	}
	const wildcard = 20001
	saw := make(chan netip.Addr, 10)
	stop, err := other.greet(wildcard, saw)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	for _, from := range []netip.Addr{own, slaac} {
		for _, transport := range []string{"tcp", "udp"} {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			err := b.dial(ctx, b.lab.Guest, transport, from, theirs, wildcard)
			cancel()
			if err != nil {
				t.Errorf("%s from %s to %s: %v", transport, from, theirs, err)
				continue
			}
			if got := <-saw; got != own {
				t.Errorf("%s from %s to %s: the guest saw %s, want %s", transport, from, theirs, got, own)
			}
		}
		// The second pod answers an echo; its guest never gets it.
		if err := b.ping(from, theirs); err != nil {
			t.Errorf("ping from %s to %s: %v", from, theirs, err)
		}
	}
	if n := other.echoes.Load(); n != 0 {
		t.Errorf("%d echo requests reached the guest of %s", n, theirs)
	}
	// Nobody answers for the SLAAC address on the pods' network. passt tells the guest
	// since 2025_01_21, and of TCP only, by a reset.
	fails := func(host *netns.NS, transport string, from netip.Addr, want error) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := b.dial(ctx, host, transport, from, theirSLAAC, wildcard); !errors.Is(err, want) {
			t.Errorf("%s from %s in %s to %s: got %v, want %v", transport, from, host.Name(), theirSLAAC, err, want)
		}
	}
	var wg sync.WaitGroup
	for host, from := range map[*netns.NS]netip.Addr{b.lab.Peer: b.lab.PeerAddress(), b.lab.Pod: own} {
		for _, transport := range []string{"tcp", "udp"} {
			wg.Go(func() { fails(host, transport, from, unix.EHOSTUNREACH) })
		}
	}
	if told {
		wg.Go(func() { fails(b.lab.Guest, "tcp", own, unix.ECONNREFUSED) })
	}
	wg.Wait()
}

// greet serves on the wildcard address and reports who came.
func (b *bench) greet(port uint16, saw chan<- netip.Addr) (stop func() error, err error) {
	b.saw = saw
	tcp, err := b.serveAt(netip.AddrPortFrom(netip.IPv6Unspecified(), port), "tcp")
	if err != nil {
		return nil, err
	}
	udp, err := b.serveAt(netip.AddrPortFrom(netip.IPv6Unspecified(), port), "udp")
	if err != nil {
		return nil, errors.Join(err, tcp())
	}
	return func() error { return errors.Join(tcp(), udp()) }, nil
}

// ping sends an echo request from the guest and awaits the reply.
func (b *bench) ping(from, to netip.Addr) error {
	var c *icmp.PacketConn
	if err := b.lab.Guest.Do(func() (err error) { c, err = icmp.ListenPacket("ip6:ipv6-icmp", from.String()); return err }); err != nil {
		return err
	}
	defer c.Close()
	m := icmp.Message{Type: ipv6.ICMPTypeEchoRequest, Body: &icmp.Echo{ID: int(b.port.Add(1))}}
	packet, err := m.Marshal(nil)
	if err != nil {
		return err
	}
	if _, err := c.WriteTo(packet, &net.IPAddr{IP: to.AsSlice()}); err != nil {
		return err
	}
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	for buf := make([]byte, 1500); ; {
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			return err
		}
		if m, err := icmp.ParseMessage(ipv6.ICMPTypeEchoReply.Protocol(), buf[:n]); err == nil && m.Type == ipv6.ICMPTypeEchoReply {
			return nil
		}
	}
}
