package guest

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/mdlayher/ndp"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/eui64"
	"github.com/passtlab/passtlab/sim/link"
)

// snapshot is what a router advertisement could change.
type snapshot struct {
	at        time.Time
	addresses []link.Address
	routes    []link.Route
	mtu       string
}

func (g *Guest) snapshot() (s snapshot, err error) {
	s.at = time.Now()
	if s.addresses, err = g.Net.Addresses(); err != nil {
		return s, err
	}
	if s.routes, err = g.Net.Routes(); err != nil {
		return s, err
	}
	s.mtu, err = g.Net.Get("ipv6/conf/" + g.Link + "/mtu")
	return s, err
}

// same reports whether all is as it was, but for what passes by itself:
// lifetimes and flags.
func (s snapshot) same(was snapshot) bool {
	return s.mtu == was.mtu && slices.Equal(s.routes, was.routes) &&
		slices.EqualFunc(s.addresses, was.addresses, func(a, b link.Address) bool { return a.Prefix == b.Prefix })
}

// expectation is what is to be so after an advertisement.
type expectation struct {
	since     time.Time
	untold    bool
	addresses []expected
	// deprecated are prefixes of which every address is deprecated.
	deprecated, temporary []netip.Prefix
	routes                []link.Route // by no gateway: on-link
	gone                  []link.Route // are not there
	mtu                   string       // empty: as it was
}

// expected is an address that is formed, and its lifetimes in seconds.
type expected struct {
	prefix           netip.Prefix
	valid, preferred uint32
	tentative        bool
	duplicate        bool // and therefore not there
}

// twoHours is the least valid lifetime that an unauthenticated advertisement
// leaves an address that has more (RFC 4862 5.5.3 e).
const twoHours = 2 * 60 * 60

// expect works out what the kernel makes of an advertisement.
func (g *Guest) expect(before snapshot, ra Advertisement) expectation {
	want := expectation{since: before.at, untold: ra.Untold}
	routes := []link.Route{{Prefix: anywhere, Gateway: ra.From, Preference: ra.RouterSelectionPreference}}
	lives := map[netip.Prefix]bool{anywhere: ra.RouterLifetime > 0}
	for _, o := range ra.Options {
		switch o := o.(type) {
		case *ndp.PrefixInformation:
			g.expectPrefix(&want, before, ra.Tentative, o)
		case *ndp.RouteInformation:
			r := link.Route{Prefix: netip.PrefixFrom(o.Prefix, int(o.PrefixLength)).Masked(), Gateway: ra.From, Preference: o.Preference}
			lives[r.Prefix] = o.RouteLifetime > 0
			routes = slices.DeleteFunc(routes, func(x link.Route) bool { return x.Prefix == r.Prefix })
			routes = append(routes, r)
		case *ndp.MTU:
			// What is too little for IPv6, or too much for the link, is
			// ignored (RFC 4861 6.3.4).
			if o.MTU >= 1280 && o.MTU <= linkMTU {
				want.mtu = strconv.Itoa(int(o.MTU))
			}
		}
	}
	for _, r := range routes {
		if lives[r.Prefix] {
			want.routes = append(want.routes, r)
		} else {
			want.gone = append(want.gone, r)
		}
	}
	return want
}

// linkMTU is that of a veth.
const linkMTU = 1500

var anywhere = netip.PrefixFrom(netip.IPv6Unspecified(), 0)

// regenAdvance is REGEN_ADVANCE (RFC 8981 3.8) in seconds. The kernel makes no
// temporary address that would have to be made anew at once.
const regenAdvance = 2

// expectPrefix works out what becomes of a prefix (RFC 4862 5.5.3).
func (g *Guest) expectPrefix(want *expectation, before snapshot, tentative bool, o *ndp.PrefixInformation) {
	p := netip.PrefixFrom(o.Prefix, int(o.PrefixLength)).Masked()
	valid, preferred := seconds(o.ValidLifetime), seconds(o.PreferredLifetime)
	if p.Addr().IsLinkLocalUnicast() || preferred > valid {
		return
	}
	onLink := len(want.routes)
	if o.OnLink && valid > 0 {
		want.routes = append(want.routes, link.Route{Prefix: p})
	}
	if !o.AutonomousAddressConfiguration || p.Bits() != 64 {
		return
	}
	a := expected{prefix: netip.PrefixFrom(eui64.Address(p, g.MAC), 64), valid: valid, preferred: preferred, tentative: tentative}
	i := slices.IndexFunc(before.addresses, func(b link.Address) bool { return b.Prefix == a.prefix })
	switch {
	case i >= 0 && before.addresses[i].Valid > 0:
		was := before.addresses[i]
		a.valid = max(a.valid, min(was.Valid, twoHours))
		a.tentative = !was.Usable()
	case valid == 0:
		return
	default:
		if a.duplicate = g.defended(a.prefix.Addr()); a.duplicate {
			// Linux 7.2 and later remove the on-link route with the duplicate, if
			// the advertisement has brought both; older ones keep it.
			want.routes = want.routes[:onLink]
		}
	}
	want.addresses = append(want.addresses, a)
	if preferred == 0 {
		want.deprecated = append(want.deprecated, p)
	}
	if i < 0 && g.tempaddr > 0 && preferred > regenAdvance && !tentative {
		want.temporary = append(want.temporary, p)
	}
}

