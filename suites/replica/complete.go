package replica

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/internal/eui64"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
)

// Lifetimes in seconds of an address that has an end, where they are not known.
const (
	day       = 24 * 3600
	fourHours = 4 * 3600
)

// completion is an observation with what it does not say.
type completion struct {
	selector.Observation
	four    []selector.Route // IPv4 routes, which an observation does not have
	assumed []string
	left    []string // what is left out, in sentences
}

func (c *completion) assume(format string, a ...any) {
	c.assumed = append(c.assumed, fmt.Sprintf(format, a...))
}

// complete chooses what an observation does not say.
func complete(o selector.Observation) *completion {
	c := &completion{Observation: o}
	c.Links, c.Addresses, c.Routes = slices.Clone(o.Links), slices.Clone(o.Addresses), slices.Clone(o.Routes)
	c.completeLinks()
	c.completeAddresses()
	c.completeRoutes()
	return c
}

// bare are kinds of links without a link layer, and so without a MAC.
var bare = []string{"none", "tun", "tuntap", "wireguard", "ipip", "ip6tnl", "sit", "gre", "ip6gre", "vti", "vti6", "xfrm", "ppp", "rawip", "void"}

func (c *completion) completeLinks() {
	for _, a := range c.Addresses {
		if _, ok := c.Link(a.Link); !ok {
			c.Links = append(c.Links, selector.Link{Name: a.Link})
		}
	}
	if _, ok := c.Link(loopback); !ok {
		c.Links = append([]selector.Link{{Name: loopback}}, c.Links...)
	}
	c.dropLinks()
	for i := range c.Links {
		l := &c.Links[i]
		if l.Name == loopback {
			l.Index, l.Type, l.MAC, l.MTU, l.Up = 1, "loopback", "", cmp.Or(l.MTU, 65536), true
			continue
		}
		l.MTU = cmp.Or(l.MTU, 1500)
		l.Up = l.Up || c.Unknown.Has(selector.FactLinks)
		if l.Index <= 1 || slices.ContainsFunc(c.Links[:i], func(m selector.Link) bool { return m.Index == l.Index }) {
			l.Index = c.freeIndex()
		}
		if l.MAC == "" && !slices.Contains(bare, l.Type) && !l.Flags.Has(selector.LinkPointToPoint) {
			l.MAC = c.mac(*l).String()
		}
	}
	slices.SortStableFunc(c.Links, func(a, b selector.Link) int { return cmp.Compare(a.Index, b.Index) })
	if c.Unknown.Has(selector.FactLinkOf) {
		c.assume("Addresses are on one link until the input contradicts: by the label of an IPv4 address, or a global address behind a link-local one.")
	}
	if unknown := c.Unknown.Of(selector.FactLinks, selector.FactHardware, selector.FactIndexes); len(unknown) > 0 {
		c.assume("Where the input does not say it, links are up, have numbers from 2 on in its order, the MACs of which their addresses are formed, and an MTU of 1500.")
	}
}

// dropLinks removes links that no kernel can have, and their addresses.
func (c *completion) dropLinks() {
	bad := func(name string) bool {
		return name == "" || name == "." || name == ".." || len(name) > 15 || strings.ContainsAny(name, "/: \t\n\v\f\r\x00")
	}
	c.Links = slices.DeleteFunc(c.Links, func(l selector.Link) bool {
		if bad(l.Name) {
			c.left = append(c.left, fmt.Sprintf("%q cannot be the name of a link: it and its addresses are left out.", l.Name))
		}
		return bad(l.Name)
	})
	c.Addresses = slices.DeleteFunc(c.Addresses, func(a selector.Address) bool { return bad(a.Link) })
	c.Routes = slices.DeleteFunc(c.Routes, func(r selector.Route) bool { _, ok := c.Link(r.Link); return !ok })
}

func (c *completion) freeIndex() int {
	for i := 2; ; i++ {
		if !slices.ContainsFunc(c.Links, func(l selector.Link) bool { return l.Index == i }) {
			return i
		}
	}
}

// mac returns the MAC of which the kernel forms an address of the link, or any.
func (c *completion) mac(l selector.Link) net.HardwareAddr {
	for _, a := range c.Addresses {
		if mac, ok := eui64.MAC(a.Prefix.Addr()); ok && a.Link == l.Name && a.Prefix.Addr().Is6() {
			return mac[:]
		}
	}
	return net.HardwareAddr{0x02, 0, 0, 0x0c, byte(l.Index >> 8), byte(l.Index)}
}

