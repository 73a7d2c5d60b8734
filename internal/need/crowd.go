package need

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"
	vns "github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/sim/netns"
)

// Crowd fills the machine's table of IPv6 neighbours until the caller leaves. All
// namespaces share it, so that other labs wait meanwhile.
func Crowd(t testing.TB) (leave func() error) {
	t.Helper()
	Namespaces(t)
	ns, err := netns.New("crowd")
	if err != nil {
		t.Fatal(err)
	}
	h, err := netlink.NewHandleAt(vns.NsHandle(ns.Fd()), unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(errors.Join(err, ns.Close()))
	}
	if err := crowd(h); !errors.Is(err, unix.ENOBUFS) {
		t.Errorf("fill the table of neighbours: %v", err)
	}
	return func() error {
		// The kernel removes the namespace later, and its neighbours with the link.
		l, err := h.LinkByName(crowded)
		if err == nil {
			err = h.LinkDel(l)
		}
		h.Close()
		return errors.Join(err, ns.Close())
	}
}

const crowded = "crowd"

func crowd(h *netlink.Handle) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = crowded
	veth := &netlink.Veth{LinkAttrs: attrs, PeerName: "peer"}
	if err := errors.Join(h.LinkAdd(veth), h.LinkSetUp(veth)); err != nil {
		return err
	}
	a := netip.MustParseAddr("fd01::").As16()
	for i := range uint32(1 << 16) {
		binary.BigEndian.PutUint32(a[12:], i+1)
		if err := h.NeighAdd(&netlink.Neigh{
			LinkIndex: veth.Index, Family: unix.AF_INET6, State: netlink.NUD_STALE, IP: a[:], HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 1},
		}); err != nil {
			return err
		}
	}
	return nil
}
