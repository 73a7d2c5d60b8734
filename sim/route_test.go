package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
)

// routes describes the guest's routes except those to link-local addresses.
func routes(t testing.TB, l *Lab) string {
	t.Helper()
	rs, err := stage{l}.Routes()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range rs {
		if r.Prefix.Addr().IsLinkLocalUnicast() {
			continue
		}
		words := []string{short.Replace(r.Prefix.String())}
		if r.Via.IsValid() {
			words = append(words, "via", r.Via.String())
		}
		if r.Source.IsValid() {
			words = append(words, "src", short.Replace(r.Source.String()))
		}
		all = append(all, strings.Join(append(words, fmt.Sprint(r.Metric)), " "))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// Forwarding and routes by hand change the guest's routes as in any Linux. Of the routes by
// router advertisement only the default ones go (rt6_purge_dflt_routers).
func TestRoutes(t *testing.T) {
	need.Namespaces(t)
	const (
		gateway = "::/0 via fe80::ff:fe00:a 1024, "
		link    = "D/128 256, fd01:cafe::/64 256"
	)
	for _, tt := range []struct{ events, routes, works string }{
		{"[ra, dhcpv6]", gateway + link, "D"},
		{"[ra, dhcpv6, forwarding: on]", link, "D"},
		{"[ra, dhcpv6, forwarding: {value: on, interface: eth0}]", link, "D"},
		{"[ra, dhcpv6, forwarding: {value: on, interface: lo}]", link, "D"},
		{"[ra, dhcpv6, forwarding: on, ra]", link, "D"},
		{"[ra, dhcpv6, forwarding: on, link: down, link: up]", "", ""},
		{"[ra, dhcpv6, forwarding: on, accept_ra: always, ra]", gateway + link, "D"},
		{"[accept_ra: always, ra, dhcpv6, forwarding: on]", gateway + link, "D"},
		{"[ra, dhcpv6, forwarding: on, forwarding: off]", link, "D"},
		{"[ra, dhcpv6, forwarding: on, forwarding: off, ra]", gateway + link, "D"},
		{"[ra, dhcpv6, forwarding: on, reboot, ra, dhcpv6]", gateway + link, "D"},
		{"[ra: {routes: [{prefix: 'fd04::/48'}]}, router, forwarding: on]", "fd01:cafe::/64 256, fd02::/64 256, fd04::/48 via fe80::ff:fe00:a 1024", ""},

		{"[ra, dhcpv6, route: {prefix: '::/0', via: 'fd01:cafe::1', source: slaac, metric: 512}]",
			"::/0 via fd01:cafe::1 src S 512, " + gateway + link, "D"},
		{"[ra, dhcpv6, route: {prefix: '::/0', via: 'fd01:cafe::1', source: dhcpv6, metric: 512}, route: {prefix: '::/0', metric: 1024, remove: true}]",
			"::/0 via fd01:cafe::1 src D 512, " + link, "D"},
		{"[ra, dhcpv6, route: {prefix: '::/0', via: 'fd01:cafe::1', metric: 512}, route: {prefix: '::/0', remove: true}]", link, "D"},
		{"[ra, dhcpv6, route: {prefix: 'fd01:cafe::/64', remove: true}]", "::/0 via fe80::ff:fe00:a 1024, D/128 256", "D"},
		{"[ra, dhcpv6, route: 'fd05::/64', reboot, ra, dhcpv6]", gateway + link, "D"},
		{"[ra, dhcpv6, route: {prefix: 'fd01:cafe::/64', interface: data0, metric: 100}]",
			gateway + "D/128 256, fd01:cafe::/64 100, fd01:cafe::/64 256", ""},
	} {
		t.Run(tt.events, func(t *testing.T) {
			l := lab(t, timeline(t, tt.events, func(sc *scenarios.Scenario) {
				if strings.Contains(tt.events, "data0") {
					sc.Guest.Interfaces = []scenarios.Interface{{Name: "data0", MAC: scenarios.MAC{0x02, 0, 0, 0, 0x02, 0x01}}}
				}
			}))
			if err := l.Play(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := routes(t, l); got != strings.Join(strings.Fields(tt.routes), " ") {
				t.Errorf("routes %s, want %s", got, tt.routes)
			}
			if got := strings.Join(works(t, l), " "); got != tt.works {
				t.Errorf("%q works, want %q", got, tt.works)
			}
		})
	}
}
