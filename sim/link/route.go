package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/mdlayher/ndp"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/dump"
)

// Route is an IPv6 route of the main table.
type Route struct {
	Prefix     netip.Prefix // ::/0 for a default route
	Gateway    netip.Addr   // zero: on-link
	Link       int          // index of the interface
	Preference ndp.Preference
}

// Routes returns the unicast routes of the main table.
func (n *Net) Routes() (rs []Route, err error) {
	var messages [][]byte
	// The library keeps no preference (RTA_PREF).
	if err := n.ns.Do(func() (err error) {
		messages, err = dump.Whole(func() ([][]byte, error) {
			req := nl.NewNetlinkRequest(unix.RTM_GETROUTE, unix.NLM_F_DUMP)
			req.AddData(&nl.RtMsg{RtMsg: unix.RtMsg{Family: unix.AF_INET6}})
			return req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWROUTE)
		})
		return err
	}); err != nil {
		return nil, fmt.Errorf("list routes in %s: %w", n.ns.Name(), err)
	}
	for _, m := range messages {
		if r, ok := route(m); ok {
			rs = append(rs, r)
		}
	}
	return rs, nil
}

// route reads a message of the main table.
func route(m []byte) (r Route, ok bool) {
	if len(m) < unix.SizeofRtMsg {
		return r, false
	}
	head := nl.DeserializeRtMsg(m)
	if head.Type != unix.RTN_UNICAST || head.Table != unix.RT_TABLE_MAIN {
		return r, false
	}
	attrs, err := nl.ParseRouteAttr(m[unix.SizeofRtMsg:])
	if err != nil {
		return r, false
	}
	dst := netip.IPv6Unspecified()
	for _, a := range attrs {
		switch v := a.Value; a.Attr.Type {
		case unix.RTA_DST:
			dst, _ = netip.AddrFromSlice(v)
		case unix.RTA_GATEWAY:
			r.Gateway, _ = netip.AddrFromSlice(v)
		case unix.RTA_OIF:
			if len(v) >= 4 {
				r.Link = int(binary.NativeEndian.Uint32(v))
			}
		case unix.RTA_PREF:
			if len(v) >= 1 {
				r.Preference = ndp.Preference(v[0]) // as in RFC 4191 2.1
			}
		}
	}
	r.Prefix = netip.PrefixFrom(dst, int(head.Dst_len))
	return r, r.Prefix.IsValid()
}

// HasDefaultRoute reports whether there is a default route by way of gateway.
func (n *Net) HasDefaultRoute(gateway netip.Addr) (bool, error) {
	rs, err := n.Routes()
	for _, r := range rs {
		if r.Prefix.Bits() == 0 && r.Gateway == gateway {
			return true, err
		}
	}
	return false, err
}

// AddRoute adds a route over the interface, by way of gateway if that is valid.
func (n *Net) AddRoute(name string, dst netip.Prefix, gateway netip.Addr, table int) error {
	return n.changeRoute("add", n.h.RouteAdd, name, dst, gateway, table)
}

// ReplaceRoute is AddRoute in place of another route to dst.
func (n *Net) ReplaceRoute(name string, dst netip.Prefix, gateway netip.Addr, table int) error {
	return n.changeRoute("replace", n.h.RouteReplace, name, dst, gateway, table)
}

func (n *Net) changeRoute(verb string, change func(*netlink.Route) error, name string, dst netip.Prefix, gateway netip.Addr, table int) error {
	l, err := n.link(name)
	if err != nil {
		return err
	}
	r := netlink.Route{LinkIndex: l.Attrs().Index, Dst: ipNet(dst), Table: table}
	if gateway.IsValid() {
		r.Gw = gateway.AsSlice()
	}
	if err := change(&r); err != nil {
		return fmt.Errorf("%s route to %s by %s in %s: %w", verb, dst, name, n.ns.Name(), err)
	}
	return nil
}

// Source is the kernel's choice of a source for what is sent to a, which is a
// itself if it is the namespace's own. Where there is no route to a, it is an
// error.
func (n *Net) Source(a netip.Addr) (netip.Addr, error) {
	rs, err := n.h.RouteGet(a.AsSlice())
	if err == nil && len(rs) == 0 {
		err = errors.New("the kernel names none")
	}
	if err != nil {
		return netip.Addr{}, fmt.Errorf("get route to %s in %s: %w", a, n.ns.Name(), err)
	}
	src, _ := netip.AddrFromSlice(rs[0].Src)
	return src, nil
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
