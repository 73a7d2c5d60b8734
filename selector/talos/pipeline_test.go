package talos

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/selector"
)

// The addresses of the field report, siderolabs/talos#9725, as the kernel and
// Talos install them, and the one that is below the SLAAC address.
const (
	s   = "fd01:cafe::5054:ff:fe1f:c7bd/64"
	dHi = "fd01:cafe::f14c:9fa1:8496:557f/128"
	dLo = "fd01:cafe::114c:9fa1:8496:557f/128"
)

// on reads "eth0 PREFIX FLAG…" lines: addresses in the kernel's order, below
// those that every node has.
func on(t *testing.T, role string, lines ...string) selector.Observation {
	t.Helper()
	o := selector.Observation{
		APIVersion: selector.APIVersion,
		Role:       role,
		Interface:  "eth0",
		Links: []selector.Link{
			{Index: 1, Name: "lo", Type: "loopback", Up: true},
			{Index: 2, Name: "eth0", Type: "veth", Up: true},
			{Index: 3, Name: "data0", Type: "veth", Up: true},
			{Index: 4, Name: "down0", Type: "veth"},
		},
	}
	lines = append([]string{"lo 127.0.0.1/8 permanent", "lo ::1/128 permanent"}, lines...)
	lines = append(lines, "eth0 fe80::5054:ff:fe1f:c7bd/64 permanent")
	for _, line := range lines {
		f := strings.Fields(line)
		flags, err := selector.ParseFlags(f[2:])
		if err != nil {
			t.Fatal(err)
		}
		a := selector.Address{Link: f[0], Prefix: netip.MustParsePrefix(f[1]), Scope: "global", Flags: flags}
		switch {
		case a.Prefix.Addr().IsLoopback():
			a.Scope = "host"
		case a.Prefix.Addr().IsLinkLocalUnicast():
			a.Scope = "link"
		}
		o.Addresses = append(o.Addresses, a)
	}
	return o
}

func prefixes(ss ...string) (ps []netip.Prefix) {
	for _, s := range ss {
		ps = append(ps, netip.MustParsePrefix(s))
	}
	return ps
}

// name says which of the addresses a choice is, by the address.
func name(c selector.Choice, names map[string]string) string {
	if len(c.Addresses) == 0 {
		return "none"
	}
	var out []string
	for _, a := range c.Addresses {
		n := a.String()
		for p, x := range names {
			if netip.MustParsePrefix(p).Addr() == a {
				n = x
			}
		}
		out = append(out, n)
	}
	return strings.Join(out, " ")
}

// fourCells returns what is picked in [Dhi/SD Dhi/DS Dlo/SD Dlo/DS]. The
// kernel lists the newest address of a scope first.
func fourCells(t *testing.T, g Algorithm, role string) string {
	t.Helper()
	var cells []string
	for _, d := range []string{dHi, dLo} {
		slaac, lease := "eth0 "+s+" mngtmpaddr", "eth0 "+d+" permanent"
		for _, lines := range [][]string{{lease, slaac}, {slaac, lease}} {
			c, err := g.Select(t.Context(), on(t, role, lines...))
			if err != nil {
				t.Fatal(err)
			}
			cells = append(cells, name(c, map[string]string{s: "S", d: "D"}))
		}
	}
	return fmt.Sprint(cells)
}

func TestFourCells(t *testing.T) {
	want := map[Algorithm]string{V1: "[S S D D]", V2: "[D D D D]", V3: "[D D D D]"}
	for _, g := range Algorithms() {
		for _, role := range []string{"node", "kubelet", "etcd"} {
			if got := fourCells(t, g, role); got != want[g] {
				t.Errorf("%s as %s: %s, want %s", g.Name(), role, got, want[g])
			}
		}
	}
}

