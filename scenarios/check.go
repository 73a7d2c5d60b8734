package scenarios

import (
	"fmt"
	"iter"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/internal/strict"
)

// A checker finds faults between keys: contradictions, and situations that cannot
// happen or cannot be judged. It skips a check whose keys are not sound.
type checker struct{ member }

func check(m member) {
	c := checker{m}
	c.identity()
	if !c.Sound("network") {
		return // the other checks depend on it
	}
	c.network()
	c.pod()
	c.uplinks()
	c.peer()
	c.passt()
	c.played()
	c.macs()
	c.addrGen()
	c.interfaces()
	c.routers()
	c.addresses()
	c.listen()
	c.as("expect.as", c.Expect.As)
	checkpoints := c.events()
	c.failures(checkpoints)
	c.prove(checkpoints)
}

// events checks each event by itself, and returns the checkpoints.
func (c checker) events() (cps []*Checkpoint) {
	if !c.Sound("events", "pod", "passt", "guest", "routers", "second", "labels") {
		return nil
	}
	for _, e := range c.Events {
		if a, ok := e.Action.(interface{ check(at) }); ok {
			a.check(at{c, e.from.path, e.Kind()})
		}
	}
	if c.Guest.TempAddr > 0 && len(c.slaacPrefixes()) == 0 {
		c.fault("guest.tempaddr", "SLAAC, which makes temporary addresses (RFC 8981 3.3)",
			"set passt.autonomous to true and play ra, or leave guest.tempaddr out", "has no effect here")
	}
	if i := slices.Index(c.Labels, "slow"); i >= 0 && !c.Slow() {
		c.fault(fmt.Sprintf("labels[%d]", i), "the event expire, which takes real time", "remove the label", "nothing is slow here")
	}
	for _, e := range c.Timeline() {
		if cp, ok := e.Action.(*Checkpoint); ok {
			cps = append(cps, cp)
		}
	}
	return cps
}

func (c checker) fault(path, expected, next, format string, a ...any) {
	c.Report(path, Fault{Problem: fmt.Sprintf(format, a...), Expected: expected, Next: next})
}

func (c checker) identity() {
	base, ok := strings.CutSuffix(filepath.Base(c.File), ".yaml")
	switch {
	case !c.Sound("id"):
	case !namePattern.MatchString(c.Family):
		c.fault("id", "lower-case letters, digits and single hyphens", "add the key, or rename the file", "is %q, the name of the file", c.Family)
	case ok && c.Family != base:
		c.fault("id", base+", the name of the file", "rename the file or change the id", "is %s", c.Family)
	}
}

func (c checker) pod() {
	if c.Network == NetworkLAN {
		return
	}
	if c.Sound("pod.ipv6") && !*c.Pod.IPv6 {
		for _, path := range []string{"pod.address", "pod.addresses", "pod.uplinks", "pod.gateway", "passt.address", "passt.gateway"} {
			if _, given := c.Places[path]; given && c.Sound(path) {
				c.fault(path, "nothing where pod.ipv6 is false", "remove it, or set pod.ipv6 to true", "the pod has no IPv6")
			}
		}
		return
	}
	if c.Sound("pod.defaultRoute", "pod.gateway") && !*c.Pod.DefaultRoute {
		if c.Pod.Gateway.IsValid() {
			c.fault("pod.gateway", "nothing where pod.defaultRoute is false", "remove it, or set pod.defaultRoute to true", "the pod has no default route")
		}
		return
	}
	if !c.Sound("pod.address", "pod.gateway", "pod.ipv6", "pod.defaultRoute") {
		return
	}
	if len(c.Pod.Uplinks) > 0 || !c.Sound("pod.addresses") {
		return // uplinks() checks these
	}
	key := "pod.address"
	if len(c.Pod.Addresses) > 0 {
		key = "pod.addresses"
	}
	as, gw := c.Pod.Of(), c.Pod.Gateway
	switch a := c.Pod.Address; {
	case slices.Contains(addrs(as), gw):
		c.fault("pod.gateway", "another address than the pod's", "take the router's address", "%s is the pod's own address", gw)
	case !gw.IsLinkLocalUnicast() && !slices.ContainsFunc(as, func(p netip.Prefix) bool { return p.Contains(gw) }):
		c.fault("pod.gateway", "an address in "+a.Masked().String()+", or a link-local one", "correct the gateway, or the length of "+key,
			"%s is not on the pod's link", gw)
	}
}

