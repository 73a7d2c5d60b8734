package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
)

// installed returns the installed passt.
func installed(t *testing.T) Backend {
	t.Helper()
	need.Namespaces(t)
	b, err := Program(t.Context(), "")
	if err := errors.Join(err, b.Check()); err != nil {
		t.Skip(err)
	}
	return b
}

// With the real passt the events that it is not told of are played as with the
// simulation.
func TestTimelineRealPasst(t *testing.T) {
	b := installed(t)
	const leased = "dhcpv6 D/128 permanent"
	for _, tt := range []struct{ events, has, works string }{
		{"[ra: {valid: 600}, dhcpv6]", leased + ", slaac S/64 valid 10 min preferred 10 min", "D"},
		{"[ra: {valid: 600}, dhcpv6, renew, deprecate: slaac]", leased + ", slaac S/64 deprecated valid 10 min", "D"},
		{"[ra: {valid: 600}, dhcpv6: {none: true}]", "slaac S/64 valid 10 min preferred 10 min", ""},
		{"[ra: {valid: 600}, dhcpv6: {none: true}, dhcpv6]", leased + ", slaac S/64 valid 10 min preferred 10 min", "D"},
		{"[ra: {valid: 600}, dhcpv6, passt: restart, renew]", leased + ", slaac S/64 valid 10 min preferred 10 min", "D"},
		{"[ra: {valid: 600}, dhcpv6, passt: restart, dhcpv6]", leased + ", slaac S/64 valid 10 min preferred 10 min", "D"},
		{"[ra: {valid: 600}, dhcpv6, migrate: {state: lost}, renew]", leased + ", slaac S/64 valid 10 min preferred 10 min", "D"},
		{`[dhcpv6, migrate: {address: "fd01:cafe::77/64", state: lost}, renew]`, leased, ""},
		{`[ra: {valid: 600}, dhcpv6, migrate: {address: "fd01:cafe::77/64", state: lost}, dhcpv6]`, "dhcpv6 fd01:cafe::77/128 permanent, slaac S/64 valid 10 min preferred 10 min", "fd01:cafe::77"},
		{`[ra: {valid: 600}, dhcpv6, dhcpv6: {address: "fd01:cafe::77"}]`, "dhcpv6 fd01:cafe::77/128 permanent, slaac S/64 valid 10 min preferred 10 min", ""},
		{`[renumber: "fd01:cafe::77/64", dhcpv6: {address: "fd01:cafe::77"}, ra: {valid: 600}]`, "dhcpv6 fd01:cafe::77/128 permanent, slaac S/64 valid 10 min preferred 10 min", "fd01:cafe::77"},
		{"[conflict: slaac, ra, dhcpv6]", leased, "D"},
		{"[ra: {valid: 600, tentative: true}, conflict: dhcpv6, dhcpv6]", "dhcpv6 D/128 tentative dadfailed permanent, slaac S/64 tentative valid 10 min preferred 10 min", ""},
		{"[ra, ra: {autonomous: false}, dhcpv6, link: down]", "", ""},
		{"[ra: {valid: 600}, dhcpv6, link: carrier-lost]", leased + ", slaac S/64 valid 10 min preferred 10 min", ""},
		{"[ra: {valid: 600}, dhcpv6, link: carrier-lost, link: carrier-back]", leased + ", slaac S/64 valid 10 min preferred 10 min", "D"},
		{"[ra, dhcpv6, reboot, dhcpv6, ra: {valid: 600}]", leased + ", slaac S/64 valid 10 min preferred 10 min", "D"},
		{`[ra, dhcpv6, reboot: {mac: "52:54:00:00:00:02", pod: {address: "fd01:cafe::77/64"}}, dhcpv6, static: {add: ["fd01:cafe::f14c:9fa1:8496:557f/64"]}, ra: {valid: 600}]`,
			"dhcpv6 fd01:cafe::77/128 permanent, slaac fd01:cafe::5054:ff:fe00:2/64 valid 10 min preferred 10 min, static D/64 permanent", "fd01:cafe::77"},
		{"[accept_ra: off, ra, dhcpv6]", leased, ""},
	} {
		t.Run(tt.events, func(t *testing.T) {
			t.Parallel()
			l := Played(t, timeline(t, tt.events), Options{Backend: b})
			if d := cmp.Diff(tt.has, strings.Join(has(t, l), ", ")); d != "" {
				t.Errorf("candidates: %s", d)
			}
			if d := cmp.Diff(tt.works, strings.Join(works(t, l), ", ")); d != "" {
				t.Errorf("what works: %s", d)
			}
		})
	}
}

// In front of a pod without IPv6 the real passt is silent, or a router for nothing.
func TestTimelineRealWithoutIPv6(t *testing.T) {
	b := installed(t)
	l := Played(t, timeline(t, "[ra]", func(sc *scenarios.Scenario) { sc.Pod = scenarios.Pod{MAC: sc.Pod.MAC, IPv6: new(false)} }), Options{Backend: b})
	if as := has(t, l); len(as) > 0 {
		t.Errorf("the guest has %v", as)
	}
	routed, err := l.guest.Net.HasDefaultRoute(netip.MustParseAddr("fe80::1"))
	if want := b.Release >= "2025_12_08"; err != nil || routed != want {
		t.Errorf("default route by fe80::1: %t, %v, want %t", routed, err, want)
	}
	if _, err := l.Probe(t.Context()); err != nil {
		t.Error(err)
	}
}

