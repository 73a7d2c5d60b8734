package reproduce

import (
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/internal/eui64"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
)

// lan reports whether the guest is on one link with its peers, and not behind passt.
func (p *plan) lan() bool { return p.opts.Network == scenarios.NetworkLAN }

// findLAN gives each SLAAC prefix a router of its own, so that their addresses arrive one
// by one, and puts the networks of the other addresses on the link.
func (p *plan) findLAN() {
	gateways := slices.DeleteFunc(p.gateways(), func(a netip.Addr) bool {
		return !a.IsLinkLocalUnicast() || a == eui64.Address(eui64.LinkLocal, p.mac)
	})
	spare := slices.Clone(gateways)
	if !p.knows(selector.FactRoutes) {
		spare = []netip.Addr{linkLocal(1)}
		p.guess("routers", "the input has no routes; the first router is the default one")
	}
	named := addressing{spare: spare, taken: gateways, free: 2}
	add := func(in netip.Prefix) { p.routers = append(p.routers, named.router(in)) }
	for _, x := range p.of(scenarios.OriginSLAAC) {
		add(slash64(x.addr()))
		p.why["routers."+slash64(x.addr()).String()] = "SLAAC of " + x.Prefix.String()
	}
	for len(named.spare) > 0 || len(p.routers) == 0 {
		add(netip.Prefix{})
	}
	if len(p.parts) == 0 {
		p.routers[0].onLink = []netip.Prefix{slash64(p.Candidates()[0].Prefix.Addr())} // where the peer is
	}
	for _, x := range slices.Concat(p.of(scenarios.OriginStatic), p.of(scenarios.OriginVIP)) {
		in := slash64(x.addr())
		if !slices.ContainsFunc(p.routers, func(r router) bool { return r.prefix == in || slices.Contains(r.onLink, in) }) {
			p.routers[0].onLink = append(p.routers[0].onLink, in)
			p.guess("routers", "%s is on the link, for %s", in, x.Prefix)
		}
	}
}

// lanNodes returns the keys that stand in the place of pod and passt.
func (p *plan) lanNodes() []entry {
	es := []entry{set("network", word(string(p.opts.Network)).because("given by --network"))}
	var ls []node
	for _, x := range p.of(scenarios.OriginDHCPv6) {
		if life := p.leaseLife(x); len(life) > 0 {
			ls = append(ls, mapping(append([]entry{set("address", text(x.addr()))}, life...)...))
		} else {
			ls = append(ls, text(x.addr()))
		}
	}
	if len(ls) > 0 {
		es = append(es, set("dhcpv6", block(set("leases", list(ls...)))))
	}
	return es
}

// leaseLife returns the lifetimes of a lease; a deprecated one is leased so.
func (p *plan) leaseLife(x part) []entry {
	es := p.lifetimes(x)
	if p.knows(selector.FactLifetimes) && x.PreferredLifetime == 0 {
		es = append(es, set("preferred", number(0)))
	}
	return es
}