func seconds(d time.Duration) uint32 { return uint32(d / time.Second) }

// unmet says what is not yet so; empty if everything is.
func (want expectation) unmet(now snapshot) string {
	for _, r := range want.routes {
		if !slices.ContainsFunc(now.routes, func(x link.Route) bool {
			return x.Prefix == r.Prefix && x.Gateway == r.Gateway && (!r.Gateway.IsValid() || x.Preference == r.Preference)
		}) {
			return fmt.Sprintf("no route to %s by %s of preference %v", r.Prefix, router(r.Gateway), r.Preference)
		}
	}
	for _, r := range want.gone {
		if slices.ContainsFunc(now.routes, func(x link.Route) bool { return x.Prefix == r.Prefix && x.Gateway == r.Gateway }) {
			return fmt.Sprintf("a route to %s by %s", r.Prefix, r.Gateway)
		}
	}
	if want.mtu != "" && now.mtu != want.mtu {
		return fmt.Sprintf("MTU %s instead of %s", now.mtu, want.mtu)
	}
	for _, a := range want.addresses {
		if unmet := a.unmet(now, now.at.Sub(want.since), want.untold); unmet != "" {
			return unmet
		}
	}
	for _, p := range want.deprecated {
		for _, a := range now.addresses {
			if p.Contains(a.Prefix.Addr()) && a.Flags&(unix.IFA_F_MANAGETEMPADDR|unix.IFA_F_TEMPORARY) != 0 && a.Flags&unix.IFA_F_DEPRECATED == 0 {
				return fmt.Sprintf("%s is not deprecated", a.Prefix)
			}
		}
	}
	for _, p := range want.temporary {
		if !slices.ContainsFunc(now.addresses, func(a link.Address) bool {
			return a.Flags&unix.IFA_F_TEMPORARY != 0 && a.Usable() && p.Contains(a.Prefix.Addr())
		}) {
			return fmt.Sprintf("no temporary address in %s among %s", p, describe(now.addresses))
		}
	}
	return ""
}

func router(a netip.Addr) string {
	if !a.IsValid() {
		return "no router"
	}
	return a.String()
}

// unmet says what is not yet so of the address.
func (a expected) unmet(now snapshot, elapsed time.Duration, untold bool) string {
	i := slices.IndexFunc(now.addresses, func(b link.Address) bool { return b.Prefix == a.prefix })
	switch {
	case a.duplicate && i < 0:
		return ""
	case a.duplicate:
		return fmt.Sprintf("%s, which another host has", a.prefix)
	case i < 0 && a.valid != link.Forever && elapsed >= time.Duration(a.valid)*time.Second:
		return "" // it has expired in the meantime
	case i < 0:
		return fmt.Sprintf("no address %s among %s", a.prefix, describe(now.addresses))
	}
	is := now.addresses[i]
	switch {
	case is.Usable() == a.tentative:
		return describe(now.addresses[i : i+1])
	case untold:
	case !left(is.Valid, a.valid, elapsed) || !left(is.Preferred, a.preferred, elapsed):
		return fmt.Sprintf("%s is valid for %d s and preferred for %d s instead of %d s and %d s", is.Prefix, is.Valid, is.Preferred, a.valid, a.preferred)
	}
	return ""
}

// left reports whether of a lifetime that much is left. The kernel counts in
// seconds, and begins one before or after us.
func left(is, was uint32, elapsed time.Duration) bool {
	if is == link.Forever || was == link.Forever {
		return is == was
	}
	const skew = 2
	return is <= was && is+uint32(elapsed/time.Second)+skew >= was
}
