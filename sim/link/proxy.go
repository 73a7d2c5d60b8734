package link

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// AddProxy has the interface answer neighbour solicitations for an address
// that is elsewhere (RFC 4389), given the setting proxy_ndp.
func (n *Net) AddProxy(name string, a netip.Addr) error {
	l, err := n.link(name)
	if err != nil {
		return err
	}
	if err := n.h.NeighAdd(&netlink.Neigh{
		LinkIndex: l.Attrs().Index, Family: unix.AF_INET6, Flags: netlink.NTF_PROXY, IP: a.AsSlice(),
	}); err != nil {
		return fmt.Errorf("add proxy for %s on %s in %s: %w", a, name, n.ns.Name(), err)
	}
	return nil
}
