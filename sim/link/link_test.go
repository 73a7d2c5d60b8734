package link_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/mdlayher/packet"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
)

func TestMain(m *testing.M) { os.Exit(audit.Run(m)) }

var (
	macA = net.HardwareAddr{0x02, 0, 0, 0, 0, 0xa}
	macB = net.HardwareAddr{0x02, 0, 0, 0, 0, 0xb}
)

func open(t testing.TB, name string) (*netns.NS, *link.Net) {
	t.Helper()
	ns := need.Namespace(t, name)
	n, err := link.Open(ns)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return ns, n
}

// pair makes two namespaces, a and b, joined by their eth0, both down.
func pair(t testing.TB) (nsA, nsB *netns.NS, a, b *link.Net) {
	t.Helper()
	nsA, a = open(t, "a")
	nsB, b = open(t, "b")
	if err := link.Pair(link.End{Net: a, Name: "eth0", MAC: macA}, link.End{Net: b, Name: "eth0", MAC: macB}); err != nil {
		t.Fatal(err)
	}
	return nsA, nsB, a, b
}

func ok(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestPair(t *testing.T) {
	nsA, nsB, _, _ := pair(t)
	for _, tt := range []struct {
		ns  *netns.NS
		mac net.HardwareAddr
	}{{nsA, macA}, {nsB, macB}} {
		ok(t, tt.ns.Do(func() error {
			l, err := net.InterfaceByName("eth0")
			if err != nil {
				return err
			}
			if !bytes.Equal(l.HardwareAddr, tt.mac) || l.Flags&net.FlagUp != 0 {
				t.Errorf("in %s: %+v, want %s, down", tt.ns.Name(), l, tt.mac)
			}
			for name, cmd := range map[string]uint32{
				"TSO": unix.ETHTOOL_GTSO, "GSO": unix.ETHTOOL_GGSO, "transmit checksum": unix.ETHTOOL_GTXCSUM,
			} {
				on, err := offload("eth0", cmd)
				if err != nil || on {
					t.Errorf("in %s: %s offload is on: %t, %v", tt.ns.Name(), name, on, err)
				}
			}
			return nil
		}))
	}
}

// offload asks the driver of an interface of the thread's namespace.
func offload(name string, cmd uint32) (bool, error) {
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false, err
	}
	defer unix.Close(fd)
	value := struct{ cmd, data uint32 }{cmd, 77}
	var req struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}
	copy(req.name[:], name)
	req.data = unsafe.Pointer(&value)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req))); errno != 0 {
		return false, errno
	}
	return value.data != 0, nil
}

// Right after Up and AwaitUp no frame is lost, in either direction, and no link
// is a second late.
func TestAwaitUp(t *testing.T) {
	const pairs = 100
	start := time.Now()
	for i := range pairs {
		nsA, nsB, a, b := pair(t)
		ethA, ethB := find(t, nsA), find(t, nsB)
		if ethA.Index == ethB.Index {
			t.Fatalf("both ends have index %d: older kernels handle their carrier a second late", ethA.Index)
		}
		ok(t, a.Up("eth0"), b.Up("eth0"))
		connA, connB := listen(t, nsA, ethA), listen(t, nsB, ethB)
		ok(t, a.AwaitUp(t.Context(), "eth0"), b.AwaitUp(t.Context(), "eth0"))
		send(t, connA, macA, macB, byte(i))
		send(t, connB, macB, macA, byte(i))
		receive(t, connB, byte(i))
		receive(t, connA, byte(i))
		ok(t, connA.Close(), connB.Close())
	}
	if took := time.Since(start); took > pairs*time.Second/2 {
		t.Errorf("%d pairs took %v", pairs, took)
	}
}

// etherType is one of those for local experiments (RFC 9542).
const etherType = 0x88b5

func find(t testing.TB, ns *netns.NS) (ifc *net.Interface) {
	t.Helper()
	ok(t, ns.Do(func() (err error) { ifc, err = net.InterfaceByName("eth0"); return err }))
	return ifc
}

// listen does not ask for the link, which would flush it.
func listen(t testing.TB, ns *netns.NS, ifc *net.Interface) (c *packet.Conn) {
	t.Helper()
	ok(t, ns.Do(func() (err error) { c, err = packet.Listen(ifc, packet.Raw, etherType, nil); return err }))
	ok(t, c.SetDeadline(time.Now().Add(5*time.Second)))
	return c
}

