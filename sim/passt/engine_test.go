package passt_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/mdlayher/ndp"

	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/wire"
)

// The pod and the guest of the recordings.
var (
	addrD    = ip("fd01:cafe::f14c:9fa1:8496:557f") // the pod's
	addrS    = ip("fd01:cafe::5054:ff:fe1f:c7bd")   // the guest's, by SLAAC
	addrL    = ip("fe80::5054:ff:fe1f:c7bd")        // the guest's, link-local
	podLL    = ip("fe80::ff:fe00:a")
	gateway  = ip("fd01:cafe::1")
	peer     = ip("fd01:cafe::9")
	nobody   = netip.IPv6Unspecified()
	allNodes = netip.IPv6LinkLocalAllNodes()
	servers  = ip("ff02::1:2")

	podMAC   = mac("02:00:00:00:00:0a")
	guestMAC = mac("52:54:00:1f:c7:bd")
	fixedMAC = mac("9a:55:9a:55:9a:55")
	peerMAC  = mac("02:00:00:00:00:09")
	everyone = mac("ff:ff:ff:ff:ff:ff")

	start = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
)

func ip(s string) netip.Addr { return netip.MustParseAddr(s) }

func mac(s string) net.HardwareAddr {
	m, err := net.ParseMAC(s)
	if err != nil {
		panic(err)
	}
	return m
}

func engine(t testing.TB, release string, change ...func(*passt.Config)) *passt.Engine {
	t.Helper()
	cfg := wire.Pod(lookup(t, release))
	cfg.Started = start
	for _, c := range change {
		c(&cfg)
	}
	e, err := passt.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// unassigned is the protocol of a packet that passt counts and does not answer.
const unassigned = layers.IPProtocol(200)

// packet builds a frame of the guest.
func packet(t testing.TB, src, dst netip.Addr, upper ...gopacket.SerializableLayer) []byte {
	t.Helper()
	l3 := &layers.IPv6{Version: 6, HopLimit: 255, SrcIP: src.AsSlice(), DstIP: dst.AsSlice(), NextHeader: unassigned}
	for _, u := range upper {
		switch u := u.(type) {
		case *layers.ICMPv6:
			l3.NextHeader = layers.IPProtocolICMPv6
			_ = u.SetNetworkLayerForChecksum(l3)
		case *layers.UDP:
			l3.NextHeader = layers.IPProtocolUDP
			_ = u.SetNetworkLayerForChecksum(l3)
		}
	}
	buf := gopacket.NewSerializeBuffer()
	all := append([]gopacket.SerializableLayer{
		&layers.Ethernet{SrcMAC: guestMAC, DstMAC: everyone, EthernetType: layers.EthernetTypeIPv6}, l3}, upper...)
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, all...); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func solicit(t testing.TB, src netip.Addr) []byte {
	return packet(t, src, ip("ff02::2"), &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(133, 0)}, gopacket.Payload(make([]byte, 4)))
}

func resolve(t testing.TB, src, target netip.Addr) []byte {
	return packet(t, src, ip("ff02::1:ff00:1"), &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(135, 0)},
		gopacket.Payload(append(make([]byte, 4), target.AsSlice()...)))
}

// traffic is a packet that passt does not answer itself.
func traffic(t testing.TB, src netip.Addr) []byte {
	return packet(t, src, peer, gopacket.Payload(make([]byte, 8)))
}

var clientID = option(dhcpv6.OptionClientID, []byte("\x00\x03\x00\x01RT\x00\x1f\xc7\xbd"))

func option(code dhcpv6.OptionCode, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	b := binary.BigEndian.AppendUint16(nil, uint16(code))
	return append(binary.BigEndian.AppendUint16(b, uint16(len(body))), body...)
}

func iana(iaid byte, options ...[]byte) []byte {
	return option(dhcpv6.OptionIANA, append([][]byte{{0, 0, 0, iaid}, make([]byte, 8)}, options...)...)
}

func iaaddr(a netip.Addr) []byte {
	return option(dhcpv6.OptionIAAddr, a.AsSlice(), make([]byte, 8))
}

func request(t testing.TB, src netip.Addr, kind dhcpv6.MessageType, options ...[]byte) []byte {
	b := append([]byte{byte(kind), 1, 2, 3}, bytes.Join(options, nil)...)
	return packet(t, src, servers, &layers.UDP{SrcPort: 546, DstPort: 547}, gopacket.Payload(b))
}

