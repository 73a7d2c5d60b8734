package kernel

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/sim/netns"
)

// guest makes a namespace with eth0, up, and nothing behind it.
func guest(t *testing.T) *netns.NS {
	t.Helper()
	ns := need.Namespace(t, "guest")
	do(t, ns, func() error {
		v := netlink.NewVeth(netlink.LinkAttrs{Name: "eth0"})
		v.PeerName = "peer0"
		return errors.Join(netlink.LinkAdd(v), up("eth0"), up("peer0"))
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

// add adds an address without DAD.
func add(cidr string, deprecated bool) error {
	l, err := netlink.LinkByName("eth0")
	if err != nil {
		return err
	}
	a, err := netlink.ParseAddr(cidr)
	if err != nil {
		return err
	}
	a.Flags = unix.IFA_F_NODAD
	if deprecated {
		a.ValidLft = 3600 // and a preferred lifetime of 0
	}
	return netlink.AddrAdd(l, a)
}

func defaultRoute() error {
	l, err := netlink.LinkByName("eth0")
	if err != nil {
		return err
	}
	all := &net.IPNet{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)}
	return netlink.RouteAdd(&netlink.Route{LinkIndex: l.Attrs().Index, Dst: all})
}

func TestSource(t *testing.T) {
	ns := guest(t)
	o := observation()
	o.Guest = ns
	pick := func(want, why string) {
		t.Helper()
		c, err := Source.Select(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Address().String(); got != want {
			t.Errorf("%s: %s (%s), want %s", why, got, c.Reason, want)
		}
	}
	pick("invalid IP", "no route")
	do(t, ns, func() error {
		return errors.Join(defaultRoute(), add("fd01:cafe::1/64", false))
	})
	pick("fd01:cafe::1", "the only address")
	do(t, ns, func() error { return add("2001:db8:1::1/64", false) })
	pick("2001:db8:1::1", "the longer common prefix, RFC 6724 5 rule 8")
	do(t, ns, func() error { return add("2001:db8:0:1::1/128", true) })
	pick("2001:db8:1::1", "not deprecated, RFC 6724 5 rule 3")
	o.Target = netip.MustParseAddr("2001:db8:0:1::1")
	do(t, ns, func() error { return up("lo") })
	pick("2001:db8:0:1::1", "the target itself")
}
