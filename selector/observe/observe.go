package observe

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/dump"
	"github.com/passtlab/passtlab/selector"
)

// Read observes the namespace, which becomes the observation's Guest. The caller fills
// in Role, Target and Config. Interface is the link of the default route with the
// lowest metric, or else the first link that is up and no loopback.
func Read(ns selector.Namespace) (selector.Observation, error) {
	var o selector.Observation
	err := ns.Do(func() (err error) { o, err = dump.Whole(read); return err })
	if err != nil {
		return selector.Observation{}, fmt.Errorf("observe namespace: %w", err)
	}
	o.Guest = ns
	return o, nil
}

// read makes one observation of the thread's namespace. After a change meanwhile the
// error is netlink.ErrDumpInterrupted.
func read() (selector.Observation, error) {
	o := empty()
	links, err := netlink.LinkList()
	if err != nil {
		return o, fmt.Errorf("list links: %w", err)
	}
	names := map[int]string{}
	for _, l := range links {
		names[l.Attrs().Index] = l.Attrs().Name
		o.Links = append(o.Links, link(l))
	}
	if err := addAddresses(&o, names); err != nil {
		return o, fmt.Errorf("list addresses: %w", err)
	}
	if err := addRoutes(&o, names); err != nil {
		return o, fmt.Errorf("list routes: %w", err)
	}
	o.Interface = mainInterface(o)
	return o, nil
}

// empty returns an observation whose lists are [] in JSON, not null.
func empty() selector.Observation {
	return selector.Observation{
		APIVersion: selector.APIVersion,
		Links:      []selector.Link{},
		Addresses:  []selector.Address{},
		Routes:     []selector.Route{},
	}
}

func link(l netlink.Link) selector.Link {
	a := l.Attrs()
	kind := l.Type()
	if kind == "device" { // netlink's word for a link without a kind
		kind = a.EncapType
	}
	return selector.Link{
		Index: a.Index,
		Name:  a.Name,
		Type:  kind,
		MAC:   a.HardwareAddr.String(),
		MTU:   a.MTU,
		Up:    a.RawFlags&unix.IFF_UP != 0 && a.RawFlags&unix.IFF_LOWER_UP != 0,
		Flags: selector.LinkFlags(a.RawFlags) &^ selector.LinkRunning,
	}
}

// addAddresses adds the addresses of all links and families from one dump.
func addAddresses(o *selector.Observation, names map[int]string) error {
	req := nl.NewNetlinkRequest(unix.RTM_GETADDR, unix.NLM_F_DUMP)
	req.AddData(nl.NewIfAddrmsg(unix.AF_UNSPEC))
	msgs, err := req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWADDR)
	if err != nil {
		return err
	}
	for _, m := range msgs {
		a, index, ok, err := decodeAddress(m)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if a.Link, ok = names[index]; !ok {
			return fmt.Errorf("link %d is new: %w", index, netlink.ErrDumpInterrupted)
		}
		o.Addresses = append(o.Addresses, a)
	}
	return nil
}

// addRoutes adds the routes of the main table, one for each next hop.
func addRoutes(o *selector.Observation, names map[int]string) error {
	routes, err := netlink.RouteList(nil, netlink.FAMILY_V6)
	if err != nil {
		return err
	}
	for _, x := range routes {
		if x.Type != unix.RTN_UNICAST {
			continue
		}
		hops := x.MultiPath
		if len(hops) == 0 {
			hops = []*netlink.NexthopInfo{{LinkIndex: x.LinkIndex, Gw: x.Gw}}
		}
		for _, hop := range hops {
			name, ok := names[hop.LinkIndex]
			if !ok {
				return fmt.Errorf("link %d is new: %w", hop.LinkIndex, netlink.ErrDumpInterrupted)
			}
			o.Routes = append(o.Routes, selector.Route{
				Destination: prefix(x.Dst),
				Gateway:     address(hop.Gw),
				Source:      address(x.Src),
				Link:        name,
				Metric:      x.Priority,
				Protocol:    x.Protocol.String(),
			})
		}
	}
	return nil
}

func address(ip net.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a
}

func prefix(n *net.IPNet) netip.Prefix {
	if n == nil {
		return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	}
	bits, _ := n.Mask.Size()
	return netip.PrefixFrom(address(n.IP), bits)
}

func mainInterface(o selector.Observation) string {
	routes := slices.DeleteFunc(slices.Clone(o.Routes), func(r selector.Route) bool { return r.Destination.Bits() > 0 })
	if len(routes) > 0 {
		return slices.MinFunc(routes, func(a, b selector.Route) int { return cmp.Compare(a.Metric, b.Metric) }).Link
	}
	for _, l := range o.Links {
		if l.Up && l.Type != "loopback" {
			return l.Name
		}
	}
	return ""
}