// one returns the only answer, or nil.
func one(t testing.TB, frames [][]byte) []byte {
	t.Helper()
	switch len(frames) {
	case 0:
		return nil
	case 1:
		return frames[0]
	}
	t.Fatalf("%d answers, want one at most", len(frames))
	return nil
}

// reply sends a DHCPv6 message and returns the answer, or nil.
func reply(t testing.TB, e *passt.Engine, frame []byte) *dhcpv6.Message {
	t.Helper()
	out := one(t, e.Handle(start, frame))
	if out == nil {
		return nil
	}
	m, err := dhcpv6.MessageFromBytes(out[14+40+8:])
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// advert parses the router advertisement in a frame.
func advert(t testing.TB, frame []byte) *ndp.RouterAdvertisement {
	t.Helper()
	if frame == nil {
		t.Fatal("no router advertisement")
	}
	m, err := ndp.ParseMessage(frame[54:])
	if err != nil {
		t.Fatal(err)
	}
	return m.(*ndp.RouterAdvertisement)
}

func find[T ndp.Option](os []ndp.Option) (found T, ok bool) {
	for _, o := range os {
		if found, ok = o.(T); ok {
			return found, true
		}
	}
	return found, false
}

func TestRouterAdvertisement(t *testing.T) {
	codes := func(ra *ndp.RouterAdvertisement) (s string) {
		for _, o := range ra.Options {
			s += string("?S?P?M"[min(o.Code(), 5)])
			if o.Code() == 25 {
				s = s[:len(s)-1] + "R"
			}
			if o.Code() == 31 {
				s = s[:len(s)-1] + "D"
			}
		}
		return s
	}
	v6 := func(c *passt.Config) {}
	for _, tt := range []struct {
		name, release string
		change        func(*passt.Config)
		options       string // P prefix, S source, M MTU, R RDNSS, D DNSSL
		source        netip.Addr
		mac           net.HardwareAddr
		field         string // of the prefix option
	}{
		{"old", "2023_03_09", v6, "PMRDS", podLL, podMAC, "fd01cafe000000000000000000000000"},
		{"order and field", "2024_08_14", v6, "PSMRD", podLL, podMAC, "fd01cafe00000000f14c9fa18496557f"},
		{"fixed MAC", "2024_08_21", v6, "PSMRD", podLL, fixedMAC, "fd01cafe00000000f14c9fa18496557f"},
		{"-M", "2025_05_03", func(c *passt.Config) { c.MAC = guestMAC }, "PSMRD", podLL, guestMAC, "fd01cafe00000000f14c9fa18496557f"},
		{"-m 0", "2025_05_03", func(c *passt.Config) { c.MTU = passt.NoMTU }, "PSRD", podLL, fixedMAC, "fd01cafe00000000f14c9fa18496557f"},
		{"link-local gateway and /128", "2025_05_03", func(c *passt.Config) {
			c.Gateway, c.Address = ip("fe80::1"), netip.PrefixFrom(addrD, 128)
		}, "PSMRD", ip("fe80::1"), fixedMAC, "fd01cafe00000000f14c9fa18496557f"},
		{"no gateway", "2025_05_03", func(c *passt.Config) { c.Gateway = netip.Addr{} }, "PSMRD", podLL, fixedMAC, "fd01cafe00000000f14c9fa18496557f"},
		{"no search list", "2025_05_03", func(c *passt.Config) { c.Searches = nil }, "PSMR", podLL, fixedMAC, "fd01cafe00000000f14c9fa18496557f"},
		{"no search list without IPv6 nameserver", "2025_05_03", func(c *passt.Config) {
			c.Nameservers = []netip.Addr{ip("192.0.2.1")}
		}, "PSM", podLL, fixedMAC, "fd01cafe00000000f14c9fa18496557f"},
		{"IPv4-only pod", "2025_12_08", func(c *passt.Config) {
			c.Address, c.Gateway, c.Nameservers = netip.Prefix{}, netip.Addr{}, nil
		}, "PSM", ip("fe80::1"), fixedMAC, "fe80000000000000505400fffe1fc7bd"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			frame := one(t, engine(t, tt.release, tt.change).Handle(start, solicit(t, addrL)))
			ra := advert(t, frame)
			if got := codes(ra); got != tt.options {
				t.Errorf("options %s, want %s", got, tt.options)
			}
			if got := netip.AddrFrom16([16]byte(frame[22:38])); got != tt.source {
				t.Errorf("source %s, want %s", got, tt.source)
			}
			if lla, _ := find[*ndp.LinkLayerAddress](ra.Options); !bytes.Equal(frame[6:12], tt.mac) || !bytes.Equal(lla.Addr, tt.mac) {
				t.Errorf("from %x with option %s, want %s", frame[6:12], lla.Addr, tt.mac)
			}
			if got := hex.EncodeToString(frame[54+16+16:][:16]); got != tt.field {
				t.Errorf("prefix field %s, want %s", got, tt.field)
			}
			if pio, _ := find[*ndp.PrefixInformation](ra.Options); pio.PrefixLength != 64 || !pio.OnLink || !pio.AutonomousAddressConfiguration {
				t.Errorf("prefix option %+v", pio)
			}
			if !ra.ManagedConfiguration || ra.OtherConfiguration || ra.CurrentHopLimit != 255 {
				t.Errorf("header %+v", ra)
			}
		})
	}

	ra := advert(t, engine(t, "2025_05_03", func(c *passt.Config) { c.NotAutonomous, c.MTU = true, 1500 }).Advertisement(addrL, guestMAC))
	if pio, _ := find[*ndp.PrefixInformation](ra.Options); !pio.OnLink || pio.AutonomousAddressConfiguration {
		t.Errorf("not autonomous: %+v", pio)
	}
	if m, _ := find[*ndp.MTU](ra.Options); m == nil || m.MTU != 1500 {
		t.Errorf("MTU option %+v, want 1500", m)
	}
}

