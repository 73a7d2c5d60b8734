package reproduce

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
)

var interfaceName = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,14}$`) // as scenarios has it

// events returns the timeline: what gives the guest its addresses, the oldest first.
func (p *plan) events() (es []node) {
	switch {
	case p.lan():
		for _, r := range p.routers {
			if !r.prefix.IsValid() {
				es = append(es, kind("ra", []entry{set("from", text(r.linkLocal))}))
			}
		}
	case p.routed() && !p.autonomous:
		es = append(es, word("ra").because("for the default route"))
	}
	leased := false
	for _, x := range p.parts {
		if x.origin == scenarios.OriginTemporary {
			if x.succeeds {
				es = append(es, block(set("deprecate", word("temporary"))).because("makes "+p.said(x)))
			}
			continue // the others come with their SLAAC address
		}
		if x.origin == scenarios.OriginDHCPv6 {
			if leased {
				continue // all addresses of a lease come at once
			}
			leased = true
		}
		if p.has(x, selector.FlagDADFailed) {
			es = append(es, block(set("conflict", text(x.addr()))).because("it is dadfailed"))
		}
		es = append(es, p.event(x).because(p.said(x)))
	}
	for _, x := range p.parts {
		if e, ok := p.deprecation(x); ok {
			es = append(es, e)
		}
	}
	if l, ok := p.Link(p.main); ok && p.knows(selector.FactLinks) && !l.Up {
		es = append(es, block(set("link", word("carrier-lost"))).because(p.main+" is not up"))
		p.guess("events", "%s has no carrier, since a link that is set down has no addresses", p.main)
	}
	if len(es) == 0 { // a timeline needs an event
		es = append(es, block(set("accept_ra", word("off"))).because("no default route, and no address on "+p.main))
	}
	return es
}

// has reports whether an address is known to have one of the flags.
func (p *plan) has(x part, f selector.Flags) bool {
	return p.knows(selector.FactFlags) && x.Flags.Any(f)
}

// said says what the input says of an address.
func (p *plan) said(x part) string {
	words := []string{x.Prefix.String()}
	if p.knows(selector.FactFlags) {
		words = append(words, x.Flags.Names()...)
	}
	return strings.Join(words, " ")
}

// event returns the event that gives the guest an address.
func (p *plan) event(x part) node {
	switch in := slash64(x.addr()); {
	case x.origin == scenarios.OriginVIP:
		return kind("vip", []entry{set("add", list(text(x.addr())))})
	case x.origin == scenarios.OriginStatic:
		return kind("static", append([]entry{set("add", list(text(x.Prefix)))}, p.tentative(x)...))
	case x.origin == scenarios.OriginDHCPv6:
		ps := p.tentative(x)
		if bits := x.Prefix.Bits(); bits != 128 {
			ps = append(ps, set("length", number(bits)))
		}
		if !p.lan() {
			ps = append(ps, p.lifetimes(x)...)
		}
		return kind("dhcpv6", ps)
	case in == slash64(p.pod) && !p.lan():
		ps := p.tentative(x)
		if !p.routed() {
			ps = append(ps, set("lifetime", number(0)))
		}
		if p.release != hourly || p.opts.Release != "" {
			ps = append(ps, p.lifetimes(x)...)
		}
		return kind("ra", ps)
	default:
		var ps []entry
		for _, r := range p.routers {
			if r.prefix == in {
				ps = append(ps, set("from", text(r.linkLocal)))
			}
		}
		return kind("ra", append(append(ps, p.tentative(x)...), p.lifetimes(x)...))
	}
}

func (p *plan) tentative(x part) []entry {
	if p.has(x, selector.FlagTentative) && !p.has(x, selector.FlagDADFailed) {
		return []entry{set("tentative", word("true"))}
	}
	return nil
}

// shortest is the least valid lifetime in a lab, so that no address ends while selectors
// are asked.
const shortest = 600

// lifetimes returns those of an address if they end. A preferred lifetime of 0 is that of
// a deprecation, which is an event of its own.
func (p *plan) lifetimes(x part) (ps []entry) {
	valid, preferred := x.ValidLifetime, x.PreferredLifetime
	switch {
	case !p.knows(selector.FactLifetimes), p.ownClient():
		return nil
	case valid == selector.Forever && p.lan() && x.origin == scenarios.OriginSLAAC:
		return []entry{set("valid", word("infinite")), set("preferred", word("infinite"))} // RFC 4861 has others
	case valid == selector.Forever:
		return nil
	}
	if valid < shortest {
		p.guess("events", "%s is valid for %d s, and longer in the lab, so that it does not end there", x.Prefix, valid)
		valid = shortest
	}
	ps = append(ps, set("valid", number(int(valid))))
	if preferred > 0 {
		ps = append(ps, set("preferred", number(int(min(preferred, valid)))))
	}
	return ps
}

// deprecation returns the event that deprecates an address if it is deprecated.
func (p *plan) deprecation(x part) (node, bool) {
	ended := p.knows(selector.FactLifetimes) && x.PreferredLifetime == 0
	byLease := p.lan() && ended && x.origin == scenarios.OriginDHCPv6
	if !p.has(x, selector.FlagDeprecated) && !ended || byLease || x.origin == scenarios.OriginTemporary {
		return node{}, false
	}
	if x.origin == scenarios.OriginVIP {
		return kind("vip", []entry{set("deprecate", list(text(x.addr())))}), true
	}
	if x.origin == scenarios.OriginSLAAC && slash64(x.addr()) == slash64(p.pod) && !p.routed() && !p.lan() {
		ps := p.lifetimes(x) // the event deprecate brings passt's usual router lifetime
		return kind("ra", append([]entry{set("withdrawn", word("true"))}, ps[:min(1, len(ps))]...)), true
	}
	return block(set("deprecate", text(x.addr()))), true
}

// ownClient reports whether a client takes what passt offers, in an order of its own.
func (p *plan) ownClient() bool {
	return p.opts.Client != "" && p.opts.Client != scenarios.ClientKernel
}

func text(v fmt.Stringer) node { return quoted(v.String()) }