func (c *completion) completeAddresses() {
	flags := c.Unknown.Has(selector.FactFlags)
	for i := range c.Addresses {
		a := &c.Addresses[i]
		a.Scope = cmp.Or(a.Scope, observe.ScopeOf(a.Prefix.Addr()))
		slaac := a.Prefix.Bits() == 64 && selector.IsCandidate(a.Prefix.Addr())
		switch _, formed := eui64.MAC(a.Prefix.Addr()); {
		case flags && slaac && formed:
			a.Flags |= selector.FlagMngTmpAddr
		case flags:
			a.Flags |= selector.FlagPermanent
		case c.Unknown.Has(selector.FactHighFlags) && slaac && !a.Flags.Any(selector.FlagPermanent|selector.FlagTemporary):
			a.Flags |= selector.FlagMngTmpAddr
		}
		if c.Unknown.Has(selector.FactLifetimes) {
			a.ValidLifetime, a.PreferredLifetime = lifetimes(a.Flags)
		}
	}
	switch {
	case flags:
		c.assume("An address of a /64 that is formed of a MAC is SLAAC's (dynamic mngtmpaddr); all others are permanent.")
	case c.Unknown.Has(selector.FactHighFlags):
		c.assume("An address of a /64 that is not permanent is SLAAC's (mngtmpaddr).")
	}
	if c.Unknown.Has(selector.FactLifetimes) && slices.ContainsFunc(c.Addresses, func(a selector.Address) bool { return !a.Flags.Has(selector.FlagPermanent) }) {
		c.assume("Addresses that are not permanent are valid for a day and preferred for four hours, unless they are deprecated.")
	}
}

func lifetimes(f selector.Flags) (valid, preferred uint32) {
	switch {
	case f.Has(selector.FlagDeprecated):
		return day, 0
	case f.Has(selector.FlagPermanent):
		return selector.Forever, selector.Forever
	}
	return day, fourHours
}

func (c *completion) completeRoutes() {
	c.completePrefixRoutes()
	six := c.first(func(a selector.Address) bool { return selector.IsCandidate(a.Prefix.Addr()) })
	if c.Unknown.Has(selector.FactRoutes) && six.Link != "" {
		gateway := netip.MustParseAddr("fe80::1")
		for slices.ContainsFunc(c.Addresses, func(a selector.Address) bool { return a.Prefix.Addr() == gateway }) {
			gateway = gateway.Next()
		}
		r := selector.Route{Destination: netip.PrefixFrom(netip.IPv6Unspecified(), 0), Gateway: gateway, Link: six.Link, Metric: 1024, Protocol: "ra"}
		c.Routes = append(c.Routes, r)
		c.assume("The routes are those that the kernel makes by itself, and a default route via %s on %s, as from a router advertisement.", gateway, six.Link)
	}
	four := c.first(func(a selector.Address) bool {
		return a.Prefix.Addr().Is4() && a.Prefix.Addr().IsGlobalUnicast()
	})
	if four.Link == "" {
		return
	}
	r := selector.Route{Destination: netip.PrefixFrom(netip.IPv4Unspecified(), 0), Link: four.Link, Protocol: "static"}
	via := ""
	if four.Prefix.Bits() < 31 {
		r.Gateway = four.Prefix.Masked().Addr().Next()
		if r.Gateway == four.Prefix.Addr() {
			r.Gateway = r.Gateway.Next()
		}
		via = " via " + r.Gateway.String()
	}
	c.four = append(c.four, r)
	c.assume("There is an IPv4 default route%s on %s, since %s is there.", via, four.Link, four.Prefix)
}

// completePrefixRoutes adds the routes to the prefixes of addresses for which the kernel
// makes none: who forbids it that makes a route instead.
func (c *completion) completePrefixRoutes() {
	var by []string
	for _, a := range c.Addresses {
		p, four := a.Prefix, a.Prefix.Addr().Is4()
		if !a.Flags.Has(selector.FlagNoPrefixRoute) || p.Bits() == p.Addr().BitLen() || a.Link == loopback || !four && !c.Unknown.Has(selector.FactRoutes) {
			continue
		}
		r, to := selector.Route{Destination: p.Masked(), Link: a.Link, Metric: 1024, Protocol: "ra"}, &c.Routes
		if four {
			r.Metric, r.Protocol, to = 100, "kernel", &c.four
		}
		if !slices.Contains(*to, r) {
			*to = append(*to, r)
			by = append(by, fmt.Sprintf("%s on %s", r.Destination, r.Link))
		}
	}
	if len(by) > 0 {
		c.assume("There are routes to %s, made by the client that has set noprefixroute.", strings.Join(by, ", "))
	}
}

// first returns the first address of a kind: of the main interface, or else of any link
// that is up.
func (c *completion) first(kind func(selector.Address) bool) (first selector.Address) {
	for _, a := range c.Addresses {
		l, _ := c.Link(a.Link)
		if kind(a) && l.Up && a.Link != loopback && (first.Link == "" || a.Link == c.Interface && first.Link != c.Interface) {
			first = a
		}
	}
	return first
}
