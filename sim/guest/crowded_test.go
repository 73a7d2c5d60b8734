package guest_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/mdlayher/packet"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
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
		ok(t, g.AwaitLinkLocal(soon(t)), g.SetAcceptRA(scenarios.AcceptOn))
		conn, err := nb.net.ListenPacket("eth0", 0)
		ok(t, err)
		sent := 0
		err = g.Advertise(soon(t), guest.Advertisement{From: router, RouterAdvertisement: ra}, func() error {
			leave := func() error { return nil }
			if sent++; sent == 1 {
				leave = need.Crowd(t)
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
