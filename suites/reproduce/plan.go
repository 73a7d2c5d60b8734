package reproduce

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/internal/eui64"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
)

// plan is a scenario in the making.
type plan struct {
	guest
	opts  Options
	parts []part // of the main link, the oldest first

	pod, gateway  netip.Addr
	podMAC        scenarios.MAC // zero: the default
	mac           scenarios.MAC
	gen           scenarios.AddrGen
	release       string // as Options.Release; empty: the default
	routers       []router
	autonomous    bool // passt's prefix makes an address
	interfaces    []iface
	why           map[string]string // by key: where a value comes from
	guesses, lost []string          // with their reasons
}

// router is a router beside passt.
type router struct {
	prefix    netip.Prefix
	linkLocal netip.Addr
	lifetime  int
	onLink    []netip.Prefix // of which nobody forms an address
}

// newPlan plans a scenario in which the guest gets what the input has.
func newPlan(in Input, opts Options) (*plan, error) {
	g, err := read(in, opts)
	if err != nil {
		return nil, err
	}
	p := &plan{guest: g, opts: opts, release: opts.Release, why: map[string]string{}}
	p.parts = g.parts(opts)
	p.findMAC()
	p.findToken()
	p.form()
	if p.lan() {
		p.findLAN()
	} else {
		p.findPasst()
	}
	p.findInterfaces()
	p.leaveOut()
	if !p.knows(selector.FactLinkOf) {
		p.guess("guest", "the input does not have the links; addresses are on one until it contradicts: by the label of an IPv4 address, or a global address behind a link-local one")
	}
	if slices.ContainsFunc(p.parts, func(x part) bool { return p.has(x, selector.FlagNoPrefixRoute) }) && !p.ownClient() {
		p.guess("guest.client", "the kernel configures the guest, although systemd-networkd, dhcpcd or NetworkManager has set noprefixroute; --client names one")
	}
	if !g.ordered {
		p.guess("events", "the input does not have the kernel's order; in most guests SLAAC comes first, then the lease, then what is set by hand")
	}
	for _, x := range p.parts {
		if x.why != "" {
			p.guess("events", "%s came by %s: %s", x.addr(), x.origin, x.why)
		}
	}
	return p, nil
}

// findPasst finds what is behind passt, and beside it.
func (p *plan) findPasst() {
	p.findPod()
	if p.podMAC.IsZero() && p.mac == scenarios.DefaultPodMAC {
		p.podMAC = scenarios.MAC{0x02, 0, 0, 0, 0, 0x0b}
		p.why["pod.mac"] = "the guest has the default one"
	}
	p.findRouters()
	p.findRelease()
}

// guess records why a key has a value that the input does not say.
func (p *plan) guess(key, format string, a ...any) {
	if g := key + ": " + fmt.Sprintf(format, a...); !slices.Contains(p.guesses, g) { // the file is written more than once
		p.guesses = append(p.guesses, g)
	}
}

// lose records what no scenario can have.
func (p *plan) lose(format string, a ...any) { p.lost = append(p.lost, fmt.Sprintf(format, a...)) }

func (p *plan) of(o scenarios.Origin) (ps []part) {
	for _, x := range p.parts {
		if x.origin == o {
			ps = append(ps, x)
		}
	}
	return ps
}

