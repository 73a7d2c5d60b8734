package observe

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim/netns"
)

// guest makes a namespace with lo, eth0 and peer0, all up.
func guest(t *testing.T) *netns.NS {
	t.Helper()
	ns := need.Namespace(t, "guest")
	do(t, ns, func() error {
		v := netlink.NewVeth(netlink.LinkAttrs{Name: "eth0", MTU: 1400, HardwareAddr: net.HardwareAddr{0x52, 0x54, 0, 0x1f, 0xc7, 0xbd}})
		v.PeerName = "peer0"
		return errors.Join(netlink.LinkAdd(v), up("lo"), up("eth0"), up("peer0"))
	})
	return ns
}

func do(t *testing.T, ns *netns.NS, f func() error) {
	t.Helper()
	if err := ns.Do(f); err != nil {
		t.Fatal(err)
	}
}

func up(name string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(l)
}

func add(name, cidr string, flags, valid, preferred int) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	a, err := netlink.ParseAddr(cidr)
	if err != nil {
		return err
	}
	a.Flags, a.ValidLft, a.PreferedLft = flags|unix.IFA_F_NODAD, valid, preferred
	return netlink.AddrAdd(l, a)
}

// find returns the one address, without the flag that only the set-up needs.
func find(t *testing.T, o selector.Observation, addr string) selector.Address {
	t.Helper()
	for _, a := range o.Addresses {
		if a.Prefix.Addr() == netip.MustParseAddr(addr) {
			a.Flags &^= selector.FlagNoDAD
			return a
		}
	}
	t.Fatalf("no address %s in %v", addr, o.Addresses)
	return selector.Address{}
}

func TestRead(t *testing.T) {
	ns := guest(t)
	do(t, ns, func() error {
		return errors.Join(
			add("eth0", "fd01:cafe::5054:ff:fe1f:c7bd/64", unix.IFA_F_MANAGETEMPADDR|unix.IFA_F_NOPREFIXROUTE, 0, 0),
			add("eth0", "fd01:cafe::5/128", 0, 3600, 0),
			add("peer0", "fd02::1/64", 0, 0, 0),
			add("eth0", "fd01:cafe::f14c:9fa1:8496:557f/128", 0, 0, 0),
			add("eth0", "192.0.2.1/24", 0, 0, 0),
		)
	})
	o, err := Read(ns)
	if err != nil {
		t.Fatal(err)
	}
	if o.Guest != selector.Namespace(ns) || o.Interface != "eth0" && o.Interface != "peer0" {
		t.Errorf("guest %v, interface %q", o.Guest, o.Interface)
	}

	eth0, _ := o.Link("eth0")
	eth0.Index = 0
	want := selector.Link{Name: "eth0", Type: "veth", MAC: "52:54:00:1f:c7:bd", MTU: 1400, Up: true,
		Flags: selector.LinkUp | selector.LinkBroadcast | selector.LinkMulticast | selector.LinkLowerUp}
	if diff := cmp.Diff(want, eth0); diff != "" {
		t.Error(diff)
	}
	if lo, ok := o.Link("lo"); !ok || lo.Type != "loopback" || !lo.Up {
		t.Errorf("loopback is %+v", lo)
	}

	slaac := find(t, o, "fd01:cafe::5054:ff:fe1f:c7bd")
	if slaac.Flags != selector.FlagPermanent|selector.FlagMngTmpAddr|selector.FlagNoPrefixRoute || slaac.Prefix.Bits() != 64 ||
		slaac.Link != "eth0" || slaac.Scope != "global" || slaac.ValidLifetime != selector.Forever || slaac.PreferredLifetime != selector.Forever {
		t.Errorf("%+v", slaac)
	}
	old := find(t, o, "fd01:cafe::5")
	if old.Flags != selector.FlagDeprecated || old.PreferredLifetime != 0 || old.ValidLifetime < 3590 || old.ValidLifetime > 3600 {
		t.Errorf("%+v", old)
	}
	lo, ll := find(t, o, "::1"), find(t, o, "fe80::5054:ff:fe1f:c7bd")
	if lo.Scope != "host" || ll.Scope != "link" {
		t.Errorf("%+v, %+v", lo, ll)
	}
	// Kernels before 5.18 say nothing of it.
	if said := lo.Protocol + ll.Protocol; said != "" && (lo.Protocol != "kernel_lo" || ll.Protocol != "kernel_ll") {
		t.Errorf("%+v, %+v", lo, ll)
	}
	if v4 := find(t, o, "192.0.2.1"); v4.Prefix.Bits() != 24 || v4.Link != "eth0" {
		t.Errorf("%+v", v4)
	}
}