func TestNameserverLoopback(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*passt.Config)
		want   netip.Addr
	}{
		{"gateway", func(*passt.Config) {}, gateway},
		{"no map", func(c *passt.Config) { c.NoMapGW = true }, netip.Addr{}},
	} {
		e := engine(t, "2025_05_03", func(c *passt.Config) { c.Nameservers = []netip.Addr{netip.IPv6Loopback()} }, tt.change)
		var got netip.Addr
		if r, ok := find[*ndp.RecursiveDNSServer](advert(t, e.Advertisement(addrL, guestMAC)).Options); ok {
			got = r.Servers[0]
		}
		if got != tt.want {
			t.Errorf("%s: nameserver %s, want %s", tt.name, got, tt.want)
		}
	}
}

// A search list that needs no padding makes the advertisement one that hosts
// discard.
func TestSearchListPadding(t *testing.T) {
	for _, release := range []string{"2023_03_09", "2025_05_03", "2026_07_16"} {
		for namespace, broken := range map[string]bool{"default": false, "monitoring": true, "kube-system": false} {
			e := engine(t, release, func(c *passt.Config) { c.Searches[0] = namespace + ".svc.cluster.local" })
			frame := one(t, e.Handle(start, solicit(t, addrL)))
			if _, err := ndp.ParseMessage(frame[54:]); (err != nil) != broken {
				t.Errorf("%s, namespace %s: %v, want broken %v", release, namespace, err, broken)
			}
			if broken && !bytes.Contains(frame, append([]byte("\x05local\x00"), make([]byte, 8)...)) {
				t.Errorf("%s, namespace %s: no eight octets of padding", release, namespace)
			}
			if (len(frame)-54)%8 != 0 {
				t.Errorf("%s, namespace %s: %d octets", release, namespace, len(frame)-54)
			}
		}
	}
}

