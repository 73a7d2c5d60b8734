package guest_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/insomniacslk/dhcp/dhcpv6/server6"
	"github.com/insomniacslk/dhcp/iana"
	"github.com/mdlayher/packet"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
)

func TestMain(m *testing.M) { os.Exit(audit.Run(m)) }

var (
	mac = scenarios.MAC{0x52, 0x54, 0, 0x1f, 0xc7, 0xbd}
	own = netip.MustParseAddr("fe80::5054:ff:fe1f:c7bd")
)

// neighbour is the host at the other end of the guest's link. It answers for
// its own addresses and does nothing else.
type neighbour struct {
	ns    *netns.NS
	net   *link.Net
	index int
}

// boot makes a guest that is up, and its neighbour, which has the addresses.
func boot(t *testing.T, addresses ...netip.Addr) (*guest.Guest, neighbour) {
	t.Helper()
	nb := neighbour{ns: need.Namespace(t, "neighbour")}
	ns := need.Namespace(t, "guest")
	var err error
	nb.net, err = link.Open(nb.ns)
	ok(t, err)
	t.Cleanup(nb.net.Close)
	n, err := link.Open(ns)
	ok(t, err)
	t.Cleanup(n.Close)
	ok(t, link.Pair(link.End{Net: nb.net, Name: "eth0"}, link.End{Net: n, Name: "eth0", MAC: mac.HardwareAddr()}))
	nb.index, err = nb.net.Index("eth0")
	ok(t, err, nb.net.Set(link.Sysctl{Key: "ipv6/conf/eth0/accept_dad", Value: "0"}), nb.net.Up("lo", "eth0"))
	for _, a := range addresses {
		ok(t, nb.net.AddAddress("eth0", netip.PrefixFrom(a, 64)))
	}
	g := guest.New(ns, n, "eth0", mac)
	// Kernels before 6.8 need a moment until the neighbour can object to what the
	// guest forms, so it forms nothing until then.
	silent := func(v string) error { return n.Set(link.Sysctl{Key: "ipv6/conf/eth0/disable_ipv6", Value: v}) }
	ok(t, silent("1"), g.Boot(scenarios.Guest{}), nb.net.AwaitUp(t.Context(), "eth0"), n.AwaitUp(t.Context(), "eth0"), silent("0"))
	return g, nb
}

func ok(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// soon bounds what takes milliseconds.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestAdd(t *testing.T) {
	g, _ := boot(t)
	ctx := soon(t)
	ok(t, g.AwaitLinkLocal(ctx))
	for p, origin := range map[string]scenarios.Origin{
		"fd00::1/64": scenarios.OriginStatic, "fd00::2/128": scenarios.OriginVIP, "fd00::3/128": scenarios.OriginDHCPv6,
	} {
		ok(t, g.Install(ctx, "eth0", netip.MustParsePrefix(p), origin, guest.Install{}))
		as, err := g.Net.Addresses()
		ok(t, err)
		found := false
		for _, a := range as {
			if a.Prefix.String() == p {
				got, known := g.Origin(a)
				found = got == origin && known && a.Usable() && a.Flags&unix.IFA_F_PERMANENT != 0
			}
		}
		if !found {
			t.Errorf("%s is not a usable, permanent %s address among %+v", p, origin, as)
		}
	}
}