func (c checker) passt() {
	p := c.Passt
	if c.Sound("passt.release", "passt.kubevirt") && p.Release != "" && p.KubeVirt != "" {
		c.fault("passt.kubevirt", "either passt.release or passt.kubevirt", "remove one", "passt.release names a release too")
	}
	if c.Sound("passt.mtu") && p.MTU != nil && *p.MTU > 0 && *p.MTU < 1280 {
		c.fault("passt.mtu", "1280 to 65535, or 0 for no MTU option", "correct the value", "%d is too little for IPv6 (RFC 8200 5)", *p.MTU)
	}
}

// played finds parts of the file that no event uses.
func (c checker) played() {
	if !c.Sound("events") {
		return
	}
	plays := func(is func(Event) bool) bool { return slices.ContainsFunc(c.Events, is) }
	never := func(path, what, next string) {
		if c.Sound(path) {
			c.fault(path, "the event "+what, next, "is never played")
		}
	}
	if len(c.Guest.Static) > 0 && !plays(func(e Event) bool { s, ok := e.Action.(*Static); return ok && s.bare() }) {
		never("guest.static", "static", "add static to events, or remove guest.static")
	}
	if len(c.Guest.VIPs) > 0 && !plays(func(e Event) bool { v, ok := e.Action.(*VIP); return ok && v.bare() }) {
		never("guest.vips", "vip", "add vip to events, or remove guest.vips")
	}
	if c.Plays(EventRouter) {
		return
	}
	for i, r := range c.Routers {
		if path := fmt.Sprintf("routers[%d]", i); c.Sound(path) && !plays(func(e Event) bool {
			ra, ok := e.Action.(*RA)
			return ok && slices.ContainsFunc(c.from(ra), func(o Router) bool { return o.LinkLocal == r.LinkLocal })
		}) {
			never(path, "router, or ra from it", "add router to events, or remove the router")
		}
	}
}

// owners maps things that only one may have to their owner.
type owners[K comparable] map[K]string

// take gives k to who, or reports a fault at path if k has an owner. The arguments of
// format are k and that owner.
func (o owners[K]) take(c checker, path, who string, k K, expected, next, format string) {
	var none K
	if k == none || !c.Sound(path) {
		return
	}
	if by, ok := o[k]; ok {
		c.fault(path, expected, next, format, k, by)
		return
	}
	o[k] = who
}

func (c checker) macs() {
	all := owners[MAC]{}
	if c.BehindPasst() && c.Passt.MAC.IsZero() {
		all[PasstMAC] = "passt (since 2024_08_21)"
	}
	take := func(path string, m MAC) {
		all.take(c, path, path, m, "an address of its own", "change one of them", "%s is taken by %s")
	}
	if len(c.Pod.Uplinks) == 0 {
		take("pod.mac", c.Pod.MAC)
	}
	for i, u := range c.Pod.Uplinks {
		take(fmt.Sprintf("pod.uplinks[%d].mac", i), u.MAC)
	}
	for path, m := range c.guestMACs() {
		take(path, m)
	}
	take("passt.mac", c.Passt.MAC)
	if c.Second != nil {
		take("second.mac", c.Second.MAC)
	}
	for i, f := range c.Guest.Interfaces {
		take(fmt.Sprintf("guest.interfaces[%d].mac", i), f.MAC)
	}
}

// guestMACs yields the MACs of the guest, each once and with its key: that of the start,
// and those of reboots.
func (c checker) guestMACs() iter.Seq2[string, MAC] {
	return func(yield func(string, MAC) bool) {
		seen := []MAC{{}, c.Guest.MAC}
		if !yield("guest.mac", c.Guest.MAC) {
			return
		}
		for _, e := range c.Events {
			r, ok := e.Action.(*Reboot)
			if !ok || slices.Contains(seen, r.MAC) {
				continue
			}
			seen = append(seen, r.MAC)
			if !yield(strict.Join(e.from.path, "mac"), r.MAC) {
				return
			}
		}
	}
}

