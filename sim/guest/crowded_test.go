package guest_test

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/mdlayher/packet"
	"github.com/vishvananda/netlink"
	vns "github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/link"
)

// The kernel drops a router advertisement while the machine's table of
// neighbours is full. Advertise sends it again, until the kernel takes it.
func TestAdvertiseWithoutRoom(t *testing.T) {
	router := netip.MustParseAddr("fe80::2")
	ra := advertisement(time.Hour)
	f, err := frame.Neighbour([]byte{2, 0, 0, 0, 1, 1}, mac.HardwareAddr(), router, own, ra)
	ok(t, err)
	// Another lab of the machine can leave room that this test has not made.
	for range 10 {
		g, nb := boot(t)
		ok(t, g.AwaitLinkLocal(soon(t)), g.SetAcceptRA(true))
		conn, err := nb.net.ListenPacket("eth0", 0)
		ok(t, err)
		sent := 0
		err = g.Advertise(soon(t), guest.Advertisement{From: router, RouterAdvertisement: ra}, func() error {
			leave := func() error { return nil }
			if sent++; sent == 1 {
				leave = crowd(t)
			}
			_, err := conn.WriteTo(f, &packet.Addr{HardwareAddr: mac.HardwareAddr()})
			return errors.Join(err, leave())
		})
		ok(t, err, conn.Close())
		as, err := g.Net.Addresses()
		ok(t, err)
		formed := netip.MustParsePrefix("fd00::5054:ff:fe1f:c7bd/64")
		if !slices.ContainsFunc(as, func(a link.Address) bool { return a.Prefix == formed && a.Usable() }) {
			t.Fatalf("sent %d times; no %s among %v", sent, formed, as)
		}
		if sent > 1 {
			return
		}
	}
	t.Error("the kernel never dropped the advertisement")
}

// crowd fills the machine's table of neighbours.
func crowd(t *testing.T) (leave func() error) {
	t.Helper()
	ns := need.Namespace(t, "crowd")
	n, err := link.Open(ns)
	ok(t, err)
	defer n.Close()
	ok(t, link.Pair(link.End{Net: n, Name: "eth0"}, link.End{Net: n, Name: "eth1"}), n.Up("eth0", "eth1"))
	index, err := n.Index("eth0")
	ok(t, err)
	h, err := netlink.NewHandleAt(vns.NsHandle(ns.Fd()), unix.NETLINK_ROUTE)
	ok(t, err)
	defer h.Close()
	a := netip.MustParseAddr("fd01::").As16()
	for i := range uint32(1 << 16) {
		binary.BigEndian.PutUint32(a[12:], i+1)
		err = h.NeighAdd(&netlink.Neigh{
			LinkIndex: index, Family: unix.AF_INET6, State: netlink.NUD_STALE, IP: a[:], HardwareAddr: mac.HardwareAddr(),
		})
		if err != nil {
			break
		}
	}
	if !errors.Is(err, unix.ENOBUFS) {
		t.Errorf("fill the table of neighbours: %v", err)
	}
	return ns.Close
}
