package sim

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

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
			answer(t, l)
			restart := scenarios.Plain("restart")[0]
			ok(t, l.Step(t.Context(), restart))
			if !tt.deaf {
				ok(t, exchange(t, l, "tcp6", 5*time.Second)) // the first SYN may be too early
				return
			}
			// The guest may still have had a report of its groups to send.
			for !deaf(l) {
				ok(t, l.Step(t.Context(), restart))
			}
			if err := exchange(t, l, "tcp6", quiet); err == nil && deaf(l) {
				t.Error("a connection reaches the guest before it has sent")
			}
			ok(t, exchange(t, l, "udp6", time.Second))
			ok(t, exchange(t, l, "tcp6", time.Second))
			if got := translated(t, l); got.String() != tt.seen {
				t.Errorf("inbound goes to %s, want %s", got, tt.seen)
			}
		})
	}
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
	if err := l.Peer.Do(func() (err error) { c, err = net.DialTimeout(network, to, limit); return err }); err != nil {
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