// A real client is killed by a reboot and started again by what follows it; of
// another pod it is not told.
func TestTimelineClients(t *testing.T) {
	for _, c := range scenarios.Clients()[1:] {
		for _, tt := range []struct {
			events, has, works string
		}{
			{"[ra, dhcpv6, send: slaac, migrate, reboot, static]", "static", ""},
			{`[ra, dhcpv6, migrate: "fd01:cafe::77/64", reboot, ra, dhcpv6, static]`, "dhcpv6 slaac static", "fd01:cafe::77"},
			// The lease of the last boot is on the disk.
			{`[ra, dhcpv6, reboot, ra, dhcpv6]`, "dhcpv6 slaac", "D"},
			{`[ra, dhcpv6, reboot: {mac: "52:54:00:00:00:02", pod: "fd01:cafe::77/64"}, ra, dhcpv6]`, "dhcpv6 slaac", "fd01:cafe::77"},
			{`[ra, dhcpv6, reboot: {pod: {address: "fd09::77/64", gateway: "fe80::99"}}, ra, dhcpv6]`, "dhcpv6 slaac", "fd09::77"},
		} {
			t.Run(fmt.Sprint(c, tt.events), func(t *testing.T) {
				t.Parallel()
				Installed(t, c)
				l := Played(t, timeline(t, tt.events, func(sc *scenarios.Scenario) { sc.Guest.Client = c }), Options{})
				var origins []string
				for _, h := range has(t, l) {
					origins = append(origins, strings.Fields(h)[0])
				}
				if got := strings.Join(origins, " "); got != tt.has {
					t.Errorf("got %s, want %s", got, tt.has)
				}
				if c == scenarios.ClientDHClient && tt.works != "D" {
					tt.works = "" // it keeps the old lease
				}
				if d := cmp.Diff(tt.works, strings.Join(works(t, l), ", ")); d != "" {
					t.Errorf("what works: %s", d)
				}
			})
		}
	}
}

// What a client cannot play is said, with the reason, before it is played.
func TestTimelineClientsUnsupported(t *testing.T) {
	for _, tt := range []struct {
		client       scenarios.Client
		events, want string
	}{
		{scenarios.ClientNetworkd, "[ra: {valid: 60}]", "takes what passt offers, and the event ra has other parameters"},
		{scenarios.ClientDHClient, "[ra, dhcpv6: {valid: 60}]", "takes what passt offers, and the event dhcpv6 has other parameters"},
		{scenarios.ClientDHClient, "[ra: {valid: 60}, accept_ra: off, ra, dhcpv6]", ""},
		{scenarios.ClientDHClient, "[ra, dhcpv6, dhcpv6]", "plays the event dhcpv6 only once, when it starts"},
		{scenarios.ClientNetworkd, "[ra, dhcpv6, ra]", "plays the event ra only once, when it starts"},
		{scenarios.ClientDHCPCD, "[ra, checkpoint: {name: one, reachable: []}, dhcpv6]", "plays the events before and after checkpoint together"},
		{scenarios.ClientDHClient, "[ra, checkpoint: {name: one, reachable: []}, dhcpv6]", ""},
		{scenarios.ClientNetworkd, "[ra, migrate, dhcpv6]", "plays the events before and after migrate together"},
		{scenarios.ClientNetworkd, "[accept_ra: off, ra]", "takes router advertisements itself, whatever the event accept_ra sets"},
		{scenarios.ClientDHCPCD, "[ra, dhcpv6, forwarding: on]", "takes router advertisements itself, whatever the event forwarding sets"},
		{scenarios.ClientDHClient, "[ra, dhcpv6, forwarding: on]", ""},
		{scenarios.ClientDHCPCD, "[ra, dhcpv6, route: 'fd05::/48']", ""},
		{scenarios.ClientNetworkd, "[route: 'fd05::/48', ra]", "may remove earlier settings, such as those of the event route"},
		{scenarios.ClientDHClient, "[ra, dhcpv6, renew]", "reacts to the event renew by itself, at a time of its own"},
		{scenarios.ClientNetworkd, "[ra, dhcpv6, link: down]", ""},
		{scenarios.ClientNetworkd, "[ra, link: down, link: up, dhcpv6]", "plays the events before and after link together"},
		{scenarios.ClientNetworkManager, "[ra, dhcpv6, link: down]", "has ended, so that nobody reacts to the event link"},
		{scenarios.ClientDHCPCD, "[ra, dhcpv6, reboot, conflict: slaac, ra]", "reacts to the event conflict by itself, at a time of its own"},
		{scenarios.ClientNetworkManager, "[ra, dhcpv6, reboot, ra]", "takes the lease that the router advertisement offers, and the guest of the scenario has none"},
		{scenarios.ClientNetworkd, "[ra, dhcpv6, reboot, static, ra]", "may remove earlier settings, such as those of the event static"},
	} {
		t.Run(fmt.Sprint(tt.client, tt.events), func(t *testing.T) {
			t.Parallel()
			need.Namespaces(t)
			l, err := New(t.Context(), timeline(t, tt.events, func(sc *scenarios.Scenario) { sc.Guest.Client = tt.client }), Options{})
			if err == nil {
				err = l.Close()
			}
			u, ok := errors.AsType[*UnsupportedError](err)
			switch {
			case ok && strings.Contains(u.Reason, "is not installed"):
				t.Skip(u)
			case tt.want == "" && err != nil, tt.want != "" && (!ok || u.Reason != string(tt.client)+" "+tt.want):
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// Reboots cut a timeline.
func TestBoots(t *testing.T) {
	for events, want := range map[string][]int{"[ra]": {1}, "[ra, reboot]": {1, 0}, "[ra, dhcpv6, reboot, reboot, ra]": {2, 0, 1}} {
		var got []int
		for _, b := range boots(timeline(t, events).Events) {
			got = append(got, len(b))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", events, got, want)
		}
	}
}
