package adapters

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/selector/machinery"
	"github.com/passtlab/passtlab/selector/talos"
	"github.com/passtlab/passtlab/suites/advise"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

// nodes are those that advise is asked about.
func nodes(t *testing.T) map[string]advise.Input {
	t.Helper()
	v6 := selector.Config{ServiceSubnets: []netip.Prefix{netip.MustParsePrefix("fd00:96::/112")}}
	dual := selector.Config{ServiceSubnets: append(v6.ServiceSubnets, netip.MustParsePrefix("10.96.0.0/12"))}
	own := v6
	own.ValidSubnets, own.AdvertisedSubnets = []string{"::/0", "!fd01:cafe::bad/128"}, []string{"fd01:cafe::/64"}
	done := v6
	done.ValidSubnets = []string{"::/0", "!fd01:cafe::5054:ff:fe1f:c7bd/128"}
	done.AdvertisedSubnets = []string{"fd01:cafe::/64", "!fd01:cafe::5054:ff:fe1f:c7bd/128"}
	nodes := map[string]advise.Input{}
	for _, tt := range []struct {
		name, prefix string
		length       string
		gen          advise.AddrGen
		config       selector.Config
		dhcpv6       []string
	}{
		{name: "report", gen: advise.EUI64, config: v6},
		{name: "defaults", gen: advise.EUI64},
		{name: "dual-stack", gen: advise.EUI64, config: dual},
		{name: "own filters", gen: advise.EUI64, config: own},
		{name: "has all", gen: advise.EUI64, config: done, dhcpv6: []string{"eth0"}},
		{name: "other prefix", prefix: "fd00:cafe::/64", gen: advise.EUI64, config: v6},
		{name: "stable privacy", length: "/120", gen: advise.StablePrivacy, config: dual},
		{name: "stable privacy, other prefix", prefix: "fd00:cafe::/64", gen: advise.StablePrivacy, config: v6},
	} {
		in, err := advise.Parse("fd01:cafe::f14c:9fa1:8496:557f"+tt.length, "52:54:00:1f:c7:bd", tt.prefix, tt.gen)
		if err != nil {
			t.Fatal(err)
		}
		in.Config, in.DHCPv6 = tt.config, tt.dhcpv6
		nodes[tt.name] = in
	}
	return nodes
}

// All patches that advise gives out for a version of Talos load there, for every machine
// type, and say what was meant.
func TestPatches(t *testing.T) {
	for _, m := range machineries(t) {
		version, err := advise.ParseVersion(m.Version)
		if err != nil {
			t.Fatal(err)
		}
		given := map[string]int{}
		for name, in := range nodes(t) {
			in.Version = version
			for _, p := range trusted(t, in) {
				for _, f := range p.Files {
					given[p.Name]++
					s, err := apply(t, m, f)
					if err != nil {
						t.Errorf("%s: %s of %s: %v\n%s", name, f.Name, p.Name, err, f.YAML)
						continue
					}
					checkSettings(t, fmt.Sprintf("%s with Talos %s: %s of %s", name, m.Version, f.Name, p.Name), in, f.YAML, s)
				}
			}
		}
		if given[advise.ByAlgorithm] < 8 || given[advise.ByFilters] < 16 {
			t.Errorf("%s: only %v files were tried", m.Version, given)
		}
	}
}

func trusted(t *testing.T, in advise.Input) []advise.Patch {
	t.Helper()
	a, err := advise.New(in)
	if err != nil {
		t.Fatal(err)
	}
	a.Trust()
	return a.Patches
}

// apply applies a patch, as a file.
func apply(t *testing.T, m *machinery.Machinery, f advise.File) (machinery.Settings, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), f.Name)
	if err := os.WriteFile(file, []byte(f.YAML), 0o644); err != nil {
		t.Fatal(err)
	}
	return m.Apply(t.Context(), strings.TrimSuffix(f.Name, ".yaml"), file)
}