// What each algorithm picks when there is a third address V, or when S or D
// are other than in the field report.
func TestThirdAddress(t *testing.T) {
	const vLo, vHi = "fd01:cafe::5/128", "fd01:cafe::ffff:0:0:5/128"
	const gua, foreign, foreignLo = "2001:db8::5054:ff:fe1f:c7bd/64", "fd01:cafe:0:7::1/128", "fd01:cafe:0:1::f00/128"
	slaac, lease := "eth0 "+s+" mngtmpaddr", "eth0 "+dHi+" permanent"
	tests := []struct {
		name       string
		lines      []string
		v1, v2, v3 string
		why        string // of v3
	}{
		{"V deprecated, lowest", []string{"eth0 " + vLo + " permanent deprecated", lease, slaac}, "V", "V", "D", "not mngtmpaddr"},
		{"V permanent, lowest", []string{"eth0 " + vLo + " permanent", lease, slaac}, "V", "V", "V", "lower address"},
		{"V permanent, highest", []string{"eth0 " + vHi + " permanent", lease, slaac}, "S", "D", "D", "lower address"},
		{"D failed DAD", []string{"eth0 " + dHi + " permanent tentative dadfailed", slaac}, "S", "D", "S", "only address left"},
		{"D tentative", []string{"eth0 " + dHi + " permanent tentative", slaac}, "S", "D", "S", "only address left"},
		{"D optimistic", []string{"eth0 " + dHi + " permanent tentative optimistic", slaac}, "S", "D", "S", "not deprecated"},
		{"D optimistic alone", []string{"eth0 " + dHi + " permanent tentative optimistic"}, "D", "D", "D", "only address left"},
		{"all tentative", []string{"eth0 " + dHi + " permanent tentative", slaac + " tentative"}, "S", "D", "none", "no address left after: tentative or dadfailed"},
		{"D installed as /64", []string{"eth0 fd01:cafe::f14c:9fa1:8496:557f/64 permanent", slaac}, "S", "S", "D", "not mngtmpaddr"},
		{"S is GUA, D is ULA", []string{lease, "eth0 " + gua + " mngtmpaddr"}, "G", "G", "D", "not mngtmpaddr"},
		{"D in another /64, S lower", []string{"eth0 " + foreign + " permanent", slaac}, "S", "S", "F", "not mngtmpaddr"},
		{"S deprecated", []string{lease, slaac + " deprecated"}, "S", "D", "D", "not deprecated"},
		{"temporary beside both", []string{lease, "eth0 fd01:cafe::7/64 temporary", slaac}, "T", "D", "D", "not mngtmpaddr"},
		{"finite lease", []string{"eth0 " + dHi, slaac}, "S", "D", "D", "not mngtmpaddr"},
		{"finite lease, networkd", []string{"eth0 " + dHi, "eth0 " + s + " permanent mngtmpaddr noprefixroute"}, "S", "D", "D", "not mngtmpaddr"},
		{"NetworkManager", []string{"eth0 " + dHi + " permanent noprefixroute", "eth0 " + s + " permanent noprefixroute"}, "S", "D", "D", "longer prefix"},
		{"SLAAC only", []string{slaac}, "S", "S", "S", "only address left"},
		{"SLAAC only, deprecated", []string{slaac + " deprecated"}, "S", "S", "S", "only address left"},
		{"no global address", nil, "none", "none", "none", "no address left after: scope link or narrower"},
	}
	names := map[string]string{
		s: "S", dHi: "D", vLo: "V", vHi: "V", gua: "G", foreign: "F", foreignLo: "F", "fd01:cafe::7/64": "T",
	}
	for _, tt := range tests {
		for _, role := range []string{"node", "kubelet", "etcd"} {
			t.Run(tt.name+"/"+role, func(t *testing.T) {
				for g, want := range map[Algorithm]string{V1: tt.v1, V2: tt.v2, V3: tt.v3} {
					c, err := g.Select(t.Context(), on(t, role, tt.lines...))
					if err != nil {
						t.Fatal(err)
					}
					if got := name(c, names); got != want {
						t.Errorf("%s picks %s (%s), want %s", g.Name(), got, c.Reason, want)
					}
					if g == V3 && c.Reason != tt.why {
						t.Errorf("reason %q, want %q", c.Reason, tt.why)
					}
				}
			})
		}
	}
}