func send(t testing.TB, c *packet.Conn, from, to net.HardwareAddr, payload byte) {
	t.Helper()
	frame := slices.Concat(to, from, []byte{etherType >> 8, etherType & 0xff, payload}, make([]byte, 45))
	_, err := c.WriteTo(frame, &packet.Addr{HardwareAddr: to})
	ok(t, err)
}

func receive(t testing.TB, c *packet.Conn, payload byte) {
	t.Helper()
	b := make([]byte, 100)
	if n, _, err := c.ReadFrom(b); err != nil || n != 60 || b[14] != payload {
		t.Fatalf("pair %d: received % x, %v", payload, b[:n], err)
	}
}

func TestAddresses(t *testing.T) {
	ns, n := open(t, "a")
	ok(t, n.Up("lo"))
	// Neither ascending nor descending.
	for _, p := range []string{"2001:db8::5/64", "fd00::9/128", "2001:db8::1/64", "fd00::3/48", "2001:db8::7/128", "fd00::1/64"} {
		ok(t, n.AddAddress("lo", netip.MustParsePrefix(p)))
	}
	as, err := n.Addresses()
	ok(t, err)
	var got []string
	for _, a := range as {
		got = append(got, a.Prefix.String())
		if a.Flags&unix.IFA_F_PERMANENT == 0 || !a.Usable() || a.Link != 1 {
			t.Errorf("%+v, want it permanent and usable on link 1", a)
		}
	}
	// The standard library hands on the kernel's dump as it is.
	var want []string
	ok(t, ns.Do(func() error {
		as, err := (&net.Interface{Index: 1}).Addrs()
		for _, a := range as {
			if s := a.String(); strings.Contains(s, ":") {
				want = append(want, s)
			}
		}
		return err
	}))
	if len(want) != 7 || !slices.Equal(got, want) {
		t.Errorf("got %v, want the kernel's order %v", got, want)
	}
}

func TestUsable(t *testing.T) {
	for _, tt := range []struct {
		flags uint32
		want  bool
	}{
		{0, true},
		{unix.IFA_F_PERMANENT, true},
		{unix.IFA_F_TENTATIVE, false},
		{unix.IFA_F_TENTATIVE | unix.IFA_F_OPTIMISTIC, true},
		{unix.IFA_F_TENTATIVE | unix.IFA_F_DADFAILED, false},
		{unix.IFA_F_OPTIMISTIC, true},
		{unix.IFA_F_DEPRECATED, true},
	} {
		if got := (link.Address{Flags: tt.flags}).Usable(); got != tt.want {
			t.Errorf("flags %#x: usable %t, want %t", tt.flags, got, tt.want)
		}
	}
}

func TestHasDefaultRoute(t *testing.T) {
	_, _, a, b := pair(t)
	ok(t, a.Up("eth0"), b.Up("eth0"), a.AwaitUp(t.Context(), "eth0"))
	gateway, other := netip.MustParseAddr("fd00::1"), netip.MustParseAddr("fd00::2")
	ok(t, a.AddAddress("eth0", netip.MustParsePrefix("fd00::9/64")))
	has := func(gateway netip.Addr, want bool) {
		t.Helper()
		got, err := a.HasDefaultRoute(gateway)
		if got != want || err != nil {
			t.Errorf("HasDefaultRoute(%s) = %t, %v, want %t", gateway, got, err, want)
		}
	}
	all := netip.MustParsePrefix("::/0")
	has(gateway, false)
	ok(t, a.AddRoute("eth0", netip.MustParsePrefix("2001:db8::/32"), gateway, 0))
	has(gateway, false) // no default route
	ok(t, a.AddRoute("eth0", all, gateway, 77))
	has(gateway, false) // in another table
	ok(t, a.AddRoute("eth0", all, gateway, 0))
	has(gateway, true)
	has(other, false)
}

func TestLocalRulePreference(t *testing.T) {
	ns, n := open(t, "a")
	ok(t, n.LocalRulePreference(100, 1, 77))
	var rules []netlink.Rule
	ok(t, ns.Do(func() (err error) { rules, err = netlink.RuleList(unix.AF_INET6); return err }))
	type rule struct {
		pref  int
		mark  uint32
		table int
	}
	var got []rule
	for _, r := range rules {
		got = append(got, rule{r.Priority, r.Mark, r.Table})
	}
	want := []rule{{99, 1, 77}, {100, 0, unix.RT_TABLE_LOCAL}, {32766, 0, unix.RT_TABLE_MAIN}}
	if !slices.Equal(got, want) {
		t.Errorf("rules %+v, want %+v", got, want)
	}
}

