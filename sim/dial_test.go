package sim_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
)

// hangs is the result of a dial or an exchange that has not ended after patience: the
// guest's kernel has sent its SYN three times by then.
const (
	hangs    = "hangs"
	patience = 5 * time.Second
)

// What a program of the guest gets that dials a host which refuses, or which is not there,
// in the simulation and with the real program.
func TestDialRefused(t *testing.T) {
	refused := unix.ECONNREFUSED.Error()
	type results struct{ tcp, dead, linkLocal, udp, deadUDP string }
	none := results{hangs, hangs, hangs, hangs, hangs}
	tcp := results{refused, refused, hangs, hangs, hangs}
	both := results{refused, refused, hangs, refused, hangs}
	eachPasst(t, map[string]results{
		"2022_11_10": none, "2023_03_09": none, "2024_06_24": none, "2024_07_26": none, "2024_12_11": none,
		"2025_01_21": tcp, "2025_03_19": tcp, "2025_03_20": both, "2025_05_03": both, "2026_07_28": both, "2026_10_02": both,
	}, func(l *sim.Lab) (got results) {
		const port = 40404 // nobody listens there
		dead, linkLocal := netip.MustParseAddr("fd01:cafe::dead"), netip.MustParseAddr("fe80::dead")
		var wg sync.WaitGroup
		wg.Go(func() { got.tcp = dial(l, "tcp6", slaac, l.PeerAddress(), port) })
		wg.Go(func() { got.dead = dial(l, "tcp6", slaac, dead, port) })
		wg.Go(func() { got.linkLocal = dial(l, "tcp6", netip.Addr{}, linkLocal, port) })
		wg.Go(func() { got.udp = dial(l, "udp6", slaac, l.PeerAddress(), port) })
		wg.Go(func() { got.deadUDP = dial(l, "udp6", slaac, dead, port) })
		wg.Wait()
		return got
	})
}

// What a peer gets from a server of the guest that answers from another address than the
// one addressed, and from one that answers the gateway's address. Up to 2024_06_24 passt
// takes the answer to a datagram of the gateway for one to the pod's loopback.
func TestAnswered(t *testing.T) {
	type results struct{ other, tcp, udp string }
	early, late := results{"ok", "ok", hangs}, results{"ok", "ok", "ok"}
	eachPasst(t, map[string]results{
		"2022_11_10": early, "2023_03_09": early, "2024_06_24": early,
		"2024_07_26": late, "2024_12_11": late, "2025_05_03": late, "2026_07_28": late, "2026_10_02": late,
	}, func(l *sim.Lab) results {
		gateway := netip.MustParseAddr("fd01:cafe::1")
		return results{
			other: serve(l, "udp6", l.PeerAddress(), 20107, true),
			tcp:   serve(l, "tcp6", gateway, 20108, false),
			udp:   serve(l, "udp6", gateway, 20109, false),
		}
	})
}

// serve has the guest serve at both of its addresses, and returns how two exchanges of a
// peer with the pod's address and a forwarded port end. Over UDP the other server than the
// one addressed may answer.
func serve(l *sim.Lab, network string, from netip.Addr, port uint16, other bool) string {
	var conn net.Conn
	var servers []*net.UDPConn
	err := l.Send(context.Background(), slaac) // so that passt knows one of the addresses
	if err != nil {
		return result(err)
	}
	err = l.Guest.Do(func() error {
		if network == "tcp6" {
			listener, err := net.Listen(network, fmt.Sprintf("[::]:%d", port))
			if err == nil {
				go echo(listener)
			}
			return err
		}
		for _, a := range []netip.Addr{lease, slaac} {
			s, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, port)))
			if err != nil {
				return err
			}
			servers = append(servers, s)
		}
		return nil
	})
	for i, s := range servers {
		defer s.Close()
		by := servers[i]
		if other {
			by = servers[1-i]
		}
		go func() {
			b := make([]byte, 9)
			for {
				n, peer, err := s.ReadFromUDPAddrPort(b)
				if err != nil {
					return
				}
				_, _ = by.WriteToUDPAddrPort(b[:n], peer)
			}
		}()
	}
	if err == nil {
		err = l.Peer.Do(func() (err error) {
			d := net.Dialer{Timeout: patience, LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))}
			if network == "udp6" {
				d.LocalAddr = net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0))
			}
			conn, err = d.Dial(network, netip.AddrPortFrom(lease, port).String())
			return err
		})
	}
	if err != nil {
		return result(err)
	}
	defer conn.Close()
	for range 2 {
		_, werr := conn.Write([]byte("q"))
		derr := conn.SetReadDeadline(time.Now().Add(patience))
		_, rerr := conn.Read(make([]byte, 9))
		if err := errors.Join(werr, derr, rerr); err != nil {
			return result(err)
		}
	}
	return "ok"
}