func TestOptions(t *testing.T) {
	off := func(set func(*passt.Config)) func(*passt.Config) { return set }
	for _, tt := range []struct {
		name       string
		change     func(*passt.Config)
		rs, ns, dh bool
	}{
		{"none", off(func(*passt.Config) {}), true, true, true},
		{"no RA", off(func(c *passt.Config) { c.NoRA = true }), false, true, true},
		{"no NDP", off(func(c *passt.Config) { c.NoNDP = true }), false, false, true},
		{"no ICMP", off(func(c *passt.Config) { c.NoICMP = true }), false, false, true},
		{"no DHCPv6", off(func(c *passt.Config) { c.NoDHCPv6 = true }), true, true, false},
		{"IPv4 only", off(func(c *passt.Config) { c.Address = netip.Prefix{} }), false, false, false},
	} {
		e := engine(t, "2025_05_03", tt.change)
		rs := one(t, e.Handle(start, solicit(t, addrL))) != nil
		ns := one(t, e.Handle(start, resolve(t, addrL, gateway))) != nil
		dh := reply(t, e, request(t, addrL, dhcpv6.MessageTypeSolicit, clientID)) != nil
		if rs != tt.rs || ns != tt.ns || dh != tt.dh {
			t.Errorf("%s: RS %v, NS %v, DHCPv6 %v; want %v, %v, %v", tt.name, rs, ns, dh, tt.rs, tt.ns, tt.dh)
		}
	}
	e := engine(t, "2025_12_08", func(c *passt.Config) { c.Address = netip.Prefix{} })
	if reply(t, e, request(t, addrL, dhcpv6.MessageTypeSolicit, clientID)) != nil {
		t.Error("2025_12_08 leases in front of a pod without IPv6")
	}
	if e.Seen() != addrL || e.SeenLinkLocal() != addrL || e.Address() != addrL {
		t.Errorf("IPv4-only pod: seen %s, %s, address %s; want %s", e.Seen(), e.SeenLinkLocal(), e.Address(), addrL)
	}
}

func TestNew(t *testing.T) {
	for _, tt := range []struct {
		name, release string
		change        func(*passt.Config)
		want          string
	}{
		{"MAC", "2025_05_03", func(c *passt.Config) { c.PodMAC = nil }, "pod MAC"},
		{"own MAC", "2025_05_03", func(c *passt.Config) { c.MAC = c.PodMAC[:5] }, "of six octets"},
		{"address", "2025_05_03", func(c *passt.Config) { c.Address = netip.MustParsePrefix("192.0.2.1/24") }, "no IPv6 unicast address"},
		{"link-local address", "2025_05_03", func(c *passt.Config) { c.Address = netip.PrefixFrom(addrL, 64) }, "no IPv6 unicast address"},
		{"gateway", "2025_05_03", func(c *passt.Config) { c.Gateway = ip("192.0.2.1") }, "gateway"},
		{"no gateway", "2023_05_09", func(c *passt.Config) { c.Gateway = netip.Addr{} }, "does not start"},
		{"MTU", "2025_05_03", func(c *passt.Config) { c.MTU = 67 }, "MTU"},
		{"domain", "2025_05_03", func(c *passt.Config) { c.Searches = []string{"a..b"} }, `domain "a..b"`},
		{"label", "2025_05_03", func(c *passt.Config) { c.FQDN = strings.Repeat("x", 64) }, "domain"},
		{"long list", "2025_05_03", func(c *passt.Config) {
			for range 11 {
				c.Searches = append(c.Searches, strings.Repeat("label.", 40)+"local")
			}
		}, "too long"},
	} {
		cfg := wire.Pod(lookup(t, tt.release))
		tt.change(&cfg)
		if _, err := passt.New(cfg); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "configure passt: ") {
			t.Errorf("%s: %v, want an error about %q", tt.name, err, tt.want)
		}
	}
	e, err := passt.New(passt.Config{PodMAC: podMAC, Address: netip.PrefixFrom(addrD, 64), Gateway: gateway})
	if err != nil || e.LinkLocal() != podLL || !bytes.Equal(e.MAC(), fixedMAC) {
		t.Errorf("defaults: %v, %v", e, err)
	}
}

