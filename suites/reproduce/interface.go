package reproduce

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/internal/eui64"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
)

// iface is a link beside the main one.
type iface struct {
	from, name string // in the input, and in the lab
	mac        scenarios.MAC
	state      scenarios.InterfaceState
	addresses  []netip.Prefix     // set by hand
	formed     []selector.Address // by SLAAC
	router     netip.Addr         // the default router on it; not valid: none
}

// findInterfaces makes an interface of each other link with candidates.
func (p *plan) findInterfaces() {
	taken := []string{"eth0"}
	macs := []scenarios.MAC{p.mac, cmp.Or(p.podMAC, scenarios.DefaultPodMAC), scenarios.PasstMAC}
	for _, link := range p.others() {
		f := iface{from: link, name: link}
		if !interfaceName.MatchString(link) || slices.Contains(taken, link) {
			f.name = fmt.Sprintf("link%d", len(taken))
			p.lose("the name of %s, which is %s in the lab", link, f.name)
		}
		taken = append(taken, f.name)
		if link != scenarios.Loopback {
			f.mac = p.macOf(link, macs)
			macs = append(macs, f.mac)
			f.state = p.stateOf(link)
		}
		p.fill(&f)
		p.interfaces = append(p.interfaces, f)
	}
}

// macOf returns the MAC of a link, or else the one that an address on it was made of. It
// is zero if there is none, or if it is taken.
func (p *plan) macOf(link string, taken []scenarios.MAC) scenarios.MAC {
	l, _ := p.Link(link)
	all := []scenarios.MAC{}
	if mac, err := scenarios.ParseMAC(l.MAC); err == nil {
		all = append(all, mac)
	}
	for _, a := range p.on(link) {
		if mac, ok := eui64.MAC(a.Prefix.Addr()); ok {
			all = append(all, mac)
		}
	}
	all = slices.DeleteFunc(all, func(m scenarios.MAC) bool { return slices.Contains(taken, m) })
	return slices.Concat(all, []scenarios.MAC{{}})[0]
}

// stateOf returns the state of a link, by its flags or else by its addresses, which cannot
// leave duplicate address detection while nothing arrives, except with NOARP.
func (p *plan) stateOf(link string) scenarios.InterfaceState {
	l, ok := p.Link(link)
	if !ok {
		return ""
	}
	if p.knows(selector.FactLinkFlags) && l.Flags != 0 {
		switch up, noARP := l.Flags.Has(selector.LinkUp), l.Flags.Has(selector.LinkNoARP); {
		case up && noARP:
			return scenarios.InterfaceNoARP
		case noARP:
			return scenarios.InterfaceNoARPDown
		case !up:
			return scenarios.InterfaceDown
		case !l.Flags.Has(selector.LinkLowerUp):
			return scenarios.InterfaceNoCarrier
		}
		return ""
	}
	tentative := func(a selector.Address) bool { return a.Flags.Has(selector.FlagTentative) }
	switch {
	case l.Up || !p.knows(selector.FactLinks):
		return ""
	case p.knows(selector.FactFlags) && !slices.ContainsFunc(p.on(link), tentative):
		p.guess("guest.interfaces", "%s is not up and its addresses are not tentative, as with NOARP", link)
		return scenarios.InterfaceNoARPDown
	}
	p.guess("guest.interfaces", "%s has no carrier; it may be set down as well", link)
	return scenarios.InterfaceNoCarrier
}

// fill puts the addresses of a link on the interface, the oldest first. A router makes
// those that the kernel has formed.
func (p *plan) fill(f *iface) {
	for _, a := range slices.Backward(p.on(f.from)) {
		in := slash64(a.Prefix.Addr())
		slaac := !f.mac.IsZero() && a.Prefix.Bits() == 64 && a.Prefix.Addr() == eui64.Address(in, f.mac) && f.state == "" &&
			(a.Flags.Has(selector.FlagMngTmpAddr) || p.Unknown.Has(selector.FactFlags, selector.FactHighFlags))
		if slaac && !slices.ContainsFunc(f.formed, func(b selector.Address) bool { return slash64(b.Prefix.Addr()) == in }) {
			f.formed = append(f.formed, a)
		} else {
			f.addresses = append(f.addresses, a.Prefix)
		}
	}
	for _, r := range p.Routes {
		if r.Link == f.from && r.Destination.Bits() == 0 && r.Gateway.Is6() && r.Gateway.IsLinkLocalUnicast() && len(f.formed) > 0 {
			f.router = cmp.Or(f.router, r.Gateway)
		}
	}
	if f.name != scenarios.Loopback {
		p.guess("guest.interfaces", "nobody else is on the network of %s; network: shared says otherwise", f.from)
	}
}

// node returns the interface as the file has it.
func (p *plan) node(f iface) node {
	es := []entry{set("name", word(f.name))}
	if !f.mac.IsZero() {
		es = append(es, set("mac", text(f.mac)))
	}
	if f.state != "" {
		es = append(es, set("state", word(string(f.state))))
	}
	if len(f.addresses) > 0 {
		es = append(es, set("addresses", texts(f.addresses)))
	}
	if len(f.formed) > 0 {
		var ps []node
		for _, a := range f.formed {
			es := append([]entry{set("prefix", text(slash64(a.Prefix.Addr())))}, p.lifetimes(part{Address: a})...)
			if len(es) == 1 {
				ps = append(ps, es[0].value)
			} else {
				ps = append(ps, mapping(es...))
			}
		}
		r := []entry{set("prefixes", list(ps...))}
		if f.router.IsValid() {
			r = append(r, set("linkLocal", text(f.router)), set("lifetime", number(1800)))
		}
		es = append(es, set("router", mapping(r...)))
	}
	return mapping(es...)
}