func (c checker) routers() {
	prefixes, links := owners[netip.Prefix]{}, owners[netip.Addr]{}
	if c.Sound("pod", "passt", "events") && c.autonomous() {
		if ps := c.advertises(); len(ps) == 1 {
			prefixes[ps[0]] = "passt"
		}
	}
	if c.Sound("pod", "passt.gateway") && c.BehindPasst() {
		links[c.passtLinkLocal()] = "passt"
	}
	if c.Sound("guest.mac", "guest.addrGen") {
		if a, known := c.Guest.AddrGen.LinkLocal(c.Guest.MAC); known {
			links[a] = "the guest"
		}
	}
	for i, r := range c.Routers {
		who := fmt.Sprintf("routers[%d]", i)
		_, one := c.Places[who+".prefix"]
		if _, several := c.Places[who+".prefixes"]; one && several {
			c.fault(who+".prefixes", "prefix or prefixes", "move all into prefixes", "%s.prefix is given too", who)
		}
		for j, p := range r.All() {
			key := who + ".prefix"
			if !one {
				key = fmt.Sprintf("%s.prefixes[%d].prefix", who, j)
			}
			_, said := c.Places[fmt.Sprintf("%s.prefixes[%d].autonomous", who, j)]
			c.length(key, p.Prefix, said)
			prefixes.take(c, key, who, p.Prefix, "a prefix of its own", "take another prefix", "%s is advertised by %s already")
		}
		links.take(c, who+".linkLocal", who, r.LinkLocal, "an address of its own", "take another link-local address", "%s is the address of %s already")
	}
}

// length refuses a prefix in which no host forms an address, unless the file says what the
// A flag is.
func (c checker) length(key string, p netip.Prefix, said bool) {
	if p.IsValid() && p.Bits() != 64 && !said {
		c.fault(key, "a /64, or autonomous beside it", "make it a /64, or set autonomous to false", "%s has length %d, and SLAAC needs 64 (RFC 4862 5.5.3 d)", p, p.Bits())
	}
}

// addresses finds addresses that two owners on the link have.
func (c checker) addresses() {
	all := owners[netip.Addr]{}
	take := func(path string, a netip.Addr) {
		all.take(c, path, path, a, "an address of its own", "change one of them", "%s is also %s")
	}
	switch {
	case len(c.Pod.Uplinks) > 0:
		for i, u := range c.Pod.Uplinks {
			if path := fmt.Sprintf("pod.uplinks[%d].gateway", i); !u.Gateway.IsLinkLocalUnicast() {
				take(path, u.Gateway)
			}
		}
	case c.Sound("pod.gateway") && !slices.Contains(addrs(c.Pod.Of()), c.Pod.Gateway): // pod() reports it
		take("pod.gateway", c.Pod.Gateway)
	}
	take("peer.address", c.Peer.Address)
	if c.Second != nil {
		take("second.address", c.Second.Address.Addr())
	}
	// The guest may have an address of the pod that passt does not lease.
	if ps := c.Pod.Of(); c.Sound("pod.addresses") && len(ps) > 1 {
		own := maps.Clone(all)
		for i, p := range ps {
			own.take(c, fmt.Sprintf("pod.addresses[%d]", i), "one of pod.addresses", p.Addr(), "an address of its own", "change one of them", "%s is also %s")
		}
	}
	c.interfaceAddresses(all)
	// A guest without DHCPv6 may be given the pod's address by hand.
	if c.Sound("events") && slices.ContainsFunc(c.Events, func(e Event) bool { l, ok := e.Action.(*DHCPv6); return ok && !l.None }) {
		path := "pod.address"
		switch {
		case c.Passt.Address.IsValid():
			path = "passt.address"
		case len(c.Pod.Uplinks) > 0:
			path = "pod.uplinks"
		case len(c.Pod.Addresses) > 0:
			path = "pod.addresses"
		}
		if may := c.leasable(); len(may) == 1 {
			take(path, may[0])
		}
	}
	for i, l := range c.DHCPv6.Leases {
		take(fmt.Sprintf("dhcpv6.leases[%d].address", i), l.Address)
	}
	c.leaseLifetimes("dhcpv6.leases", c.DHCPv6.Leases)
	if c.Sound("guest.mac", "guest.addrGen", "pod.address", "passt", "events", "routers") {
		prefixes := c.slaacPrefixes()
		slices.SortFunc(prefixes, netip.Prefix.Compare)
		prefixes = slices.Compact(prefixes) // routers() reports those given twice
		for path, m := range c.guestMACs() {
			if c.Guest.AddrGen.Token.IsValid() && path != "guest.mac" {
				break // the token makes the same addresses
			} else if c.Guest.AddrGen.Token.IsValid() {
				path = "guest.addrGen.token"
			}
			for _, p := range prefixes {
				if formed, known := c.Guest.AddrGen.Forms(p, m); known {
					all.take(c, path, "the SLAAC address of "+path, formed,
						"another address", "change one of them", "SLAAC forms %s from it, which is also %s")
				}
			}
		}
	}
	for i, p := range c.Guest.Static {
		take(fmt.Sprintf("guest.static[%d]", i), p.Addr())
	}
	for i, a := range c.Guest.VIPs {
		take(fmt.Sprintf("guest.vips[%d]", i), a)
	}
}
