package scenarios

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/internal/eui64"
)

// Plays reports whether the events, or a group of them, contain one of the kind.
func (s *Scenario) Plays(k Kind) bool {
	return s.has(func(e Event) bool { return e.Kind() == k })
}

// Slow reports whether an event waits in real time.
func (s *Scenario) Slow() bool { return s.has(func(e Event) bool { return e.Lasts() > 0 }) }

func (s *Scenario) has(is func(Event) bool) bool {
	return slices.ContainsFunc(s.Events, func(e Event) bool {
		g, ok := e.Action.(*Group)
		return is(e) || ok && slices.ContainsFunc(g.Of, is)
	})
}

// autonomous reports whether the guest forms a SLAAC address in passt's own prefix.
func (s *Scenario) autonomous() bool {
	p := s.Passt
	own := slices.ContainsFunc(s.Events, func(e Event) bool {
		ra, ok := e.Action.(*RA)
		return ok && s.fromPasst(ra) && len(ra.Prefixes) == 0 && (ra.Autonomous == nil || *ra.Autonomous)
	})
	return own && s.BehindPasst() && *p.Autonomous && *s.Pod.IPv6 && !p.NoRA && !p.NoNDP && !p.NoICMP
}

func (s *Scenario) fromPasst(r *RA) bool {
	return s.BehindPasst() && (!r.From.IsValid() || r.From == s.passtLinkLocal())
}

// from returns the routers whose advertisements arrive. Without passt all of them answer a
// solicitation, and the first one sends an advertisement that names none.
func (s *Scenario) from(r *RA) (rs []Router) {
	plain := (Event{Action: r}).Plain()
	for i, o := range s.Routers {
		if o.LinkLocal == r.From || !s.BehindPasst() && !r.From.IsValid() && (plain || i == 0) {
			rs = append(rs, o)
		}
	}
	return rs
}

// leasable are the addresses of which passt leases one: passt.address, or else those of
// its uplink. The release decides. Not valid: a pod without IPv6. None: no passt.
func (s *Scenario) leasable() []netip.Addr {
	if !s.BehindPasst() {
		return nil
	}
	if s.Passt.Address.IsValid() {
		return []netip.Addr{s.Passt.Address}
	}
	_, ps := s.Template()
	return addrs(ps)
}

func addrs(ps []netip.Prefix) (as []netip.Addr) {
	for _, p := range ps {
		as = append(as, p.Addr())
	}
	return as
}

// advertises returns the prefixes of which passt advertises one.
func (s *Scenario) advertises() (ps []netip.Prefix) {
	for _, a := range s.leasable() {
		if p := slash64(a); !slices.Contains(ps, p) {
			ps = append(ps, p)
		}
	}
	return ps
}

// slaacPrefixes returns the prefixes in which the guest may form addresses, some
// more than once.
func (s *Scenario) slaacPrefixes() (ps []netip.Prefix) {
	formed := func(rs ...Router) {
		for _, r := range rs {
			for _, p := range r.All() {
				if p.SLAAC() {
					ps = append(ps, p.Prefix)
				}
			}
		}
	}
	if s.autonomous() {
		ps = append(ps, s.advertises()...)
	}
	for _, e := range s.Events {
		switch e := e.Action.(type) {
		case *AllRouters:
			formed(s.Routers...)
		case *RA:
			for _, p := range e.Prefixes {
				if p.Bits() == 64 {
					ps = append(ps, p)
				}
			}
			formed(s.from(e)...)
		}
	}
	return ps
}

// passtLinkLocal returns the source of passt's router advertisements: the gateway of
// its uplink if that is link-local, else the uplink's own address. For a pod without IPv6 it is fe80::1,
// since 2025_12_08.
func (s *Scenario) passtLinkLocal() netip.Addr {
	if !s.BehindPasst() {
		return netip.Addr{}
	}
	if !*s.Pod.IPv6 {
		return netip.MustParseAddr("fe80::1")
	}
	u, _ := s.Template()
	gateway := cmp.Or(s.Passt.Gateway, u.Gateway)
	if gateway.IsLinkLocalUnicast() {
		return gateway
	}
	return eui64.Address(eui64.LinkLocal, u.MAC)
}

// slash64 returns the /64 of a, which passt advertises whatever the pod's length is.
func slash64(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, 64).Masked() }