func TestPipeline(t *testing.T) {
	slaac, lease := "eth0 "+s+" mngtmpaddr", "eth0 "+dHi+" permanent"
	both := []string{lease, slaac}
	dual := []string{"eth0 192.0.2.10/24 permanent", lease, slaac}
	vip := netip.MustParseAddr("fd01:cafe::5")
	type config = selector.Config
	tests := []struct {
		name  string
		g     Algorithm
		role  string
		lines []string
		config
		want, why string
	}{
		{"positive rule first", V1, "kubelet", both, config{ValidSubnets: []string{"::/0", "!" + s[:len(s)-2] + "128"}}, "D", "only address left"},
		{"exclusion only", V1, "kubelet", both, config{ValidSubnets: []string{"!" + s[:len(s)-2] + "128"}}, "none", "no address left after: subnet filters"},
		{"positive rule last", V1, "kubelet", both, config{ValidSubnets: []string{"!" + s[:len(s)-2] + "128", "::/0"}}, "S", "lower address"},
		{"filters order beats address order", V1, "kubelet", both, config{ValidSubnets: []string{dHi, "::/0"}}, "D", "subnet filter " + dHi},
		{"an address as a filter", V1, "kubelet", both, config{ValidSubnets: []string{"::/0", "!" + s[:len(s)-3]}}, "D", "only address left"},
		{"etcd positive rule first", V1, "etcd", both, config{AdvertisedSubnets: []string{"::/0", "!" + s[:len(s)-2] + "128"}}, "D", "only address left"},
		{"etcd exclusion only", V1, "etcd", both, config{AdvertisedSubnets: []string{"!" + s[:len(s)-2] + "128"}}, "none", "no address left after: subnet filters"},
		{"etcd advertises all that match", V3, "etcd", both, config{AdvertisedSubnets: []string{"::/0"}}, "D S", "not mngtmpaddr"},
		{"kubelet ignores etcd's filters", V1, "kubelet", both, config{AdvertisedSubnets: []string{dHi}}, "S", "lower address"},
		{"node ignores filters", V1, "node", both, config{ValidSubnets: []string{dHi}, AdvertisedSubnets: []string{dHi}}, "S", "lower address"},

		{"own pod subnet, kubelet", V3, "kubelet", both, config{PodSubnets: prefixes("fd01:cafe::/48")}, "none", "no address left after: pod subnets"},
		{"own pod subnet, etcd", V3, "etcd", both, config{PodSubnets: prefixes("fd01:cafe::/48")}, "none", "no address left after: pod subnets"},
		{"own pod subnet, node", V3, "node", both, config{PodSubnets: prefixes("fd01:cafe::/48")}, "D", "not mngtmpaddr"},
		{"own pod subnet, node of V2", V2, "node", both, config{PodSubnets: prefixes("fd01:cafe::/48")}, "D", "inside the other's prefix"},
		{"a service's address, node", V3, "node", append([]string{"data0 fd00:10:96::1/128 permanent"}, both...), config{ServiceSubnets: prefixes("fd00:10:96::/112")}, "D", "not mngtmpaddr"},
		{"own service subnet", V3, "etcd", both, config{ServiceSubnets: prefixes("fd01:cafe::/112", "fd01:cafe::/64")}, "none", "no address left after: service subnets"},
		{"IPv4 services only", V3, "kubelet", both, config{ServiceSubnets: prefixes("10.96.0.0/12")}, "none", "no address: the service subnets are IPv4 only, so kubelet takes no IPv6 address"},
		{"IPv6 services only", V3, "kubelet", dual, config{ServiceSubnets: prefixes("fd02::/112")}, "D", "not mngtmpaddr"},

		{"known VIP, kubelet", V1, "kubelet", []string{"eth0 fd01:cafe::5/128 permanent", lease}, config{VIPs: []netip.Addr{vip}}, "D", "only address left"},
		{"known VIP, etcd", V1, "etcd", []string{"eth0 fd01:cafe::5/128 permanent", lease}, config{VIPs: []netip.Addr{vip}}, "D", "only address left"},
		{"known VIP, node", V1, "node", []string{"eth0 fd01:cafe::5/128 permanent", lease}, config{VIPs: []netip.Addr{vip}}, "fd01:cafe::5", "lower address"},
		{"known VIP, node of V3", V3, "node", []string{"eth0 fd01:cafe::5/128 permanent", lease}, config{VIPs: []netip.Addr{vip}}, "fd01:cafe::5", "lower address"},
		{"exclusions hold for every role", V1, "node", both, config{Exclusions: prefixes(s[:len(s)-2] + "128")}, "D", "only address left"},
		{"exclusions take everything", V3, "kubelet", both, config{Exclusions: prefixes("::/0")}, "none", "no address left after: exclusions"},

		{"dual stack, kubelet", V3, "kubelet", dual, config{}, "D 192.0.2.10", "not mngtmpaddr"},
		{"dual stack, one IPv6", V3, "kubelet", dual[:2], config{}, "D 192.0.2.10", "only IPv6 address left"},
		{"dual stack, etcd", V3, "etcd", dual, config{}, "192.0.2.10", "IPv4 first"},
		{"dual stack, node", V3, "node", dual, config{}, "192.0.2.10", "IPv4 first"},

		{"SideroLink", V3, "etcd", []string{"eth0 fd01:cafe:0:3::1/64 permanent"}, config{}, "none", "no address left after: SideroLink"},
		{"SideroLink, node", V3, "node", []string{"eth0 fd01:cafe:0:3::1/64 permanent"}, config{}, "fd01:cafe:0:3::1", "only address left"},
		{"SideroLink is advertised", V2, "etcd", []string{lease, "eth0 fd01:cafe:0:3::1/64 permanent"}, config{AdvertisedSubnets: []string{"::/0"}}, "D fd01:cafe:0:3::1", "lower address"},
		{"SideroLink alone is not", V2, "etcd", []string{"eth0 fd01:cafe:0:3::1/64 permanent"}, config{AdvertisedSubnets: []string{"::/0"}}, "none", "no address left after: SideroLink"},
		{"SideroLink beside what is excluded is not", V2, "etcd", []string{slaac, "eth0 fd01:cafe:0:3::1/64 permanent"}, config{AdvertisedSubnets: []string{"::/0", "!" + s[:len(s)-3]}}, "none", "no address left after: subnet filters"},
		{"a link that is down is not", V2, "etcd", []string{lease, "down0 fd01:cafe::1/64 permanent"}, config{AdvertisedSubnets: []string{"::/0"}}, "D", "only address left"},
		{"HostDNS", V1, "node", []string{"lo fd54:616c:6f73::204f:5320:444e:531/128 permanent", lease}, config{}, "D", "only address left"},
		{"no SideroLink", V3, "etcd", []string{"eth0 2001:db8:0:3::1/64 permanent"}, config{}, "2001:db8:0:3::1", "only address left"},
		{"link down", V3, "etcd", []string{"down0 fd01:cafe::1/64 permanent"}, config{}, "none", "no address left after: link down"},
		{"link down, node", V3, "node", []string{"down0 fd01:cafe::1/128 permanent", lease}, config{}, "D", "only address left"}, // kube-ipvs0
		{"SideroLink beside another, node", V3, "node", []string{"eth0 fd01:cafe:0:3::1/64 permanent", slaac}, config{}, "S", "only address left"},
		{"etcd advertises what is tentative", V3, "etcd", []string{lease, slaac + " tentative"}, config{AdvertisedSubnets: []string{"::/0"}}, "D S", "not tentative, not dadfailed"},
		{"etcd advertises SideroLink", V3, "etcd", []string{lease, "eth0 fd01:cafe:0:3::1/64 permanent"}, config{AdvertisedSubnets: []string{"::/0"}}, "D fd01:cafe:0:3::1", "longer prefix"},
		{"first link by name", V2, "node", []string{lease, "data0 fd09::1/64 permanent"}, config{}, "fd09::1", "first link by name"},
		{"links are all one", V3, "node", []string{lease, "data0 fd09::1/64 permanent"}, config{}, "D", "longer prefix"},
		{"all links are routed", V3, "etcd", []string{lease, "data0 fd09::1/64 permanent"}, config{}, "D", "longer prefix"},
		{"scope beats address", V3, "node", []string{"lo fd01:cafe::1/128 permanent"}, config{}, "fd01:cafe::1", "only address left"},
		{"twice the same", V3, "etcd", []string{lease, "data0 " + dHi + " permanent"}, config{}, "D", "order of the list"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := on(t, tt.role, tt.lines...)
			o.Config = tt.config
			c, err := tt.g.Select(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if got := name(c, map[string]string{s: "S", dHi: "D"}); got != tt.want || c.Reason != tt.why {
				t.Errorf("%s (%s), want %s (%s)", got, c.Reason, tt.want, tt.why)
			}
		})
	}
}

