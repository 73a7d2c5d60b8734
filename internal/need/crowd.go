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
	if err := crowd(ns); !errors.Is(err, unix.ENOBUFS) {
		t.Errorf("fill the table of neighbours: %v", err)
	}
	return ns.Close
}

func crowd(ns *netns.NS) error {
	h, err := netlink.NewHandleAt(vns.NsHandle(ns.Fd()), unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer h.Close()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "crowd"
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