// An address that the neighbour has is an error as soon as that is known.
func TestDuplicate(t *testing.T) {
	taken := netip.MustParseAddr("fd00::1")
	for _, tt := range []struct {
		name string
		try  func(context.Context, *guest.Guest) error
		want string
	}{
		{"static", func(ctx context.Context, g *guest.Guest) error {
			return g.Install(ctx, "eth0", netip.PrefixFrom(taken, 128), scenarios.OriginStatic, guest.Install{})
		}, "await static address fd00::1/128 in guest: fd00::1/128 is a duplicate"},
		{"link-local", func(ctx context.Context, g *guest.Guest) error {
			return g.AwaitLinkLocal(ctx)
		}, "await the link-local address in guest: fe80::5054:ff:fe1f:c7bd/64 is a duplicate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addresses := []netip.Addr{taken}
			if tt.name == "link-local" {
				addresses = append(addresses, own)
			}
			g, _ := boot(t, addresses...)
			if err := tt.try(soon(t), g); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestOrigin(t *testing.T) {
	g := guest.New(nil, nil, "eth0", mac)
	for _, tt := range []struct {
		flags uint32
		want  scenarios.Origin
		known bool
	}{
		{unix.IFA_F_MANAGETEMPADDR, scenarios.OriginSLAAC, true},
		{unix.IFA_F_MANAGETEMPADDR | unix.IFA_F_DEPRECATED, scenarios.OriginSLAAC, true},
		{unix.IFA_F_TEMPORARY, scenarios.OriginTemporary, true},
		{unix.IFA_F_PERMANENT, "", false},
		{0, "", false},
	} {
		a := link.Address{Prefix: netip.MustParsePrefix("fd00::1/64"), Flags: tt.flags}
		if got, known := g.Origin(a); got != tt.want || known != tt.known {
			t.Errorf("flags %#x: %q, %t, want %q, %t", tt.flags, got, known, tt.want, tt.known)
		}
	}
}

func TestAwaitRA(t *testing.T) {
	g, _ := boot(t)
	ok(t, g.AwaitLinkLocal(soon(t)), g.SetAcceptRA(scenarios.AcceptOn))
	cause := errors.New("out of patience")
	prefix := netip.MustParsePrefix("fd00::/64")
	for _, tt := range []struct {
		name string
		ra   guest.Advertised
		want string
	}{
		{"nothing asked for", guest.Advertised{}, ""},
		{"router", guest.Advertised{Router: netip.MustParseAddr("fe80::2"), Prefix: prefix},
			"await default route by fe80::2 from the router advertisement in guest: out of patience; last seen: no such route"},
		{"prefix", guest.Advertised{Prefix: prefix},
			"await SLAAC address in fd00::/64 in guest: out of patience; last seen: ::1/128, fe80::5054:ff:fe1f:c7bd/64"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(cause)
			err := g.AwaitRA(ctx, tt.ra)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want || !errors.Is(err, cause)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// The solicitation has the kernel's form.
func TestSolicit(t *testing.T) {
	g, nb := boot(t)
	ok(t, g.AwaitLinkLocal(soon(t)))
	var conn *packet.Conn
	ok(t, nb.ns.Do(func() (err error) {
		conn, err = packet.Listen(&net.Interface{Index: nb.index, Name: "eth0"}, packet.Raw, unix.ETH_P_IPV6, nil)
		return err
	}))
	defer conn.Close()
	ok(t, conn.SetDeadline(time.Now().Add(5*time.Second)), g.Solicit())
	b := make([]byte, 1500)
	for {
		n, _, err := conn.ReadFrom(b)
		ok(t, err)
		p := gopacket.NewPacket(b[:n], layers.LayerTypeEthernet, gopacket.Default)
		rs, is := p.Layer(layers.LayerTypeICMPv6RouterSolicitation).(*layers.ICMPv6RouterSolicitation)
		if !is {
			continue
		}
		eth, ip := p.LinkLayer().(*layers.Ethernet), p.NetworkLayer().(*layers.IPv6)
		if eth.SrcMAC.String() != mac.String() || eth.DstMAC.String() != "33:33:00:00:00:02" ||
			ip.SrcIP.String() != own.String() || ip.DstIP.String() != "ff02::2" || ip.HopLimit != 255 {
			t.Errorf("headers %+v, %+v", eth, ip)
		}
		if o := rs.Options; len(o) != 1 || o[0].Type != layers.ICMPv6OptSourceAddress || string(o[0].Data) != string(mac[:]) {
			t.Errorf("options %v, want the source link-layer address", o)
		}
		return
	}
}

// With nobody to answer, the lease ends when its context does, and says so.
func TestLeaseSilence(t *testing.T) {
	g, _ := boot(t)
	ok(t, g.AwaitLinkLocal(soon(t)))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := g.Lease(ctx, guest.Terms{Length: 128})
	if want := "get a DHCPv6 lease on eth0: solicit: "; !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s%v", err, want, context.DeadlineExceeded)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestLease(t *testing.T) {
	lease := &dhcpv6.OptIAAddress{IPv6Addr: net.ParseIP("fd00::1"), ValidLifetime: link.Forever * time.Second, PreferredLifetime: link.Forever * time.Second}
	iana0 := func(opts ...dhcpv6.Option) dhcpv6.Modifier {
		return dhcpv6.WithOption(&dhcpv6.OptIANA{Options: dhcpv6.IdentityOptions{Options: opts}})
	}
	for _, tt := range []struct {
		name  string
		reply []dhcpv6.Modifier
		want  string
	}{
		{"lease", []dhcpv6.Modifier{iana0(lease)}, ""},
		{"status success", []dhcpv6.Modifier{iana0(lease, &dhcpv6.OptStatusCode{StatusCode: iana.StatusSuccess})}, ""},
		{"no IA_NA", nil, "the reply has no IA_NA"},
		{"empty IA_NA", []dhcpv6.Modifier{iana0()}, "the reply has no IA address"},
		{"refused", []dhcpv6.Modifier{iana0(&dhcpv6.OptStatusCode{StatusCode: iana.StatusNotOnLink, StatusMessage: "not here"})},
			"the reply says NotOnLink: not here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, nb := boot(t)
			ok(t, g.AwaitLinkLocal(soon(t)))
			nb.serve(t, tt.reply...)
			err := g.Lease(soon(t), guest.Terms{Length: 128})
			if tt.want != "" {
				if want := "get a DHCPv6 lease on eth0: " + tt.want; err == nil || err.Error() != want {
					t.Errorf("got %v, want %s", err, want)
				}
				return
			}
			ok(t, err)
			as, err := g.Net.Addresses()
			ok(t, err)
			for _, a := range as {
				if a.Prefix.String() == "fd00::1/128" && a.Flags&unix.IFA_F_PERMANENT != 0 {
					return
				}
			}
			t.Errorf("the lease is not among %+v", as)
		})
	}
}

// serve is a DHCPv6 server that answers REQUEST as it is told.
func (nb neighbour) serve(t *testing.T, reply ...dhcpv6.Modifier) {
	t.Helper()
	var conn *net.UDPConn
	ok(t, nb.ns.Do(func() (err error) {
		conn, err = net.ListenUDP("udp6", &net.UDPAddr{Port: dhcpv6.DefaultServerPort})
		return err
	}))
	ok(t, ipv6.NewPacketConn(conn).JoinGroup(&net.Interface{Index: nb.index}, &net.UDPAddr{IP: dhcpv6.AllDHCPRelayAgentsAndServers}))
	server, err := server6.NewServer("", nil, func(conn net.PacketConn, peer net.Addr, m dhcpv6.DHCPv6) {
		msg := m.(*dhcpv6.Message)
		id := dhcpv6.WithServerID(&dhcpv6.DUIDLL{HWType: iana.HWTypeEthernet, LinkLayerAddr: mac.HardwareAddr()})
		answer, err := dhcpv6.NewAdvertiseFromSolicit(msg, id, dhcpv6.WithOption(&dhcpv6.OptIANA{}))
		if msg.MessageType == dhcpv6.MessageTypeRequest {
			answer, err = dhcpv6.NewReplyFromMessage(msg, append(reply, id)...)
		}
		if err == nil {
			_, err = conn.WriteTo(answer.ToBytes(), peer)
		}
		if err != nil {
			t.Error(err)
		}
	}, server6.WithConn(conn))
	ok(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve() // ends when the server is closed
	}()
	t.Cleanup(func() {
		ok(t, server.Close())
		<-ended
	})
}
