package passt_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mdlayher/ndp"

	"github.com/passtlab/passtlab/sim/passt"
)

func lookup(t testing.TB, name string) passt.Release {
	t.Helper()
	r, err := passt.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The profiles from which the table was made, in full.
func TestBehaviour(t *testing.T) {
	a := passt.Behaviour{
		RouterLifetime: 9000 * time.Second, PrefixLifetime: time.Hour, ResolverLifetime: time.Minute,
		LeaseIsLinkLocal: true, SeenUnspecified: true, SeenSolicitor: true, ShortNS: true, InitialPodLL: true,
		AllPorts: []passt.PortRange{{First: 0, Last: 49151}},
	}
	b := a // 2023_06_03
	b.SeenUnspecified, b.Routeless = false, true
	infinite := b // 2023_12_30
	infinite.SearchList, infinite.LongestPrefix = passt.SearchStale, true
	infinite.RouterLifetime = 65535 * time.Second
	infinite.PrefixLifetime, infinite.ResolverLifetime = ndp.Infinity, ndp.Infinity
	early := infinite // 2024_08_06
	early.AllPorts = []passt.PortRange{{First: 1, Last: 49151}}
	early.DropLoopback, early.PerFlow = true, true
	early.EchoLoopback, early.GatewayUDP, early.EndsByUDP = true, true, true
	c := early // 2024_08_21
	c.EndsByUDP, c.ShortNS = false, false
	c.WholePrefix, c.SourceSecond, c.FixedMAC, c.InitialPodLL = true, true, true, false
	ref := c // 2025_05_03
	ref.AllPorts = []passt.PortRange{{First: 1, Last: 32767}, {First: 61000, Last: 65535}}
	ref.SeenSolicitor, ref.UnsolicitedRA = false, true
	ref.SearchList, ref.FQDN = passt.SearchRight, passt.FQDNFlags
	ref.StateCarried = true
	ref.ResetACK, ref.UDPErrors = true, true
	d := ref // 2025_12_08
	d.EveryIA, d.ShortIA, d.ShortID, d.FQDN = true, true, true, passt.FQDNLong
	d.InitialNS, d.NeighbourMACs, d.LocalMode = true, true, true
	e := d // 2026_07_16
	e.SeenFrozen, e.LeaseIsLinkLocal = true, false

	for name, want := range map[string]passt.Behaviour{
		"2022_11_10": a, "2022_11_16": a, "2023_03_09": a, "2023_05_09": a,
		"2023_06_03": b, "2023_09_08": b, "2023_12_30": infinite,
		"2024_07_26": early, "2024_08_06": early, "2024_08_21": c,
		"2025_05_03": ref, "2025_05_12": ref, "2025_12_08": d, "2025_12_10": d,
		"2026_07_16": e, "2026_07_28": e, "latest": e,
	} {
		if got := lookup(t, name).Behaviour; !reflect.DeepEqual(got, want) {
			t.Errorf("%s behaves as\n%+v, want\n%+v", name, got, want)
		}
	}
	if r := lookup(t, "2024_11_21"); !r.UnsolicitedRA || !r.AdvertOnConnect {
		t.Error("2024_11_21 does not advertise on connect")
	}
	if r := lookup(t, "2024_11_27"); !r.UnsolicitedRA || r.AdvertOnConnect {
		t.Error("2024_11_27 advertises on connect")
	}
}

func TestChanges(t *testing.T) {
	cs := passt.Changes()
	if !slices.IsSortedFunc(cs, func(a, b passt.Change) int { return strings.Compare(a.Since, b.Since) }) {
		t.Error("changes are not in the order of releases")
	}
	for _, c := range cs {
		day, err := time.Parse("2006_01_02", c.Since)
		if err != nil || c.What == "" {
			t.Errorf("change %+v", c)
			continue
		}
		before, err := passt.Lookup(day.AddDate(0, 0, -1).Format("2006_01_02"))
		if c.Since == passt.First {
			if err == nil {
				t.Error("a release before the first is known")
			}
			continue
		}
		simulated := slices.ContainsFunc(cs, func(d passt.Change) bool { return d.Since == c.Since && !d.Recorded })
		if err != nil || reflect.DeepEqual(before.Behaviour, lookup(t, c.Since).Behaviour) == simulated {
			t.Errorf("%s: it changes what is simulated: %v (%v)", c.Since, !simulated, err)
		}
	}
}

// What releases differ in has an effect in the lab.
func TestRecorded(t *testing.T) {
	used := selected(t, "..")
	for _, f := range reflect.VisibleFields(reflect.TypeFor[passt.Behaviour]()) {
		if !used[f.Name] {
			t.Errorf("no code under sim/ reads %s", f.Name)
		}
	}
	var recorded []string
	for _, c := range passt.Changes() {
		if c.Recorded {
			recorded = append(recorded, c.Since)
		}
	}
	want := []string{"2024_07_26", "2024_08_21", "2024_12_11", "2025_01_21", "2025_04_15", "2025_04_15", "2026_05_07", "2026_07_16"}
	if !slices.Equal(recorded, want) {
		t.Errorf("recorded are changes of %v, want %v", recorded, want)
	}
}

// selected returns the fields and methods that the code below dir names, tests
// and the release table apart.
func selected(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "release.go" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				names[s.Sel.Name] = true
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestLookup(t *testing.T) {
	for _, tt := range []struct{ name, want, err string }{
		{name: "2025_05_03", want: "2025_05_03"},
		{name: "2025_05_04", want: "2025_05_04"}, // a date without a release
		{name: "latest", want: passt.Last},
		{name: passt.First, want: passt.First},
		{name: "2022_07_14", err: "passt release 2022_07_14: older than the first known, 2022_11_10; known are 2022_11_10 to 2026_10_02"},
		{name: "2026_10_03", err: "passt release 2026_10_03: newer than the last known, 2026_10_02; known are 2022_11_10 to 2026_10_02"},
		{name: "2025-05-03", err: `passt release "2025-05-03": not a date such as 2025_05_03; known are 2022_11_10 to 2026_10_02, and latest`},
		{name: "2025_02_30", err: `passt release "2025_02_30": not a date such as 2025_05_03; known are 2022_11_10 to 2026_10_02, and latest`},
		{name: "", err: `passt release "": not a date such as 2025_05_03; known are 2022_11_10 to 2026_10_02, and latest`},
	} {
		got, err := passt.Lookup(tt.name)
		if got.Name != tt.want || (err != nil || tt.err != "") && (err == nil || err.Error() != tt.err) {
			t.Errorf("Lookup(%q) = %q, %v; want %q, %s", tt.name, got.Name, err, tt.want, tt.err)
		}
	}
}

func TestKubeVirt(t *testing.T) {
	for _, s := range passt.KubeVirts() {
		if r, err := passt.KubeVirt(s.KubeVirt); err != nil || r.Name != s.Passt {
			t.Errorf("KubeVirt(%q) = %s, %v; want %s", s.KubeVirt, r, err, s.Passt)
		} else if r.EndsByUDP != strings.Contains(s.Warning, "from :: ends passt") {
			t.Errorf("KubeVirt %s with passt %s warns %q", s.KubeVirt, s.Passt, s.Warning)
		}
	}
	for version, want := range map[string]string{
		"1.0": "2022_11_10", "1.4": "2024_08_06", "v1.4.1": "2024_08_06", "1.8": "2025_05_12",
		"1.8.0": "2025_05_12", "1.8-el10": "2025_12_10", "v1.9.0-rc.2": "2026_06_11",
	} {
		if r, err := passt.KubeVirt(version); err != nil || r.Name != want {
			t.Errorf("KubeVirt(%q) = %s, %v; want %s", version, r, err, want)
		}
	}
	for _, version := range []string{"", "0.59", "1", "1.8-el8", "2.0", "main"} {
		if r, err := passt.KubeVirt(version); err == nil || !strings.Contains(err.Error(), "1.8-el10") {
			t.Errorf("KubeVirt(%q) = %s, %v; want an error that says what is known", version, r, err)
		}
	}
}

func FuzzLookup(f *testing.F) {
	for _, s := range []string{"latest", "2025_05_03", "2026_10_03", "1.8-el10", "v1.4.1", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if r, err := passt.Lookup(name); err == nil && (r.RouterLifetime == 0 || r.Name < passt.First || r.Name > passt.Last) {
			t.Errorf("Lookup(%q) = %+v", name, r)
		}
		if r, err := passt.KubeVirt(name); err == nil && r.RouterLifetime == 0 {
			t.Errorf("KubeVirt(%q) = %+v", name, r)
		}
	})
}

// The early passt takes what the kernel lists first, the later one the longest prefix.
func TestLeases(t *testing.T) {
	list := func(ps ...string) (out []netip.Prefix) {
		for _, p := range ps {
			out = append(out, netip.MustParsePrefix(p))
		}
		return out
	}
	for _, tt := range []struct {
		release string
		listed  []netip.Prefix
		want    string
	}{
		{"2023_03_09", list("fd01::b/64", "fd01::a/128"), "fd01::b/64"},
		{"2023_12_29", list("fd01::b/64", "fd01::a/128"), "fd01::b/64"},
		{"2023_12_30", list("fd01::b/64", "fd01::a/128"), "fd01::a/128"},
		{"2025_05_03", list("fd01::b/64", "fd01::a/64"), "fd01::b/64"},
		{"2025_05_03", list("fd01::b/128", "fd01::c/80", "fd01::a/128"), "fd01::b/128"},
		{"2025_05_03", nil, "invalid Prefix"},
	} {
		if got := lookup(t, tt.release).Leases(tt.listed); got.String() != tt.want {
			t.Errorf("%s leases %s of %v, want %s", tt.release, got, tt.listed, tt.want)
		}
	}
}
