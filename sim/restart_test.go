package sim

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/mdlayher/ndp"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/passt"
)

// A passt that was restarted sends to everybody until the guest has sent. A guest takes a
// datagram in such a frame, and no connection. The real one does the same: 2023_03_09,
// 2025_05_03 by its socket. Since 2025_09_19 it solicits the guest at once, which a guest
// hears by the socket; by vhost-user the guest's link comes back, and the guest reports its
// groups.
func TestRestart(t *testing.T) {
	const lease = "fd01:cafe::f14c:9fa1:8496:557f"
	for _, tt := range []struct {
		passt scenarios.Passt
		deaf  bool
		seen  string
	}{
		{scenarios.Passt{Release: "2023_03_09"}, true, lease},
		{scenarios.Passt{Release: "2025_09_11"}, true, lease},
		{scenarios.Passt{Release: "2025_09_19"}, false, lease},
		{scenarios.Passt{Release: passt.Last}, false, lease},
		{scenarios.Passt{KubeVirt: "1.6"}, false, lease},
		{scenarios.Passt{KubeVirt: "1.9"}, false, lease},
	} {
		t.Run(fmt.Sprint(tt.passt.Release, tt.passt.KubeVirt), func(t *testing.T) {
			t.Parallel()
			l := lab(t, timeline(t, "[ra, dhcpv6, send: slaac]", func(sc *scenarios.Scenario) { sc.Passt = tt.passt }))
			ok(t, l.Play(t.Context()))
			acquaint(t, &l.Topology)
			answer(t, l)
			restart := scenarios.Event{Action: &scenarios.Process{State: scenarios.ProcessRestart}}
			ok(t, l.Step(t.Context(), restart))
			if !tt.deaf {
				tick := time.Tick(time.Millisecond) // passt gets the frame that the event has awaited
				for deadline := time.Now().Add(10 * time.Second); deaf(l); <-tick {
					if time.Now().After(deadline) {
						t.Fatal("passt does not know the guest")
					}
				}
				// The guest forgot its neighbours, and the machine's table may be full.
				ok(t, exchange(t, l, "tcp6", 20*time.Second))
				return
			}
			if !deaf(l) {
				t.Fatal("the guest had still something to say")
			}
			if err := exchange(t, l, "tcp6", quiet); err == nil && deaf(l) {
				t.Error("a connection reaches the guest before it has sent")
			}
			ok(t, exchange(t, l, "udp6", 5*time.Second))
			ok(t, exchange(t, l, "tcp6", 5*time.Second))
			if got := translated(t, l); got.String() != tt.seen {
				t.Errorf("inbound goes to %s, want %s", got, tt.seen)
			}
		})
	}
}

// acquaint makes peer and pod neighbours: on a busy machine the answer to the peer's two
// solicitations may be late, and the table of neighbours full.
func acquaint(t testing.TB, l *Topology) {
	t.Helper()
	ok(t, l.edge.SetNeighbour(l.edgeLink, l.scenario.Pod.Address.Addr(), l.scenario.Pod.MAC.HardwareAddr()),
		l.pod.SetNeighbour(uplink, l.peerAddr, edgeMAC.HardwareAddr()))
}

// deaf reports whether passt does not know the guest's MAC.
func deaf(l *Lab) (is bool) {
	l.passt.Ask(func(e *passt.Engine) { is = !bytes.Equal(e.GuestMAC(), l.scenario.Guest.MAC[:]) })
	return is
}

// answer makes the guest answer connections and datagrams with what they have.
func answer(t testing.TB, l *Lab) {
	t.Helper()
	var server net.Listener
	var conn net.PacketConn
	ok(t, l.Guest.Do(func() (err error) { server, err = net.Listen("tcp6", "[::]:20007"); return err }))
	t.Cleanup(func() { server.Close() })
	ok(t, l.Guest.Do(func() (err error) { conn, err = net.ListenPacket("udp6", "[::]:20007"); return err }))
	t.Cleanup(func() { conn.Close() })
	go func() {
		for c, err := server.Accept(); err == nil; c, err = server.Accept() {
			b := make([]byte, 2) // package io would keep a pipe open
			n, _ := io.ReadFull(c, b)
			_, _ = c.Write(b[:n])
			_ = c.Close()
		}
	}()
	go func() {
		b := make([]byte, 2)
		for n, from, err := conn.ReadFrom(b); err == nil; n, from, err = conn.ReadFrom(b) {
			_, _ = conn.WriteTo(b[:n], from)
		}
	}()
}

