package sim

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/probe"
)

// loaded returns the scenario of a text that leaves out what TestNetworks does not vary.
func loaded(t *testing.T, text string) *scenarios.Scenario {
	t.Helper()
	scs, err := scenarios.Load("", []byte("id: network\ntitle: network\nroles: [kubelet]\nexpect: {reachable: []}\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return scs[0]
}

// On each network without passt the measurement tells what the network leads to.
func TestNetworks(t *testing.T) {
	need.Namespaces(t)
	const (
		guest   = `guest: {mac: "52:54:00:1f:c7:bd", static: ["2001:db8:1::5/64", "fd99::5/64"]}` + "\n"
		alone   = `guest: {mac: "52:54:00:1f:c7:bd"}` + "\n"
		on      = "network: lan\n"
		router  = `routers: [{prefix: "2001:db8:1::/64"}]` + "\n"
		leases  = `dhcpv6: {leases: ["2001:db8:1::a", {address: "fd01::a", valid: 600, preferred: 0}]}` + "\n"
		pod     = `pod: {address: "2001:db8:1::5/64", gateway: "2001:db8:1::1"}` + "\n"
		slaac   = "2001:db8:1:0:5054:ff:fe1f:c7bd"
		without = "routers: [{prefixes: [{prefix: '2001:db8:1::/64', autonomous: false, onLink: false}]}]\n"
	)
	for _, tt := range []struct{ text, works string }{
		{on + router + guest + "events: [ra, static]", "2001:db8:1::5 " + slaac},
		{on + router + `peer: {address: "2001:db8:2::9"}` + "\n" + guest + "events: [static, ra]", slaac + " 2001:db8:1::5"},
		{on + router + leases + alone + "events: [ra, dhcpv6]", "fd01::a 2001:db8:1::a " + slaac},
		{on + router + leases + alone + "events: [ra, dhcpv6, {dhcpv6: {leases: ['2001:db8:1::b']}}]", "2001:db8:1::b " + slaac},
		{on + router + leases + alone + "events: [ra, dhcpv6, {dhcpv6: {none: true}}, renew, conflict: slaac, link: down, link: up, dhcpv6]", "fd01::a 2001:db8:1::a"},
		{on + router + leases + alone + "events: [ra, dhcpv6, link: carrier-lost]", ""},
		{on + router + leases + alone + "events: [ra, dhcpv6, link: carrier-lost, link: carrier-back, {send: slaac}]", "fd01::a 2001:db8:1::a " + slaac},
		{on + router + leases + alone + "events: [ra, reboot: {mac: '52:54:00:1f:c7:be'}, dhcpv6, ra]", "2001:db8:1:0:5054:ff:fe1f:c7be fd01::a 2001:db8:1::a"},
		{on + without + leases + alone + "events: [dhcpv6, ra]", "fd01::a 2001:db8:1::a"},
		{on + leases + alone + "events: [dhcpv6]", ""}, // no route
		{on + router + alone + "events: [ra, {ra: {lifetime: 0}}]", slaac},
		{on + router + `peer: {address: "2001:db8:2::9"}` + "\n" + alone + "events: [ra, {ra: {lifetime: 0}}]", ""},
		{"network: bridge\n" + pod + guest + "events: [static]", "2001:db8:1::5"},
		{"network: bridge\n" + strings.NewReplacer("::5/64", "::5/128", "2001:db8:1::1", "fe80::7").Replace(pod) + strings.Replace(router, "::/64\"", "::/64\", linkLocal: 'fe80::7'", 1) + guest + "events: [static, ra]", "2001:db8:1::5"},
		{"network: masquerade\n" + pod + alone + "events: [dhcpv6, {route: {prefix: 'fd10:0:2::/120'}}, {route: {prefix: '::/0', via: 'fd10:0:2::1'}}]", ""},
	} {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			l := lab(t, loaded(t, tt.text))
			if err := l.Play(t.Context()); err != nil {
				t.Fatal(err)
			}
			table, err := l.Probe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var works []string
			for _, r := range table {
				if r.Bidirectional() {
					works = append(works, r.Address.Addr().String())
				}
			}
			if got := strings.Join(works, " "); got != tt.works {
				t.Errorf("%q works, want %q", got, tt.works)
			}
		})
	}
}

// With masquerade the guest sends from the pod's address, and hosts that connect to the pod's
// address reach it. So the network works, and only the guest's own address does not.
func TestMasquerade(t *testing.T) {
	need.Namespaces(t)
	l := lab(t, loaded(t, `network: masquerade
pod: {address: "fd01:cafe::a/64", gateway: "fd01:cafe::1"}
guest: {mac: "52:54:00:1f:c7:bd", static: ["fd10:0:2::2/120"]}
events: [static, {route: {prefix: "::/0", via: "fd10:0:2::1"}}]`))
	if err := l.Play(t.Context()); err != nil {
		t.Fatal(err)
	}
	table, err := l.Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pod := l.scenario.Pod.Address.Addr()
	if r := table[0]; len(table) != 1 || !r.Out.OK() || r.OutSource != pod || r.In.TCP != "EHOSTUNREACH" {
		t.Errorf("the table is %+v, want one address that is seen as %s", table, pod)
	}
	table, err = probe.Measure(t.Context(), probe.Config{Peer: l.Peer, Pod: l.Pod, Guest: l.Guest, PeerAddress: l.PeerAddress()},
		[]probe.Candidate{{Address: netip.PrefixFrom(pod, 128)}})
	if err != nil {
		t.Fatal(err)
	}
	if r := table[0]; !r.In.OK() {
		t.Errorf("by the pod's address: %+v", r)
	}
}

// The real passt is for scenarios behind passt, and for no other.
func TestSelect(t *testing.T) {
	scs := []*scenarios.Scenario{{ID: "a"}, {ID: "b", Network: scenarios.NetworkLAN}, {ID: "c", Network: scenarios.NetworkPasst}, {ID: "d", Network: scenarios.NetworkBridge}}
	if got, note := (Backend{}).Select(scs); len(got) != 4 || note != "" {
		t.Errorf("simulated: %d, %q", len(got), note)
	}
	got, note := (Backend{Program: "pasta"}).Select(scs)
	if !slices.Equal(got, []*scenarios.Scenario{scs[0], scs[2]}) || note != "network bridge has no passt: 1 left out; network lan has no passt: 1 left out" {
		t.Errorf("real: %d, %q", len(got), note)
	}
}