// findMAC takes the MAC that a SLAAC address was made of, or else that of the link, or
// else the one that the link-local address was made of.
func (p *plan) findMAC() {
	link, _ := p.Link(p.main)
	has, err := scenarios.ParseMAC(link.MAC)
	var all []scenarios.MAC
	add := func(m scenarios.MAC, why string) {
		if m != scenarios.PasstMAC && !(p.lan() && m == scenarios.DefaultPodMAC) { // nobody else can have them
			all = append(all, m)
			p.why["guest.mac"] = cmp.Or(p.why["guest.mac"], why)
		}
	}
	formed := func(of func(selector.Address) bool) {
		for _, a := range p.Addresses {
			if m, ok := eui64.MAC(a.Prefix.Addr()); ok && a.Link == p.main && a.Prefix.Addr().Is6() && of(a) {
				add(m, "of which "+a.Prefix.Addr().String()+" is made")
			}
		}
	}
	formed(func(a selector.Address) bool {
		return slices.ContainsFunc(p.of(scenarios.OriginSLAAC), func(x part) bool { return x.Prefix == a.Prefix })
	})
	if err == nil {
		add(has, "of "+p.main)
	}
	formed(func(a selector.Address) bool { return a.Prefix.Addr().IsLinkLocalUnicast() })
	switch {
	case len(all) == 0:
		p.mac = scenarios.MAC{0x52, 0x54, 0, 0, 0, 1}
		p.guess("guest.mac", "the input has none, and no address is made of one")
		return
	case err == nil && all[0] != has:
		p.guess("guest.mac", "SLAAC addresses are made of %s, and %s has %s", all[0], p.main, has)
	}
	p.mac = all[0]
}

// findToken finds the identifier that all SLAAC addresses have if it is not made of the MAC.
func (p *plan) findToken() {
	var token netip.Addr
	for _, x := range p.of(scenarios.OriginSLAAC) {
		b := x.addr().As16()
		clear(b[:8])
		is := netip.AddrFrom16(b)
		if made := x.addr() == eui64.Address(slash64(x.addr()), p.mac); x.Prefix.Bits() != 64 || made || token.IsValid() && is != token {
			return
		}
		token = is
	}
	gen := scenarios.AddrGen{Token: token}
	if _, why := (scenarios.Guest{AddrGen: gen}).Unsupported(cmp.Or(p.opts.Client, scenarios.ClientKernel)); token.IsValid() && why == "" {
		p.gen = gen
		p.why["guest.addrGen"] = "what SLAAC makes is not made of the MAC"
	}
}

// form makes those addresses static that the guest cannot form: it forms one SLAAC address
// in each /64, of its MAC or the token, one temporary address beside it, and another temporary one when
// that is deprecated.
func (p *plan) form() {
	formed := map[netip.Prefix]bool{}
	for i := range p.parts {
		x := &p.parts[i]
		switch in := slash64(x.addr()); {
		case x.origin == scenarios.OriginSLAAC && x.Prefix.Bits() == 64 && !formed[in] && p.forms(x.addr()):
			formed[in] = true
			if x.Flags.Has(selector.FlagStablePrivacy) {
				p.lose("the flag stable-privacy of %s: no other guest has the secret, so the identifier is a token", x.Prefix)
			}
		case x.origin == scenarios.OriginSLAAC:
			x.origin, x.why = scenarios.OriginStatic, ""
			p.lose("%s by SLAAC: the guest makes its identifier of the MAC, or has one token, and one address in each /64; it is set by hand, without mngtmpaddr", x.Prefix)
		case x.origin == scenarios.OriginVIP && p.has(*x, selector.FlagTentative|selector.FlagDADFailed):
			x.origin = scenarios.OriginStatic // the event vip has no such parameter
		}
	}
	before := map[netip.Prefix]*part{} // the last temporary address of each prefix
	for i := range p.parts {
		x := &p.parts[i]
		if x.origin != scenarios.OriginTemporary {
			continue
		}
		in := slash64(x.addr())
		old := before[in]
		if !formed[in] || old != nil && (len(formed) > 1 || !old.Flags.Has(selector.FlagDeprecated)) {
			x.origin, x.why = scenarios.OriginStatic, ""
			p.lose("%s as a temporary address: the guest makes one beside each SLAAC address; it is set by hand", x.Prefix)
			continue
		}
		x.succeeds = old != nil
		before[in] = x
	}
}

// forms reports whether SLAAC makes the address.
func (p *plan) forms(a netip.Addr) bool {
	formed, _ := p.gen.Forms(slash64(a), p.mac)
	return a == formed
}

