package scenarios

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/internal/eui64"
)

// A checker looks for what each key alone does not show: keys that contradict
// each other, and situations that cannot come about or cannot be judged. A
// check is left out when a key that it needs could not be read.
type checker struct {
	*decoder
	*Scenario
}

func check(d *decoder, s *Scenario) {
	c := checker{d, s}
	c.identity()
	c.pod()
	c.passt()
	c.events()
	c.macs()
	c.interfaces()
	c.routers()
	c.addresses()
	c.expect()
	c.failures()
	c.prove()
}

// fault reports a fault of the value at path, which is readable all the same.
func (c checker) fault(path, expected, next, format string, a ...any) {
	c.report(path, c.place(path), Fault{Problem: fmt.Sprintf(format, a...), Expected: expected, Next: next})
}

func (c checker) identity() {
	base, ok := strings.CutSuffix(filepath.Base(c.File), ".yaml")
	if ok && c.sound("id") && c.ID != base {
		c.fault("id", base+", as the file is called", "rename the file or change the id", "is %s", c.ID)
	}
}

func (c checker) pod() {
	if c.sound("pod.ipv6") && !*c.Pod.IPv6 {
		for _, g := range []struct {
			path string
			addr netip.Addr
		}{
			{"pod.address", c.Pod.Address.Addr()}, {"pod.gateway", c.Pod.Gateway},
			{"passt.address", c.Passt.Address}, {"passt.gateway", c.Passt.Gateway},
		} {
			if g.addr.IsValid() && c.sound(g.path) {
				c.fault(g.path, "nothing where pod.ipv6 is false", "remove it, or set pod.ipv6 to true", "the pod has no IPv6")
			}
		}
		return
	}
	if c.sound("pod.defaultRoute", "pod.gateway") && !*c.Pod.DefaultRoute {
		if c.Pod.Gateway.IsValid() {
			c.fault("pod.gateway", "nothing where pod.defaultRoute is false", "remove it, or set pod.defaultRoute to true", "the pod has no default route")
		}
		return
	}
	if !c.sound("pod.address", "pod.gateway", "pod.ipv6", "pod.defaultRoute") {
		return
	}
	switch a, gw := c.Pod.Address, c.Pod.Gateway; {
	case gw == a.Addr():
		c.fault("pod.gateway", "another address than the pod's", "take the router's address", "%s is the pod's own address", gw)
	case !gw.IsLinkLocalUnicast() && !a.Contains(gw):
		c.fault("pod.gateway", "an address in "+a.Masked().String()+", or a link-local one", "correct the gateway, or the length of pod.address",
			"%s is not on the pod's link", gw)
	}
}

func (c checker) passt() {
	p := c.Passt
	if c.sound("passt.release", "passt.kubevirt") && p.Release != "" && p.KubeVirt != "" {
		c.fault("passt.kubevirt", "either passt.release or passt.kubevirt", "remove one", "passt.release says which passt it is already")
	}
	if c.sound("passt.mtu") && p.MTU != nil && *p.MTU > 0 && *p.MTU < 1280 {
		c.fault("passt.mtu", "1280 to 65535, or 0 for no MTU option", "correct the value", "%d is too little for IPv6 (RFC 8200 5)", *p.MTU)
	}
	i := slices.Index(c.Events, EventDHCPv6)
	if i < 0 || !c.sound("events", "pod.ipv6", "passt.noDHCPv6") {
		return
	}
	switch path := fmt.Sprintf("events[%d]", i); {
	case p.NoDHCPv6:
		c.fault(path, "passt.noDHCPv6 to be false", "remove the event or the option", "dhcpv6 cannot happen: passt answers none")
	case !*c.Pod.IPv6:
		c.fault(path, "pod.ipv6 to be true", "remove the event, or give the pod an address", "dhcpv6 cannot happen: passt has no address to lease")
	}
}

// events matches what is played with what there is to play.
func (c checker) events() {
	for _, e := range []struct {
		event Event
		key   string
		given bool
	}{
		{EventStatic, "guest.static", len(c.Guest.Static) > 0},
		{EventVIP, "guest.vips", len(c.Guest.VIPs) > 0},
		{EventRouter, "routers", len(c.Routers) > 0},
	} {
		i := slices.Index(c.Events, e.event)
		switch {
		case !c.sound("events", e.key):
		case i >= 0 && !e.given:
			c.fault(fmt.Sprintf("events[%d]", i), e.key+" to be given", "add "+e.key+", or remove the event", "%s cannot happen", e.event)
		case i < 0 && e.given:
			c.fault(e.key, fmt.Sprintf("the event %s", e.event), fmt.Sprintf("add %s to events, or remove %s", e.event, e.key), "is never played")
		}
	}
	if c.sound("events", "routers", "passt", "pod.ipv6", "guest.tempaddr") && c.Guest.TempAddr > 0 && len(c.slaacPrefixes()) == 0 {
		c.fault("guest.tempaddr", "SLAAC, which temporary addresses are made by (RFC 8981 3.3)",
			"set passt.autonomous to true and play ra, or leave guest.tempaddr out", "has no effect here")
	}
}

