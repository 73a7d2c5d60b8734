package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
)

func TestMain(m *testing.M) { os.Exit(audit.Run(m)) }

// contains reports whether s holds sub; nothing holds the empty string but itself.
func contains(s, sub string) bool { return strings.Contains(s, sub) && (s == "") == (sub == "") }

// The bed is a peer and a guest on one link, and a namespace beside them.
var (
	peerAddr  = netip.MustParseAddr("fd00::9")
	guestAddr = netip.MustParseAddr("fd00::1")
	nobody    = netip.MustParseAddr("fd00::77") // nobody answers for it
	blackhole = netip.MustParseAddr("fd00::88") // packets for it are dropped
)

type bed struct {
	peer, pod, guest *netns.NS
	link             int // index of eth0 in peer and guest
}

func newBed(t testing.TB) (b bed) {
	t.Helper()
	nets := map[string]*link.Net{}
	for name, ns := range map[string]**netns.NS{"peer": &b.peer, "pod": &b.pod, "guest": &b.guest} {
		*ns = need.Namespace(t, name)
		n, err := link.Open(*ns)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(n.Close)
		nets[name] = n
	}
	peer, guest := nets["peer"], nets["guest"]
	errs := []error{link.Pair(link.End{Net: peer, Name: "eth0"}, link.End{Net: guest, Name: "eth0"})}
	for _, n := range []*link.Net{peer, guest} {
		errs = append(errs, n.Set(
			link.Sysctl{Key: "ipv6/icmp/ratelimit", Value: "0"},
			link.Sysctl{Key: "ipv6/conf/eth0/accept_dad", Value: "0"},
			link.Sysctl{Key: "ipv6/neigh/eth0/retrans_time_ms", Value: "25"},
			link.Sysctl{Key: "ipv6/neigh/eth0/mcast_solicit", Value: "2"},
		), n.Up("lo", "eth0"))
	}
	var err error
	b.link, err = peer.Index("eth0")
	if err := errors.Join(append(errs, err,
		peer.AwaitUp(t.Context(), "eth0"), guest.AwaitUp(t.Context(), "eth0"),
		peer.AddAddress("eth0", netip.PrefixFrom(peerAddr, 64)),
		guest.AddAddress("eth0", netip.PrefixFrom(guestAddr, 64)),
		// A frame that is for another host's link-layer address is not looked at.
		peer.SetNeighbour("eth0", blackhole, net.HardwareAddr{0x02, 0, 0, 0, 0, 0x88}),
	)...); err != nil {
		t.Fatal(err)
	}
	return b
}

// linkLocal is the guest's address that the kernel formed.
func (b bed) linkLocal(t testing.TB) (ll netip.Addr) {
	t.Helper()
	n, err := link.Open(b.guest)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if err := n.Await(t.Context(), "a link-local address", func() (bool, string, error) {
		as, err := n.Addresses()
		i := slices.IndexFunc(as, func(a link.Address) bool { return a.Prefix.Addr().IsLinkLocalUnicast() && a.Usable() })
		if i >= 0 {
			ll = as[i].Prefix.Addr()
		}
		return i >= 0, "none", err
	}); err != nil {
		t.Fatal(err)
	}
	return ll
}

func at(a netip.Addr, port uint16) target { return target{AddrPort: netip.AddrPortFrom(a, port)} }

func TestExchange(t *testing.T) {
	b := newBed(t)
	for _, s := range []struct {
		addr netip.Addr
		port uint16
	}{{netip.Addr{}, 1000}, {guestAddr, 1001}} {
		s, err := serve(b.guest, s.addr, s.port, new(connections))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
	}
	seen := report{remote: peerAddr, local: guestAddr}
	for _, tt := range []struct {
		name string
		from netip.Addr
		to   target
		want Outcome
		seen report
	}{
		{"wildcard", peerAddr, at(guestAddr, 1000), OK, seen},
		{"bound", peerAddr, at(guestAddr, 1001), OK, seen},
		{"any source", netip.Addr{}, at(guestAddr, 1000), OK, seen},
		{"no server", peerAddr, at(guestAddr, 1002), "ECONNREFUSED", report{}},
		{"nobody", peerAddr, at(nobody, 1000), "EHOSTUNREACH", report{}},
		{"no route", peerAddr, at(netip.MustParseAddr("2001:db8::1"), 1000), "ENETUNREACH", report{}},
		{"foreign source", nobody, at(guestAddr, 1000), "EADDRNOTAVAIL", report{}},
	} {
		for _, tr := range []transport{tcp, udp} {
			t.Run(fmt.Sprint(tt.name, " ", tr), func(t *testing.T) {
				start := time.Now()
				got, seen, err := exchange(t.Context(), b.peer, tr, tt.from, tt.to)
				if got != tt.want || seen != tt.seen || err != nil {
					t.Errorf("got %q, %v, %v, want %q, %v", got, seen, err, tt.want, tt.seen)
				}
				if took := time.Since(start); took > time.Second {
					t.Errorf("took %v", took)
				}
			})
		}
	}
}