// findPod finds the pod's address: given, leased, or set by hand, or else guessed.
func (p *plan) findPod() {
	leases, statics, slaacs := p.of(scenarios.OriginDHCPv6), p.of(scenarios.OriginStatic), p.of(scenarios.OriginSLAAC)
	var base netip.Prefix
	switch {
	case p.opts.PodAddress.IsValid():
		p.pod, p.why["pod.address"] = p.opts.PodAddress, "given by --pod-address"
	case len(leases) > 0:
		p.pod, p.why["pod.address"] = leases[0].addr(), fmt.Sprintf("%s has it as a /%d", p.main, leases[0].Prefix.Bits())
	case len(statics) == 1:
		p.pod = statics[0].addr()
		p.guess("pod.address", "there is no lease, and %s is the only address set by hand; --pod-address says otherwise", statics[0].Prefix)
	case len(p.parts) == 0: // as where a routing protocol announces the address of lo
		p.pod = p.Candidates()[0].Prefix.Addr()
		p.guess("pod.address", "%s has no address, and %s has this one; --pod-address says otherwise", p.main, p.Candidates()[0].Link)
	case len(slaacs) > 0:
		base = slash64(slaacs[0].addr())
	default:
		base = slash64(p.parts[0].addr())
	}
	if base.IsValid() {
		p.pod = p.unused(base, 0xa)
		p.guess("pod.address", "there is no lease in the input; --pod-address gives the pod's own")
	}
	for i := range p.parts {
		if x := &p.parts[i]; x.origin == scenarios.OriginDHCPv6 && x.addr() != p.pod {
			x.origin, x.why = scenarios.OriginStatic, ""
			p.lose("the lease %s: passt leases the pod's address alone, while --network lan leases all; it is set by hand", x.Prefix)
		}
	}
	p.findGateway()
}

// findGateway finds the gateway. The source of passt's advertisements, the guest's
// default router, is the gateway if that is link-local, and else the pod's own
// link-local address.
func (p *plan) findGateway() {
	var routers []netip.Addr
	for _, a := range p.gateways() {
		if a.IsLinkLocalUnicast() {
			routers = append(routers, a)
		}
	}
	if len(routers) == 0 {
		p.gateway = netip.MustParseAddr("fe80::1")
		why := "the input has no routes"
		if p.knows(selector.FactRoutes) {
			why = "the input has no default router with a link-local address"
		}
		p.guess("pod.gateway", "%s", why)
		return
	}
	p.gateway = routers[0]
	p.why["pod.gateway"] = "the default router of " + p.main
	mac, made := eui64.MAC(p.gateway)
	switch {
	case !made:
	case scenarios.MAC(mac) == p.mac, mac == scenarios.PasstMAC, anycast(p.pod):
		p.gateway = netip.MustParseAddr("fe80::1")
		delete(p.why, "pod.gateway")
		p.guess("pod.gateway", "no pod of a scenario can have %s, the default router of %s", routers[0], p.main)
	default:
		p.podMAC, p.why["pod.mac"] = mac, "of which "+p.gateway.String()+", the default router, is made"
		p.gateway = p.unused(slash64(p.pod), 1)
		delete(p.why, "pod.gateway")
		p.guess("pod.gateway", "the default router is the pod's own link-local address, so the gateway has none")
	}
}

// anycast reports whether an address has no interface identifier.
func anycast(a netip.Addr) bool { return a == slash64(a).Addr() }

// unused returns the first address from ::n on in a /64 that the input does not have.
func (p *plan) unused(in netip.Prefix, n byte) netip.Addr {
	b := in.Addr().As16()
	for b[15] = n; ; b[15]++ {
		a := netip.AddrFrom16(b)
		if a != p.pod && !slices.ContainsFunc(p.Addresses, func(x selector.Address) bool { return x.Prefix.Addr() == a }) {
			return a
		}
	}
}