func (c checker) macs() {
	type owner struct {
		path string
		mac  MAC
	}
	owners := []owner{{"pod.mac", c.Pod.MAC}, {"guest.mac", c.Guest.MAC}, {"passt.mac", c.Passt.MAC}}
	for i, f := range c.Guest.Interfaces {
		owners = append(owners, owner{fmt.Sprintf("guest.interfaces[%d].mac", i), f.MAC})
	}
	seen := map[MAC]string{}
	if c.Passt.MAC.IsZero() {
		seen[PasstMAC] = "passt (since 2024_08_21)"
	}
	for _, o := range owners {
		if o.mac.IsZero() || !c.sound(o.path) {
			continue
		}
		if who, ok := seen[o.mac]; ok {
			c.fault(o.path, "an address of its own", "change one of them", "%s is taken by %s", o.mac, who)
			continue
		}
		seen[o.mac] = o.path
	}
}

func (c checker) interfaces() {
	seen := map[string]bool{"lo": true, "eth0": true}
	for i, f := range c.Guest.Interfaces {
		path := fmt.Sprintf("guest.interfaces[%d].name", i)
		if !c.sound(path) {
			continue
		}
		if seen[f.Name] {
			c.fault(path, "another name", "rename it; eth0 is the interface behind passt", "%s is taken", f.Name)
		}
		seen[f.Name] = true
	}
}

func (c checker) routers() {
	prefixes := map[netip.Prefix]string{}
	links := map[netip.Addr]string{}
	if c.sound("pod.address", "passt", "events") && c.autonomous() {
		prefixes[slash64(c.Leased())] = "passt"
	}
	if c.sound("pod", "passt.gateway") {
		links[c.passtLinkLocal()] = "passt"
	}
	if c.sound("guest.mac") {
		links[eui64.Address(linkLocal, c.Guest.MAC)] = "the guest"
	}
	for i, r := range c.Routers {
		at := fmt.Sprintf("routers[%d]", i)
		if c.sound(at + ".prefix") {
			if who, ok := prefixes[r.Prefix]; ok {
				c.fault(at+".prefix", "a prefix of its own", "take another /64", "%s is advertised by %s already", r.Prefix, who)
			}
			prefixes[r.Prefix] = at
		}
		if c.sound(at + ".linkLocal") {
			if who, ok := links[r.LinkLocal]; ok {
				c.fault(at+".linkLocal", "an address of its own", "take another link-local address", "%s is the address of %s already", r.LinkLocal, who)
			}
			links[r.LinkLocal] = at
		}
	}
}

// addresses finds those that would be on the link, or on the guest, twice.
func (c checker) addresses() {
	seen := map[netip.Addr]string{}
	take := func(path string, a netip.Addr) {
		if !a.IsValid() || !c.sound(path) {
			return
		}
		if who, ok := seen[a]; ok {
			c.fault(path, "an address of its own", "change one of them", "%s is %s too", a, who)
			return
		}
		seen[a] = path
	}
	if c.sound("pod.gateway") && c.Pod.Gateway != c.Pod.Address.Addr() { // pod() told
		take("pod.gateway", c.Pod.Gateway)
	}
	// A guest without DHCPv6 may be given the pod's address by hand.
	if c.sound("events") && c.plays(EventDHCPv6) {
		path := "pod.address"
		if c.Passt.Address.IsValid() {
			path = "passt.address"
		}
		take(path, c.Leased())
	}
	if c.sound("guest.mac", "pod.address", "passt", "events", "routers") {
		prefixes := c.slaacPrefixes()
		slices.SortFunc(prefixes, netip.Prefix.Compare)
		for _, p := range slices.Compact(prefixes) { // routers() told of those given twice
			a := eui64.Address(p, c.Guest.MAC)
			if who, ok := seen[a]; ok {
				c.fault("guest.mac", "another address", "change one of them", "SLAAC makes %s of it, which is %s too", a, who)
			}
			seen[a] = "what SLAAC makes of guest.mac"
		}
	}
	for i, p := range c.Guest.Static {
		take(fmt.Sprintf("guest.static[%d]", i), p.Addr())
	}
	for i, a := range c.Guest.VIPs {
		take(fmt.Sprintf("guest.vips[%d]", i), a)
	}
	for i, f := range c.Guest.Interfaces {
		for j, p := range f.Addresses {
			take(fmt.Sprintf("guest.interfaces[%d].addresses[%d]", i, j), p.Addr())
		}
	}
}

