package link_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	vns "github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// While links, addresses and routes come and go, each dump has the addresses that
// stay, once. There are so many that the kernel needs several messages for a dump, and
// the same dump made once is interrupted often.
func TestWholeDumps(t *testing.T) {
	const stay, dumps = 700, 60
	ns, n := open(t, "a")
	ok(t, n.Up("lo"))
	prefix := func(i int) netip.Prefix { return netip.MustParsePrefix(fmt.Sprintf("fd00:0:0:%x::9/64", i)) }
	for i := range stay {
		ok(t, n.AddAddress("lo", prefix(i)))
	}
	route := netip.MustParsePrefix("2001:db8::/32")
	dst := &net.IPNet{IP: route.Addr().AsSlice(), Mask: net.CIDRMask(32, 128)}
	once, err := netlink.NewHandleAt(vns.NsHandle(ns.Fd()), unix.NETLINK_ROUTE)
	ok(t, err)
	defer once.Close()

	ctx, stop := context.WithCancel(t.Context())
	churned := make(chan error, 1)
	go func() {
		for ctx.Err() == nil {
			if err := errors.Join(
				n.AddAddress("lo", prefix(stay)), n.AddRoute("lo", route, netip.Addr{}, 0), n.Bridge("br0", nil),
				removeLink(once, "br0"), once.RouteDel(&netlink.Route{LinkIndex: 1, Dst: dst}), n.RemoveAddress("lo", prefix(stay)),
			); err != nil {
				churned <- err
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Millisecond): // or no dump is ever whole
			}
		}
		churned <- nil
	}()
	interrupted, made := 0, 0
	for begun := time.Now(); made < dumps || interrupted == 0 && time.Since(begun) < time.Minute; made++ {
		as, err := n.Addresses()
		got := map[netip.Prefix]int{}
		for _, a := range as {
			got[a.Prefix]++
		}
		for i := range stay {
			if err == nil && got[prefix(i)] != 1 {
				err = fmt.Errorf("%s is there %d times", prefix(i), got[prefix(i)])
			}
		}
		if _, rerr := n.Routes(); err != nil || rerr != nil {
			t.Fatal(err, rerr)
		}
		if has, err := n.Has("lo"); !has || err != nil {
			t.Fatalf("lo is there: %t, %v", has, err)
		}
		if _, err := once.AddrList(nil, unix.AF_INET6); errors.Is(err, netlink.ErrDumpInterrupted) {
			interrupted++
		}
	}
	stop()
	ok(t, <-churned)
	if t.Logf("%d of %d dumps that are made once are interrupted", interrupted, made); interrupted == 0 {
		t.Error("no dump is ever interrupted, so this proves nothing")
	}
}

func removeLink(h *netlink.Handle, name string) error {
	l, err := h.LinkByName(name)
	if err != nil {
		return err
	}
	return h.LinkDel(l)
}