func TestSetNeighbour(t *testing.T) {
	ns, _, n, _ := pair(t)
	at := netip.MustParseAddr("fe80::77")
	ok(t, n.Up("eth0"), n.SetNeighbour("eth0", at, macA), n.SetNeighbour("eth0", at, macB))
	var all []netlink.Neigh
	ok(t, ns.Do(func() (err error) { all, err = netlink.NeighList(0, unix.AF_INET6); return err }))
	i := slices.IndexFunc(all, func(e netlink.Neigh) bool { return e.IP.Equal(at.AsSlice()) })
	if i < 0 || all[i].State != netlink.NUD_PERMANENT || !bytes.Equal(all[i].HardwareAddr, macB) {
		t.Errorf("neighbours %+v, want %s permanently at %s", all, at, macB)
	}
}

func TestSet(t *testing.T) {
	ns, n := open(t, "a")
	const file = "/proc/sys/net/ipv6/conf/lo/accept_ra"
	home, err := os.ReadFile(file)
	ok(t, err)
	ok(t, n.Set(link.Sysctl{Key: "ipv6/conf/lo/accept_ra", Value: "0"}, link.Sysctl{Key: "ipv6/conf/lo/accept_ra", Value: "2"}))
	ok(t, ns.Do(func() error {
		if b, err := os.ReadFile(file); string(b) != "2\n" {
			t.Errorf("%s has %q, %v in the namespace", file, b, err)
		}
		return nil
	}))
	if b, err := os.ReadFile(file); !bytes.Equal(b, home) {
		t.Errorf("%s had %q and has %q, %v at home", file, home, b, err)
	}
}

func TestErrors(t *testing.T) {
	_, _, a, b := pair(t)
	_, closed := open(t, "gone")
	p, all := netip.MustParsePrefix("fd00::9/64"), netip.MustParsePrefix("::/0")
	ok(t, a.AddAddress("eth0", p), a.LocalRulePreference(100, 1, 7))
	patience := errors.New("out of patience")
	over, cancel := context.WithCancelCause(t.Context())
	cancel(patience)
	end := func(n *link.Net, name string) link.End { return link.End{Net: n, Name: name} }
	for _, tt := range []struct {
		name  string
		err   error
		want  string
		cause error
	}{
		{"sysctl", a.Set(link.Sysctl{Key: "ipv6/conf/nosuch/accept_ra", Value: "1"}),
			"set net.ipv6.conf.nosuch.accept_ra=1 in a: ", os.ErrNotExist},
		{"sysctl value", a.Set(link.Sysctl{Key: "ipv6/conf/eth0/hop_limit", Value: "-7"}),
			"set net.ipv6.conf.eth0.hop_limit=-7 in a: ", unix.EINVAL},
		{"pair", link.Pair(end(a, "eth0"), end(b, "eth1")), "make veth a/eth0–b/eth1: ", unix.EEXIST},
		{"up", a.Up("eth0", "eth7"), "find interface eth7 in a: ", nil},
		{"await up", b.AwaitUp(over, "eth0"), "await eth0 to be up in b: out of patience; last seen: state down", patience},
		{"await none up", b.AwaitUp(t.Context(), "eth7"), "find interface eth7 in b: ", nil},
		{"address", a.AddAddress("eth0", p), "add address fd00::9/64 to eth0 in a: ", unix.EEXIST},
		{"route", a.AddRoute("eth0", all, netip.MustParseAddr("2001:db8::1"), 0), "add route to ::/0 by eth0 in a: ", nil},
		{"rule", a.LocalRulePreference(100, 1, 7), "add rule 100 in a: ", unix.EEXIST},
		{"no old rule", a.LocalRulePreference(50, 1, 7), "delete rule 0 in a: ", unix.ENOENT},
		{"neighbour", a.SetNeighbour("eth0", p.Addr(), net.HardwareAddr{2}), "set neighbour fd00::9 on eth0 in a: ", unix.EINVAL},
		{"index", second(closed.Index("eth0")), "find interface eth0 in gone: ", nil},
	} {
		switch {
		case tt.err == nil || !strings.HasPrefix(tt.err.Error(), tt.want):
			t.Errorf("%s: got %v, want %s…", tt.name, tt.err, tt.want)
		case tt.cause != nil && !errors.Is(tt.err, tt.cause):
			t.Errorf("%s: %v does not wrap %v", tt.name, tt.err, tt.cause)
		}
	}
}

func second[T any](_ T, err error) error { return err }
