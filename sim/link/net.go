package link

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	vns "github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/sim/netns"
)

// Net configures one namespace.
type Net struct {
	ns *netns.NS
	h  *netlink.Handle
}

// Open opens a netlink socket inside ns. The namespace stays the caller's.
func Open(ns *netns.NS) (*Net, error) {
	h, err := netlink.NewHandleAt(vns.NsHandle(ns.Fd()), unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open rtnetlink in %s: %w", ns.Name(), err)
	}
	return &Net{ns, h}, nil
}

// Close closes the netlink socket.
func (n *Net) Close() { n.h.Close() }

// Index returns the index of the interface.
func (n *Net) Index(name string) (int, error) {
	l, err := n.link(name)
	if err != nil {
		return 0, err
	}
	return l.Attrs().Index, nil
}

func (n *Net) link(name string) (netlink.Link, error) {
	l, err := n.h.LinkByName(name)
	if err != nil {
		return nil, fmt.Errorf("find interface %s in %s: %w", name, n.ns.Name(), err)
	}
	return l, nil
}

// AddNeighbour adds a neighbour that is never solicited.
func (n *Net) AddNeighbour(name string, a netip.Addr, mac net.HardwareAddr) error {
	l, err := n.link(name)
	if err != nil {
		return err
	}
	if err := n.h.NeighAdd(&netlink.Neigh{
		LinkIndex: l.Attrs().Index, Family: unix.AF_INET6, State: netlink.NUD_PERMANENT,
		IP: a.AsSlice(), HardwareAddr: mac,
	}); err != nil {
		return fmt.Errorf("add neighbour %s on %s in %s: %w", a, name, n.ns.Name(), err)
	}
	return nil
}

// ForgetNeighbour removes what is known of a neighbour, be it nothing.
func (n *Net) ForgetNeighbour(name string, a netip.Addr) error {
	l, err := n.link(name)
	if err != nil {
		return err
	}
	err = n.h.NeighDel(&netlink.Neigh{LinkIndex: l.Attrs().Index, Family: unix.AF_INET6, IP: a.AsSlice()})
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("forget neighbour %s on %s in %s: %w", a, name, n.ns.Name(), err)
	}
	return nil
}