// The order is that of the kernel's dump, read once more by other means.
func TestReadOrder(t *testing.T) {
	ns := guest(t)
	do(t, ns, func() error {
		var errs []error
		for i := range 8 {
			errs = append(errs, add([]string{"eth0", "peer0"}[i%2], fmt.Sprintf("fd01::%x/64", (i*5)%8+1), 0, 0, 0))
		}
		return errors.Join(errs...)
	})
	o, err := Read(ns)
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	do(t, ns, func() error {
		as, err := netlink.AddrList(nil, netlink.FAMILY_ALL)
		for _, a := range as {
			want = append(want, a.IPNet.String())
		}
		return err
	})
	for _, a := range o.Addresses {
		got = append(got, a.Prefix.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(got) < 8 {
		t.Errorf("only %d addresses", len(got))
	}
}

func TestReadRoutes(t *testing.T) {
	ns := guest(t)
	any6 := &net.IPNet{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)}
	net6 := func(s string) *net.IPNet { _, n, _ := net.ParseCIDR(s); return n }
	do(t, ns, func() error {
		eth0, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		peer0, err := netlink.LinkByName("peer0")
		if err != nil {
			return err
		}
		i, j := eth0.Attrs().Index, peer0.Attrs().Index
		return errors.Join(
			add("eth0", "fd01:cafe::1/64", 0, 0, 0),
			netlink.RouteAdd(&netlink.Route{LinkIndex: j, Dst: any6, Priority: 2000}),
			netlink.RouteAdd(&netlink.Route{LinkIndex: i, Dst: any6, Gw: net.ParseIP("fe80::1"), Src: net.ParseIP("fd01:cafe::1"), Priority: 100, Protocol: unix.RTPROT_RA}),
			netlink.RouteAdd(&netlink.Route{Dst: net6("fd0b::/64"), Type: unix.RTN_BLACKHOLE}),
			netlink.RouteAdd(&netlink.Route{LinkIndex: i, Dst: net6("fd0c::/64"), Table: 77}),
			netlink.RouteAdd(&netlink.Route{Dst: net6("fd0d::/64"), MultiPath: []*netlink.NexthopInfo{
				{LinkIndex: i, Gw: net.ParseIP("fe80::1")}, {LinkIndex: j, Gw: net.ParseIP("fe80::2")},
			}}),
		)
	})
	o, err := Read(ns)
	if err != nil {
		t.Fatal(err)
	}
	if o.Interface != "eth0" {
		t.Errorf("interface %q, want that of the default route with the lowest metric", o.Interface)
	}
	got := map[string]int{}
	for _, r := range o.Routes {
		got[fmt.Sprintf("%s via %s from %s dev %s proto %s metric %d", r.Destination, r.Gateway, r.Source, r.Link, r.Protocol, r.Metric)]++
	}
	for _, want := range []string{
		"::/0 via invalid IP from invalid IP dev peer0 proto boot metric 2000",
		"::/0 via fe80::1 from fd01:cafe::1 dev eth0 proto ra metric 100",
		"fd01:cafe::/64 via invalid IP from invalid IP dev eth0 proto kernel metric 256",
		"fd0d::/64 via fe80::1 from invalid IP dev eth0 proto boot metric 1024",
		"fd0d::/64 via fe80::2 from invalid IP dev peer0 proto boot metric 1024",
	} {
		if got[want] != 1 {
			t.Errorf("%d times %q", got[want], want)
		}
	}
	for _, r := range o.Routes {
		if d := r.Destination.String(); d == "fd0b::/64" || d == "fd0c::/64" {
			t.Errorf("route %+v leads nowhere or is not in the main table", r)
		}
	}
}

// Changes while the dumps are made must end in a consistent answer, not in an
// error and not in an address of an unknown link.
func TestReadWhileChanging(t *testing.T) {
	ns := guest(t)
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- ns.Do(func() error {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return nil
				default:
				}
				v := netlink.NewVeth(netlink.LinkAttrs{Name: "a0"})
				v.PeerName = "b0"
				if err := errors.Join(netlink.LinkAdd(v), up("a0"), up("b0"), add("a0", "fd03::1/64", 0, 0, 0), netlink.LinkDel(v)); err != nil {
					return err
				}
			}
		})
	}()
	for range 20 {
		o, err := Read(ns)
		if err != nil {
			t.Error(err)
			break
		}
		for _, a := range o.Addresses {
			if _, ok := o.Link(a.Link); !ok {
				t.Errorf("address %+v on an unknown link", a)
			}
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestReadErrors(t *testing.T) {
	ns := guest(t)
	if err := ns.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(ns); !errors.Is(err, netns.ErrClosed) {
		t.Errorf("closed namespace: %v, want ErrClosed", err)
	}
}