// checkSettings compares what Talos reads with the text: every entry of a list stands
// there once.
func checkSettings(t *testing.T, where string, in advise.Input, text string, s machinery.Settings) {
	t.Helper()
	var all []string
	for line := range strings.Lines(text) {
		if entry, ok := strings.CutPrefix(strings.TrimSpace(line), `- "`); ok {
			all = append(all, strings.TrimSuffix(entry, `"`))
		}
	}
	read := slices.Concat(s.AdvertisedSubnets, s.ValidSubnets)
	slices.Sort(all)
	slices.Sort(read)
	if !slices.Equal(read, all) {
		t.Errorf("%s: Talos reads %q, want %q", where, read, all)
	}
	if v2 := strings.Contains(text, "nodeAddressSortAlgorithm"); v2 != (s.NodeAddressSortAlgorithm == "v2") {
		t.Errorf("%s: algorithm %q", where, s.NodeAddressSortAlgorithm)
	}
	if on := len(in.DHCPv6) == 0; on != slices.Equal(s.DHCPv6, []string{in.MAC.String()}) {
		t.Errorf("%s: DHCPv6 is on for %q", where, s.DHCPv6)
	}
}

// A patch in the form of another version, which has other documents, is refused: so the
// test above can fail, and --talos-version makes a difference.
func TestPatchOfOtherVersion(t *testing.T) {
	for _, m := range machineries(t) {
		version, err := advise.ParseVersion(m.Version)
		if err != nil {
			t.Fatal(err)
		}
		in := nodes(t)["report"]
		var want string
		if in.Version, want = advise.Newest, "not registered"; version == advise.Newest {
			in.Version, want = advise.Newest-1, ".machine.kubelet.nodeIP is already set in v1alpha1 config"
		}
		for _, p := range trusted(t, in) {
			for _, f := range p.Files {
				_, err := apply(t, m, f)
				if p.Name == advise.ByFilters && (err == nil || !strings.Contains(err.Error(), want)) || p.Name == advise.ByAlgorithm && err != nil {
					t.Errorf("%s of %s: %v, want %q", f.Name, p.Name, err, want)
				}
			}
		}
	}
}

// advise knows the newest version that is listed.
func TestNewestVersion(t *testing.T) {
	versions := machinery.Versions()
	v, err := advise.ParseVersion(versions[len(versions)-1])
	if err != nil || v != advise.Newest {
		t.Errorf("the newest version listed is %s, and advise knows %s, %v", v, advise.Newest, err)
	}
}

// Talos itself picks in labs what advise predicts, with and without the patches, which
// all help. Only with PASSTLAB_ADAPTERS=all all nodes are asked about.
func TestPatchesInLabs(t *testing.T) {
	need.Namespaces(t)
	byVersion := map[string]advise.Released{}
	for _, p := range available(t) {
		g, ok := map[string]talos.Algorithm{"talos": talos.V1, "talos-with-v2": talos.V2}[p.Name]
		if !ok {
			continue
		}
		s, err := adapters.Builder{}.Selector(t.Context(), p, command.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if byVersion[p.Version] == nil {
			byVersion[p.Version] = advise.Released{}
		}
		byVersion[p.Version][g] = s
	}
	if len(byVersion) == 0 {
		t.Skip("talos is not cached: passtlab selectors build talos, or set PASSTLAB_ADAPTERS=newest")
	}
	lab := func(ctx context.Context, scs []*scenarios.Scenario, sels []selector.Selector) (*report.Report, error) {
		return run.All(ctx, run.Config{Scenarios: scs, Selectors: sels})
	}
	some := map[string][]string{"": {"report"}, "newest": {"report", "own filters", "stable privacy"}}[os.Getenv("PASSTLAB_ADAPTERS")]
	for version, released := range byVersion {
		for name, in := range nodes(t) {
			if some != nil && !slices.Contains(some, name) {
				continue
			}
			a, err := advise.New(in)
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Check(t.Context(), lab, released); err != nil {
				t.Errorf("%s with Talos %s: %v", name, version, err)
			}
			if _, given := a.Given(""); !given || a.Failed() {
				t.Errorf("%s with Talos %s: %+v", name, version, a.Patches)
			}
		}
	}
}
