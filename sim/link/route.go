package link

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/dump"
)

// Route is a route of the main table.
type Route struct {
	Prefix   netip.Prefix // ::/0 for a default route
	Gateway  netip.Addr   // zero: on-link
	Link     int          // index of the interface
	Source   netip.Addr   // the preferred one; zero: none
	Metric   int
	Protocol int // RTPROT_; zero: that of routes by hand (boot)
}

// Routes returns the IPv6 unicast routes of the main table.
func (n *Net) Routes() (rs []Route, err error) {
	list, err := dump.Whole(func() ([]netlink.Route, error) {
		filter := &netlink.Route{Table: unix.RT_TABLE_MAIN, Type: unix.RTN_UNICAST}
		return n.h.RouteListFiltered(unix.AF_INET6, filter, netlink.RT_FILTER_TABLE|netlink.RT_FILTER_TYPE)
	})
	for _, r := range list {
		to, _ := netip.AddrFromSlice(r.Dst.IP)
		bits, _ := r.Dst.Mask.Size()
		gateway, _ := netip.AddrFromSlice(r.Gw)
		source, _ := netip.AddrFromSlice(r.Src)
		rs = append(rs, Route{netip.PrefixFrom(to, bits), gateway, r.LinkIndex, source, r.Priority, int(r.Protocol)})
	}
	return rs, n.failed("list routes", err)
}

// HasDefaultRoute reports whether there is a default route through gateway.
func (n *Net) HasDefaultRoute(gateway netip.Addr) (bool, error) {
	rs, err := n.Routes()
	return slices.ContainsFunc(rs, func(r Route) bool { return r.Prefix.Bits() == 0 && r.Gateway == gateway }), err
}

// AddRoute adds a route through the interface, and through gateway if that is valid.
func (n *Net) AddRoute(name string, dst netip.Prefix, gateway netip.Addr, table int) error {
	return n.changeRoute("add", n.h.RouteAdd, name, dst, gateway, table)
}

// AddDefault adds a default route with a metric, of which the kernel prefers the lowest. Others
// that a Net adds have 1024.
func (n *Net) AddDefault(name string, gateway netip.Addr, metric int) error {
	return n.change(name, "add default route by "+name, func(l netlink.Link) error {
		return n.h.RouteAdd(&netlink.Route{LinkIndex: l.Attrs().Index, Dst: ipNet(netip.PrefixFrom(netip.IPv6Unspecified(), 0)), Gw: gateway.AsSlice(), Priority: metric})
	})
}

// ReplaceRoute is AddRoute, but replaces another route to dst.
func (n *Net) ReplaceRoute(name string, dst netip.Prefix, gateway netip.Addr, table int) error {
	return n.changeRoute("replace", n.h.RouteReplace, name, dst, gateway, table)
}

func (n *Net) changeRoute(verb string, change func(*netlink.Route) error, name string, dst netip.Prefix, gateway netip.Addr, table int) error {
	return n.change(name, fmt.Sprintf("%s route to %s by %s", verb, dst, name), func(l netlink.Link) error {
		return change(&netlink.Route{LinkIndex: l.Attrs().Index, Dst: ipNet(dst), Gw: gateway.AsSlice(), Table: table})
	})
}

// SetRoute adds the route r.
func (n *Net) SetRoute(r Route) error {
	return n.failed("add route to "+r.Prefix.String(), n.h.RouteAdd(r.settings()))
}

// RemoveRoute removes the route r.
func (n *Net) RemoveRoute(r Route) error {
	return n.failed("remove route to "+r.Prefix.String(), n.h.RouteDel(r.settings()))
}

// AppendRoute adds the route r beside others to the same prefix.
func (n *Net) AppendRoute(r Route) error {
	return n.failed("append route to "+r.Prefix.String(), n.h.RouteAppend(r.settings()))
}

func (r Route) settings() *netlink.Route {
	s := &netlink.Route{LinkIndex: r.Link, Dst: ipNet(r.Prefix), Gw: r.Gateway.AsSlice(), Src: r.Source.AsSlice(),
		Priority: r.Metric, Protocol: netlink.RouteProtocol(r.Protocol)}
	if r.Prefix.Addr().Is4() && !r.Gateway.IsValid() {
		s.Scope = netlink.SCOPE_LINK
	}
	return s
}

// Leads returns the index of the interface through which packets to a leave, or 0 if there
// is no route.
func (n *Net) Leads(a netip.Addr) (int, error) {
	rs, err := n.h.RouteGet(a.AsSlice())
	switch {
	case errors.Is(err, unix.ENETUNREACH), errors.Is(err, unix.EHOSTUNREACH), errors.Is(err, unix.EACCES):
		return 0, nil
	case err != nil || len(rs) == 0:
		return 0, n.failed("get route to "+a.String(), err)
	}
	return rs[0].LinkIndex, nil
}

// Source returns the source address that the kernel chooses for packets to a. For an
// address of the namespace that is a itself. No route to a is an error.
func (n *Net) Source(a netip.Addr) (netip.Addr, error) {
	rs, err := n.h.RouteGet(a.AsSlice())
	if err == nil && len(rs) == 0 {
		err = errors.New("the kernel names none")
	}
	if err != nil {
		return netip.Addr{}, n.failed("get route to "+a.String(), err)
	}
	src, _ := netip.AddrFromSlice(rs[0].Src)
	return src, nil
}

// LocalRulePreference moves the rule for the local table from preference 0, where no
// rule can precede it, to pref. It adds a rule before it that uses the table for
// packets with the mark.
func (n *Net) LocalRulePreference(pref int, mark uint32, table int) error {
	rule := func(pref, table int, mark uint32) *netlink.Rule {
		r := netlink.NewRule()
		r.Family, r.Priority, r.Table, r.Mark = unix.AF_INET6, pref, table, mark
		return r
	}
	for _, r := range []*netlink.Rule{rule(pref, unix.RT_TABLE_LOCAL, 0), rule(pref-1, table, mark)} {
		if err := n.h.RuleAdd(r); err != nil {
			return n.failed(fmt.Sprintf("add rule %d", r.Priority), err)
		}
	}
	return n.failed("delete rule 0", n.h.RuleDel(rule(0, unix.RT_TABLE_LOCAL, 0)))
}