func (c checker) expect() {
	for i, o := range c.Expect.Reachable {
		path := fmt.Sprintf("expect.reachable[%d]", i)
		if c.sound(path) && !c.possible(Pick(o)) {
			c.impossible(path, o)
		}
	}
}

func (c checker) failures() {
	seen := map[string][]Role{} // by selector
	for i, f := range c.Expect.Failures {
		at := fmt.Sprintf("expect.failures[%d]", i)
		c.role(at+".role", f.Role)
		c.picks(at+".picks", f.Picks)
		if !c.sound(at+".selector", at+".role") {
			continue
		}
		if slices.ContainsFunc(seen[f.Selector], func(r Role) bool { return overlap(r, f.Role) }) {
			c.fault(at, "each selector once in each role", "remove one", "%s is stated before", f.Selector)
		}
		seen[f.Selector] = append(seen[f.Selector], f.Role)
	}
}

func (c checker) prove() {
	p := c.Prove
	c.role("prove.role", p.Role)
	c.picks("prove.picks", p.Picks)
	if c.sound("prove.good", "prove.bad") && p.Good == p.Bad {
		c.fault("prove.bad", "one that fails, while prove.good passes", "name two selectors", "%s is prove.good too", p.Bad)
		return
	}
	if !c.sound("prove", "expect.failures") {
		return
	}
	for i, f := range c.Expect.Failures {
		switch at := fmt.Sprintf("expect.failures[%d]", i); {
		case f.Selector == p.Good:
			c.fault("prove.good", "a selector that passes in every role", "name another, or correct the failure", "%s is stated to fail, by %s", p.Good, at)
		case f.Selector == p.Bad && overlap(f.Role, p.Role) && f.Picks != p.Picks:
			c.fault("prove.picks", string(f.Picks)+", as "+at+" says", "correct one of them", "is %s", p.Picks)
		}
	}
}

// role: a failure can only be seen in a role that is judged.
func (c checker) role(path string, r Role) {
	if r == "" || !c.sound(path, "roles") || slices.Contains(c.Roles, r) {
		return
	}
	c.fault(path, "one of the scenario's roles", "add it to roles, or correct it", "%s is not judged here", r)
}

// picks: what a failing selector picks must be there to pick, and wrong.
func (c checker) picks(path string, p Pick) {
	if !c.sound(path) {
		return
	}
	if !c.possible(p) {
		c.impossible(path, Origin(p))
		return
	}
	if !c.sound("expect.reachable") {
		return
	}
	const expected, next = "a pick that is wrong here", "correct the pick or expect.reachable"
	switch {
	case slices.Contains(c.Expect.Reachable, Origin(p)):
		c.fault(path, expected, next, "%s is in expect.reachable, so who picks it passes", p)
	case p == PickNone && len(c.Expect.Reachable) == 0:
		c.fault(path, expected, next, "none is right where nothing is reachable, so who picks it passes")
	}
}

func (c checker) impossible(path string, o Origin) {
	c.fault(path, "an origin that the scenario gives rise to", "add what makes such an address, or correct it", "no address can be of origin %s here", o)
}

// possible reports whether p can be picked. It says yes when that cannot be
// told, because another fault comes first.
func (c checker) possible(p Pick) bool {
	slaac := !c.sound("events", "passt", "routers", "pod.ipv6", "pod.address") || len(c.slaacPrefixes()) > 0
	plays := func(e Event) bool { return !c.sound("events") || c.plays(e) }
	switch Origin(p) {
	case OriginSLAAC:
		return slaac
	case OriginTemporary:
		return slaac && (!c.sound("guest.tempaddr") || c.Guest.TempAddr > 0)
	case OriginDHCPv6:
		return plays(EventDHCPv6)
	case OriginStatic:
		return plays(EventStatic) || !c.sound("guest.interfaces") ||
			slices.ContainsFunc(c.Guest.Interfaces, func(f Interface) bool { return len(f.Addresses) > 0 })
	case OriginVIP:
		return plays(EventVIP)
	}
	return true
}

func overlap(a, b Role) bool { return a == b || a == "" || b == "" }
