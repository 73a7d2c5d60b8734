package sim

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
)

// Behind the gateway the peer's address is on no prefix that the guest or the pod may take
// for on-link.
func TestPeerPlaces(t *testing.T) {
	for _, tt := range []struct {
		pod, want string
		change    func(*scenarios.Scenario)
	}{
		{"fd01:cafe::a/64", "fd01:cafe::9", func(sc *scenarios.Scenario) { sc.Peer.Via = scenarios.ViaLink }},
		{"fd01:cafe::9/64", "fd01:cafe::a", func(sc *scenarios.Scenario) { sc.Peer.Via = scenarios.ViaLink }},
		{"fd01:cafe::a/64", "fd01:cafe:0:1::9", func(*scenarios.Scenario) {}},
		{"fd01:cafe::a/128", "fd01:cafe:0:1::9", func(*scenarios.Scenario) {}},
		{"fd01:cafe::a/48", "fd01:cafe:1::9", func(*scenarios.Scenario) {}},
		{"fd01:cafe::a/64", "fd01:cafe:0:2::9", func(sc *scenarios.Scenario) {
			sc.Routers = []scenarios.Router{{Prefix: netip.MustParsePrefix("fd01:cafe:0:1::/64")}}
		}},
		{"fd01:cafe::a/64", "fd01:cafe:0:2::9", func(sc *scenarios.Scenario) {
			sc.Events = []scenarios.Event{{Action: &scenarios.Renumber{Address: netip.MustParsePrefix("fd01:cafe:0:1::a/64")}}}
		}},
		{"fd01:cafe::a/64", "fd07::9", func(sc *scenarios.Scenario) { sc.Peer.Address = netip.MustParseAddr("fd07::9") }},
	} {
		sc := &scenarios.Scenario{Pod: scenarios.Pod{Address: netip.MustParsePrefix(tt.pod)}, Peer: scenarios.Peer{Via: scenarios.ViaGateway}}
		tt.change(sc)
		if got := peerAddress(sc).String(); got != tt.want {
			t.Errorf("pod %s: %s, want %s", tt.pod, got, tt.want)
		}
	}
}

// A peer behind the gateway needs the guest's default route, and the gateway.
func TestPeerBehindGateway(t *testing.T) {
	need.Namespaces(t)
	behind := func(sc *scenarios.Scenario) { sc.Peer.Via = scenarios.ViaGateway }
	local := func(sc *scenarios.Scenario) { behind(sc); sc.Pod.Gateway = netip.MustParseAddr("fe80::1") }
	all := func(sc *scenarios.Scenario) {
		local(sc)
		sc.Pod.Address = netip.PrefixFrom(sc.Pod.Address.Addr(), 128)
	}
	for _, tt := range []struct {
		events string
		change func(*scenarios.Scenario)
		works  string
	}{
		{"[ra, dhcpv6]", behind, "D"},
		{"[ra, dhcpv6, send: slaac]", local, "D"},
		{"[ra, dhcpv6]", all, "D"},
		{"[ra, dhcpv6, forwarding: on]", behind, ""},
		{"[ra, dhcpv6, forwarding: on, ra]", local, ""},
		{"[ra, dhcpv6, forwarding: on, accept_ra: always, ra]", all, "D"},
		{"[accept_ra: always, ra, dhcpv6, forwarding: on]", all, "D"},
		{"[ra, dhcpv6, forwarding: on, route: {prefix: '::/0', via: 'fe80::1'}]", all, "D"},
		{"[ra, dhcpv6, ra: {lifetime: 0}]", behind, ""},
		{"[ra, dhcpv6, renumber: 'fd01:cafe::7/64']", behind, ""},
		{"[ra, dhcpv6, renumber: 'fd01:cafe::7/64', passt: restart, ra, dhcpv6]", local, "fd01:cafe::7"},
		{"[ra, dhcpv6, migrate: {address: 'fd01:cafe::7/64', state: lost}, reboot, ra, dhcpv6]", all, "fd01:cafe::7"},
	} {
		t.Run(tt.events, func(t *testing.T) {
			t.Parallel()
			l := lab(t, timeline(t, tt.events, tt.change))
			if err := l.Play(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(works(t, l), " "); got != tt.works {
				t.Errorf("%q works, want %q", got, tt.works)
			}
		})
	}
	t.Run("gateway that does not forward", func(t *testing.T) {
		t.Parallel()
		l := lab(t, timeline(t, "[ra, dhcpv6]", behind))
		if err := l.Play(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := l.edge.Set(link.Sysctl{Key: "ipv6/conf/all/forwarding", Value: "0"}); err != nil {
			t.Fatal(err)
		}
		if err := l.edge.Down("eth1"); err != nil {
			t.Fatal(err)
		}
		if table, err := l.Probe(t.Context()); err == nil {
			t.Errorf("measured without a way to the peer: %v", table)
		}
	})
}
