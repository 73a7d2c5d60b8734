package scenarios

import (
	"net/netip"
	"strings"
	"testing"
)

// TestPossible: what can happen is not refused. What cannot is in testdata/bad.
func TestPossible(t *testing.T) {
	const (
		static = `guest: {mac: "52:54:00:1f:c7:bd", static: ["fd01:cafe::20/64"]}` + "\n"
		vips   = `guest: {mac: "52:54:00:1f:c7:bd", vips: ["fd01:cafe::100"]}` + "\n"
		temp   = `guest: {mac: "52:54:00:1f:c7:bd", tempaddr: 2}` + "\n"
		router = `routers: [{prefix: "fd02:cafe::/64"}]` + "\n"
		slow   = "labels: [slow]\n"
		slaac  = "fd01:cafe::5054:ff:fe1f:c7bd"
		lost   = "expect: {reachable: []}\n"
	)
	for name, keys := range map[string]string{
		"nothing is there before the first event": `events: [{checkpoint: {name: booted, reachable: []}}, ra, dhcpv6]`,
		"the guest reboots, in the other order":   `events: [ra, dhcpv6, {checkpoint: {name: before, reachable: [dhcpv6]}}, reboot, dhcpv6, ra]`,
		"an advertisement comes again":            `events: [ra, dhcpv6, ra, ra]`,
		"an advertisement is withdrawn":           `events: [ra, dhcpv6, {ra: {withdrawn: true}}]`,
		"nothing is there while the link is down": `events: [ra, {link: down}, {checkpoint: {name: down, reachable: []}}, {link: up}, dhcpv6]`,
		"a link without a carrier keeps all":      `events: [ra, dhcpv6, {link: carrier-lost}, {link: carrier-back}, {send: dhcpv6}]`,
		"a short lifetime ends":                   slow + `events: [{ra: {valid: 2, preferred: 1}}, dhcpv6, {checkpoint: {name: both, reachable: [dhcpv6]}}, {expire: slaac}, ra]`,
		"a short lifetime is made a little longer": slow +
			`events: [{ra: {valid: 2}}, {ra: {valid: 3}}, dhcpv6, {expire: slaac}, ra]`,
		"a lease ends, and there is another": slow + `events: [ra, {dhcpv6: {valid: 2}}, {expire: dhcpv6}, {checkpoint: {name: none, reachable: []}}, dhcpv6]`,
		"one of two prefixes ends":           slow + router + `events: [ra, dhcpv6, {ra: {from: "fe80::2", valid: 2}}, {expire: "fd02:cafe::5054:ff:fe1f:c7bd"}]`,
		"a virtual address moves here and leaves": vips +
			`events: [ra, dhcpv6, vip, {checkpoint: {name: here, reachable: [dhcpv6]}}, {vip: {remove: ["fd01:cafe::100"]}}, vip, {vip: {deprecate: ["fd01:cafe::100"]}}]`,
		"a static address comes, goes and comes": static +
			`events: [static, {static: {deprecate: ["fd01:cafe::20/64"]}}, {static: {remove: ["fd01:cafe::20/64"]}}, static, ra, dhcpv6]`,
		"the pod is renumbered, then the guest migrated": `events: [ra, dhcpv6, {renumber: "fd05::b/64"}, {checkpoint: {name: stale, reachable: []}}, {migrate: {state: lost}}, renew]`,
		"a migration brings another lease at the renewal": `events: [ra, dhcpv6, {migrate: "fd01:cafe::b/64"}, renew]
expect: {reachable: ["fd01:cafe::b"]}`,
		"the old lease is there until the renewal": `events: [ra, dhcpv6, {migrate: "fd01:cafe::b/64"}]
expect: {reachable: ["fd01:cafe::a"]}`,
		"a SLAAC address is contested, another is not": router + `events: [router, {conflict: "` + slaac + `"}, ra, dhcpv6]`,
		"the lease is contested": `events: [ra, {conflict: dhcpv6}, dhcpv6]
` + lost + `prove: {good: test-none, bad: talos-v2, picks: dhcpv6}`,
		"what is contested after a reboot": `events: [ra, dhcpv6, {conflict: slaac}, reboot, dhcpv6, {checkpoint: {name: mid, reachable: [dhcpv6]}}, {link: carrier-lost}, {link: carrier-back}, ra]
prove: {good: talos-v2, bad: test-none, picks: none}`,
		"accept_ra off keeps what is there":       `events: [ra, {accept_ra: off}, dhcpv6]`,
		"accept_ra on again":                      `events: [{accept_ra: off}, ra, {accept_ra: on}, ra, dhcpv6]`,
		"temporary addresses":                     temp + `events: [ra, dhcpv6, {send: temporary}, {deprecate: temporary}]`,
		"a temporary address, by its own address": temp + "events: [ra, dhcpv6]\nprove: {good: talos-v2, bad: talos-v1, picks: temporary}",
		"an address that was there is picked": slow + `events: [{ra: {valid: 2}}, dhcpv6, {checkpoint: {name: both, reachable: [dhcpv6]}}, {expire: slaac}]
prove: {good: talos-v2, bad: sticky, picks: "` + slaac + `"}`,
		"another lease takes the place of the old one": `events: [ra, dhcpv6, {dhcpv6: {address: "fd01:cafe::b", length: 64}}, {static: {add: ["fd01:cafe::a/64"]}}]`,
		"whether another passt renews a lease": `events: [ra, dhcpv6, {migrate: "fd01:cafe::b/64"}, renew]
expect: {reachable: ["fd01:cafe::a"]}`,
		"SLAAC is back when the link is up": `events: [ra, {link: down}, {link: up}, {send: slaac}, dhcpv6]`,
		"only the lease of that time is contested": `events: [ra, {conflict: dhcpv6}, {dhcpv6: {tentative: true}}, {migrate: "fd01:cafe::b/64"}, dhcpv6]
expect: {reachable: ["fd01:cafe::b"]}`,
		"a kept lease is renewed after the link was down": `events: [ra, dhcpv6, {link: down}, {link: up}, renew]`,
		"no lease leaves the old one":                     `events: [ra, dhcpv6, {dhcpv6: {none: true}}, renew]`,
		"no lease is no fault of passt's": `passt: {noDHCPv6: true}
events: [ra, {dhcpv6: {none: true}}]
` + lost + `prove: {good: test-none, bad: talos-v1, picks: slaac}`,
		"what a client does is not known": `guest: {mac: "52:54:00:1f:c7:bd", client: networkmanager}
events: [ra, {checkpoint: {name: mid, reachable: [dhcpv6]}}, renew, dhcpv6]`,
		"all kinds of failure of one selector": `events: [ra, dhcpv6, {checkpoint: {name: mid, reachable: [dhcpv6], within: 1s}}, renew]
expect:
  reachable: [dhcpv6]
  failures:
    - {selector: a, picks: slaac, at: mid}
    - {selector: a, picks: none}
    - {selector: a, kind: flap, picks: slaac}
    - {selector: a, kind: late, picks: dhcpv6, at: mid}
    - {selector: a, kind: unstable, picks: dhcpv6}
    - {selector: b, role: kubelet, picks: slaac}`,
		"a second guest": `second: {address: "fd05::b/64"}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Load("least.yaml", []byte(with(keys+"\n"))); err != nil {
				t.Errorf("%v\nin\n%s", err, keys)
			}
		})
	}
}

// TestTwoHours: what an advertisement makes of a valid lifetime (RFC 4862
// 5.5.3 e).
func TestTwoHours(t *testing.T) {
	for _, tt := range []struct {
		first, then uint32
		want        uint32
	}{
		{endless, 2, twoHours}, {endless, twoHours, twoHours}, {endless, twoHours + 1, twoHours + 1}, {endless, 0, twoHours},
		{2, 1, 2}, {2, 0, 2}, {2, 3, 3}, {3600, 7000, 7000}, {3600, 60, 3600}, {twoHours, 60, twoHours},
	} {
		s := load(t, "")[0]
		g := boot(s)
		for _, valid := range []uint32{tt.first, tt.then} {
			g.advertised(slash64(s.Leased()), s, valid, min(valid, 60), false, func(netip.Addr) bool { return false })
		}
		if len(g.held) != 1 || g.held[0].valid != tt.want || g.held[0].deprecated != (tt.then == 0) {
			t.Errorf("valid %d, then %d: %+v, want %d", tt.first, tt.then, g.held, tt.want)
		}
	}
}

// TestSources: a fault in a group is reported where the step is written, once,
// also when a Check finds it.
func TestSources(t *testing.T) {
	check := func(s *Scenario) (faults []Fault) {
		for i, e := range s.Timeline() {
			if e.Renew != nil {
				faults = append(faults, Fault{Key: "events[" + string(rune('0'+i)) + "]", Problem: "no", Expected: "yes", Next: "ask"})
			}
		}
		return faults
	}
	_, err := Load("least.yaml", []byte(with("events: [dhcpv6, {orders: all, of: [ra, renew]}]\n")), check)
	const want = "least.yaml:10:41: events[1].of[1]: no; expected yes; ask"
	if err == nil || strings.TrimSpace(err.Error()) != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
}
