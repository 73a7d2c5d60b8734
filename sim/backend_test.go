package sim

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/passt"
)

func TestSupports(t *testing.T) {
	off := false
	old := Backend{Program: "/usr/bin/pasta", Release: "2023_03_09"}
	late, migrate := Backend{"/usr/bin/pasta", "2025_05_03"}, func(s scenarios.State) []scenarios.Event {
		return []scenarios.Event{{Action: &scenarios.Migrate{State: s}}}
	}
	for _, tt := range []struct {
		name    string
		backend Backend
		passt   scenarios.Passt
		want    string
		events  []scenarios.Event
	}{
		{"simulation", Backend{}, scenarios.Passt{Release: "2026_07_16", Autonomous: &off}, "", nil},
		{"own release", old, scenarios.Passt{Release: "2023_03_09"}, "", nil},
		{"the same behaviour", old, scenarios.Passt{Release: "2023_03_10"}, "", nil},
		{"other release", old, scenarios.Passt{Release: "2024_08_06"}, "needs passt 2024_08_06, and the program is 2023_03_09", nil},
		{"newer than the last known", Backend{"/usr/bin/pasta", "2099_01_01"}, scenarios.Passt{Release: passt.Last}, "", nil},
		{"not autonomous", old, scenarios.Passt{Release: "2023_03_09", Autonomous: &off}, "autonomous", nil},
		{"state lost", old, scenarios.Passt{Release: "2023_03_09"}, "", migrate("")},
		{"state carried", late, scenarios.Passt{Release: "2025_05_03"}, "takes a virtual machine", migrate("")},
		{"state lost all the same", late, scenarios.Passt{Release: "2025_05_03"}, "", migrate(scenarios.StateLost)},
		{"vhost-user", late, scenarios.Passt{KubeVirt: "1.6"}, "", nil},
	} {
		sc := &scenarios.Scenario{Passt: tt.passt, Events: tt.events}
		sc.Pod = scenarios.Pod{Address: netip.MustParsePrefix("fd01::1/64"), Gateway: netip.MustParseAddr("fd01::2")}
		cfg, err := passtConfig(sc, listed(sc, false))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if u, ok := errors.AsType[*UnsupportedError](tt.backend.supports(sc, cfg)); ok {
			got = u.Reason
		}
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// What a scenario leaves open is as the program has it.
func TestProgramDecides(t *testing.T) {
	for _, tt := range []struct {
		program string
		passt   scenarios.Passt
		want    string
	}{
		{"", scenarios.Passt{Release: scenarios.DefaultRelease}, scenarios.DefaultRelease},
		{"2023_03_09", scenarios.Passt{Release: scenarios.DefaultRelease}, "2023_03_09"},
		{"2099_01_01", scenarios.Passt{Release: scenarios.DefaultRelease}, passt.Last},
		{"2023_03_09", scenarios.Passt{Release: "2024_08_06"}, "2024_08_06"},
		{"2023_03_09", scenarios.Passt{KubeVirt: "1.4"}, "2024_08_06"},
	} {
		sc := &scenarios.Scenario{ID: "a", Passt: tt.passt}
		b := Backend{Release: tt.program}
		if tt.program != "" {
			b.Program = "/usr/bin/pasta"
		}
		l, err := newLab(t.Context(), sc, Options{Backend: b}, func(*Lab, context.Context) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := l.passtConfig()
		if err := errors.Join(err, l.Close()); err != nil || cfg.Release.Name != tt.want {
			t.Errorf("%q in a scenario of %+v: got %s, %v", tt.program, tt.passt, cfg.Release, err)
		}
	}
}

func TestArguments(t *testing.T) {
	rel, err := passt.Lookup(passt.Default)
	if err != nil {
		t.Fatal(err)
	}
	mtu := 0
	sc := &scenarios.Scenario{Passt: scenarios.Passt{
		Address: netip.MustParseAddr("fd01::5"), Gateway: netip.MustParseAddr("fe80::1"), MAC: scenarios.MAC{2, 0, 0, 0, 0, 1}, MTU: &mtu, FQDN: "vm.example.org",
		NoRA: true, NoNDP: true, NoDHCPv6: true, NoMapGW: true, NoICMP: true, TCP: "all", UDP: "none",
	}}
	sc.Pod.Address = netip.MustParsePrefix("fd01::1/64")
	cfg, err := passtConfig(sc, listed(sc, false))
	if err != nil {
		t.Fatal(err)
	}
	const all = "-6 -a fd01::5 -g fe80::1 -M 02:00:00:00:00:01 -m 0 --no-ra --no-ndp --no-dhcpv6 --no-map-gw --no-icmp"
	for release, want := range map[string]string{
		"2023_03_09": all,
		"2025_05_03": strings.Replace(all, "--no-ra", "--fqdn vm.example.org --no-ra", 1),
	} {
		if d := cmp.Diff(strings.Fields(want), arguments(sc, cfg, release)); d != "" {
			t.Errorf("%s: %s", release, d)
		}
	}
	if got := arguments(&scenarios.Scenario{}, passt.Config{}, "2023_03_09"); len(got) > 0 {
		t.Errorf("nothing to tell, and got %q", got)
	}
	for p, want := range map[scenarios.Ports]string{
		"all": "::/20007,20100-20199,50008", "none": "::/50008", "6443,50000-50010": "::/6443,20007,20100-20199,50000-50010",
		"~20100": "::/20007,20101-20199,50008",
	} {
		if got := ports(p, rel); got != want {
			t.Errorf("ports %s: got %s, want %s", p, got, want)
		}
	}
	// Of the ports of listen those are open that passt forwards.
	for p, want := range map[scenarios.Ports]string{
		"all": "::/22,20007,20100-20199,50008", "none": "::/50008", "22": "::/22,20007,20100-20199,50008",
		"6443": "::/6443,20007,20100-20199,50008", "~22": "::/20007,20100-20199,50008",
	} {
		if got := ports(p, rel, 22, 50000); got != want {
			t.Errorf("ports %s with 22 and 50000: got %s, want %s", p, got, want)
		}
	}
	cfg = passt.Config{Nameservers: []netip.Addr{netip.MustParseAddr("::1"), netip.MustParseAddr("fd01::53")}, Searches: []string{"a.example", "b.example"}}
	if got, want := resolvConf(cfg), "nameserver ::1\nnameserver fd01::53\nsearch a.example b.example\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