func TestScopeIsLookedAt(t *testing.T) {
	o := on(t, "node", "eth0 "+dHi+" permanent")
	for i := range o.Addresses {
		o.Addresses[i].Scope = "link"
	}
	for _, g := range Algorithms() {
		if c, err := g.Select(t.Context(), o); err != nil || len(c.Addresses) != 0 {
			t.Errorf("%s picks %v (%v) from scope link", g.Name(), c.Addresses, err)
		}
	}
}

func TestSelectErrors(t *testing.T) {
	o := on(t, "scheduler", "eth0 "+dHi+" permanent")
	if _, err := V1.Select(t.Context(), o); !errors.Is(err, selector.ErrUnsupported) {
		t.Errorf("unknown role: %v, want ErrUnsupported", err)
	}
	for role, c := range map[string]selector.Config{
		"kubelet": {ValidSubnets: []string{"::/0", "!!::/0"}},
		"etcd":    {AdvertisedSubnets: []string{"fd01:cafe::1%eth0"}},
	} {
		o := on(t, role, "eth0 "+dHi+" permanent")
		o.Config = c
		if got, err := V1.Select(t.Context(), o); err == nil || errors.Is(err, selector.ErrUnsupported) {
			t.Errorf("bad filter for %s: %v, %v, want an error", role, got, err)
		}
	}
}

// Select must leave the observation alone: every selector is shown the same.
func TestSelectKeepsTheObservation(t *testing.T) {
	for _, g := range Algorithms() {
		for _, role := range []string{"node", "kubelet", "etcd"} {
			o := on(t, role, "eth0 "+s+" mngtmpaddr", "eth0 "+dHi+" permanent", "data0 fd09::1/64 tentative")
			before := slices.Clone(o.Addresses)
			if _, err := g.Select(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(before, o.Addresses) {
				t.Errorf("%s as %s changed the addresses", g.Name(), role)
			}
		}
	}
}

func FuzzParseFilters(f *testing.F) {
	f.Add("!fd01:cafe::1/64")
	f.Add("::/0")
	f.Fuzz(func(t *testing.T, entry string) {
		fs, err := parseFilters("validSubnets", []string{entry})
		if err != nil {
			return
		}
		again, err := parseFilters("validSubnets", []string{fs[0].String()})
		if err != nil || again[0] != fs[0] {
			t.Errorf("%q reads as %v, and that as %v, %v", entry, fs, again, err)
		}
	})
}