// findRouters gives each SLAAC prefix a router: passt for that of the pod, and others.
func (p *plan) findRouters() {
	var spare []netip.Addr // default routers of the input beside passt
	for _, a := range p.gateways() {
		if a.IsLinkLocalUnicast() && !slices.Contains(append(spare, p.gateway, eui64.Address(eui64.LinkLocal, p.podMAC), eui64.Address(eui64.LinkLocal, p.mac)), a) {
			spare = append(spare, a)
		}
	}
	named := addressing{spare: spare, taken: append(p.gateways(), p.gateway), free: 2}
	for _, x := range p.of(scenarios.OriginSLAAC) {
		in := slash64(x.addr())
		if in == slash64(p.pod) {
			p.autonomous = true
			continue
		}
		p.routers = append(p.routers, named.router(in))
		p.why["routers."+in.String()] = "SLAAC of " + x.Prefix.String() + ", which is not in passt's prefix"
	}
	for _, a := range named.spare {
		p.lose("the default router %s, which advertises no prefix that the guest has an address in", a)
	}
}

func linkLocal(n byte) netip.Addr {
	return netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80, 15: n})
}

// routed reports whether the guest has a default route, or may have one.
func (p *plan) routed() bool { return !p.knows(selector.FactRoutes) || len(p.gateways()) > 0 }

// Releases before 2023_12_30 advertise their prefix for an hour, and later ones for ever.
const (
	hourly = "2023_12_04"
	hour   = 3600
)

// findRelease guesses that a SLAAC address that lives for an hour is of an early release.
func (p *plan) findRelease() {
	if p.release != "" || !p.knows(selector.FactLifetimes) {
		return
	}
	for _, x := range p.of(scenarios.OriginSLAAC) {
		if slash64(x.addr()) == slash64(p.pod) && p.ofHour(x) {
			p.release = hourly
			p.guess("passt.release", "%s lives for an hour, as releases before 2023_12_30 advertise it", x.Prefix)
		}
	}
}

// ofHour reports whether both lifetimes are what is left of an hour.
func (p *plan) ofHour(x part) bool {
	return x.ValidLifetime == x.PreferredLifetime && x.ValidLifetime <= hour && x.ValidLifetime > hour-600
}

// leaveOut lists what else no scenario has.
func (p *plan) leaveOut() {
	if p.main != "eth0" && p.knows(selector.FactLinkOf) {
		p.lose("the name of %s, which is eth0 in the lab", p.main)
	}
	var v4 []string
	for _, a := range p.Addresses {
		if a.Prefix.Addr().Is4() && !a.Prefix.Addr().IsLoopback() {
			v4 = append(v4, a.Prefix.String()+" on "+a.Link)
		}
	}
	for _, a := range p.Candidates() {
		if why := p.barred(a); why != "" {
			p.lose("%s on %s: %s", a.Prefix, a.Link, why)
		}
	}
	if len(v4) > 0 {
		p.lose("IPv4: %s", strings.Join(v4, ", "))
	}
	for _, l := range p.Links {
		if l.Name != "lo" && l.Name != p.main && !slices.ContainsFunc(p.Candidates(), func(a selector.Address) bool { return a.Link == l.Name }) {
			p.lose("the link %s, which has no global IPv6 address", l.Name)
		}
	}
	if p.knows(selector.FactRoutes) {
		for _, r := range p.Routes {
			if r.Destination.Bits() == 0 && r.Destination.Addr().Is6() && (r.Link != p.main || !r.Gateway.IsLinkLocalUnicast()) {
				p.lose("the default route by %s", strings.TrimSpace(fmt.Sprintf("%s %s", gatewayWord(r.Gateway), r.Link)))
			}
		}
	}
}

func gatewayWord(a netip.Addr) string {
	if a.IsValid() {
		return a.String() + " on"
	}
	return ""
}

// addressing gives routers their link-local addresses.
type addressing struct {
	spare []netip.Addr // default routers that are not yet named
	taken []netip.Addr // addresses that others have
	free  byte         // the number of the next one for a router that is no default router
}

// router returns a router that advertises a prefix, if that is valid. As long as there are
// spare default routers, it is one of them.
func (a *addressing) router(in netip.Prefix) router {
	r := router{prefix: in}
	if len(a.spare) > 0 {
		r.linkLocal, r.lifetime, a.spare = a.spare[0], 1800, a.spare[1:]
		return r
	}
	for slices.Contains(a.taken, linkLocal(a.free)) {
		a.free++
	}
	r.linkLocal = linkLocal(a.free)
	a.free++
	return r
}
