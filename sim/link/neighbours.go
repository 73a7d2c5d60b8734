package link

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/dump"
)

// Neighbours calls changed, from one goroutine, when the kernel resolves or confirms an
// IPv6 neighbour on the interface, and with a nil MAC when it forgets one. changed is
// not called after stop has returned.
func (n *Net) Neighbours(name string, changed func(netip.Addr, net.HardwareAddr)) (stop func(), err error) {
	index, err := n.Index(name)
	if err != nil {
		return nil, err
	}
	s, err := n.subscribe(func(messages []syscall.NetlinkMessage) {
		for _, m := range messages {
			u, err := netlink.NeighDeserialize(m.Data)
			if err != nil {
				continue // not about a neighbour
			}
			a, ok := netip.AddrFromSlice(u.IP)
			if !ok || !a.Is6() || u.LinkIndex != index {
				continue
			}
			const known = netlink.NUD_REACHABLE | netlink.NUD_STALE | netlink.NUD_DELAY | netlink.NUD_PROBE | netlink.NUD_PERMANENT
			if m.Header.Type == unix.RTM_NEWNEIGH && u.State&known != 0 && len(u.HardwareAddr) == 6 {
				changed(a, u.HardwareAddr)
			} else {
				changed(a, nil)
			}
		}
	}, unix.RTNLGRP_NEIGH)
	if err != nil {
		return nil, err
	}
	return s.close, nil
}

// SetNeighbour adds a neighbour that the kernel never solicits, or gives it another MAC.
func (n *Net) SetNeighbour(name string, a netip.Addr, mac net.HardwareAddr) error {
	return n.neighbour(name, a, fmt.Sprintf("set neighbour %s on %s", a, name), n.h.NeighSet,
		netlink.Neigh{State: netlink.NUD_PERMANENT, HardwareAddr: mac})
}

// AddProxy makes the interface answer neighbour solicitations for an address of another
// link (RFC 4389). The sysctl proxy_ndp has to be on.
func (n *Net) AddProxy(name string, a netip.Addr) error {
	return n.neighbour(name, a, fmt.Sprintf("add proxy for %s on %s", a, name), n.h.NeighAdd, netlink.Neigh{Flags: netlink.NTF_PROXY})
}

// ForgetNeighbour removes the entry of a neighbour, if there is one.
func (n *Net) ForgetNeighbour(name string, a netip.Addr) error {
	err := n.neighbour(name, a, fmt.Sprintf("forget neighbour %s on %s", a, name), n.h.NeighDel, netlink.Neigh{})
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}

func (n *Net) neighbour(name string, a netip.Addr, what string, f func(*netlink.Neigh) error, is netlink.Neigh) error {
	return n.change(name, what, func(l netlink.Link) error {
		is.LinkIndex, is.Family, is.IP = l.Attrs().Index, unix.AF_INET6, a.AsSlice()
		return f(&is)
	})
}

// End ends IPv6 in the namespace, and so removes its neighbours. The kernel removes a
// namespace that nobody has open later, on a busy machine after seconds, and until then the
// neighbours would take room that all namespaces share (ErrCrowded).
func (n *Net) End() error {
	return n.Set(Sysctl{Key: "ipv6/conf/all/disable_ipv6", Value: "1"})
}

// HasNeighbour reports whether the kernel has an entry for a neighbour.
func (n *Net) HasNeighbour(name string, a netip.Addr) (bool, error) {
	index, err := n.Index(name)
	if err != nil {
		return false, err
	}
	all, err := dump.Whole(func() ([]netlink.Neigh, error) { return n.h.NeighList(index, unix.AF_INET6) })
	return slices.ContainsFunc(all, func(x netlink.Neigh) bool { return x.IP.Equal(a.AsSlice()) }), n.failed("list neighbours on "+name, err)
}