func TestNeighbourAdvertisement(t *testing.T) {
	other := mac("02:00:00:00:00:01")
	table := func(c *passt.Config) {
		c.Neighbour = func(a netip.Addr) (net.HardwareAddr, bool) {
			m, ok := map[netip.Addr]net.HardwareAddr{peer: peerMAC, gateway: other}[a]
			return m, ok
		}
	}
	noMap := func(c *passt.Config) { c.NoMapGW = true }
	plain := func(*passt.Config) {}
	for _, tt := range []struct {
		name, release string
		change        func(*passt.Config)
		target        netip.Addr
		want          net.HardwareAddr
	}{
		{"old", "2025_09_19", table, peer, fixedMAC},
		{"known", "2025_12_08", table, peer, peerMAC},
		{"empty table", "2025_12_08", plain, peer, fixedMAC},
		{"unknown", "2025_12_08", table, ip("fd01:cafe::dead"), fixedMAC},
		{"gateway", "2025_12_08", table, gateway, fixedMAC},
		{"unknown, no map", "2025_12_08", func(c *passt.Config) { table(c); noMap(c) }, ip("fd01:cafe::dead"), other},
		{"gateway, no map", "2025_12_08", func(c *passt.Config) { table(c); noMap(c) }, gateway, other},
		{"empty table, no map", "2025_12_08", noMap, gateway, fixedMAC},
		{"multicast", "2025_05_03", plain, allNodes, fixedMAC},
	} {
		frame := one(t, engine(t, tt.release, tt.change).Handle(start, resolve(t, addrS, tt.target)))
		m, err := ndp.ParseMessage(frame[54:])
		if err != nil {
			t.Fatal(err)
		}
		na := m.(*ndp.NeighborAdvertisement)
		lla, _ := find[*ndp.LinkLayerAddress](na.Options)
		if lla == nil || lla.Direction != ndp.Target || !bytes.Equal(lla.Addr, tt.want) {
			t.Errorf("%s: link-layer address %v, want %s", tt.name, lla, tt.want)
		}
		if na.TargetAddress != tt.target || !na.Router || !na.Solicited || !na.Override || !bytes.Equal(frame[6:12], fixedMAC) {
			t.Errorf("%s: %+v", tt.name, na)
		}
	}
	if out := engine(t, "2025_05_03").Handle(start, resolve(t, nobody, addrD)); out != nil {
		t.Error("duplicate address detection is answered")
	}

	e := engine(t, "2025_12_08", table)
	frame := one(t, e.Learned(peer, peerMAC))
	if frame == nil || !bytes.Equal(frame[:6], everyone) || !bytes.Equal(frame[38:54], allNodes.AsSlice()) || frame[58] != 0xe0 || !bytes.HasSuffix(frame, peerMAC) {
		t.Errorf("announcement %x", frame)
	}
	if e.Learned(gateway, other) != nil || engine(t, "2025_09_19", table).Learned(peer, peerMAC) != nil {
		t.Error("an announcement that is not made")
	}
}

func TestShortSolicitation(t *testing.T) {
	f := resolve(t, addrL, gateway)[:54+16]
	binary.BigEndian.PutUint16(f[18:], 16)
	for release, answered := range map[string]bool{"2023_03_09": true, "2024_08_13": true, "2024_08_14": false, "2026_07_16": false} {
		out := one(t, engine(t, release).Handle(start, f))
		if (out != nil) != answered || answered && !bytes.Equal(out[62:78], append(bytes.Clone(f[62:]), make([]byte, 8)...)) {
			t.Errorf("%s: %x", release, out)
		}
	}
}

func TestUnasked(t *testing.T) {
	for release, want := range map[string]string{
		"2023_03_09": "", "2024_11_21": "\x86", "2024_11_27": "", "2025_05_03": "",
		"2025_09_11": "", "2025_09_19": "\x87", "2026_07_16": "\x87",
	} {
		var got string
		for _, f := range engine(t, release).Connect(start) {
			got += string(f[54:55])
			if !bytes.Equal(f[:6], everyone) {
				t.Errorf("%s: sent to %x on connect", release, f[:6])
			}
		}
		if got != want {
			t.Errorf("%s sends %x on connect, want %x", release, got, want)
		}
	}

	for _, tt := range []struct {
		release string
		change  func(*passt.Config)
		want    []time.Duration
	}{
		{"2024_08_21", func(*passt.Config) {}, nil},
		{"2025_05_03", func(c *passt.Config) { c.NoRA = true }, nil},
		{"2025_05_03", func(c *passt.Config) { c.Rand = func(int) int { return 0 } }, []time.Duration{200 * time.Second, 400 * time.Second}},
		{"2025_05_03", func(c *passt.Config) { c.Rand = func(n int) int { return n - 1 } }, []time.Duration{599 * time.Second, 1198 * time.Second}},
		{"2024_11_21", func(c *passt.Config) { c.Rand = func(int) int { return 55 } }, []time.Duration{255 * time.Second, 510 * time.Second}},
	} {
		e := engine(t, tt.release, tt.change)
		e.Connect(start)
		e.Handle(start, traffic(t, addrL))
		if len(tt.want) == 0 && !e.Deadline().IsZero() {
			t.Errorf("%s: a deadline, %s", tt.release, e.Deadline())
		}
		for _, want := range tt.want {
			at := e.Deadline()
			if got := at.Sub(start); got != want {
				t.Fatalf("%s: deadline after %s, want %s", tt.release, got, want)
			}
			if e.Tick(at.Add(-time.Nanosecond)) != nil {
				t.Errorf("%s: sends before the deadline", tt.release)
			}
			f := one(t, e.Tick(at))
			advert(t, f)
			if !bytes.Equal(f[:6], guestMAC) || !bytes.Equal(f[38:54], allNodes.AsSlice()) {
				t.Errorf("%s: to %x, %x", tt.release, f[:6], f[38:54])
			}
		}
	}
}

