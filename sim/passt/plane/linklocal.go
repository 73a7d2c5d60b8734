package plane

import (
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// Prefixes; see the package documentation for outside and inside.
var (
	linkLocal   = netip.MustParsePrefix("fe80::/10")
	unspecified = netip.MustParsePrefix("::/128")
	multicast   = netip.MustParsePrefix("ff00::/8")

	// outside stands for fe80::/64 of passt and of hosts on the pod's link, inside
	// for fe80::/64 of the guest. The first address of inside stands for ::, to which
	// early releases send. Both are random ULA prefixes (RFC 4193).
	outside = netip.MustParsePrefix("fd7a:5571:ab0a:1::/64")
	inside  = netip.MustParsePrefix("fd7a:5571:ab0a:2::/64")
)

func within(p netip.Prefix, a netip.Addr) netip.Addr {
	b, q := a.As16(), p.Addr().As16()
	copy(b[:8], q[:8])
	return netip.AddrFrom16(b)
}

// Inside returns the pod's address for the guest's link-local address a.
func Inside(a netip.Addr) netip.Addr { return within(inside, a) }

func (p *Plane) linkLocals() {
	pre := p.chain("enter", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, prioTranslate)
	data := p.conn.AddChain(&nftables.Chain{Table: p.table, Name: "enter_data"})
	p.rule(pre, destinationIn(multicast), verdict(expr.VerdictReturn))
	for _, match := range traffic() {
		p.rule(pre, match, exprs{&expr.Verdict{Kind: expr.VerdictJump, Chain: data.Name}})
	}
	p.rule(data, mark(markOut), sourceIn(linkLocal), setPrefix(offSource, inside))
	p.rule(data, arrivedBy(p.cfg.Uplink), sourceIn(linkLocal), setPrefix(offSource, outside))
	for _, f := range p.cfg.Further { // the router's errors
		p.rule(data, arrivedBy(f.Name), sourceIn(linkLocal), setPrefix(offSource, outside))
	}
	for _, from := range []exprs{mark(markOut), arrivedBy(p.cfg.Uplink)} {
		p.rule(data, from, destinationIn(linkLocal), setPrefix(offDestination, outside))
	}

	post := p.chain("leave", nftables.ChainTypeFilter, nftables.ChainHookPostrouting, prioRestore)
	p.rule(post, destination(inside.Addr()), load(netip.IPv6Unspecified()), setAddress(offDestination))
	fe80 := netip.MustParsePrefix("fe80::/64")
	for _, from := range []netip.Prefix{outside, inside} {
		p.rule(post, sourceIn(from), setPrefix(offSource, fe80))
		p.rule(post, destinationIn(from), setPrefix(offDestination, fe80))
	}
}
