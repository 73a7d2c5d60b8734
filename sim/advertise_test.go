package sim

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mdlayher/ndp"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
	"github.com/passtlab/passtlab/sim/probe"
)

// What an advertisement says is to be seen in the guest's routes and settings.
func TestAdvertised(t *testing.T) {
	passts, beside := netip.MustParseAddr("fe80::ff:fe00:a"), netip.MustParseAddr("fe80::2")
	prefix := netip.MustParsePrefix
	for _, tt := range []struct {
		events  string
		routes  []preferred
		without []link.Route // by whatever preference
		mtu     string
	}{
		{events: "[ra]", routes: []preferred{{link.Route{Prefix: prefix("::/0"), Gateway: passts}, ndp.Medium}, {link.Route{Prefix: prefix("fd01:cafe::/64")}, ndp.Medium}}, mtu: "1500"},
		{events: "[ra: {preference: high}]", routes: []preferred{{link.Route{Prefix: prefix("::/0"), Gateway: passts}, ndp.High}}},
		{events: "[ra: {preference: high}, ra: {preference: low}]", routes: []preferred{{link.Route{Prefix: prefix("::/0"), Gateway: passts}, ndp.Low}}},
		{events: "[ra, ra: {lifetime: 0}]", without: []link.Route{{Prefix: prefix("::/0"), Gateway: passts}}},
		{events: "[ra, ra: {withdrawn: true}]", without: []link.Route{{Prefix: prefix("::/0"), Gateway: passts}}},
		{events: "[ra, ra: {lifetime: 0}, ra]", routes: []preferred{{link.Route{Prefix: prefix("::/0"), Gateway: passts}, ndp.Medium}}},
		{events: `[ra: {from: "fe80::2", lifetime: 60, preference: high}, ra]`,
			routes: []preferred{{link.Route{Prefix: prefix("::/0"), Gateway: passts}, ndp.Medium}, {link.Route{Prefix: prefix("::/0"), Gateway: beside}, ndp.High}}},
		{events: "[router]", without: []link.Route{{Prefix: prefix("::/0"), Gateway: beside}}},
		{events: "[ra: {mtu: 1400}]", mtu: "1400"},
		{events: "[ra: {mtu: 1200}]", mtu: "1500"},
		{events: "[ra: {mtu: 9000}]", mtu: "1500"},
		{events: "[ra: {mtu: 1400}, ra: {mtu: 0}]", mtu: "1400"},
		{events: "[ra: {autonomous: false}]", routes: []preferred{{link.Route{Prefix: prefix("fd01:cafe::/64")}, ndp.Medium}}},
		{events: "[ra: {onLink: false}]", without: []link.Route{{Prefix: prefix("fd01:cafe::/64")}}},
		{events: "[ra: {managed: false, other: true}]", routes: []preferred{{link.Route{Prefix: prefix("::/0"), Gateway: passts}, ndp.Medium}}},
		{events: `[ra: {routes: [{prefix: "fd08::/48"}, {prefix: "fd07::/64", preference: low, lifetime: 60}, {prefix: "fd06::1/128", preference: high}]}]`,
			routes: []preferred{{link.Route{Prefix: prefix("fd08::/48"), Gateway: passts}, ndp.Medium}, {link.Route{Prefix: prefix("fd07::/64"), Gateway: passts}, ndp.Low},
				{link.Route{Prefix: prefix("fd06::1/128"), Gateway: passts}, ndp.High}}},
		{events: `[ra: {routes: [{prefix: "fd08::/48"}]}, ra: {routes: [{prefix: "fd08::/48", lifetime: 0}]}]`,
			without: []link.Route{{Prefix: prefix("fd08::/48"), Gateway: passts}}},
	} {
		t.Run(tt.events, func(t *testing.T) {
			t.Parallel()
			l := lab(t, timeline(t, tt.events))
			if err := l.Play(t.Context()); err != nil {
				t.Fatal(err)
			}
			rs, err := l.guest.Net.Routes()
			if err != nil {
				t.Fatal(err)
			}
			preferences := routePreferences(t, l.Guest)
			for _, want := range tt.routes {
				if !slices.ContainsFunc(rs, func(r link.Route) bool { r.Link, r.Metric, r.Protocol = 0, 0, 0; return r == want.Route }) ||
					!slices.Contains(preferences, want) {
					t.Errorf("no %+v among %+v, %+v", want, rs, preferences)
				}
			}
			for _, no := range tt.without {
				if slices.ContainsFunc(rs, func(r link.Route) bool { return r.Prefix == no.Prefix && r.Gateway == no.Gateway }) {
					t.Errorf("%+v among %+v", no, rs)
				}
			}
			if got, err := l.guest.Net.Get("ipv6/conf/eth0/mtu"); err != nil || tt.mtu != "" && got != tt.mtu {
				t.Errorf("MTU %s, want %s, %v", got, tt.mtu, err)
			}
		})
	}
}