func TestSetAddress(t *testing.T) {
	e := engine(t, "2025_05_03")
	e.SetAddress(peer)
	if e.Seen() != peer || e.Address() != peer {
		t.Errorf("seen %s, address %s; want %s", e.Seen(), e.Address(), peer)
	}
	m := reply(t, e, request(t, addrL, dhcpv6.MessageTypeSolicit, clientID, iana(7)))
	if got := m.Options.OneIANA().Options.OneAddress().IPv6Addr; !got.Equal(peer.AsSlice()) {
		t.Errorf("leases %s, want %s", got, peer)
	}
}

// What is advertised goes with what is leased.
func TestSetAddressPrefix(t *testing.T) {
	e := engine(t, "2025_05_03")
	e.SetAddress(ip("fd09::7"))
	pio, _ := find[*ndp.PrefixInformation](e.RA().Options)
	if want := ip("fd09::"); e.Prefix().Addr() != want || pio.Prefix != want {
		t.Errorf("advertises %s, %s; want %s", e.Prefix(), pio.Prefix, want)
	}
}

// A datagram from :: ends two releases, unless it is DHCPv6. Nothing is answered then.
func TestEnded(t *testing.T) {
	none := netip.IPv6Unspecified()
	datagram := packet(t, none, peer, &layers.UDP{SrcPort: 1, DstPort: 2}, gopacket.Payload("x"))
	for release, want := range map[string]bool{"2024_06_24": false, "2024_07_26": true, "2024_08_06": true, "2024_08_14": false} {
		e := engine(t, release)
		for _, f := range [][]byte{
			resolve(t, none, addrD), traffic(t, none), append(bytes.Clone(datagram), 0), // with padding
			request(t, none, dhcpv6.MessageTypeSolicit, clientID, iana(7)),
			packet(t, addrS, peer, &layers.UDP{SrcPort: 1, DstPort: 2}, gopacket.Payload("x")),
		} {
			e.Handle(start, f)
			if e.Ended() {
				t.Fatalf("%s has ended by %x", release, f)
			}
		}
		e.Handle(start, datagram)
		answered := e.Handle(start, resolve(t, addrL, peer)) != nil
		if e.Ended() != want || answered == want || e.Advertises() == want {
			t.Errorf("%s: ended %t, want %t; answers %t, advertises %t", release, e.Ended(), want, answered, e.Advertises())
		}
	}
}

// In front of a pod without IPv6, 2026_07_28 and 2026_10_02 send these frames over the
// socket: on connect, and to a router solicitation.
func TestLocalFrames(t *testing.T) {
	for release, want := range map[string]bool{"2025_09_19": false, "2025_12_08": true, "2026_07_28": true, "2026_10_02": true} {
		e := engine(t, release, func(c *passt.Config) {
			c.Address, c.Gateway, c.Nameservers = netip.Prefix{}, netip.Addr{}, nil
		})
		got := fmt.Sprintf("%x", append(e.Connect(start), e.Handle(start, solicit(t, addrL))...))
		frames := "[ffffffffffff9a559a559a5586dd6000000000183afffe8000000000000000000000000000010000000000000000000000000000000087007a2b0000000000000000000000000000000000000000 " +
			"5254001fc7bd9a559a559a5586dd6000000000403afffe800000000000000000000000000001fe80000000000000505400fffe1fc7bd86003766ff80ffff0000000000000000030440c0ffffffffffffffff00000000fe80000000000000505400fffe1fc7bd01019a559a559a55050100000000fff0]"
		if want != (got == frames) || !want && got != "[]" {
			t.Errorf("%s sends %s", release, got)
		}
	}
}