// What proves nothing is no outcome.
func TestInconclusive(t *testing.T) {
	b := newBed(t)
	l, err := listenTCP(b.guest, netip.AddrPortFrom(guestAddr, 1000))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cause := errors.New("out of patience")
	for _, tt := range []struct {
		name string
		tr   transport
		to   netip.Addr
		want string
	}{
		{"tcp blackhole", tcp, blackhole, "tcp exchange from fd00::9 in peer to [fd00::88]:1000: inconclusive: out of patience: connect: i/o timeout"},
		{"udp blackhole", udp, blackhole, "udp exchange from fd00::9 in peer to [fd00::88]:1000: inconclusive: out of patience: read "},
		{"accepted, no answer", tcp, guestAddr, "tcp exchange from fd00::9 in peer to [fd00::1]:1000: inconclusive: out of patience: read "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, cause)
			defer cancel()
			o, _, err := exchange(ctx, b.peer, tt.tr, peerAddr, at(tt.to, 1000))
			if o != "" || !errors.Is(err, ErrInconclusive) || !errors.Is(err, cause) || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %q, %v, want %s…", o, err, tt.want)
			}
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, tr := range []transport{tcp, udp} {
			o, _, err := exchange(ctx, b.peer, tr, peerAddr, at(guestAddr, 1002))
			if o != "" || !errors.Is(err, context.Canceled) || !errors.Is(err, ErrInconclusive) {
				t.Errorf("%s: got %q, %v, want %v", tr, o, err, context.Canceled)
			}
		}
	})
}

// A server that is not ours.
func TestForeignServer(t *testing.T) {
	b := newBed(t)
	for i, tt := range []struct {
		name  string
		serve func(*net.TCPConn)
		want  Outcome
		is    error
	}{
		{"closes", func(c *net.TCPConn) { c.Read(make([]byte, 100)) }, "ECONNRESET", nil},
		{"resets", func(c *net.TCPConn) { c.SetLinger(0) }, "ECONNRESET", nil},
		{"babbles", func(c *net.TCPConn) { c.Write([]byte("220 hello")); c.Read(make([]byte, 100)) }, "", ErrInconclusive},
	} {
		t.Run(tt.name, func(t *testing.T) {
			port := uint16(1000 + i)
			l, err := listenTCP(b.guest, netip.AddrPortFrom(guestAddr, port))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			done := make(chan struct{})
			go func() {
				defer close(done)
				if c, err := l.Accept(); err == nil {
					tt.serve(c.(*net.TCPConn))
					c.Close()
				}
			}()
			got, _, err := exchange(t.Context(), b.peer, tcp, peerAddr, at(guestAddr, port))
			if got != tt.want || !errors.Is(err, tt.is) {
				t.Errorf("got %q, %v, want %q, %v", got, err, tt.want, tt.is)
			}
			<-done
		})
	}
}

// A wildcard server answers from the address that it was asked at.
func TestServerSource(t *testing.T) {
	b := newBed(t)
	n, err := link.Open(b.guest)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	all := []netip.Addr{guestAddr}
	for _, a := range []string{"fd00::2", "fd00::ffff:1", "fd00::3"} {
		all = append(all, netip.MustParseAddr(a))
		if err := n.AddAddress("eth0", netip.PrefixFrom(all[len(all)-1], 128)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := serve(b.guest, netip.Addr{}, 1000, new(connections))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, a := range slices.Backward(all) {
		res, seen, err := both(t.Context(), b.peer, netip.Addr{}, at(a, 1000))
		want := report{peerAddr, a}
		if !res.OK() || seen != [2]report{want, want} || err != nil {
			t.Errorf("%s: got %s, %v, %v", a, res, seen, err)
		}
	}
}

func TestServeError(t *testing.T) {
	b := newBed(t)
	s, err := serve(b.guest, netip.Addr{}, 1000, new(connections))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, tt := range []struct {
		addr netip.Addr
		port uint16
		want string
	}{
		{guestAddr, 1000, "serve [fd00::1]:1000 in guest: "},
		{nobody, 1001, "serve [fd00::77]:1001 in guest: "},
	} {
		if s, err := serve(b.guest, tt.addr, tt.port, new(connections)); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("serve = %v, %v, want %s…", s, err, tt.want)
		}
	}
}

// A datagram that gets lost is sent again, and what is never answered is still
// told in time.
func TestExchangeLost(t *testing.T) {
	b := newBed(t)
	for _, tt := range []struct {
		name string
		lose int // datagrams
		want Outcome
		err  error
	}{
		{"the first", 1, OK, nil},
		{"all", 100, "", ErrInconclusive},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var conn *net.UDPConn
			if err := b.guest.Do(func() (err error) {
				conn, err = net.ListenUDP("udp6", &net.UDPAddr{IP: guestAddr.AsSlice()})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for in, n := make([]byte, 1500), 0; ; n++ {
					size, from, err := conn.ReadFromUDPAddrPort(in)
					if err != nil {
						return
					}
					if n >= tt.lose {
						answer := fmt.Appendf(nil, "%s %s %s", in[:size], from.Addr(), guestAddr)
						if _, err := conn.WriteToUDPAddrPort(answer, from); err != nil {
							t.Error(err)
						}
					}
				}
			}()
			defer func() {
				conn.Close()
				<-ended
			}()
			to := target{AddrPort: netip.AddrPortFrom(guestAddr, uint16(conn.LocalAddr().(*net.UDPAddr).Port))}
			got, _, err := exchange(t.Context(), b.peer, udp, peerAddr, to)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v, want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

// A datagram that the way drops for its content is not sent again as it was.
func TestOtherContent(t *testing.T) {
	b := newBed(t)
	var c net.PacketConn
	if err := b.guest.Do(func() (err error) { c, err = net.ListenPacket("udp6", "[::]:1000"); return err }); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() {
		var dropped string
		for buf := make([]byte, 100); ; {
			n, from, err := c.ReadFrom(buf)
			switch {
			case err != nil:
				return
			case dropped == "" || dropped == string(buf[:n]):
				dropped = string(buf[:n])
			default:
				_, _ = c.WriteTo(answer(buf[:n], peerAddr, guestAddr), from)
			}
		}
	}()
	got, _, err := exchange(t.Context(), b.peer, udp, peerAddr, target{AddrPort: netip.AddrPortFrom(guestAddr, 1000)})
	if got != OK || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
}
