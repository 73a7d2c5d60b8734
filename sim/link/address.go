package link

import (
	"fmt"
	"math"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/dump"
)

// Forever is the lifetime without an end (RFC 4861 4.6.2), in seconds.
const Forever = math.MaxUint32

// Address is an IPv6 address as the kernel lists it.
type Address struct {
	Prefix netip.Prefix
	Link   int    // index of the interface
	Flags  uint32 // IFA_F_
	// Valid and Preferred are the lifetimes that remain, in seconds, or Forever.
	Valid, Preferred uint32
}

// Usable reports whether duplicate address detection has succeeded.
func (a Address) Usable() bool {
	return a.Flags&unix.IFA_F_TENTATIVE == 0 || a.Flags&unix.IFA_F_OPTIMISTIC != 0
}

// Addresses returns the IPv6 addresses of all interfaces in the kernel's order.
func (n *Net) Addresses() ([]Address, error) {
	list, err := dump.Whole(func() ([]netlink.Addr, error) { return n.h.AddrList(nil, unix.AF_INET6) })
	as := make([]Address, 0, len(list))
	for _, a := range list {
		ip, _ := netip.AddrFromSlice(a.IP)
		ones, _ := a.Mask.Size()
		as = append(as, Address{netip.PrefixFrom(ip, ones), a.LinkIndex, uint32(a.Flags), uint32(a.ValidLft), uint32(a.PreferedLft)})
	}
	return as, n.failed("list addresses", err)
}

// AddressesOf returns the addresses of one interface.
func (n *Net) AddressesOf(name string) ([]Address, error) {
	index, err := n.Index(name)
	if err != nil {
		return nil, err
	}
	as, err := n.Addresses()
	return slices.DeleteFunc(as, func(a Address) bool { return a.Link != index }), err
}

// AddAddress adds a permanent address that is usable at once (IFA_F_NODAD).
func (n *Net) AddAddress(name string, p netip.Prefix) error {
	return n.change(name, fmt.Sprintf("add address %s to %s", p, name), func(l netlink.Link) error {
		return n.h.AddrAdd(l, &netlink.Addr{IPNet: ipNet(p), Flags: unix.IFA_F_NODAD})
	})
}

// NewAddress adds an address with the lifetimes of a.
func (n *Net) NewAddress(name string, a Address) error {
	return n.change(name, fmt.Sprintf("add address %s to %s", a.Prefix, name), func(l netlink.Link) error {
		return n.h.AddrAdd(l, a.settings())
	})
}

// SetAddress adds the address a, or gives the one that is there the lifetimes of a and
// those flags of a that say how the kernel treats it.
func (n *Net) SetAddress(name string, a Address) error {
	return n.change(name, fmt.Sprintf("set address %s of %s", a.Prefix, name), func(l netlink.Link) error {
		return n.h.AddrReplace(l, a.settings())
	})
}

func (a Address) settings() *netlink.Addr {
	const treat = unix.IFA_F_MANAGETEMPADDR | unix.IFA_F_NOPREFIXROUTE | unix.IFA_F_HOMEADDRESS
	return &netlink.Addr{IPNet: ipNet(a.Prefix), Flags: int(a.Flags & treat), ValidLft: int(a.Valid), PreferedLft: int(a.Preferred)}
}

// RemoveAddress removes an address from the interface.
func (n *Net) RemoveAddress(name string, p netip.Prefix) error {
	return n.change(name, fmt.Sprintf("remove address %s from %s", p, name), func(l netlink.Link) error {
		return n.h.AddrDel(l, &netlink.Addr{IPNet: ipNet(p)})
	})
}
