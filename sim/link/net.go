package link

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/dump"
	"github.com/passtlab/passtlab/sim/netns"
)

// Net configures one namespace.
type Net struct {
	NS *netns.NS
	h  *netlink.Handle
}

// Open opens a netlink socket inside ns. The caller still has to close ns.
func Open(ns *netns.NS) (*Net, error) {
	var h *netlink.Handle
	if err := ns.Do(func() (err error) { h, err = netlink.NewHandle(unix.NETLINK_ROUTE); return err }); err != nil {
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
		return nil, fmt.Errorf("find interface %s in %s: %w", name, n.NS.Name(), err)
	}
	return l, nil
}

// change calls f with the interface. The text what says what f does.
func (n *Net) change(name, what string, f func(netlink.Link) error) error {
	l, err := n.link(name)
	if err != nil {
		return err
	}
	return n.failed(what, f(l))
}

// execute sends a request that package netlink has no function for.
func (n *Net) execute(req *nl.NetlinkRequest) error {
	return n.NS.Do(func() error {
		_, err := req.Execute(unix.NETLINK_ROUTE, 0)
		return err
	})
}

func (n *Net) failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s in %s: %w", what, n.NS.Name(), err)
}

// Has reports whether the interface exists.
func (n *Net) Has(name string) (bool, error) {
	ls, err := dump.Whole(n.h.LinkList)
	return slices.ContainsFunc(ls, func(l netlink.Link) bool { return l.Attrs().Name == name }), n.failed("list interfaces", err)
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
