package sim

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
)

// interfaces adds further interfaces to a scenario.
func interfaces(t testing.TB, list string) func(*scenarios.Scenario) {
	t.Helper()
	var v struct {
		Interfaces []scenarios.Interface `yaml:"interfaces" required:"true"`
	}
	if err := scenarios.Strict("interfaces", []byte("interfaces: "+list), &v, nil); err != nil {
		t.Fatal(err)
	}
	return func(sc *scenarios.Scenario) {
		sc.Guest.Interfaces = v.Interfaces
		sc.Guest.SetDefaults()
	}
}

// measured describes the candidates of further interfaces: their origins, addresses and
// states, and whether they work out and in. Those of eth0 have to be as without these
// interfaces.
func measured(t testing.TB, l *Lab) string {
	t.Helper()
	table, err := l.Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range table {
		if r.Link == guestLink {
			if leased := r.Origin == scenarios.OriginDHCPv6; !r.Out.OK() || r.In.OK() != leased {
				t.Errorf("%s of eth0: out %s, in %s", r.Address, r.Out, r.In)
			}
			continue
		}
		words := []string{r.Link, string(r.Origin), short.Replace(r.Address.String())}
		if r.Flags&unix.IFA_F_TENTATIVE != 0 {
			words = append(words, "tentative")
		}
		if r.Out.OK() {
			words = append(words, "out")
		}
		if r.In.OK() {
			words = append(words, "in")
		}
		all = append(all, strings.Join(words, " "))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// A further interface has its state, its network and its addresses, also after a reboot.
func TestInterfaces(t *testing.T) {
	need.Namespaces(t)
	const static = " static fd00:da7a::5/64"
	for _, tt := range []struct{ interfaces, want, rebooted string }{
		{"[{name: data0, addresses: ['fd00:da7a::5/64']}]", "data0" + static + " out", "data0" + static},
		{"[{name: data0, network: shared, addresses: ['fd00:da7a::5/64']}]", "data0" + static + " out in", "data0" + static + " out in"},
		// The guest answers by its default route, and passt knows of no such flow.
		{"[{name: data0, network: shared, addresses: ['fd00:da7a::5/128']}]", "data0 static fd00:da7a::5/128 out", "data0 static fd00:da7a::5/128"},
		{"[{name: data0, network: shared, router: {prefix: 'fd00:da7a::/64'}}]",
			"data0 slaac fd00:da7a::ff:fe00:201/64 out in", "data0 slaac fd00:da7a::ff:fe00:201/64 out in"},
		{"[{name: data0, network: shared, router: {prefix: 'fd00:da7a::/64', lifetime: 1800}}]",
			"data0 slaac fd00:da7a::ff:fe00:201/64 out in", "data0 slaac fd00:da7a::ff:fe00:201/64 out in"},
		{"[{name: data0, network: shared, router: {prefix: 'fd00:da7a::/64', lifetime: 0}, dhcpv6: {leases: ['fd00:da7a::7']}}]",
			"data0 dhcpv6 fd00:da7a::7/128 out in, data0 slaac fd00:da7a::ff:fe00:201/64 out in",
			"data0 dhcpv6 fd00:da7a::7/128 out in, data0 slaac fd00:da7a::ff:fe00:201/64 out in"},
		// Nothing says to the guest that the peer is on the link.
		{"[{name: data0, network: shared, dhcpv6: {leases: ['fd00:da7a::7']}}]", "data0 dhcpv6 fd00:da7a::7/128 out", "data0 dhcpv6 fd00:da7a::7/128"},
		{"[{name: data0, router: {prefix: 'fd00:da7a::/64'}}]", "data0 slaac fd00:da7a::ff:fe00:201/64 out", "data0 slaac fd00:da7a::ff:fe00:201/64"},
		{"[{name: data0, state: down, addresses: ['fd00:da7a::5/64']}]", "data0" + static + " tentative", "data0" + static + " tentative"},
		{"[{name: data0, state: no-carrier, addresses: ['fd00:da7a::5/64']}]", "data0" + static + " tentative", "data0" + static + " tentative"},
		{"[{name: data0, state: noarp, addresses: ['fd00:da7a::5/64']}]", "data0" + static + " out", "data0" + static},
		{"[{name: data0, network: shared, state: noarp, addresses: ['fd00:da7a::5/64']}]", "data0" + static, "data0" + static},
		{"[{name: kube-ipvs0, state: noarp-down, addresses: ['fd00:da7a::5/128']}]", "kube-ipvs0 static fd00:da7a::5/128 out", "kube-ipvs0 static fd00:da7a::5/128"},
		{"[{name: lo, addresses: ['fd00:da7a::5/128']}]", "lo static fd00:da7a::5/128 out", "lo static fd00:da7a::5/128"},
		// passt delivers to the address, on whichever interface it is.
		{"[{name: lo, addresses: ['fd01:cafe::f14c:9fa1:8496:557f/128']}]", "lo static D/128 out in", "lo static D/128"},
		{"[{name: kube-ipvs0, state: noarp-down, addresses: ['fd01:cafe::f14c:9fa1:8496:557f/128']}]", "kube-ipvs0 static D/128 out in", "kube-ipvs0 static D/128"},
		{"[{name: data0, addresses: ['fd00:da7a::5/64']}, {name: data1, addresses: ['fd00:da7a::5/64']}]",
			"data0" + static + " out, data1" + static + " out", "data0" + static + ", data1" + static},
	} {
		t.Run(tt.interfaces, func(t *testing.T) {
			t.Parallel()
			l := lab(t, timeline(t, "[ra, dhcpv6]", interfaces(t, tt.interfaces)))
			if err := l.Play(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := measured(t, l); got != tt.want {
				t.Errorf("got  %s, want %s", got, tt.want)
			}
			if err := (stage{l}).Reboot(t.Context(), scenarios.Reboot{}); err != nil {
				t.Fatal(err)
			}
			if got := measured(t, l); got != tt.rebooted {
				t.Errorf("after a reboot %s, want %s", got, tt.rebooted)
			}
		})
	}
}