type preferred struct {
	link.Route
	preference ndp.Preference
}

// routePreferences reads the preferences (RFC 4191 2.1) of the kernel's routes,
// of all tables, from /proc/net/ipv6_route.
func routePreferences(t *testing.T, ns *netns.NS) (all []preferred) {
	t.Helper()
	var b []byte
	ok(t, ns.Do(func() (err error) { b, err = os.ReadFile("/proc/thread-self/net/ipv6_route"); return err }))
	for line := range strings.Lines(string(b)) {
		var to, source, gateway []byte
		var bits, sourceBits int
		var metric, refs, uses, flags uint32
		_, err := fmt.Sscanf(line, "%32x %x %32x %x %32x %x %x %x %x", &to, &bits, &source, &sourceBits, &gateway, &metric, &refs, &uses, &flags)
		ok(t, err)
		r := link.Route{Prefix: netip.PrefixFrom(netip.AddrFrom16([16]byte(to)), bits), Gateway: netip.AddrFrom16([16]byte(gateway))}
		if r.Gateway.IsUnspecified() {
			r.Gateway = netip.Addr{}
		}
		all = append(all, preferred{r, ndp.Preference(flags >> 27 & 3)}) // RTF_PREF in linux/ipv6_route.h
	}
	return all
}

// A guest without a default route is measured as one.
func TestNoDefaultRoute(t *testing.T) {
	for events, want := range map[string]bool{"[dhcpv6]": true, "[ra, dhcpv6]": false, "[ra, dhcpv6, ra: {lifetime: 0}]": true} {
		t.Run(events, func(t *testing.T) {
			t.Parallel()
			l := lab(t, timeline(t, events))
			ok(t, l.Play(t.Context()))
			table, err := l.Probe(t.Context())
			ok(t, err)
			for _, r := range table {
				if r.NoDefaultRoute != want || events == "[dhcpv6]" && r.Out != (probe.Result{TCP: "ENETUNREACH", UDP: "ENETUNREACH"}) {
					t.Errorf("%s: no default route %t, out %s", r.Address, r.NoDefaultRoute, r.Out)
				}
			}
		})
	}
}

// The lab's peer has an address that no event brings.
func TestPeerAddress(t *testing.T) {
	sc := timeline(t, `[static: {add: ["fd01:cafe::9/64"]}, vip: {add: ["fd01:cafe::a"]}, renumber: {address: "fd01:cafe::b/64", gateway: "fd01:cafe::c"},
  migrate: {address: "fd01:cafe::d/64", gateway: "fd01:cafe::e"}, dhcpv6: {address: "fd01:cafe::f"}, conflict: "fd01:cafe::10"]`)
	if got, want := peerAddress(sc), netip.MustParseAddr("fd01:cafe::11"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	sc.Events = scenarios.Plain(scenarios.EventRA)
	if got, want := peerAddress(sc), netip.MustParseAddr("fd01:cafe::9"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
