package scenarios

import (
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/internal/eui64"
)

const (
	endless  = 1<<32 - 1 // the lifetime without an end, and any that nothing waits for
	twoHours = 7200      // RFC 4862 5.5.3 e
	longWait = 10        // seconds of real time that a scenario may wait for an address to expire
)

// A guest is what the checker knows of a guest at one point of the timeline:
// enough to tell what cannot happen. Where it cannot know, it says maybe.
type guest struct {
	held     []held
	ever     []netip.Addr // that were held once
	up       bool         // eth0 is up
	carrier  bool
	acceptRA Switch       // "" until somebody sets it
	lease    netip.Prefix // that the client has, as it installs it; not valid without
}

// held is an address of the guest.
type held struct {
	addr       netip.Prefix // for a temporary address the prefix it is formed in
	origin     Origin
	valid      uint32 // lifetime in seconds, endless unless it is known to be shorter
	deprecated bool
	tentative  bool
	failed     bool // duplicate address detection
	beside     bool // it is on another interface than eth0
	maybe      bool // it may be there
}

// usable reports whether packets can be sent from it and to it.
func (h held) usable() bool { return h.maybe || !h.tentative && !h.failed }

// named reports whether t means h.
func (h held) named(t Target) bool {
	if h.origin == OriginTemporary { // of which only the prefix is known
		return t.Origin == h.origin || h.addr.Contains(t.Addr)
	}
	return t.Names(h.addr.Addr(), h.origin)
}

// boot returns the guest before the first event.
func boot(s *Scenario) guest {
	g := guest{up: true, carrier: true}
	for _, f := range s.Guest.Interfaces {
		for _, p := range f.Addresses {
			g.add(held{addr: p, origin: OriginStatic, valid: endless, beside: true})
		}
	}
	return g
}

// clone returns g as it is, whatever becomes of it.
func (g guest) clone() guest {
	g.held, g.ever = slices.Clone(g.held), slices.Clone(g.ever)
	return g
}

func (g *guest) add(h held) {
	g.held = append(g.held, h)
	if h.origin != OriginTemporary {
		g.ever = append(g.ever, h.addr.Addr())
	}
}

// find returns the address a, or nil.
func (g *guest) find(a netip.Addr) *held {
	i := slices.IndexFunc(g.held, func(h held) bool { return h.origin != OriginTemporary && h.addr.Addr() == a })
	if i < 0 {
		return nil
	}
	return &g.held[i]
}

func (g *guest) remove(is func(held) bool) { g.held = slices.DeleteFunc(g.held, is) }

// named returns the addresses that t means.
func (g *guest) named(t Target) (hs []*held) {
	for i := range g.held {
		if g.held[i].named(t) {
			hs = append(hs, &g.held[i])
		}
	}
	return hs
}

// clear takes all addresses of eth0 away.
func (g *guest) clear() { g.remove(func(h held) bool { return !h.beside }) }

// advertised forms the address in the prefix p of an advertisement, or gives it
// new lifetimes (RFC 4862 5.5.3). conflict reports whether another host has it.
func (g *guest) advertised(p netip.Prefix, s *Scenario, valid, preferred uint32, tentative bool, conflict func(netip.Addr) bool) {
	a := eui64.Address(p, s.Guest.MAC)
	if h := g.find(a); h != nil {
		if h.origin != OriginSLAAC {
			return
		}
		switch {
		case valid > twoHours || valid > h.valid:
			h.valid = valid
		case h.valid > twoHours:
			h.valid = twoHours
		}
		h.maybe = false
		for i := range g.held {
			if o := &g.held[i]; o == h || o.origin == OriginTemporary && o.addr == p {
				o.deprecated = preferred == 0
			}
		}
		return
	}
	if valid == 0 {
		return
	}
	h := held{addr: netip.PrefixFrom(a, 64), origin: OriginSLAAC, valid: valid, deprecated: preferred == 0, tentative: tentative}
	failed := conflict(a)
	if !failed {
		g.add(h)
	}
	if s.Guest.TempAddr > 0 {
		h.addr, h.origin = p, OriginTemporary
		// How short a preferred lifetime can be is the kernel's business.
		h.maybe = failed || preferred < 2*longWait
		g.add(h)
	}
}
