package link

import (
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

// Up sets interfaces up.
func (n *Net) Up(names ...string) error {
	for _, name := range names {
		l, err := n.link(name)
		if err != nil {
			return err
		}
		if err := n.h.LinkSetUp(l); err != nil {
			return fmt.Errorf("set %s up in %s: %w", name, n.ns.Name(), err)
		}
	}
	return nil
}

// Flush asks for the interface, which makes the kernel handle the carrier
// event that is still pending after it was set up.
func (n *Net) Flush(names ...string) error {
	for _, name := range names {
		l, err := n.link(name)
		if err != nil {
			return err
		}
		if s := l.Attrs().OperState; s != netlink.OperUp && s != netlink.OperUnknown {
			return fmt.Errorf("set %s up in %s: its state is still %s", name, n.ns.Name(), s)
		}
	}
	return nil
}

// AddressFlags are flags of AddAddress.
type AddressFlags int

// NoDAD makes an address usable at once (IFA_F_NODAD).
const NoDAD AddressFlags = unix.IFA_F_NODAD

// AddAddress adds an address with infinite lifetimes, so that the kernel
// makes it permanent.
func (n *Net) AddAddress(name string, p netip.Prefix, flags AddressFlags) error {
	l, err := n.link(name)
	if err != nil {
		return err
	}
	if err := n.h.AddrAdd(l, &netlink.Addr{IPNet: ipNet(p), Flags: int(flags)}); err != nil {
		return fmt.Errorf("add address %s to %s in %s: %w", p, name, n.ns.Name(), err)
	}
	return nil
}

// Address is an IPv6 address as the kernel lists it.
type Address struct {
	Prefix netip.Prefix
	Link   int    // index of the interface
	Flags  uint32 // IFA_F_
}

// Usable reports whether duplicate address detection has ended well.
func (a Address) Usable() bool {
	return a.Flags&unix.IFA_F_TENTATIVE == 0 || a.Flags&unix.IFA_F_OPTIMISTIC != 0
}

// Addresses returns the IPv6 addresses of all interfaces in the kernel's order.
func (n *Net) Addresses() ([]Address, error) {
	list, err := n.h.AddrList(nil, unix.AF_INET6)
	if err != nil {
		return nil, fmt.Errorf("list addresses in %s: %w", n.ns.Name(), err)
	}
	as := make([]Address, 0, len(list))
	for _, a := range list {
		ip, _ := netip.AddrFromSlice(a.IP)
		ones, _ := a.Mask.Size()
		as = append(as, Address{netip.PrefixFrom(ip, ones), a.LinkIndex, uint32(a.Flags)})
	}
	return as, nil
}

// AddRoute adds a route over the interface, by way of gateway if that is valid.
func (n *Net) AddRoute(name string, dst netip.Prefix, gateway netip.Addr, table int) error {
	l, err := n.link(name)
	if err != nil {
		return err
	}
	r := netlink.Route{LinkIndex: l.Attrs().Index, Dst: ipNet(dst), Table: table}
	if gateway.IsValid() {
		r.Gw = gateway.AsSlice()
	}
	if err := n.h.RouteAdd(&r); err != nil {
		return fmt.Errorf("add route to %s by %s in %s: %w", dst, name, n.ns.Name(), err)
	}
	return nil
}

// HasDefaultRoute reports whether there is a default route by way of gateway.
func (n *Net) HasDefaultRoute(gateway netip.Addr) (bool, error) {
	rs, err := n.h.RouteList(nil, unix.AF_INET6)
	if err != nil {
		return false, fmt.Errorf("list routes in %s: %w", n.ns.Name(), err)
	}
	for _, r := range rs {
		if gw, _ := netip.AddrFromSlice(r.Gw); gw == gateway && (r.Dst == nil || r.Dst.IP.IsUnspecified()) {
			return true, nil
		}
	}
	return false, nil
}

// LocalRulePreference moves the rule that looks up the local table from
// preference 0, where nothing can come before it, to pref, and puts before it
// a rule that sends packets with the mark to the table.
func (n *Net) LocalRulePreference(pref int, mark uint32, table int) error {
	local := netlink.NewRule()
	local.Family, local.Priority, local.Table = unix.AF_INET6, pref, unix.RT_TABLE_LOCAL
	marked := netlink.NewRule()
	marked.Family, marked.Priority, marked.Table = unix.AF_INET6, pref-1, table
	marked.Mark = mark
	old := netlink.NewRule()
	old.Family, old.Priority, old.Table = unix.AF_INET6, 0, unix.RT_TABLE_LOCAL
	for _, r := range []*netlink.Rule{local, marked} {
		if err := n.h.RuleAdd(r); err != nil {
			return fmt.Errorf("add rule %d in %s: %w", r.Priority, n.ns.Name(), err)
		}
	}
	if err := n.h.RuleDel(old); err != nil {
		return fmt.Errorf("delete rule 0 in %s: %w", n.ns.Name(), err)
	}
	return nil
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