// echo answers one connection.
func echo(l net.Listener) {
	defer l.Close()
	if conn, err := l.Accept(); err == nil {
		defer conn.Close()
		b := make([]byte, 9)
		for n, err := conn.Read(b); err == nil; n, err = conn.Read(b) {
			_, _ = conn.Write(b[:n])
		}
	}
}

// eachPasst plays the field report with the simulation as each release, and with the real
// programs of these releases that are in the cache, and checks all of them at once.
func eachPasst[T comparable](t *testing.T, wants map[string]T, result func(*sim.Lab) T) {
	need.Namespaces(t)
	var wg sync.WaitGroup
	defer wg.Wait()
	check := func(name string, l *sim.Lab, want T) {
		wg.Go(func() {
			if got := result(l); got != want {
				t.Errorf("%s: got %+v, want %+v", name, got, want)
			}
		})
	}
	for release, want := range wants {
		check("simulated "+release, play(t, as(t, release), sim.Options{}), want)
		b, err := sim.Program(t.Context(), release)
		if errors.Is(err, sim.ErrNoProgram) {
			continue
		}
		if err := errors.Join(err, b.Check()); err != nil {
			t.Fatal(err)
		}
		check("real "+release, play(t, as(t, b.Behaves()), sim.Options{Backend: b}), want)
	}
}

// as returns the field report with a release of passt.
func as(t *testing.T, release string) *scenarios.Scenario {
	t.Helper()
	scs, err := sim.As(release, fieldReport(t))
	if err != nil {
		t.Fatal(err)
	}
	return scs[0]
}

// dial returns how a connection of the guest ends, or an exchange of datagrams.
func dial(l *sim.Lab, network string, from, to netip.Addr, port uint16) string {
	d := net.Dialer{Timeout: patience, Control: func(_, _ string, c syscall.RawConn) (err error) {
		return errors.Join(c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1)
		}), err)
	}}
	d.SetMultipathTCP(false)
	source := netip.AddrPortFrom(from, 0)
	switch {
	case !from.IsValid():
	case network == "udp6":
		d.LocalAddr = net.UDPAddrFromAddrPort(source)
	default:
		d.LocalAddr = net.TCPAddrFromAddrPort(source)
	}
	var conn net.Conn
	err := l.Guest.Do(func() error {
		link, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		if to.IsLinkLocalUnicast() {
			to = to.WithZone(fmt.Sprint(link.Index))
		}
		conn, err = d.Dial(network, netip.AddrPortFrom(to, port).String())
		return err
	})
	if err == nil {
		defer conn.Close()
		_, werr := conn.Write([]byte("q"))
		derr := conn.SetReadDeadline(time.Now().Add(patience))
		_, rerr := conn.Read(make([]byte, 9))
		err = errors.Join(werr, derr, rerr)
	}
	return result(err)
}

func result(err error) string {
	if errno, ok := errors.AsType[unix.Errno](err); ok {
		return errno.Error()
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return hangs
	}
	return fmt.Sprint(err)
}
