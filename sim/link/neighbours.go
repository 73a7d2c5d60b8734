package link

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	vns "github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Neighbours calls changed, from one goroutine, each time the kernel resolves
// an IPv6 neighbour on the interface, or confirms it, and with a nil MAC when
// it forgets one. stop ends that, and waits until it has ended.
func (n *Net) Neighbours(name string, changed func(netip.Addr, net.HardwareAddr)) (stop func(), err error) {
	index, err := n.Index(name)
	if err != nil {
		return nil, err
	}
	updates, done, ended := make(chan netlink.NeighUpdate), make(chan struct{}), make(chan struct{})
	ns := vns.NsHandle(n.ns.Fd())
	if err := netlink.NeighSubscribeWithOptions(updates, done, netlink.NeighSubscribeOptions{Namespace: &ns}); err != nil {
		return nil, fmt.Errorf("subscribe to neighbours in %s: %w", n.ns.Name(), err)
	}
	go func() {
		defer close(ended)
		for u := range updates {
			a, ok := netip.AddrFromSlice(u.IP)
			if !ok || !a.Is6() || u.LinkIndex != index {
				continue
			}
			const known = netlink.NUD_REACHABLE | netlink.NUD_STALE | netlink.NUD_DELAY | netlink.NUD_PROBE | netlink.NUD_PERMANENT
			if u.Type == unix.RTM_NEWNEIGH && u.State&known != 0 && len(u.HardwareAddr) == 6 {
				changed(a, u.HardwareAddr)
			} else {
				changed(a, nil)
			}
		}
	}()
	return func() { close(done); <-ended }, nil
}
