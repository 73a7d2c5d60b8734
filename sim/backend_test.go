package sim

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/passt"
)

func TestReleaseIn(t *testing.T) {
	for version, want := range map[string]string{
		"pasta unknown version\nCopyright Red Hat\n":       "",
		"passt 2024_12_11.09478d5\nCopyright Red Hat\n":    "2024_12_11",
		"pasta 0.0~git20250503.587980c-2\nCopyright":       "2025_05_03",
		"pasta 0^20250121.g4f2c8e7-1.fc41.x86_64":          "2025_01_21",
		"0.0~git20230309.7c7625d-1":                        "2023_03_09",
		"0.0~git20240220.1e6f92b-1+deb13u1":                "2024_02_20",
		"pasta 120230309":                                  "",
		"passt 2025_05_12-2-g0123abc of 2020 and 20251301": "2025_05_12",
	} {
		if got := releaseIn(version); got != want {
			t.Errorf("%q: got %q, want %q", version, got, want)
		}
	}
}

func TestProgram(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pasta")
	for _, tt := range []struct{ script, release, err string }{
		{"echo passt 2025_05_03.abc", "2025_05_03", ""},
		{"echo pasta unknown version", UnknownRelease, ""},
		{"echo hello", "", "it is not passt"},
		{"exit 1", "", "exit status 1"},
	} {
		if err := os.WriteFile(file, []byte("#!/bin/sh\n"+tt.script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		b, err := Program(t.Context(), file)
		if tt.err == "" && (err != nil || b != Backend{file, tt.release}) || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: got %+v, %v", tt.script, b, err)
		}
	}
	if _, err := Program(t.Context(), file+"2"); !errors.Is(err, ErrNoProgram) || !strings.Contains(err.Error(), "apt-get install passt") {
		t.Errorf("missing: %v", err)
	}
}

func TestSupports(t *testing.T) {
	off := false
	old := Backend{Program: "/usr/bin/pasta", Release: "2023_03_09"}
	for _, tt := range []struct {
		name    string
		backend Backend
		passt   scenarios.Passt
		want    string
	}{
		{"simulation", Backend{}, scenarios.Passt{Release: "2026_07_16", Autonomous: &off}, ""},
		{"default release", old, scenarios.Passt{Release: scenarios.DefaultRelease}, ""},
		{"own release", old, scenarios.Passt{Release: "2023_03_09"}, ""},
		{"the same behaviour", old, scenarios.Passt{Release: "2023_03_10"}, ""},
		{"other release", old, scenarios.Passt{Release: "2024_08_06"}, "needs passt 2024_08_06, and the program is 2023_03_09"},
		{"unknown release", Backend{"/usr/bin/pasta", UnknownRelease}, scenarios.Passt{Release: "2023_03_09"}, "the program is unknown"},
		{"not autonomous", old, scenarios.Passt{Release: "2023_03_09", Autonomous: &off}, "autonomous"},
	} {
		sc := &scenarios.Scenario{Passt: tt.passt}
		sc.Pod = scenarios.Pod{Address: netip.MustParsePrefix("fd01::1/64"), Gateway: netip.MustParseAddr("fd01::2")}
		cfg, err := passtConfig(sc)
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
	noIPv6 := passt.Config{Release: passt.Release{Name: passt.Default}}
	if old.supports(&scenarios.Scenario{}, noIPv6) == nil {
		t.Error("a pod without IPv6 is supported")
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
	cfg, err := passtConfig(sc)
	if err != nil {
		t.Fatal(err)
	}
	const all = "-a fd01::5 -g fe80::1 -M 02:00:00:00:00:01 -m 0 --no-ra --no-ndp --no-dhcpv6 --no-map-gw --no-icmp"
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
		"all": "50008,20007,20100-20199", "none": "50008", "6443": "50008,20007,20100-20199",
	} {
		if got := ports(p, rel); got != want {
			t.Errorf("ports %s: got %s, want %s", p, got, want)
		}
	}
	cfg = passt.Config{Nameservers: []netip.Addr{netip.MustParseAddr("::1"), netip.MustParseAddr("fd01::53")}, Searches: []string{"a.example", "b.example"}}
	if got, want := resolvConf(cfg), "nameserver ::1\nnameserver fd01::53\nsearch a.example b.example\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