// exchange sends from the peer to the pod's address, and waits for the answer.
func exchange(t testing.TB, l *Lab, network string, limit time.Duration) error {
	t.Helper()
	var c net.Conn
	to := netip.AddrPortFrom(l.scenario.Pod.Address.Addr(), 20007).String()
	// Early releases do not answer datagrams of the gateway, which the peer is, too.
	source := netip.AddrPortFrom(l.PeerAddress(), 0)
	d := net.Dialer{Timeout: limit, LocalAddr: net.TCPAddrFromAddrPort(source)}
	if network == "udp6" {
		d.LocalAddr = net.UDPAddrFromAddrPort(source)
	}
	if err := l.Peer.Do(func() (err error) { c, err = d.Dial(network, to); return err }); err != nil {
		return err
	}
	defer c.Close()
	ok(t, c.SetDeadline(time.Now().Add(limit)))
	if _, err := c.Write([]byte("hi")); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 2))
	return err
}

// The real passt, too, sends a connection to everybody until the guest has sent, and since
// 2025_09_19 solicits the guest before.
func TestRestartReal(t *testing.T) {
	need.Namespaces(t)
	for _, name := range []string{"passt", "2023_03_09", "2025_05_03", "2026_07_28", "2026_10_02"} {
		t.Run(name, func(t *testing.T) {
			b, err := Program(t.Context(), name)
			if errors.Is(err, ErrNoProgram) {
				t.Skip(err)
			}
			ok(t, err)
			sc := timeline(t, "[]", func(sc *scenarios.Scenario) { sc.Passt.Release = b.Behaves() })
			cfg, err := passtConfig(sc, listed(sc, false))
			ok(t, err)
			e, err := passt.New(cfg)
			ok(t, err)
			s, err := openSocket(t.Context(), b, cfg, []string{"-t", "::/20007"})
			ok(t, err)
			defer func() { ok(t, s.Close()) }()
			acquaint(t, &s.topology)
			ok(t, s.SetDeadline(time.Now().Add(10*time.Second)))
			for _, f := range e.Connect(time.Now()) {
				if got := receive(t, s); !bytes.Equal(got, f) {
					t.Errorf("sends %x on connect, want %x", got, f)
				}
			}
			for range 2 {
				var c net.Conn
				to := netip.AddrPortFrom(cfg.Address.Addr(), 20007).String()
				ok(t, s.topology.Peer.Do(func() (err error) { c, err = net.DialTimeout("tcp6", to, 10*time.Second); return err }))
				got := receive(t, s)
				for got[20] != unix.IPPROTO_TCP {
					got = receive(t, s)
				}
				if !bytes.Equal(got[:6], e.GuestMAC()) {
					t.Errorf("a connection goes to %x, want %x", got[:6], e.GuestMAC())
				}
				defer c.Close() // only then: passt tells the guest
				mac := sc.Guest.MAC.HardwareAddr()
				report, err := frame.Neighbour(mac, allNodesMAC, linkLocal(sc.Guest.MAC), netip.IPv6LinkLocalAllNodes(),
					&ndp.NeighborAdvertisement{TargetAddress: linkLocal(sc.Guest.MAC)})
				ok(t, err)
				e.Handle(time.Now(), report)
				_, err = s.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(report))), report...))
				ok(t, err)
			}
		})
	}
}

// receive returns the next frame of the real passt.
func receive(t testing.TB, s *socket) []byte {
	t.Helper()
	head := make([]byte, 4)
	_, err := io.ReadFull(s, head)
	ok(t, err)
	f := make([]byte, binary.BigEndian.Uint32(head))
	_, err = io.ReadFull(s, f)
	ok(t, err)
	return f
}
